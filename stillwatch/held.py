"""What a few accounts hold, among all marks there are: work that grows with what they hold, not with who else does."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from stillwatch.arrays import I64, Flags
from stillwatch.population import Incidence


def holders(held: sparse.csr_array) -> tuple[I64, I64]:
    """Return the marks that any row of `held` holds, ascending, and how many rows hold each."""
    marks, rows = np.unique(held.indices, return_counts=True)
    return marks.astype(np.int64), rows


def columns(held: sparse.csr_array, marks: I64) -> sparse.csr_array:
    """Return `held[:, marks]` for ascending `marks`; where `held` is small, without a look at any other mark."""
    if held.nnz < held.shape[1]:
        places = np.searchsorted(marks, held.indices)
        found = np.flatnonzero(places < len(marks))
        found = found[marks[places[found]] == held.indices[found]]
    else:
        place = np.full(held.shape[1], -1, dtype=np.int32)
        place[marks] = np.arange(len(marks))
        places = place[held.indices]
        found = np.flatnonzero(places >= 0)
    bounds = np.searchsorted(found, held.indptr)
    return sparse.csr_array((held.data[found], places[found], bounds), shape=(held.shape[0], len(marks)))


class Users:
    """Who holds which of some marks of one kind, looked up by mark.

    Args:
        marks: positions in `of`, ascending.
    """

    def __init__(self, of: Incidence, marks: I64) -> None:
        found = columns(of.matrix, marks)
        found.data = np.ones(found.nnz, dtype=np.int8)
        self._marks, self._holders = marks, found.tocsc()

    def any_of(self, marks: I64) -> Flags:
        """Return who holds one of `marks`, shape (accounts,)."""
        out = np.zeros(self._holders.shape[0], dtype=np.bool_)
        out[self._holders[:, np.searchsorted(self._marks, marks)].indices] = True
        return out
