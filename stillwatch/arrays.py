"""Arrays as the scan has them, and the least memory that whole numbers fit into."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]
Counts = npt.NDArray[np.int64 | np.int32]
Flags = npt.NDArray[np.bool_]
Marks = npt.NDArray[np.int64] | npt.NDArray[np.str_]


def narrow(largest: int) -> type[np.int32 | np.int64]:
    """Return the type that takes least memory and holds whole numbers up to `largest`."""
    return np.int32 if largest <= np.iinfo(np.int32).max else np.int64


def as_narrow(counts: Counts) -> Counts:
    """Return counts in the type that takes least memory."""
    return counts.astype(narrow(int(counts.max(initial=0))))
