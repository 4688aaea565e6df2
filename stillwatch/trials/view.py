"""The results of a set as one table for people and as values for machines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Literal

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from stillwatch.range.scoring import Figure, GroupScore
from stillwatch.range.store import CAMPAIGN, RELAY
from stillwatch.trials.baseline import Drop, figures
from stillwatch.trials.run import Trial

_NOTHING = "-"


def trials_json(trials: Sequence[Trial], worse: Mapping[str, Sequence[Drop]]) -> dict[str, Any]:
    """Return cases, figures, seconds and what fell behind as values of JSON."""
    cases = [
        {
            "case": asdict(trial.case),
            "exchanges": trial.exchanges,
            "figures": figures(trial.score),
            "carried": [asdict(one) for one in trial.carried],
            "seconds": dict(zip(("build", "import", "scan"), (round(s, 1) for s in trial.seconds), strict=True)),
        }
        for trial in trials
    ]
    return {"cases": cases, "worse": {name: [asdict(drop) for drop in found] for name, found in worse.items()}}


def trials_view(trials: Sequence[Trial], worse: Mapping[str, Sequence[Drop]]) -> RenderableType:
    """Return a table with a row for every campaign and relay, and a line for each figure that fell behind."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
    for name, side in _COLUMNS:
        table.add_column(name, justify=side, no_wrap=True)
    for trial in trials:
        for row in _rows(trial):
            table.add_row(*row)
    return Group(table, Text(_LEGEND, style="dim"), *(Text(line) for line in compared(worse)))


def compared(worse: Mapping[str, Sequence[Drop]]) -> list[str]:
    """Return a line for each figure that fell behind, or one that says that none did."""
    lines = [f"worse than {name}: {_drop(drop)}" for name, found in worse.items() for drop in found]
    return lines or [f"No figure is worse than {' or '.join(worse)}." if worse else "Nothing was compared."]


def _drop(drop: Drop) -> str:
    now = "is gone" if drop.now is None else f"is {drop.now:g}"
    allowed = f"may differ by {drop.tolerance.by:g}: {drop.tolerance.why}"
    return f"{drop.case} {drop.figure} was {drop.was:g}, {now} ({allowed})"


_COLUMNS: tuple[tuple[str, Literal["left", "right"]], ...] = (
    ("case", "left"),
    ("sent", "right"),
    ("called", "left"),
    ("found", "right"),
    ("load", "right"),
    ("right", "right"),
    ("after", "right"),
    ("leaked", "right"),
    ("accused", "right"),
    ("alike", "right"),
    ("seconds", "right"),
)
_LEGEND = (
    "sent: thousands of exchanges; found, load: shares of the accounts, and of the group's exchanges, under the right "
    "verdict; right: share of the members that belong to it; after, leaked: hours and share of the harvest until the "
    "first scan that found it; accused, alike: innocent accounts and look-alike groups accused; seconds: build, "
    "import, last scan."
)
_NO_GROUP = ("nobody to find", *[_NOTHING] * 5)
_SHORT = {"distillation_campaign": "distillation", "pooled_access": "pooled access"}


def _rows(trial: Trial) -> Iterator[tuple[str, ...]]:
    """Yield a row per campaign and relay; what is said of the whole case stands in its first row."""
    innocents = trial.score.innocents
    groups = [group for group in trial.score.groups if group.kind in (CAMPAIGN, RELAY)]
    others = [group for group in trial.score.groups if group.kind not in (CAMPAIGN, RELAY)]
    alike = f"{sum(group.accused for group in others)}/{len(others)}"
    sent = f"{trial.exchanges / 1000:,.0f}"
    spent = "+".join(f"{second:.0f}" for second in trial.seconds)
    whole = (f"{innocents.named}/{innocents.accounts:,}", alike, spent)
    if not groups:
        yield (trial.case.name, sent, *_NO_GROUP, *whole)
    for number, group in enumerate(groups):
        first = number == 0
        name = trial.case.name if first else f"  {group.group_id}"
        yield (name, sent if first else "", *_group(group), *(whole if first else ("", "", "")))


def _group(group: GroupScore) -> tuple[str, ...]:
    verdict = group.verdicts[0] if group.verdicts else "not found"
    over, found = group.over_accounts, group.detection
    if found is not None and len(found.cut_offs) < 2:  # a single scan says nothing of time
        found = None
    return (
        _SHORT.get(verdict, verdict),
        _percent(over.recall if over else None),
        _percent(group.over_exchanges.recall if group.over_exchanges else None),
        _percent(over.precision if over else None),
        f"{found.hours.estimate:,.0f}" if found and found.hours else _NOTHING,
        _percent(found.leaked if found else None),
    )


def _percent(figure: Figure | None) -> str:
    return _NOTHING if figure is None else f"{100 * figure.estimate:.1f}".removesuffix(".0") + "%"
