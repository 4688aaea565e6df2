"""Curves over time: how much of a campaign was found, and how much had leaked, at each cut-off."""

from __future__ import annotations

import math
from collections.abc import Sequence

from stillwatch.range.curves.plot import LEFT, RIGHT, Axis, Plot, line, path, shares
from stillwatch.range.scoring.detection import DETECTED, CutOff
from stillwatch.range.scoring.figures import BRACKET, Figure
from stillwatch.range.scoring.groups import GroupScore
from stillwatch.range.scoring.score import Score
from stillwatch.range.scoring.wording import called, ends, percent
from stillwatch.report.charts import Tick

FOUND, LEAKED = 0, 1
"""Styles of the two lines."""
_STEPS = (1, 2, 3, 6, 12, 24, 48, 72, 168, 336, 720, 2160, 8760)
_MOST_TICKS = 7
_DAY = 24


def delays(scores: Sequence[tuple[str, Score]]) -> list[Plot]:
    """Return a plot for every campaign and relay that was scanned at two cut-offs or more."""
    return [
        _delay(label, group, [one for one in group.detection.cut_offs if one.hours is not None])
        for label, score in scores
        for group in score.groups
        if group.detection is not None and sum(one.hours is not None for one in group.detection.cut_offs) > 1
    ]


def _delay(label: str, group: GroupScore, seen: Sequence[CutOff]) -> Plot:
    hours = [one.hours or 0.0 for one in seen]
    x, ticks = _time(max(hours))
    y, y_ticks = shares()
    found = [(h, one.found) for h, one in zip(hours, seen, strict=True) if one.found is not None and h >= 0]
    leaked = [(h, _exact(one.leaked)) for h, one in zip(hours, seen, strict=True) if one.leaked is not None and h >= 0]
    if leaked:
        leaked.insert(0, (0.0, _exact(0.0)))
    return Plot(
        title=f"{label}: {group.group_id}",
        about=f"Share of accounts found and share of exchanges leaked of {group.group_id}, by time since its start",
        x="since the first harvest",
        y="",
        x_ticks=ticks,
        y_ticks=y_ticks,
        lines=(line("found", FOUND, found, x=x, y=y), line("leaked", LEAKED, leaked, x=x, y=y)),
        guide=path([(LEFT, y.at(DETECTED)), (RIGHT, y.at(DETECTED))]),
        head=("Hours", "Accounts begun", "Found", "Leaked", "Called"),
        rows=tuple(_row(h, one) for h, one in zip(hours, seen, strict=True)),
    )


def _exact(share: float) -> Figure:
    return Figure(share, share, share, 1, BRACKET)


def _row(hours: float, one: CutOff) -> tuple[str, ...]:
    leaked = "-" if one.leaked is None else percent(one.leaked)
    found = "-" if one.found is None else f"{percent(one.found.estimate)} ({ends(one.found)})"
    return f"{hours:,.0f}", f"{one.accounts:,}", found, leaked, called(one.verdicts)


def _time(hours: float) -> tuple[Axis, tuple[Tick, ...]]:
    """Return the axis of hours since the start, with ticks at round numbers of hours or days."""
    top = max(hours, 1.0)
    axis = Axis(0.0, top, LEFT, RIGHT)
    step = next((s for s in _STEPS if top / s <= _MOST_TICKS), _STEPS[-1])
    unit, name = (_DAY, "d") if step >= _DAY else (1, "h")
    values = [k * step for k in range(math.floor(top / step) + 1)]
    return axis, tuple(Tick(axis.at(v), f"{v / unit:g} {name}" if v else "0") for v in values)
