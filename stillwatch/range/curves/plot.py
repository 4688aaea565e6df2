"""Where the marks of a curve stand, in the units of a fixed view box; the templates draw them.

Places are rounded to a tenth, so that the same scores give the same bytes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from stillwatch.range.scoring.figures import Figure
from stillwatch.report.charts import Tick

WIDTH, HEIGHT = 420, 250
"""Of a plot with its labels."""
LEFT, RIGHT, TOP, BOTTOM = 58, 402, 12, 204
"""Sides of the area in which curves are drawn."""


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis.

    Attributes:
        low, high: values at its ends. begin, end: where these stand.
        log: whether equal steps are equal factors; what is below `low` then stands at its end.
    """

    low: float
    high: float
    begin: float
    end: float
    log: bool = False

    def at(self, value: float) -> float:
        """Return where a value stands; one beyond an end stands at that end."""
        value = min(max(value, self.low), self.high)
        if self.log:
            share = math.log(value / self.low) / math.log(self.high / self.low)
        else:
            share = (value - self.low) / (self.high - self.low)
        return round(self.begin + share * (self.end - self.begin), 1)


@dataclass(frozen=True, slots=True)
class Dot:
    """One figure: its place, and the ends of its interval."""

    x: float
    y: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Line:
    """Figures of one name.

    Attributes:
        name: for the legend. style: number of the style it is drawn in.
        path: through its dots, an SVG path.
    """

    name: str
    style: int
    path: str
    dots: tuple[Dot, ...]


@dataclass(frozen=True, slots=True)
class Plot:
    """A plot and the table that says the same.

    Attributes:
        title: above it. about: what it shows, for those who do not see it. x, y: labels of the axes.
        guide: path of what a calibrated figure would be; empty for none.
        head, rows: the table.
    """

    title: str
    about: str
    x: str
    y: str
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    lines: tuple[Line, ...]
    guide: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def line(name: str, style: int, points: Sequence[tuple[float, Figure]], *, x: Axis, y: Axis) -> Line:
    """Return the figures at their values of x as a line."""
    dots = tuple(Dot(x.at(at), y.at(f.estimate), y.at(f.low), y.at(f.high)) for at, f in points)
    return Line(name, style, path((dot.x, dot.y) for dot in dots), dots)


def path(places: Iterable[tuple[float, float]]) -> str:
    """Return an SVG path through places in order."""
    steps = [f"{x:g} {y:g}" for x, y in places]
    return f"M{'L'.join(steps)}" if steps else ""


def shares(*, log: float | None = None) -> tuple[Axis, tuple[Tick, ...]]:
    """Return the upright axis of a share with its ticks, of equal factors from `log` up if that is given."""
    if log is None:
        axis = Axis(0.0, 1.0, BOTTOM, TOP)
        return axis, tuple(Tick(axis.at(v), f"{100 * v:.0f} %") for v in (0.0, 0.25, 0.5, 0.75, 1.0))
    axis = Axis(log, 1.0, BOTTOM, TOP, log=True)
    values = [10.0**-k for k in range(12) if 10.0**-k > log * 1.001]
    return axis, (*(Tick(axis.at(v), f"{100 * v:g} %") for v in values), Tick(BOTTOM, f"≤ {100 * log:g} %"))


def across(values: Sequence[float], labels: Sequence[str], *, log: bool = False) -> tuple[Axis, tuple[Tick, ...]]:
    """Return the level axis from the first to the last of `values` with a tick at each."""
    axis = Axis(values[0], values[-1], LEFT, RIGHT, log=log)
    return axis, tuple(Tick(axis.at(v), label) for v, label in zip(values, labels, strict=True))
