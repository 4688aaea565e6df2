"""Groups of accounts that are nearly the same as an earlier one are left out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

import numpy as np
from scipy import sparse

from stillwatch.arrays import I64

_OVERLAP = 0.8
"""Share of the union of two groups, from which they are nearly the same."""
_LARGE = 10_000
"""Accounts; groups of more are few, and held against every other one."""


class _Group(Protocol):
    """Positions of accounts, ascending, shape (members,)."""

    @property
    def accounts(self) -> I64: ...


T = TypeVar("T", bound=_Group)


def distinct(groups: Iterable[T]) -> list[T]:
    """Return `groups` without those that share most of their union with an earlier one."""
    every = list(groups)
    sharing = _sharing(every)
    kept: dict[int, T] = {}
    large: dict[int, T] = {}
    for place, group in enumerate(every):
        some = large if len(group.accounts) <= _LARGE else kept
        earlier = {other: kept[other] for other in sharing[place].tolist() if other in kept} | some
        if not any(jaccard(group.accounts, other.accounts) >= _OVERLAP for other in earlier.values()):
            kept[place] = group
            if len(group.accounts) > _LARGE:
                large[place] = group
    return list(kept.values())


def _sharing(groups: Sequence[_Group]) -> list[I64]:
    """Return for each group the places of those that have an account in common with it, none for large ones."""
    if not groups:
        return []
    looked = [group.accounts if len(group.accounts) <= _LARGE else group.accounts[:0] for group in groups]
    accounts = np.concatenate(looked)
    bounds = np.cumsum([0, *map(len, looked)])
    shape = (len(groups), int(accounts.max(initial=0)) + 1)
    held = sparse.csr_array((np.ones(len(accounts), dtype=np.int32), accounts, bounds), shape=shape)
    both = sparse.csr_array(held @ held.T)
    return np.split(both.indices, both.indptr[1:-1])


def jaccard(one: I64, other: I64) -> float:
    """Return the share of the union of two groups that is in both; where one is less than half of the other, no more
    is said than that it is small."""
    sizes = len(one), len(other)
    if min(sizes) < 0.5 * max(sizes):
        return min(sizes) / max(sizes) * 0.99
    held = np.zeros(int(max(one[-1], other[-1])) + 1, dtype=np.bool_)
    held[one] = True
    both = int(np.count_nonzero(held[other]))
    return both / (sum(sizes) - both)
