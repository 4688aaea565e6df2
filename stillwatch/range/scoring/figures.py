"""A measured figure and how far it may be off.

Shares of accounts and groups have exact intervals (Clopper and Pearson, "The use of confidence or fiducial limits
illustrated in the case of the binomial", Biometrika 26, 1934): with no case among n the upper end is about 3.7 / n.
Shares of exchanges are resampled by account, because the exchanges of one account are found or missed together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from stillwatch.arrays import F64, I64, Flags

LEVEL = 0.95
"""Share of intervals that hold the true value."""
DRAWS = 1_000
"""Resamples of a bootstrap."""
SEED = 20_261_001
"""Of every bootstrap; with the number of units it gives the generator, so that no figure depends on another."""
FEWEST = 5
"""Groups below which the mean of a heavy-tailed value is not stated."""
EXACT, BOOTSTRAP, BRACKET = "exact", "bootstrap", "bracket"
"""Where an interval comes from: a binomial law; resampled units; two moments between which something happened."""
_AT_ONCE = 4_000_000
"""Draws held in memory together."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure with its interval.

    Attributes:
        estimate, low, high: in the unit of its field.
        n: units it rests on: accounts, groups or cut-offs.
        method: where the interval comes from: `exact`, `bootstrap` or `bracket`.
    """

    estimate: float
    low: float
    high: float
    n: int
    method: str = EXACT


def proportion(hits: int, n: int, *, per: float = 1.0) -> Figure | None:
    """Return `hits` of `n` times `per` with the Clopper-Pearson interval, None for no unit at all."""
    if n == 0:
        return None
    low, high = _clopper_pearson(hits, n)
    return Figure(per * hits / n, per * low, per * high, n)


def share_of(hit: Flags, *, per: float = 1.0) -> Figure | None:
    """Return the share of true flags, see `proportion`."""
    return proportion(int(hit.sum()), len(hit), per=per)


def hits_of(figure: Figure) -> int:
    """Return how many of `n` a share counts."""
    return round(figure.estimate * figure.n)


def pooled(figures: Sequence[Figure | None]) -> Figure | None:
    """Return exact shares of different units taken together; None when there are none."""
    some = [figure for figure in figures if figure is not None]
    return proportion(sum(hits_of(figure) for figure in some), sum(figure.n for figure in some))


def weighted_share(hit: Flags, weights: I64) -> Figure | None:
    """Return the share of the weights, shape (units,), that lies on the units hit; None when all weights are zero.

    The interval is a percentile bootstrap over units. When all of the weight is hit or none is, every resample says
    the same; then it is the Clopper-Pearson interval for Kish's effective number of units, (sum w)^2 / sum w^2.
    """
    weighed = weights > 0
    hit, load = hit[weighed], np.asarray(weights[weighed], dtype=np.float64)
    if not len(load):
        return None
    estimate = float((load * hit).sum() / load.sum())
    if hit.all() or not hit.any():
        size = load.sum() ** 2 / (load**2).sum()
        low, high = _clopper_pearson(size if hit.all() else 0.0, size)
    else:
        low, high = _percentiles(_ratios(load * hit, load))
    return Figure(estimate, low, high, len(load), BOOTSTRAP)


def mean_of(values: F64) -> Figure | None:
    """Return the mean with a percentile bootstrap interval, None for fewer than `FEWEST` values."""
    if len(values) < FEWEST:
        return None
    low, high = _percentiles(_ratios(values, np.ones(len(values))))
    return Figure(float(values.mean()), low, high, len(values), BOOTSTRAP)


def bracket(low: float, high: float, n: int) -> Figure:
    """Return what is known of something that happened between two of `n` moments: the later one, and both as ends."""
    return Figure(high, low, high, n, BRACKET)


def _clopper_pearson(hits: float, n: float) -> tuple[float, float]:
    tail = (1 - LEVEL) / 2
    low = float(stats.beta.ppf(tail, hits, n - hits + 1)) if hits > 0 else 0.0
    high = float(stats.beta.ppf(1 - tail, hits + 1, n - hits)) if hits < n else 1.0
    return low, high


def _ratios(above: F64, below: F64) -> F64:
    """Return sum(above) / sum(below) in `DRAWS` resamples of the units, shape (DRAWS,)."""
    rng = np.random.default_rng([SEED, len(below)])
    rows = max(_AT_ONCE // len(below), 1)
    ratios = []
    for start in range(0, DRAWS, rows):
        drawn = rng.integers(0, len(below), size=(min(rows, DRAWS - start), len(below)))
        ratios.append(above[drawn].sum(axis=1) / below[drawn].sum(axis=1))
    return np.concatenate(ratios)


def _percentiles(values: F64) -> tuple[float, float]:
    low, high = np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)
