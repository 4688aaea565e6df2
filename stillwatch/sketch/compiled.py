"""Loops over texts that run as machine code: the sketch is the only step that sees every byte.

A loop is plain Python over numpy arrays, compiled by numba at the first call and kept on disk for the next process.
Numbers of 64 bits are wrapped in `np.uint64` wherever they meet a signed one, since numba would make a float of both.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

import numba

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")


def compiled(loop: Callable[_Arguments, _Result]) -> Callable[_Arguments, _Result]:
    """Return `loop`, compiled for the types it is first called with."""
    return cast(Callable[_Arguments, _Result], numba.njit(cache=True)(loop))
