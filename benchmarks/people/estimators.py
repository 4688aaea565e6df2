"""The few estimators that the fits need; every one is deterministic."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.optimize import minimize
from scipy.special import gammainc, i0e, i1e
from scipy.stats import norm

from benchmarks.people import F64, I64, Flags
from stillwatch.range.fits import Mixture

SEED = 20_230_811
"""Of the halves, and of the starts of the mixtures."""
STEPS = (0.1, 0.5, 0.9, 0.99)
NARROWEST = 0.03
"""Smallest sigma of a component, so that none of them sits on a single length."""
SETTLED = 1e-7
"""Gain in mean log density under which EM ends."""
SHORTEST = 1.5
"""Seconds that a pause is taken to last at least: the clock of the trace ticks every three."""


def half(count: int) -> Flags:
    """Return which of `count` things are fitted; the others are held out."""
    chosen = np.zeros(count, dtype=np.bool_)
    chosen[np.random.default_rng([SEED, count]).permutation(count)[: (count + 1) // 2]] = True
    return chosen


def distance(real: F64, drawn: F64) -> float:
    """Return the largest distance of two empirical distribution functions (Kolmogorov and Smirnov)."""
    both = np.concatenate([real, drawn])
    shares = [np.searchsorted(np.sort(x), both, side="right") / len(x) for x in (real, drawn)]
    return float(np.abs(shares[0] - shares[1]).max())


def ratios(real: F64, drawn: F64) -> tuple[float, float, float, float]:
    """Return drawn over real quantile at `STEPS`."""
    a, b, c, d = np.quantile(drawn, STEPS) / np.quantile(real, STEPS)
    return float(a), float(b), float(c), float(d)


def mixture(values: F64, parts: int) -> tuple[F64, F64, F64]:
    """Return shares, means and sigmas of a mixture of normals with diagonal covariance (EM, best of seven starts).

    `values` have the shape (rows, columns); means and sigmas (parts, columns). Components come in order of their mean
    in the first column.
    """
    rng = np.random.default_rng(SEED)
    order = [values[:, 0], values.sum(axis=1), *(rng.random(len(values)) for _ in range(5))]
    tries = [_climb(values, parts, start, steps=60) for start in order]
    best = max(tries, key=lambda found: _fits(values, found))
    shares, means, sigmas = _climb(values, parts, best, steps=600)
    rank = np.argsort(means[:, 0])
    return shares[rank], means[rank], sigmas[rank]


Found = tuple[F64, F64, F64]


def _climb(values: F64, parts: int, start: F64 | Found, *, steps: int) -> Found:
    squares = values * values
    if isinstance(start, tuple):
        weight = _belongs(values, start)[0]
    else:
        place = np.argsort(np.argsort(start, kind="stable"), kind="stable") * parts // len(values)
        weight = np.eye(parts)[place]
    level = -np.inf
    for _ in range(steps):
        mass = weight.sum(axis=0) + 1e-9
        means = weight.T @ values / mass[:, None]
        spread = weight.T @ squares / mass[:, None] - means**2
        found = (mass / len(values), means, np.sqrt(np.maximum(spread, NARROWEST**2)))
        weight, density = _belongs(values, found)
        before, level = level, float(density.mean())
        if level - before < SETTLED:
            break
    return found


def _belongs(values: F64, found: Found) -> tuple[F64, F64]:
    """Return how much each row belongs to each part, and its log density."""
    shares, means, sigmas = found
    precise = sigmas**-2.0
    log = (values * values) @ (-0.5 * precise).T + values @ (means * precise).T
    log += np.log(shares) - (0.5 * means**2 * precise + np.log(sigmas) + 0.5 * np.log(2 * np.pi)).sum(axis=1)
    top = log.max(axis=1, keepdims=True)
    weight = np.exp(log - top)
    total = weight.sum(axis=1, keepdims=True)
    return weight / total, (top + np.log(total))[:, 0]


def _fits(values: F64, found: Found) -> float:
    return float(_belongs(values, found)[1].mean())


def lognormals(values: F64, parts: int) -> Mixture:
    """Return a mixture of `parts` lognormals through positive `values`."""
    shares, means, sigmas = mixture(np.log(values)[:, None], parts)
    return as_mixture(shares, means[:, 0], sigmas[:, 0])


def as_mixture(shares: F64, means: F64, sigmas: F64) -> Mixture:
    """Return the mixture with means and sigmas of the log, in rounded numbers whose shares still sum to one."""
    parts = [round(float(s), 4) for s in shares]
    parts[-1] = round(1.0 - sum(parts[:-1]), 4)
    medians = tuple(digits(float(np.exp(m))) for m in means)
    return Mixture(tuple(parts), medians, tuple(digits(float(s)) for s in sigmas))


def digits(value: float) -> float:
    """Return `value` with four significant digits."""
    return float(f"{value:.4g}")


def tail_exponent(values: F64, share: float = 0.1) -> float:
    """Return Hill's estimate of the Pareto exponent of the largest `share` of positive `values`."""
    ordered = np.sort(np.log(values))[::-1]
    count = int(share * len(ordered))
    return float(1.0 / (ordered[:count] - ordered[count]).mean())


def gamma_factors(factors: F64) -> tuple[float, float]:
    """Return median and sigma of the cv of gamma factors of mean one, the cv lognormal between accounts.

    The distance between the two distribution functions is least, in squares at 400 quantiles of `factors`: a maximum
    of likelihood would follow the few windows that are empty.
    """
    steps = (np.arange(400) + 0.5) / 400
    at = np.maximum(np.quantile(factors, steps), 1e-3)
    nodes, weights = np.polynomial.hermite_e.hermegauss(31)

    def loss(point: F64) -> float:
        shape = np.exp(-2 * (point[0] + np.exp(point[1]) * nodes))
        fitted = gammainc(shape, shape * at[:, None]) @ (weights / weights.sum())
        return float(((fitted - steps) ** 2).mean())

    median, sigma = np.exp(_least(loss, [-1.2, -0.3]))
    return float(median), float(sigma)


def kappa_of(amplitude: F64) -> F64:
    """Return the kappa of a day exp(kappa cos) whose first harmonic has `amplitude` (0 to 2) times the mean."""
    grid = np.linspace(0.0, 40.0, 20_001)
    found: F64 = np.interp(amplitude, 2 * i1e(grid) / i0e(grid), grid)
    return found


def weibull(values: F64) -> tuple[float, float]:
    """Return scale and shape of a Weibull law through positive `values`, by maximum likelihood."""
    log = np.log(values)

    def loss(point: F64) -> float:
        scaled = np.exp(point[1]) * (log - point[0])
        return float(-(point[1] + scaled - np.exp(scaled)).mean())

    scale, shape = np.exp(_least(loss, [float(log.mean()), 0.0]))
    return float(scale), float(shape)


def pause_law(turn: I64, waited: F64, followed: Flags) -> tuple[float, float]:
    """Return median and sigma of the lognormal pause: as `turn_law`, with `a` and `b` free as well."""
    found = np.exp(_least(lambda p: _talk_loss(p, turn, waited, followed), [0.7, -0.3, 5.0, 0.0]))
    return float(found[2]), float(found[3])


def turn_law(turn: I64, waited: F64, followed: Flags, pause: tuple[float, float]) -> tuple[float, float]:
    """Return `a` and `b` of `fits.Turns`, by maximum likelihood, for pauses of the median and sigma given.

    A request at `turn` was `followed` after `waited` seconds, or was not during the `waited` seconds that were left of
    the trace: it is then over, or the pause is longer.
    """
    fixed = np.log(pause)
    a, b = np.exp(_least(lambda p: _talk_loss(np.append(p, fixed), turn, waited, followed), [0.7, -0.3]))
    return float(a), float(b)


def _talk_loss(point: F64, turn: I64, waited: F64, followed: Flags) -> float:
    """Return the negative mean log likelihood; `point` is the log of a, b, median and sigma."""
    a, b, sigma = np.exp(point[[0, 1, 3]])
    goes_on = (b + turn - 1) / (a + b + turn - 1)
    z = (np.log(np.maximum(waited, SHORTEST)) - point[2]) / sigma
    found = np.log(goes_on) + norm.logpdf(z) - np.log(sigma)
    return float(-np.where(followed, found, np.log1p(-goes_on * norm.cdf(z))).mean())


def _least(loss: Callable[[F64], float], start: list[float]) -> F64:
    found: F64 = minimize(loss, start, method="Nelder-Mead", options={"xatol": 1e-7, "fatol": 1e-10}).x
    return found
