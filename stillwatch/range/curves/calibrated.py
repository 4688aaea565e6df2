"""Calibration plots over the groups that all scores tested, taken together."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from stillwatch.range.curves.plot import Line, Plot, across, line, path, shares
from stillwatch.range.scoring.calibration import Bin, Calibration, KindPoint
from stillwatch.range.scoring.figures import BOOTSTRAP, Figure, hits_of, pooled
from stillwatch.range.scoring.score import Score
from stillwatch.range.scoring.wording import ends, percent

UNRELATED, INNOCENT, TRUE = 2, 0, 0
"""Styles of the lines."""
_Points = Sequence[tuple[float, Figure]]


@dataclass(frozen=True, slots=True)
class MeanRow:
    """Mean e-values of one kind of evidence over the innocent groups of all worlds."""

    kind: str
    question: str
    unrelated: Figure | None
    innocent: Figure | None
    small: Figure | None


def calibrations(scores: Sequence[tuple[str, Score]]) -> list[Plot]:
    """Return the plots of q-values, of bits that innocent groups reach, and of reliability."""
    found = [score.calibration for _, score in scores if score.calibration is not None]
    return [_q_values(found), _tails(found), _reliability(found)] if found else []


def mean_rows(scores: Sequence[tuple[str, Score]]) -> list[MeanRow]:
    """Return the mean e-values by kind of evidence, in the order of the evidence."""
    rows: dict[str, list[KindPoint]] = {}
    for _, score in scores:
        for point in score.calibration.kinds if score.calibration else ():
            rows.setdefault(point.kind, []).append(point)
    return [
        MeanRow(
            kind,
            points[0].question,
            _together([p.unrelated for p in points]),
            _together([p.innocent for p in points]),
            pooled([p.small for p in points]),
        )
        for kind, points in rows.items()
    ]


def _together(figures: Sequence[Figure | None]) -> Figure | None:
    """Return the mean over all worlds; worlds are independent, so the ends are put together by their squares."""
    some = [f for f in figures if f is not None]
    total = sum(f.n for f in some)
    if not total:
        return None
    mean = sum(f.n * f.estimate for f in some) / total
    below = math.sqrt(sum((f.n / total * (f.estimate - f.low)) ** 2 for f in some))
    above = math.sqrt(sum((f.n / total * (f.high - f.estimate)) ** 2 for f in some))
    return Figure(mean, max(mean - below, 0.0), mean + above, total, BOOTSTRAP)


def _q_values(found: Sequence[Calibration]) -> Plot:
    grid = [point.x for point in found[0].q]
    x, x_ticks = across(grid, [f"{v:g}" for v in grid], log=True)
    y, y_ticks = shares(log=grid[0])
    innocent = _at(grid, lambda i: pooled([one.q[i].innocent for one in found]))
    unrelated = _at(grid, lambda i: pooled([one.q[i].unrelated for one in found]))
    false = dict(_at(grid, lambda i: pooled([one.q[i].false for one in found])))
    lines = _lines(innocent, unrelated, lambda name, style, points: line(name, style, points, x=x, y=y))
    return Plot(
        title="q-values of innocent groups",
        about="Share of innocent groups whose q-value is at most x; calibrated, it stays below the guide",
        x="q-value of at most",
        y="share of innocent groups",
        x_ticks=x_ticks,
        y_ticks=y_ticks,
        lines=lines,
        guide=path([(x.at(v), y.at(v)) for v in grid]),
        head=("q at most", "Innocent groups", "False among named"),
        rows=tuple((f"{v:g}", _cell(dict(innocent).get(v)), _cell(false.get(v))) for v in grid),
    )


def _tails(found: Sequence[Calibration]) -> Plot:
    grid = [point.bits for point in found[0].tail]
    x, x_ticks = across(grid, [f"{v:g}" for v in grid])
    y, y_ticks = shares(log=1e-4)
    innocent = _at(grid, lambda i: pooled([one.tail[i].innocent for one in found]))
    unrelated = _at(grid, lambda i: pooled([one.tail[i].unrelated for one in found]))
    return Plot(
        title="Bits that innocent groups reach",
        about="Share of innocent groups with at least so many bits; calibrated, it stays below the guide",
        x="bits of coordination left after innocence, at least",
        y="share of innocent groups",
        x_ticks=x_ticks,
        y_ticks=y_ticks,
        lines=_lines(innocent, unrelated, lambda name, style, points: line(name, style, points, x=x, y=y)),
        guide=path([(x.at(v), y.at(2.0**-v)) for v in grid]),
        head=("Bits at least", "Bound", "Innocent groups", "Unrelated groups"),
        rows=tuple(
            (f"{v:g}", percent(2.0**-v), _cell(dict(innocent).get(v)), _cell(dict(unrelated).get(v))) for v in grid
        ),
    )


def _reliability(found: Sequence[Calibration]) -> Plot:
    bins = [[one.reliability[i] for one in found] for i in range(len(found[0].reliability))]
    places = [float(i) for i in range(len(bins))]
    x, x_ticks = across(places, [_bin_name(some[0]) for some in bins])
    y, y_ticks = shares()
    true = _at(places, lambda i: pooled([one.true for one in bins[i]]))
    return Plot(
        title="Bits against truth",
        about="Share of campaigns and relays among the tested groups with so many bits; it should rise",
        x="bits of coordination left after innocence",
        y="campaigns and relays",
        x_ticks=x_ticks,
        y_ticks=y_ticks,
        lines=(line("campaigns and relays", TRUE, true, x=x, y=y),),
        guide="",
        head=("Bits", "Campaigns", "Relays", "Innocent", "Mixed", "True"),
        rows=tuple(
            (_bin_name(some[0]), *_counts(some), _cell(dict(true).get(place)))
            for place, some in zip(places, bins, strict=True)
        ),
    )


def _counts(some: Sequence[Bin]) -> tuple[str, ...]:
    sums = (sum(getattr(one, name) for one in some) for name in ("campaigns", "relays", "innocent", "mixed"))
    return tuple(f"{n:,}" for n in sums)


def _bin_name(one: Bin) -> str:
    if one.low is None:
        return f"< {one.high:g}"
    return f"{one.low:g}+" if one.high is None else f"{one.low:g}-{one.high:g}"


def _lines(innocent: _Points, unrelated: _Points, draw: Callable[[str, int, _Points], Line]) -> tuple[Line, ...]:
    both = (("all innocent groups", INNOCENT, innocent), ("unrelated ones", UNRELATED, unrelated))
    return tuple(draw(name, style, points) for name, style, points in both if points)


def _at(grid: Sequence[float], figure: Callable[[int], Figure | None]) -> list[tuple[float, Figure]]:
    return [(value, found) for i, value in enumerate(grid) if (found := figure(i)) is not None]


def _cell(figure: Figure | None) -> str:
    return "-" if figure is None else f"{hits_of(figure):,} of {figure.n:,} ({ends(figure)} %)"
