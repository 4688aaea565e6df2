"""Which of many sets of accounts ask as one source would, told of all sets at once."""

from __future__ import annotations

import numpy as np

from stillwatch.arrays import F64, I64
from stillwatch.likeness import Crowd, Means


class Closeness:
    """How much better one source explains the means of a cohort than strangers do.

    Args:
        of: mean profiles. able: accounts whose means say something.
    """

    def __init__(self, of: Means, able: I64) -> None:
        self._of, self._able = of, np.zeros(len(of.n), dtype=np.bool_)
        self._able[able] = True
        self._excess = Crowd(of, able).without(able[:0]).excess

    def scores(self, accounts: I64, labels: I64, count: int) -> F64:
        """Return for each label half the log likelihood ratio of its spread to that of strangers, shape (count,).

        The spread of a cohort of m accounts is about a chi-square of (m - 1) x columns, times what strangers vary by.
        """
        judged = self._able[accounts]
        rows, label = accounts[judged], labels[judged]
        n, z = self._of.n[rows], self._of.z[rows]
        members = np.bincount(label, minlength=count)
        weight = np.maximum(np.bincount(label, n, count), 1e-9)
        own = np.sum([np.bincount(label, n * column, count) ** 2 for column in z.T], axis=0) / weight
        between = np.bincount(label, n * self._of.squares[rows], count) - own
        strangers = z.shape[1] * members + weight * self._excess.sum()
        ratio = between / np.maximum(strangers * (1.0 - 1.0 / np.maximum(members, 1)), 1e-9)
        ratio = np.clip(ratio, 1e-9, 1.0)
        return np.where(members >= 3, (members - 1) * (ratio - 1.0 - np.log(ratio)), 0.0) * self._of.columns / 2
