"""The ladder for people: what each rung leaves of a campaign, and which evidence still carries it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from stillwatch.range.campaigns import LADDER
from stillwatch.range.scoring import GroupScore
from stillwatch.range.scoring.wording import called, ends, percent
from stillwatch.range.store import CAMPAIGN
from stillwatch.trials.baseline import Drop
from stillwatch.trials.carried import Carried
from stillwatch.trials.run import Trial
from stillwatch.trials.view import compared

_COLUMNS = ("world", "rung", "found", "leaked", "innocents", "called", "carried by")
_LEGEND = (
    "found: share of the accounts under the right verdict; leaked: share of the harvest until the first scan that found"
    " it; carried by: bits of coordination by family and of extraction (for the harvest) at the last scan, or why the"
    " nearest group that was tested is none."
)


def ladder_view(trials: Sequence[Trial], worse: Mapping[str, Sequence[Drop]]) -> RenderableType:
    """Return a table with a row for every campaign on every rung, and what it costs where less than half is found."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
    for name in _COLUMNS:
        table.add_column(name, overflow="fold")
    for trial in trials:
        for row in _rows(trial):
            table.add_row(*row)
    lines = [*_bought(trials), *compared(worse)]
    return Group(table, Text(_LEGEND, style="dim"), *(Text(line) for line in lines))


def carriers(one: Carried) -> str:
    """Return what carries a group in one cell: families and the harvest, or why it was named nothing."""
    bits = ", ".join(f"{family} {value:.0f}" for family, value in one.families.items())
    if one.verdict:
        return f"{bits}; harvest {one.extraction:.0f}"
    part = f"{one.among} of {one.size}: " if one.size else ""
    return f"{part}{one.reason.split(':')[0]}"


def _rows(trial: Trial) -> Iterator[tuple[str, ...]]:
    innocents, carried = trial.score.innocents, {one.group_id: one for one in trial.carried}
    for group in trial.score.groups:
        if group.kind == CAMPAIGN:
            yield (
                trial.case.scenario,
                rung_of(trial),
                percent(group.recall),
                _leaked(group),
                f"{innocents.named} of {innocents.accounts:,}",
                called(group.verdicts),
                carriers(carried[group.group_id]),
            )


def rung_of(trial: Trial) -> str:
    """Return the rungs of a world in words."""
    return " + ".join(trial.case.rungs) or "as reported"


def _leaked(group: GroupScore) -> str:
    leaked = group.detection.leaked if group.detection else None
    return "-" if leaked is None else f"{ends(leaked)} %"


def _bought(trials: Sequence[Trial]) -> Iterator[str]:
    """Yield the cost of each rung on which less than half of some campaign was found."""
    lost = {
        rung for trial in trials for group in trial.score.groups
        if group.kind == CAMPAIGN and group.recall < 0.5 for rung in trial.case.rungs
    }  # fmt: skip
    for rung in LADDER:
        if rung.id in lost:
            yield f"{rung.id} is bought at this cost, {rung.cost}."
