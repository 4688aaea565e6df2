"""How alike accounts are in what they ask: between-account against within-account variation of their profiles.

The mean profile of an account with n exchanges errs by its within-account variance over n. Accounts fed from one
source differ by no more than that; people differ by more. Columns are measured in units of the within-account standard
deviation of all accounts, and that deviation comes from hourly sums, so that a person who asks ten alike things in one
sitting does not count as ten (the sandwich estimator of Liang and Zeger, Biometrika 73(1), 1986, with an hour as the
cluster).

One account need not vary as another does: who passes on what many people ask varies more than a person. So what chance
allows some accounts is read from how they themselves vary where that is more than all do. Where it is less, the
variance of all stands: a machine that varies less within is taken for closer together than chance would have it.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from stillwatch.arrays import F64, I64, Flags
from stillwatch.nulls import KNOWN, chi2_with, f_above, f_below, quadratic_form
from stillwatch.others import LEFT, Ranked
from stillwatch.profiles import Profiles

_AT_A_TIME = 1 << 16
"""Accounts whose means are computed at a time."""


@dataclass(frozen=True)
class Means:
    """Mean profiles in units of the within-account deviation.

    Attributes:
        n: effective exchanges behind each mean, shape (accounts,).
        z: means, shape (accounts, columns).
        varied: squares within each account, in units of the within-account variance of all: about `freedom` where it
            varies as all do, shape (accounts, columns).
        freedom: effective hours behind them less one, shape (accounts,): as many equal hours would know a mean as well,
            so that an account whose exchanges mostly fall into one hour is not taken for one that hardly varies.
        columns: effective number of independent columns, at most their number.
    """

    n: F64
    z: F64
    varied: F64
    freedom: F64
    columns: float

    @property
    def known(self) -> Flags:
        """Accounts that have a mean."""
        return self.n > 0

    @functools.cached_property
    def squares(self) -> F64:
        """Squared distance of each mean from zero, shape (accounts,)."""
        return np.asarray(np.einsum("ij,ij->i", self.z, self.z))

    def take(self, accounts: I64) -> Means:
        """Return the means of `accounts` alone."""
        return replace(
            self,
            n=self.n[accounts],
            z=self.z[accounts],
            varied=self.varied[accounts],
            freedom=self.freedom[accounts],
        )


@dataclass(frozen=True, slots=True)
class Halves:
    """Mean profiles of all accounts, by the hours that they are from.

    Attributes:
        proposing: from the half of the hours that proposes groups. testing: from the other, which proposed nothing.
        overall: from all hours.
    """

    proposing: Means
    testing: Means
    overall: Means


def means(profiles: Profiles) -> Halves:
    """Return mean profiles from each half of the hours and from all of them.

    The sums are used up: of millions of accounts one memory does not hold sums and means, so means take their place.
    """
    n, nn, blocks = profiles.n, profiles.nn, profiles.blocks
    all_n, all_nn = n.sum(axis=0), nn.sum(axis=0)
    scatter, (all_scatter, all_sums) = profiles.ss, profiles.ns
    for part in _parts(n.shape[1]):
        sums, ss, ns = (values[:, part] for values in (profiles.sums, profiles.ss, profiles.ns))
        together = sums.sum(axis=0)
        about_all = _scatter(all_n[part], all_nn[part], together, ss.sum(axis=0), ns.sum(axis=0))
        for half in (0, 1):
            scatter[half, part] = _scatter(n[half, part], nn[half, part], sums[half], ss[half], ns[half])
        all_scatter[part], all_sums[part] = about_all, together
    proposing, testing = (_means(n[i], nn[i], blocks[i], profiles.sums[i], scatter[i]) for i in (0, 1))
    return Halves(proposing, testing, _means(all_n, all_nn, blocks.sum(axis=0), all_sums, all_scatter))


def _scatter(n: F64, nn: F64, sums: F64, ss: F64, ns: F64) -> F64:
    """Return the squares of hourly sums about what each account's mean makes them, shape (accounts, columns)."""
    mean = sums / np.maximum(n, 1)[:, None]
    return np.asarray(np.maximum(ss - 2 * mean * ns + mean**2 * nn[:, None], 0))


def _means(n: F64, nn: F64, blocks: F64, sums: F64, scatter: F64) -> Means:
    """Return the means of some hours, made of their sums and scatter in the same memory."""
    some = blocks >= 2
    weight = np.where(some, blocks / np.maximum(blocks - 1, 1), 0.0)
    within = sum((weight[part] @ scatter[part] for part in _parts(len(n))), np.zeros(scatter.shape[1]))
    within = within / max(n[some].sum(), 1)
    used = within > 0
    z, varied = (values if used.all() else values[:, used] for values in (sums, scatter))
    hours = np.where(some, n**2 / np.maximum(nn, 1), 1)
    z /= np.maximum(n, 1)[:, None]
    z /= np.sqrt(within[used])
    varied *= np.where(some, hours / np.maximum(n, 1), 0.0)[:, None]
    varied /= within[used]
    return Means(n, z, varied, hours - 1, _independent(z, n > 0))


def _parts(size: int) -> Iterator[slice]:
    """Yield `size` accounts some at a time: what is computed on the way to a result need not be as large as that."""
    return (slice(first, first + _AT_A_TIME) for first in range(0, size, _AT_A_TIME))


def _independent(z: F64, known: Flags) -> float:
    """Return (sum of eigenvalues)^2 / sum of their squares, of the correlations between the columns of `z`.

    Args:
        known: which accounts count, shape (accounts,).
    """
    count = int(known.sum())
    if count < 3 or not z.shape[1]:
        return float(z.shape[1])
    mean = z.sum(axis=0, where=known[:, None]) / count
    products = np.zeros((z.shape[1], z.shape[1]))
    for part in _parts(len(z)):
        off = z[part][known[part]] - mean
        products += off.T @ off
    spread = np.sqrt(products.diagonal())
    scale = np.where(spread > 0, spread, 1.0)
    correlations = products / np.outer(scale, scale)
    return float(np.trace(correlations) ** 2 / np.sum(correlations**2))


@dataclass(frozen=True, slots=True)
class Spread:
    """How far the means of some accounts lie apart.

    Attributes:
        between: sum over accounts and columns of n x (mean - group mean)^2; for one source about the sum of `within`
            for each account but one.
        within: within-account variance of these accounts in units of that of all, shape (columns,).
        excess: between-account variance per column in the same units, shape (columns,), >= 0.
        centre: weighted group mean, shape (columns,).
        n: effective exchanges of all of them.
    """

    between: float
    within: F64
    excess: F64
    centre: F64
    n: float


def spread(of: Means, accounts: I64) -> Spread:
    """Return the spread of `accounts`, by the method of moments (DerSimonian and Laird, 1986, eq. 8)."""
    n, z = of.n[accounts], of.z[accounts]
    total = n.sum()
    centre = n @ z / total
    return _spread(_Sums(len(n), total, (n**2).sum(), n @ (z - centre) ** 2), centre, _within(of, accounts))


@dataclass(frozen=True, slots=True)
class _Sums:
    """Sums over some accounts: their number, n, n^2, and n x (mean - centre)^2 per column."""

    accounts: int
    n: float
    nn: float
    between: F64


def _spread(sums: _Sums, centre: F64, within: F64) -> Spread:
    room = sums.n - sums.nn / sums.n
    excess = np.maximum(sums.between - (sums.accounts - 1) * within, 0) / max(room, 1e-9)
    return Spread(float(sums.between.sum()), within, excess, centre, float(sums.n))


def _within(of: Means, accounts: I64) -> F64:
    varied, freedom = _counted(of, accounts)
    return _at_least_usual(varied.sum(axis=0), freedom.sum())


def _at_least_usual(varied: F64, freedom: float) -> F64:
    """Return the within-account variance of some accounts: on average over the columns at least that of all, which it
    is where nothing is known of theirs."""
    found = varied / max(freedom, 1e-9)
    mean = float(found.mean()) if found.size else 0.0
    return np.asarray(found * max(1.0, 1.0 / mean) if mean > 0 else np.ones(len(varied)))


def _counted(of: Means, accounts: I64) -> tuple[F64, F64]:
    """Return `varied` and `freedom` of `accounts`, none with more weight than one of them in the middle has.

    The spread between accounts has each of them once, however loud; a stranger among quiet accounts would otherwise say
    how they vary.
    """
    freedom = of.freedom[accounts]
    weight = np.minimum(1.0, np.median(freedom) / np.where(freedom > 0, freedom, 1.0))
    return of.varied[accounts] * weight[:, None], freedom * weight


class Crowd:
    """Accounts whose spread without any few of them is known without looking at each: sums over all less those of the
    few (`others.py` says how exact they are).

    Args:
        accounts: those that count, ascending.
    """

    _BLOCK = 4096
    """Accounts, in the order of their freedom, that are summed once for all."""

    def __init__(self, of: Means, accounts: I64) -> None:
        self._of, self._counts = of, np.zeros(len(of.n), dtype=np.bool_)
        self._counts[accounts] = True
        self._centre = of.n[accounts] @ of.z[accounts] / max(of.n[accounts].sum(), 1e-9)
        self._sums = self._summed(accounts)
        self._ranked = Ranked(of.freedom, self._counts)
        order = self._ranked.order
        blocks = [self._varied(order[i : i + self._BLOCK]) for i in range(0, len(order), self._BLOCK)]
        self._blocks = np.cumsum([np.zeros((2, of.z.shape[1] + 1)), *blocks], axis=0)

    def without(self, accounts: I64) -> Spread:
        """Return the spread of all but `accounts`."""
        few = accounts[self._counts[accounts]]
        left = self._sums - self._summed(few)
        columns = self._of.z.shape[1]
        count, n, nn = (float(total) for total in left[:3])
        off = left[3 : 3 + columns] / max(n, 1e-9)
        between = left[3 + columns :] - n * off**2
        if (between < LEFT * self._sums[3 + columns :]).any():
            rest = self._counts.copy()
            rest[few] = False
            return spread(self._of, np.flatnonzero(rest))
        return _spread(_Sums(round(count), n, nn, between), self._centre + off, self._within(few))

    def _summed(self, accounts: I64) -> F64:
        """Return number, n, n^2, and n x difference and n x difference^2 per column, of `accounts`."""
        n = self._of.n[accounts]
        out = [np.array([len(n), n.sum(), (n**2).sum()]), *np.zeros((2, self._of.z.shape[1]))]
        for column in range(self._of.z.shape[1]):
            apart = self._of.z[accounts, column] - self._centre[column]
            out[1][column], out[2][column] = n @ apart, n @ apart**2
        return np.concatenate(out)

    def _within(self, few: I64) -> F64:
        """Return the within-account variance of all but `few`, as `_within` does."""
        left = self._ranked.without(few)
        median = left.median()
        place = int(np.searchsorted(self._ranked.values, median, "right"))
        block = place // self._BLOCK
        below = self._blocks[block] + self._varied(self._ranked.order[block * self._BLOCK : place])
        low = self._of.freedom[few] <= median
        below -= self._varied(few[low])
        above = self._blocks[-1] - self._varied(few) - below
        total = below[0] + median * above[1]
        return _at_least_usual(total[1:], total[0])

    def _varied(self, accounts: I64) -> F64:
        """Return the sums of `freedom` and `varied`, and of both for one degree of freedom, shape (2, 1 + columns)."""
        freedom = self._of.freedom[accounts]
        one = 1.0 / np.where(freedom > 0, freedom, 1.0)
        rows = self._of.varied[accounts]
        return np.stack([np.append(freedom.sum(), rows.sum(axis=0)), np.append((freedom > 0).sum(), one @ rows)])


def as_alike_as_one_source(of: Means, accounts: I64, excess: F64) -> float:
    """Return P(the accounts lie as close together as they do) if they truly differed by `excess` per column."""
    null = _null(of, accounts, excess)
    return f_below(spread(of, accounts).between, null.mean, null.freedom, null.known)


def further_apart_than(of: Means, accounts: I64, excess: F64) -> float:
    """Return P(the accounts lie as far apart as they do) if they truly differed by `excess` per column."""
    null = _null(of, accounts, excess)
    return f_above(spread(of, accounts).between, null.mean, null.freedom, null.known)


@dataclass(frozen=True, slots=True)
class _Null:
    """The spread under the null: its mean, its degrees of freedom, and those with which the mean itself is known."""

    mean: float
    freedom: float
    known: float


def _null(of: Means, accounts: I64, excess: F64) -> _Null:
    """Return the null that stands for the spread of accounts that differ by `excess`: F, since its mean is estimated.

    The spread is a quadratic form in means with unlike variances, and stands for the chi-squares with its mean and
    variance. How far the variance within may err is read from how unlike the accounts are in it (linearised ratio:
    Cochran, Sampling Techniques, 1977, section 6.4), which allows for sittings of any shape and for columns that say
    the same.
    """
    n, within = of.n[accounts], _within(of, accounts)
    share = (n / n.sum())[:, None]
    weights = within + np.outer(n, excess)
    mean, variance = quadratic_form(weights, share)
    _, freedom = chi2_with(mean, variance)
    varied, held = _counted(of, accounts)
    off = (varied - np.outer(held, within)).sum(axis=1) / max(held.sum(), 1)
    error = (len(n) - 1) ** 2 * float((off**2).sum()) * len(n) / max(len(n) - 1, 1)
    shrink = of.columns / max(weights.shape[1], 1)
    return _Null(mean, freedom * shrink, min(2 * mean**2 / error, KNOWN) if error > 0 else KNOWN)


def distances(of: Means, around: Spread) -> F64:
    """Return each account's squared distance to a centre per column, in units of what chance allows, shape (accounts,).

    About 1 for an account fed from a source with that centre: chance allows what it allows any account, and more where
    those around the centre vary more. Infinite where the account has no mean.
    """
    out = np.full(len(of.n), np.inf)
    seen = of.known
    out[seen] = ((of.z[seen] - around.centre) ** 2 / np.maximum(around.within, 1)).mean(axis=1) * of.n[seen]
    return out


def radius(of: Means, deviations: float) -> float:
    """Return the distance, in the units of `distances`, within which accounts of one source lie but for so many
    standard deviations of chance."""
    return float(1.0 + deviations * np.sqrt(2.0 / max(of.columns, 1.0)))


class Neighbours:
    """Other accounts in the order of how near they lie to the centre of some.

    Args:
        accounts: in whose middle the centre is; none of them is a neighbour.
        least: accounts with fewer exchanges are none, since their means err too much to be near anything.
    """

    def __init__(self, of: Means, accounts: I64, least: float) -> None:
        self._of, self._around = of, spread(of, accounts)
        self._far = of.squares - 2 * (of.z @ self._around.centre)
        self._far[of.n < least] = np.inf
        self._far[accounts] = np.inf

    def nearest(self, count: int, *, beyond: float = 0.0) -> I64:
        """Return the nearest `count`, ascending.

        Args:
            beyond: accounts within this distance of the centre (see `distances`) are passed over.
        """
        wanted, found = count, _smallest(self._far, count)
        while beyond > 0:
            left = found[distances(self._of.take(found), self._around) > beyond]
            if len(left) >= count or len(found) < wanted:
                found = left[_smallest(self._far[left], count)]
                break
            wanted = 4 * wanted
            found = _smallest(self._far, wanted)
        return np.sort(found)


_EVERY = 64
"""Of so many distances one is looked at to guess how far the nearest reach."""


def _smallest(far: F64, count: int) -> I64:
    """Return the places of the `count` smallest of `far` that are finite."""
    some = np.arange(len(far))
    if _EVERY * count < len(far):
        few = np.sort(far[::_EVERY])
        likely = np.flatnonzero(far <= few[min(2 * count // _EVERY + _EVERY, len(few) - 1)])
        some = likely if len(likely) > count else some
    if count < len(some):
        some = some[np.argpartition(far[some], count)[:count]]
    return np.asarray(some[np.isfinite(far[some])])
