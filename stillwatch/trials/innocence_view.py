"""Innocent worlds for people, a row each and what they say together, and as values for machines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Literal

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from stillwatch.range.scoring.detection import EXPECTED
from stillwatch.range.scoring.figures import Figure, hits_of
from stillwatch.range.scoring.wording import called, ends, per_many, percent
from stillwatch.range.store import RELAY
from stillwatch.trials.baseline import Drop
from stillwatch.trials.innocence import Innocence, KindTotal
from stillwatch.trials.run import Trial
from stillwatch.trials.view import compared, trials_json

_NOTHING = "-"
_COLUMNS: tuple[tuple[str, Literal["left", "right"]], ...] = (
    ("case", "left"),
    ("false", "right"),
    ("innocents", "right"),
    ("q", "right"),
    ("bits", "right"),
    ("of", "left"),
    ("s", "right"),
)
_LEGEND = (
    "false: campaigns that nobody should have been named for, of those named; innocents: innocent accounts accused; "
    "q, bits, of: of the innocent group with the smallest q-value, the bits of coordination left after innocence, and "
    "of which kind most of it is; s: seconds to build, import and scan."
)


def innocence_json(trials: Sequence[Trial], worse: Mapping[str, Sequence[Drop]], found: Innocence) -> dict[str, Any]:
    """Return what `trials_json` does, with the campaigns and the nearest innocent group of each world and the sums."""
    said = trials_json(trials, worse)
    for case, trial in zip(said["cases"], trials, strict=True):
        score = trial.score
        case["accounts"] = score.accounts
        case["named"] = [asdict(one) for one in score.named]
        case["nearest"] = None if score.nearest is None else asdict(score.nearest)
    return {**said, "innocence": asdict(found)}


def innocence_view(trials: Sequence[Trial], worse: Mapping[str, Sequence[Drop]], found: Innocence) -> RenderableType:
    """Return a table with a row for every world, and what they say together."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
    for name, side in _COLUMNS:
        table.add_column(name, justify=side, no_wrap=True)
    for trial in trials:
        table.add_row(*_row(trial))
    lines = [*_sums(found), *(compared(worse) if worse else ())]
    return Group(table, Text(_LEGEND, style="dim"), *(Text(line) for line in lines))


def _row(trial: Trial) -> tuple[str, ...]:
    score = trial.score
    near = score.nearest
    return (
        trial.case.name,
        f"{sum(one.false for one in score.named)}/{len(score.named)}",
        f"{score.innocents.named}/{score.innocents.accounts:,}",
        _NOTHING if near is None else f"{near.q_value:.2g}",
        _NOTHING if near is None else f"{near.bits:.1f}",
        _NOTHING if near is None else near.largest,
        f"{sum(trial.seconds):.0f}",
    )


def _sums(found: Innocence) -> Iterator[str]:
    yield f"Worlds with a false campaign: {_of(found.worlds)}; stated: {percent(found.stated)} of campaigns at most."
    if found.discoveries is not None:
        share = found.discoveries
        yield f"False among named campaigns, mean over worlds: {percent(share.estimate)} ({ends(share)} %)."
    if found.accused is not None:
        yield f"Innocent accounts accused per 100,000: {per_many(found.accused)}, of {found.accused.n:,}."
    yield from _kinds(found.kinds)
    told = ", ".join(f"{count} {called((verdict,))}" for verdict, count in found.relays.items())
    right = "as expected" if found.relays_as_expected else f"expected: {called((EXPECTED[RELAY],))}"
    yield f"Relays: {told or 'none'}; {right}."


def _kinds(kinds: Sequence[KindTotal]) -> Iterator[str]:
    accused = [one for one in kinds if (one.groups and hits_of(one.groups)) or (one.accounts and hits_of(one.accounts))]
    for one in accused:
        yield f"Accused of {one.kind}: {_of(one.groups)} groups, {_of(one.accounts)} accounts."
    rest = ", ".join(f"{one.kind} {one.groups.n}" for one in kinds if one not in accused and one.groups)
    yield f"Look-alike groups of which nobody is accused: {rest or 'none'}."


def _of(figure: Figure | None) -> str:
    return _NOTHING if figure is None else f"{hits_of(figure):,} of {figure.n:,} ({ends(figure)} %)"
