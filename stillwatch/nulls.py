"""What chance alone would do: tails of the nulls that evidence is tested against, and how a p-value becomes bits.

Every p-value here is an upper bound or exact, never an estimate from below: a bound costs power, the other way
round costs somebody an account.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from scipy import special, stats

from stillwatch.arrays import F64, I64

SMALLEST_P: Final = 1e-300
"""Smaller p-values are reported as this one; doubles end near here."""


def bits_of(p_value: float) -> float:
    """Return log2 of the e-value that `p_value` is worth.

    The calibrator is (1 - p + p ln p) / (p ln(p)^2), the mixture over k of k p^(k-1): whatever the test, its mean
    under the null is at most one (Vovk and Wang, "E-values: calibration, combination and applications", Annals of
    Statistics 49(3), 2021, section 2). p = 1 gives -1 bit, p = 0.001 about 4.4, p = 1e-6 about 12.4.
    """
    p = min(max(p_value, SMALLEST_P), 1.0)
    log = math.log(p)
    if log > -1e-4:
        return -1.0 - log / (3 * math.log(2))
    return math.log2((1.0 - p + p * log) / (p * log * log))


def binomial_tail(hits: int, trials: int, rate: float) -> float:
    """Return P(X >= hits) for X ~ Binomial(trials, rate)."""
    return float(binomial_tails(np.array([hits]), trials, np.array([rate]))[0])


def binomial_tails(hits: I64, trials: int, rates: F64) -> F64:
    """Return P(X >= hits) for X ~ Binomial(trials, rate), for each of `hits` and `rates`, shape (n,)."""
    some = np.maximum(hits, 1)
    tails = special.betainc(some, np.maximum(trials - some + 1, 1e-9), np.clip(rates, 0.0, 1.0))
    return np.asarray(np.where(hits <= 0, 1.0, np.where(hits > trials, 0.0, tails)))


def poisson_tail(hits: int, mean: float) -> float:
    """Return P(X >= hits) for X ~ Poisson(mean)."""
    return 1.0 if hits <= 0 else float(special.pdtrc(hits - 1, mean))


def drawn_tail(hits: int, draws: int, holders: int, size: int) -> float:
    """Return P(X >= hits) when `draws` of `size` accounts are drawn and `holders` of them hold a mark."""
    return float(drawn_tails(np.array([hits]), draws, np.array([holders]), size)[0])


def drawn_tails(hits: I64, draws: int, holders: I64, size: int) -> F64:
    """Return P(X >= hits) for each mark, shape (marks,), when `draws` of `size` accounts are drawn."""
    return np.asarray(np.where(hits <= 0, 1.0, stats.hypergeom.sf(hits - 1, size, holders, draws)))


def chi2_with(mean: float, variance: float) -> tuple[float, float]:
    """Return scale and degrees of freedom of the chi-square with that mean and variance.

    It stands for a sum of chi-squares of unlike weights (Satterthwaite, Biometrics Bulletin 2(6), 1946).
    """
    return variance / (2 * mean), 2 * mean**2 / variance


def quadratic_form(variance: F64, share: F64) -> tuple[float, float]:
    """Return mean and variance of the spread of independent normal values about their weighted mean.

    The spread is the sum of w (value - centre)^2 with the centre at sum of w value / sum of w, and each column about
    its own centre. Both are exact whatever the variances, also where one value has nearly all of the weight and with it
    the centre (Searle, Linear Models, 1971, section 2.5, corollary 1.1 and 1.2).

    Args:
        variance: w times the variance of each value, shape (values,) or (values, columns).
        share: w as a part of the sum of w, shape (values,), or (values, 1) where there are columns.
    """
    mean = float((variance * (1 - share)).sum())
    return mean, 2 * float((variance**2 * (1 - 2 * share)).sum() + ((variance * share).sum(axis=0) ** 2).sum())


def chi2_below(value: float, scale: float, freedom: float) -> float:
    """Return P(scale x chi-square(freedom) <= value)."""
    return float(special.chdtr(freedom, value / scale))


def chi2_above(value: float, scale: float, freedom: float) -> float:
    """Return P(scale x chi-square(freedom) >= value)."""
    return float(special.chdtrc(freedom, value / scale))


KNOWN: Final = 1e9
"""Degrees of freedom of a mean that is known and not estimated: F with so many is a chi-square."""


def f_below(value: float, mean: float, freedom: float, known: float) -> float:
    """Return P(X <= value) for X about `mean`, a chi-square but for its scale, where the mean is an estimate.

    The ratio of both is F with `freedom` and `known` degrees (Fisher, 1924).
    """
    return float(special.fdtr(freedom, known, value / mean)) if mean > 0 else 1.0


def f_above(value: float, mean: float, freedom: float, known: float) -> float:
    """Return P(X >= value) for such an X."""
    return float(special.fdtrc(freedom, known, value / mean)) if mean > 0 else 1.0


@dataclass(frozen=True, slots=True)
class Moments:
    """How many numbers there are, their mean, their variance (of a sample), and their excess kurtosis."""

    n: int
    mean: float
    variance: float
    kurtosis: float

    def times(self, factor: float) -> Moments:
        """Return the moments of the same numbers, each `factor` times as large."""
        return replace(self, mean=factor * self.mean, variance=factor**2 * self.variance)


def moments(values: F64) -> Moments:
    """Return the moments of `values`."""
    if not len(values):
        return Moments(0, 0.0, 0.0, 0.0)
    apart = values - values[0]
    mean = float(np.mean(apart))
    square, fourth = (float(np.mean((apart - mean) ** power)) for power in (2, 4))
    kurtosis = fourth / square**2 - 3 if square > 0 else 0.0
    return Moments(len(values), float(values[0]) + mean, square * len(values) / max(len(values) - 1, 1), kurtosis)


def larger_mean(group: F64, others: Moments, *, accounts: int | None = None) -> float:
    """Return a p-value for the group's mean being larger than that of accounts drawn from the others.

    Args:
        group: one number per member, shape (members,).
        others: the same number of comparable accounts.
        accounts: how many different accounts these are, if some of them come again.

    Welch's t with both spreads, compared with the t of the smaller sample's degrees of freedom (Welch, Biometrika
    34(1-2), 1947, in its conservative form). The group's spread is taken for no smaller than that of the others, so
    that a group whose members are all the same by luck is not rewarded for it.
    """
    known = others.n if accounts is None else accounts
    if len(group) < 3 or known < 3:
        return 1.0
    spread = max(float(np.var(group, ddof=1)), others.variance) / len(group) + others.variance / known
    gap = float(np.mean(group)) - others.mean
    if spread <= 0:
        return 1.0 if gap <= 0 else SMALLEST_P
    return float(special.stdtr(min(len(group), known) - 1, -gap / math.sqrt(spread)))
