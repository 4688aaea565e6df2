"""All accounts but a few, without looking at each of them: sums less a few addends, ranks less a few places.

A group is held against all other accounts, hundreds of groups in one scan. What all of them come to is summed once;
what the others come to is that less what the members do. Numbers are summed as differences from the one in the middle,
so that where most accounts have the same number nothing is rounded at all. What is left of two sums of squares keeps
as many digits as it is a part of the first: from a ten-thousandth on that is eleven of sixteen, and where less is left
the others are looked at one by one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stillwatch.arrays import F64, I64, Flags
from stillwatch.nulls import Moments, moments

LEFT = 1e-4
"""Part of a sum of squares that must be left for the difference to be trusted."""
POWERS = 4
"""Sums are kept up to this power, which the kurtosis takes."""


class Rates:
    """A number of every account that has it, and what those of all but a few come to.

    Args:
        values: shape (accounts,). known: accounts that have a number, all without it, shape (accounts,).
    """

    def __init__(self, values: F64, known: Flags | None = None) -> None:
        self._known = np.ones(len(values), dtype=np.bool_) if known is None else known
        some = values[self._known]
        self._centre = float(np.partition(some, len(some) // 2)[len(some) // 2]) if len(some) else 0.0
        self._values, self._sums = values, _power_sums(some - self._centre)

    def of(self, accounts: I64) -> F64:
        """Return the numbers of those of `accounts` that have one."""
        return np.asarray(self._values[accounts][self._known[accounts]])

    def others(self, accounts: I64) -> Moments:
        """Return the moments of the numbers of all accounts but these."""
        left = self._sums - _power_sums(self.of(accounts) - self._centre)
        found = _moments(left, self._centre)
        if (found.n - 1) * found.variance < LEFT * self._sums[2] or left[4] < LEFT * self._sums[4]:
            rest = self._known.copy()
            rest[accounts] = False
            return moments(self._values[rest])
        return found


def _power_sums(values: F64) -> F64:
    """Return the sums of the powers of `values` from none on, shape (POWERS + 1,)."""
    out, power = np.empty(POWERS + 1), np.ones_like(values)
    for i in range(POWERS + 1):
        out[i] = power.sum()
        power = power * values
    return out


def _moments(sums: F64, centre: float) -> Moments:
    """Return the moments of values by the power sums of their differences from `centre`."""
    n = round(sums[0])
    if not n:
        return Moments(0, 0.0, 0.0, 0.0)
    mean, square, cube, fourth = (float(total) for total in sums[1:] / n)
    second = max(square - mean**2, 0.0)
    central = fourth - 4 * mean * cube + 6 * mean**2 * square - 3 * mean**4
    kurtosis = central / second**2 - 3 if second > 0 else 0.0
    return Moments(n, centre + mean, second * n / max(n - 1, 1), kurtosis)


class Ranked:
    """Accounts in the order of a number; equal ones in their own.

    Args:
        values: shape (accounts,). known: accounts that have a number, all without it, shape (accounts,).
    """

    def __init__(self, values: F64 | I64, known: Flags | None = None) -> None:
        accounts = np.arange(len(values)) if known is None else np.flatnonzero(known)
        self.order = accounts[np.argsort(values[accounts], kind="stable")]
        self.values = values[self.order]
        self._place = np.full(len(values), -1, dtype=np.int64)
        self._place[self.order] = np.arange(len(self.order))

    def without(self, accounts: I64) -> Left:
        """Return the others in the same order."""
        places = self._place[accounts]
        return Left(self, np.sort(places[places >= 0]))


@dataclass(frozen=True, slots=True)
class Left:
    """Ranked accounts of which some were taken out.

    Attributes:
        taken: places of those in the order of all, ascending.
    """

    of: Ranked
    taken: I64

    def __len__(self) -> int:
        return len(self.of.order) - len(self.taken)

    def below(self, values: F64 | I64, *, equal: bool = False) -> I64:
        """Return how many of the others have a smaller number than each of `values`, or an equal one too."""
        places = np.searchsorted(self.of.values, values, "right" if equal else "left")
        return np.asarray(places - np.searchsorted(self.taken, places))

    def places(self, ranks: I64) -> I64:
        """Return the places, in the order of all, of the others at these ranks among themselves."""
        return np.asarray(ranks + np.searchsorted(self.taken - np.arange(len(self.taken)), ranks, "right"))

    def at(self, ranks: I64) -> I64:
        """Return the others at these ranks among themselves."""
        return np.asarray(self.of.order[self.places(ranks)])

    def median(self) -> float:
        """Return the middle number of the others, or the mean of both in the middle."""
        middle = np.array([(len(self) - 1) // 2, len(self) // 2])
        return float(self.of.values[self.places(middle)].mean())
