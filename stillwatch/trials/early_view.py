"""How soon each campaign of a set was found, a row each for people, and every look as values for machines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal

from pydantic import TypeAdapter
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from stillwatch.range.scoring import GroupScore, Score
from stillwatch.range.scoring.detection import Alarm, CutOff, Detection
from stillwatch.range.scoring.figures import Figure
from stillwatch.range.scoring.innocents import PER
from stillwatch.range.scoring.wording import ends, span
from stillwatch.range.store import CAMPAIGN
from stillwatch.trials.baseline import Drop
from stillwatch.trials.run import Trial
from stillwatch.trials.view import compared, trials_json

_JSON = TypeAdapter(Detection | None)
_NOTHING = "-"
_COLUMNS: tuple[tuple[str, Literal["left", "right"]], ...] = (
    ("case", "left"),
    ("right after", "right"),
    ("leaked", "right"),
    ("each", "right"),
    ("named after", "right"),
    ("leaked", "right"),
    ("innocents", "right"),
    ("called", "left"),
)
_LEGEND = (
    "right after, leaked, each: hours since the first harvest, per cent of the harvest, and exchanges of an account, "
    "until the first look that found it under the right verdict, from the look before it; named after, leaked: under "
    "any verdict; innocents: most innocent accounts accused at one look; called: the verdict on most of its accounts, "
    "from which hour on."
)


def early_json(trials: Sequence[Trial], worse: Mapping[str, Sequence[Drop]]) -> dict[str, Any]:
    """Return what `trials_json` does, with every look at each campaign."""
    said = trials_json(trials, worse)
    for case, trial in zip(said["cases"], trials, strict=True):
        groups = _campaigns(trial.score)
        case["detection"] = {group.group_id: _JSON.dump_python(group.detection, mode="json") for group in groups}
        case["innocents_at_most"] = _innocents(trial.score)
    return said


def early_view(trials: Sequence[Trial], worse: Mapping[str, Sequence[Drop]]) -> RenderableType:
    """Return a table with a row for every campaign, and a line for each figure that fell behind."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
    for name, side in _COLUMNS:
        table.add_column(name, justify=side, no_wrap=side == "right")
    for trial in trials:
        for row in _rows(trial):
            table.add_row(*row)
    return Group(table, Text(_LEGEND, style="dim"), *(Text(line) for line in compared(worse)))


def _campaigns(score: Score) -> list[GroupScore]:
    return [group for group in score.groups if group.kind == CAMPAIGN]


def _rows(trial: Trial) -> Iterator[tuple[str, ...]]:
    for group in _campaigns(trial.score):
        found = group.detection
        if found is not None:
            right, named = _told(found.alarm), _told(found.suspected)
            each = _each(found.alarm, group.accounts)
            yield (trial.case.name, *right, each, *named, str(_innocents(trial.score)), _course(found))


def _told(alarm: Alarm | None) -> tuple[str, str]:
    if alarm is None:
        return "never", _NOTHING
    return _or_nothing(alarm.hours, span), _or_nothing(alarm.leaked, lambda share: f"{ends(share)} %")


def _or_nothing(figure: Figure | None, said: Callable[[Figure], str]) -> str:
    return _NOTHING if figure is None else said(figure)


def _each(alarm: Alarm | None, accounts: int) -> str:
    """Return the exchanges of an account on average, from the look before the alarm to the alarm."""
    if alarm is None or alarm.exchanges is None:
        return _NOTHING
    return f"{alarm.exchanges.low / accounts:.1f}-{alarm.exchanges.high / accounts:.1f}"


def _innocents(score: Score) -> int:
    """Return how many innocent accounts were accused at the look that accused most."""
    accused = [moment.accused for moment in score.moments if moment.accused is not None]
    return max((round(one.estimate * one.n / PER) for one in accused), default=0)


def _course(found: Detection) -> str:
    """Return what the group was called at first and at every look at which that changed."""
    said, last = [], ""
    for one in found.cut_offs:
        name = _called(one)
        if name != last and one.hours is not None and one.hours >= 0:
            said.append(f"{name} {one.hours:.0f} h")
            last = name
    return ", ".join(said)


def _called(one: CutOff) -> str:
    return one.verdicts[0].removesuffix("_campaign").replace("_", " ") if one.verdicts else "nothing"
