"""Proposers: cheap and generous. Each says "look at these accounts together" and accuses nobody.

To add one, write a module with a function of a `Sight` that returns candidates, and list it in `PROPOSERS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from scipy import sparse

from stillwatch.arrays import I64
from stillwatch.findings import Candidate
from stillwatch.proposals.cohorts import cohorts
from stillwatch.proposals.heavy_marks import heavy_marks
from stillwatch.proposals.newcomers import newcomers
from stillwatch.proposals.rare_marks import rare_marks
from stillwatch.proposals.regrowth import regrowth
from stillwatch.proposals.relay import relay
from stillwatch.proposals.sameness import sameness
from stillwatch.proposals.sight import Sight

PROPOSERS: tuple[Callable[[Sight], list[Candidate]], ...] = (
    # The order decides which of two equal proposals is kept: the one whose data leave most families free to confirm it.
    relay,
    sameness,
    cohorts,
    newcomers,
    regrowth,
    rare_marks,
    heavy_marks,
)


_LARGE = 10_000
"""Accounts; candidates of more are few, and held against every other one."""


def propose(sight: Sight) -> list[Candidate]:
    """Return what all proposers propose, without groups that are nearly the same as an earlier one."""
    return distinct(candidate for proposer in PROPOSERS for candidate in proposer(sight))


def distinct(candidates: Iterable[Candidate], overlap: float = 0.8) -> list[Candidate]:
    """Return `candidates` without those that share `overlap` of their union with an earlier one."""
    every = list(candidates)
    sharing = _sharing(every)
    kept: dict[int, Candidate] = {}
    large: dict[int, Candidate] = {}
    for place, candidate in enumerate(every):
        some = large if len(candidate.accounts) <= _LARGE else kept
        earlier = {other: kept[other] for other in sharing[place].tolist() if other in kept} | some
        if not any(jaccard(candidate, other) >= overlap for other in earlier.values()):
            kept[place] = candidate
            if len(candidate.accounts) > _LARGE:
                large[place] = candidate
    return list(kept.values())


def _sharing(candidates: Sequence[Candidate]) -> list[I64]:
    """Return for each candidate the places of those that have an account in common with it, none for large ones."""
    if not candidates:
        return []
    looked = [c.accounts if len(c.accounts) <= _LARGE else c.accounts[:0] for c in candidates]
    accounts = np.concatenate(looked)
    bounds = np.cumsum([0, *map(len, looked)])
    shape = (len(candidates), int(accounts.max(initial=0)) + 1)
    held = sparse.csr_array((np.ones(len(accounts), dtype=np.int32), accounts, bounds), shape=shape)
    both = sparse.csr_array(held @ held.T)
    return np.split(both.indices, both.indptr[1:-1])


def jaccard(one: Candidate, other: Candidate) -> float:
    """Return the share of the union of two groups that is in both."""
    sizes = len(one.accounts), len(other.accounts)
    if min(sizes) < 0.5 * max(sizes):
        return min(sizes) / max(sizes) * 0.99
    both = len(np.intersect1d(one.accounts, other.accounts, assume_unique=True))
    return both / (sum(sizes) - both)
