"""Where the marks of a chart stand. The templates draw them and put the words beside them.

All places are percentages of the width or height of the plot, rounded to a tenth, so that a chart fits any screen and
the same result gives the same bytes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from stillwatch.findings import Evidence, Question
from stillwatch.report.result import Hour
from stillwatch.report.wording import short_day, untested

BIN_HOURS = (1, 2, 3, 6, 12, 24, 48, 168, 336, 720, 2160, 8760)
"""Widths of a bar of the timeline that a reader can name, in hours."""
MOST_BARS = 120
MOST_ROWS = 24
"""Rows of the table that says in numbers what the timeline shows."""
MOST_TICKS = 7
TICK_HOURS = (1, 3, 6, 12, 24, 48, 96, 168, 336, 720, 2160, 8760)
_HOUR = dt.timedelta(hours=1)
_LEAST = 1e-6
"""Bits between the ends of a waterfall below which nothing can be drawn."""
_GAP = 0.12
"""Share of a bar's room that is left empty."""


@dataclass(frozen=True, slots=True)
class Bin:
    """Some hours taken together: all exchanges, and the most accounts active in one of the hours."""

    start: dt.datetime
    exchanges: int
    accounts: int


@dataclass(frozen=True, slots=True)
class Tick:
    """A place on an axis and what stands there."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """A group through time, drawn twice on one axis.

    Attributes:
        exchanges: outline of the bars of exchanges, an SVG path in a 100 by 100 plot.
        accounts: the same for accounts.
        width: hours a bar.
        rows: the same in numbers, coarser.
        row_width: hours a row.
    """

    exchanges: str
    accounts: str
    width: int
    peak: Bin
    most_accounts: int
    ticks: tuple[Tick, ...]
    rows: tuple[Bin, ...]
    row_width: int


@dataclass(frozen=True, slots=True)
class Step:
    """One bar of a waterfall: the evidence, where its bar begins and ends, and its number in the campaign."""

    evidence: Evidence
    number: int
    left: float
    width: float
    begin: float

    @property
    def against(self) -> bool:
        """Whether it speaks against the group; else it speaks for it, or is silent."""
        return self.evidence.bits > 0


@dataclass(frozen=True, slots=True)
class Waterfall:
    """The tested evidence of a campaign by question, each bar beginning where the one before it ended.

    Attributes:
        zero: where no bits stand.
        questions: question and its steps, strongest family first.
        total: bits by question, the plain sum of its steps.
    """

    zero: float
    questions: tuple[tuple[Question, tuple[Step, ...], float], ...]


def timeline(hours: Sequence[Hour]) -> Timeline | None:
    """Return the timeline of a group, None when its hours are not known."""
    if not hours:
        return None
    width, bins = binned(hours, MOST_BARS)
    row_width, rows = binned(hours, MOST_ROWS)
    slots = int((bins[-1].start - bins[0].start) / (width * _HOUR)) + 1
    places = [int((b.start - bins[0].start) / (width * _HOUR)) for b in bins]
    return Timeline(
        exchanges=_bars(places, [b.exchanges for b in bins], slots),
        accounts=_bars(places, [b.accounts for b in bins], slots),
        width=width,
        peak=max(bins, key=lambda b: (b.exchanges, -b.start.timestamp())),
        most_accounts=max(b.accounts for b in bins),
        ticks=_ticks(bins[0].start, slots * width),
        rows=tuple(rows),
        row_width=row_width,
    )


def binned(hours: Sequence[Hour], most: int) -> tuple[int, list[Bin]]:
    """Return hours taken together so that at most `most` bins span them, and the hours a bin.

    Bins wider than an hour begin at midnight of the first day; a bin without exchanges is left out.
    """
    first = hours[0].start.replace(hour=0, minute=0, second=0, microsecond=0)
    span = (hours[-1].start - first) / _HOUR + 1
    width = next((w for w in BIN_HOURS if span <= w * most), BIN_HOURS[-1])
    bins: dict[int, Bin] = {}
    for hour in hours:
        place = int((hour.start - first) / (width * _HOUR))
        seen = bins.get(place, Bin(first + place * width * _HOUR, 0, 0))
        bins[place] = Bin(seen.start, seen.exchanges + hour.exchanges, max(seen.accounts, hour.accounts))
    return width, [bins[place] for place in sorted(bins)]


def _bars(places: Sequence[int], values: Sequence[int], slots: int) -> str:
    """Return bars as one path; the tallest fills the plot."""
    top = max(*values, 1)
    room = 100 / slots
    path = []
    for place, value in zip(places, values, strict=True):
        left, right = (place + _GAP / 2) * room, (place + 1 - _GAP / 2) * room
        path.append(f"M{left:.2f} 100V{100 - 100 * value / top:.0f}H{right:.2f}V100z")
    return "".join(path)


def _ticks(start: dt.datetime, hours: int) -> tuple[Tick, ...]:
    """Return a few round moments inside the span."""
    step = next((w for w in TICK_HOURS if hours <= w * MOST_TICKS), TICK_HOURS[-1])
    first = start.replace(hour=0, minute=0, second=0, microsecond=0)
    skip = -(-int((start - first) / _HOUR) // step)
    ticks = []
    for place in range(skip, skip + MOST_TICKS + 1):
        moment = first + place * step * _HOUR
        at = 100 * ((moment - start) / _HOUR) / hours
        if at < 95:  # a label that begins later would leave the plot
            ticks.append(Tick(round(at, 1), short_day(moment) if step >= 24 else f"{short_day(moment)} {moment:%H:%M}"))
    return tuple(ticks)


def ordered(evidence: Sequence[Evidence]) -> list[tuple[Question, list[Evidence]]]:
    """Return the tested evidence by question, within it by family, the strongest family and evidence first."""
    groups = []
    for question in Question:
        tested = [e for e in evidence if e.question is question and not untested(e)]
        weight = {e.family: sum(abs(f.bits) for f in tested if f.family is e.family) for e in tested}
        tested.sort(key=lambda e: (-weight[e.family], e.family, -abs(e.bits), e.kind))
        if tested:
            groups.append((question, tested))
    return groups


def waterfall(evidence: Sequence[Evidence]) -> Waterfall:
    """Return the bars of the tested evidence on one scale for all questions."""
    groups = ordered(evidence)
    sums = [(question, tested, _sums(tested)) for question, tested in groups]
    ends = [0.0, *(end for _, _, running in sums for end in running)]
    low, high = min(ends), max(ends)
    scale = 100 / (high - low) if high - low > _LEAST else 0.0

    def steps(tested: Sequence[Evidence], running: Sequence[float], before: int) -> tuple[Step, ...]:
        made = []
        for place, item in enumerate(tested):
            begin, end = (running[place] - low) * scale, (running[place + 1] - low) * scale
            left, width = round(min(begin, end), 1), round(abs(end - begin), 1)
            made.append(Step(item, before + place + 1, left, width, round(begin, 1)))
        return tuple(made)

    questions, before = [], 0
    for question, tested, running in sums:
        questions.append((question, steps(tested, running, before), running[-1]))
        before += len(tested)
    return Waterfall(round(abs(low) * scale, 1), tuple(questions))


def _sums(tested: Sequence[Evidence]) -> list[float]:
    """Return the running sum of bits, beginning with 0."""
    running = [0.0]
    for item in tested:
        running.append(running[-1] + item.bits)
    return running
