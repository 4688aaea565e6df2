"""How alike accounts are in what they ask: between-account against within-account variation of their profiles.

The mean profile of an account with n exchanges errs by its within-account variance over n. Accounts fed from one
source differ by no more than that; people differ by more. Columns are measured in units of the within-account standard
deviation, and that deviation comes from hourly sums, so that a person who asks ten alike things in one sitting does
not count as ten (the sandwich estimator of Liang and Zeger, Biometrika 73(1), 1986, with an hour as the cluster).
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from stillwatch.nulls import chi2_above, chi2_below, chi2_with
from stillwatch.profiles import F64, I64, Flags, Profiles


@dataclass(frozen=True, slots=True)
class Means:
    """Mean profiles in units of the within-account deviation.

    Attributes:
        n: effective exchanges behind each mean, shape (accounts,).
        z: means, shape (accounts, columns).
        columns: effective number of independent columns, at most their number.
    """

    n: F64
    z: F64
    columns: float

    @property
    def known(self) -> Flags:
        """Accounts that have a mean."""
        return self.n > 0


def means(profiles: Profiles, half: int | None = None) -> Means:
    """Return mean profiles from one half of the hours, or from all of them."""
    n, sums, within = _pooled(profiles, half)
    used = within > 0
    z = np.zeros((len(n), int(used.sum())))
    seen = n > 0
    z[seen] = sums[seen][:, used] / n[seen, None] / np.sqrt(within[used])
    return Means(n, z, _independent(z[seen]))


def _pooled(profiles: Profiles, half: int | None) -> tuple[F64, F64, F64]:
    """Return exchanges, sums and the within-account variance of one exchange, per column."""
    pick = functools.partial(lambda values: values.sum(axis=0) if half is None else values[half])
    n, blocks, nn = pick(profiles.n), pick(profiles.blocks), pick(profiles.nn)
    sums, ss, ns = pick(profiles.sums), pick(profiles.ss), pick(profiles.ns)
    some = blocks >= 2
    if not some.any():
        return n, sums, np.zeros(sums.shape[1])
    mean = sums[some] / n[some, None]
    scatter = ss[some] - 2 * mean * ns[some] + mean**2 * nn[some, None]
    corrected = scatter * (blocks[some] / (blocks[some] - 1))[:, None]
    return n, sums, np.maximum(corrected.sum(axis=0), 0) / n[some].sum()


def _independent(z: F64) -> float:
    """Return (sum of eigenvalues)^2 / sum of their squares, of the correlations between the columns of `z`."""
    if len(z) < 3 or not z.shape[1]:
        return float(z.shape[1])
    spread = z.std(axis=0)
    scaled = (z - z.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    correlations = scaled.T @ scaled / len(z)
    return float(np.trace(correlations) ** 2 / np.sum(correlations**2))


@dataclass(frozen=True, slots=True)
class Spread:
    """How far the means of some accounts lie apart.

    Attributes:
        between: sum over accounts and columns of n x (mean - group mean)^2; about accounts x columns for one source.
        excess: between-account variance per column in units of the within-account variance, shape (columns,), >= 0.
        centre: weighted group mean, shape (columns,).
    """

    between: float
    excess: F64
    centre: F64


def spread(of: Means, accounts: I64) -> Spread:
    """Return the spread of `accounts`, by the method of moments (DerSimonian and Laird, 1986, eq. 8)."""
    n, z = of.n[accounts], of.z[accounts]
    total = n.sum()
    centre = n @ z / total
    per_column = n @ (z - centre) ** 2
    room = total - (n**2).sum() / total
    excess = np.maximum(per_column - (len(n) - 1), 0) / max(room, 1e-9)
    return Spread(float(per_column.sum()), excess, centre)


def as_alike_as_one_source(of: Means, accounts: I64, excess: F64) -> float:
    """Return P(the accounts lie as close together as they do) if they truly differed by `excess` per column."""
    scale, freedom = _null(of, accounts, excess)
    return chi2_below(spread(of, accounts).between, scale, freedom)


def further_apart_than(of: Means, accounts: I64, excess: F64) -> float:
    """Return P(the accounts lie as far apart as they do) if they truly differed by `excess` per column."""
    scale, freedom = _null(of, accounts, excess)
    return chi2_above(spread(of, accounts).between, scale, freedom)


def _null(of: Means, accounts: I64, excess: F64) -> tuple[float, float]:
    """Return the chi-square that stands for the spread of accounts that differ by `excess`, as scale and freedom.

    The spread is a quadratic form in means with unlike variances: its mean and variance are exact, also where one
    account has nearly all exchanges and with them the centre. Mean and variance: Searle, Linear Models (1971),
    section 2.5, corollary 1.1 and 1.2; the chi-square with both: Satterthwaite, Biometrics Bulletin 2(6), 1946.
    """
    n = of.n[accounts]
    share = (n / n.sum())[:, None]
    weights = 1.0 + np.outer(n, excess)
    mean = float((weights * (1 - share)).sum())
    variance = 2 * float((weights**2 * (1 - 2 * share)).sum() + ((weights * share).sum(axis=0) ** 2).sum())
    scale, freedom = chi2_with(mean, variance)
    shrink = of.columns / max(weights.shape[1], 1)
    return scale / shrink, freedom * shrink


def distances(of: Means, centre: F64) -> F64:
    """Return each account's squared distance to `centre` per column, in units of what chance allows, shape (accounts,).

    About 1 for an account fed from a source with that centre. Infinite where the account has no mean.
    """
    out = np.full(len(of.n), np.inf)
    seen = of.known
    out[seen] = ((of.z[seen] - centre) ** 2).mean(axis=1) * of.n[seen]
    return out


def radius(of: Means, deviations: float) -> float:
    """Return the distance, in the units of `distances`, within which accounts of one source lie but for so many
    standard deviations of chance."""
    return float(1.0 + deviations * np.sqrt(2.0 / max(of.columns, 1.0)))


def neighbours_outside(of: Means, accounts: I64, count: int, least: float, *, beyond: float = 0.0) -> I64:
    """Return the `count` accounts nearest to the centre of `accounts` that are not among them, ascending.

    Args:
        least: accounts with fewer exchanges are passed over, since their means err too much to be near anything.
        beyond: accounts within this distance of the centre (see `distances`) are passed over.
    """
    centre = spread(of, accounts).centre
    far = np.where(of.n >= least, ((of.z - centre) ** 2).sum(axis=1), np.inf)
    far[accounts] = np.inf
    if beyond > 0:
        far[distances(of, centre) <= beyond] = np.inf
    order = np.argpartition(far, count)[:count] if count < len(far) else np.arange(len(far))
    return np.sort(order[np.isfinite(far[order])]).astype(np.int64)
