"""What a few accounts hold, among all marks there are: work that grows with what they hold, not with who else does."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from stillwatch.profiles import I64


def holders(held: sparse.csr_array) -> tuple[I64, I64]:
    """Return the marks that any row of `held` holds, ascending, and how many rows hold each."""
    marks, rows = np.unique(held.indices, return_counts=True)
    return marks.astype(np.int64), rows


def columns(held: sparse.csr_array, marks: I64) -> sparse.csr_array:
    """Return `held[:, marks]` for ascending `marks`, without a look at any other."""
    places = np.searchsorted(marks, held.indices)
    found = np.flatnonzero(places < len(marks))
    found = found[marks[places[found]] == held.indices[found]]
    bounds = np.searchsorted(found, held.indptr)
    return sparse.csr_array((held.data[found], places[found], bounds), shape=(held.shape[0], len(marks)))
