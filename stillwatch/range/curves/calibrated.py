"""Calibration plots over the groups that all scores tested, taken together."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from stillwatch.range.curves.plot import BOTTOM, TOP, Axis, Line, Plot, across, line, path, shares
from stillwatch.range.scoring.calibration import Bin, Calibration, KindPoint
from stillwatch.range.scoring.figures import BOOTSTRAP, Figure, hits_of, pooled
from stillwatch.range.scoring.odds import GROUPS, HARVEST, Odds, OddsBin, pooled_odds
from stillwatch.range.scoring.score import Score
from stillwatch.range.scoring.wording import ends, percent
from stillwatch.report.charts import Tick

UNRELATED, INNOCENT, TRUE, FALSE = 2, 0, 0, 1
"""Styles of the lines."""
_SUMS = {GROUPS: "coordination left after innocence", HARVEST: "extraction"}
_REACH, _REACH_OF_KIND = 32.0, 12.0
"""Bits at the ends of the axes of a plot of odds."""
_Points = Sequence[tuple[float, Figure]]


def calibrations(scores: Sequence[tuple[str, Score]]) -> list[Plot]:
    """Return the plots of q-values, of bits that innocent groups reach, and of reliability."""
    found = _found(scores)
    return [_q_values(found), _tails(found), _reliability(found)] if found else []


def _found(scores: Sequence[tuple[str, Score]]) -> list[Calibration]:
    return [score.calibration for _, score in scores if score.calibration is not None]


def reliability(scores: Sequence[tuple[str, Score]]) -> list[Plot]:
    """Return the plots of stated against observed bits: both sums, then each kind of evidence.

    What nothing can be observed of, for want of groups that are true or that are not, is left out.
    """
    return [_odds(one) for one in pooled_odds([one.odds for one in _found(scores)]) if one.prior is not None]


def _odds(one: Odds) -> Plot:
    name = _SUMS.get(one.subject, one.subject.replace("_", " "))
    reach = _REACH if one.subject in _SUMS else _REACH_OF_KIND
    ticks = [reach * step / 4 for step in range(-4, 5, 2)]
    x, x_ticks = across(ticks, [f"{v:g}" for v in ticks])
    y = Axis(-reach, reach, BOTTOM, TOP)
    points = [(b.stated, _observed(b, reach)) for b in one.bins if b.stated is not None]
    return Plot(
        title=name,
        about=f"Observed log2 odds of {name}, less the prior ones of {one.prior:.1f}, by stated bits; calibrated, bits"
        " for guilt lie above the guide and bits for innocence below it",
        x="stated bits, mean of the bin",
        y="observed",
        x_ticks=x_ticks,
        y_ticks=tuple(Tick(y.at(v), f"{v:g}") for v in ticks),
        lines=(line(name, TRUE, points, x=x, y=y),),
        guide=path([(x.at(v), y.at(v)) for v in (-reach, reach)]),
        head=("Bits", "True", "False", "Stated", "Observed", ""),
        rows=tuple(_odds_row(b) for b in one.bins if b.stated is not None),
    )


def _observed(one: OddsBin, reach: float) -> Figure:
    """Return the place of a bin on the upright axis; odds of none and of all stand at its ends."""
    low = -reach if one.least is None else one.least
    high = reach if one.most is None else one.most
    middle = one.observed if one.observed is not None else high if one.true else low
    return Figure(middle, low, high, one.true + one.false)


def _odds_row(one: OddsBin) -> tuple[str, ...]:
    said = "-" if one.observed is None else f"{one.observed:.1f}"
    least = "no least" if one.least is None else f"{one.least:.1f}"
    most = "no most" if one.most is None else f"{one.most:.1f}"
    told = "overstates" if one.overstates else ""
    return _bin_name(one), f"{one.true:,}", f"{one.false:,}", f"{one.stated:.1f}", f"{said} ({least} to {most})", told


def mean_rows(scores: Sequence[tuple[str, Score]]) -> list[KindPoint]:
    """Return the mean e-values by kind of evidence, in the order of the evidence."""
    rows: dict[str, list[KindPoint]] = {}
    for _, score in scores:
        for point in score.calibration.kinds if score.calibration else ():
            rows.setdefault(point.kind, []).append(point)
    return [
        KindPoint(
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
    lines = _lines(innocent, unrelated, x=x, y=y)
    if false:
        lines += (line("false among those named", FALSE, [*false.items()], x=x, y=y),)
    return Plot(
        title="q-values of innocent groups",
        about="Share of innocent groups whose q-value is at most x, and share of innocent ones among all groups with"
        " such a q-value; calibrated, both stay below the guide",
        x="q-value of at most",
        y="share",
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
        lines=_lines(innocent, unrelated, x=x, y=y),
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


def _bin_name(one: Bin | OddsBin) -> str:
    if one.low is None:
        return f"< {one.high:g}"
    return f"{one.low:g}+" if one.high is None else f"{one.low:g}-{one.high:g}"


def _lines(innocent: _Points, unrelated: _Points, *, x: Axis, y: Axis) -> tuple[Line, ...]:
    both = (("all innocent groups", INNOCENT, innocent), ("unrelated ones", UNRELATED, unrelated))
    return tuple(line(name, style, points, x=x, y=y) for name, style, points in both if points)


def _at(grid: Sequence[float], figure: Callable[[int], Figure | None]) -> list[tuple[float, Figure]]:
    return [(value, found) for i, value in enumerate(grid) if (found := figure(i)) is not None]


def _cell(figure: Figure | None) -> str:
    return "-" if figure is None else f"{hits_of(figure):,} of {figure.n:,} ({ends(figure)} %)"
