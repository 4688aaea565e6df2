"""The results of a set as one table for people and as values for machines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Literal

from rich.console import Group, RenderableType
from rich.table import Table

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
            "seconds": dict(zip(("build", "import", "scan"), (round(s, 1) for s in trial.seconds), strict=True)),
        }
        for trial in trials
    ]
    return {"cases": cases, "worse": {name: [asdict(drop) for drop in found] for name, found in worse.items()}}


def trials_view(trials: Sequence[Trial], worse: Mapping[str, Sequence[Drop]]) -> RenderableType:
    """Return a table with a row for every campaign and relay, and a line for each figure that fell behind."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name, justify in _COLUMNS:
        table.add_column(name, justify=justify, no_wrap=name == "case")
    for trial in trials:
        for row in _rows(trial):
            table.add_row(*row)
    lines = [
        f"worse than {name}: {drop.case} {drop.figure} was {drop.was:g}, is {drop.now:g} "
        f"(may differ by {drop.tolerance.by:g}: {drop.tolerance.why})"
        for name, found in worse.items()
        for drop in found
    ]
    verdict = lines or [f"no figure is worse than {' or '.join(worse)}" if worse else "nothing was compared"]
    return Group(table, "", *verdict)


_COLUMNS: tuple[tuple[str, Literal["left", "right"]], ...] = (
    ("case", "left"),
    ("exchanges", "right"),
    ("group", "left"),
    ("verdict", "left"),
    ("recall", "right"),
    ("precision", "right"),
    ("hours", "right"),
    ("leaked", "right"),
    ("innocents accused", "right"),
    ("look-alikes", "right"),
    ("seconds", "right"),
)


def _rows(trial: Trial) -> Iterator[tuple[str, ...]]:
    """Yield a row per campaign and relay; what is said of the whole case stands in its first row."""
    groups = [group for group in trial.score.groups if group.kind in (CAMPAIGN, RELAY)]
    accused = sum(group.accused for group in trial.score.groups)
    lookalikes = f"{accused} of {sum(group.kind not in (CAMPAIGN, RELAY) for group in trial.score.groups)}"
    spent = " ".join(f"{second:.0f}" for second in trial.seconds)
    whole = (f"{trial.score.innocents.named:,} of {trial.score.innocents.accounts:,}", lookalikes, spent)
    for number, group in enumerate(groups):
        first = number == 0
        head = (trial.case.name, f"{trial.exchanges:,}") if first else ("", "")
        yield (*head, *_group(group), *(whole if first else ("", "", "")))


def _group(group: GroupScore) -> tuple[str, ...]:
    verdict = group.verdicts[0] if group.verdicts else "not found"
    over, found = group.over_accounts, group.detection
    return (
        group.group_id,
        verdict,
        _percent(over.recall if over else None),
        _percent(over.precision if over else None),
        f"{found.hours.estimate:,.0f}" if found and found.hours else _NOTHING,
        _percent(found.leaked if found else None),
    )


def _percent(figure: Figure | None) -> str:
    return _NOTHING if figure is None else f"{100 * figure.estimate:.1f} %"
