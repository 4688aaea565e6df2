"""One pool or several: accounts that hand over to one another, and to nobody else in their group.

Pools in front of unlike crowds are themselves alike, and where they make up most of a population a proposer takes them
for one. What is one pool hands over between all of its parts.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse, special, stats

from stillwatch.arrays import I64, Flags
from stillwatch.config import ProposalLimits
from stillwatch.handoffs import Handoffs
from stillwatch.proposals.communities import communities

CHANCE = 0.001
"""Probability, for all ways to cut a pool of this size in two, below which a cut is no chance."""
LEAKS = 0.01
"""Share of the smaller part's links that may lead to the other: somebody who moved, a body that two people sent."""


def pools(inside: Flags, moves: Handoffs, limits: ProposalLimits) -> list[I64]:
    """Return the pools that the flagged accounts fall into, each ascending; who hands nothing over is in none.

    A part is a pool of its own if hardly any link leads out of it, and if no cut of one pool, in which any two accounts
    are as likely to be linked, would be crossed by so few (binomial, union bound over all cuts of that size).
    """
    both = inside[moves.source] & inside[moves.target]
    size = len(inside)
    links = sparse.csr_array((np.ones(int(both.sum())), (moves.source[both], moves.target[both])), shape=(size, size))
    graph = sparse.csr_array(((links + links.T) > 0).astype(np.int64))
    return sorted(_split(graph, limits), key=lambda part: int(part[0]))


def _split(graph: sparse.csr_array, limits: ProposalLimits) -> list[I64]:
    """Return the linked accounts, cut where the surest cut is."""
    linked = np.flatnonzero(np.diff(graph.indptr)).astype(np.int64)
    cuts = [(_chance(graph, part, linked), part) for part in communities(graph, limits)]
    chance, part = min(cuts, key=lambda cut: (cut[0], int(cut[1][0])), default=(1.0, linked))
    rest = np.setdiff1d(linked, part)
    if chance > CHANCE or len(rest) < limits.smallest_group:
        return [linked] if len(linked) else []
    return [*_split(_within(graph, part), limits), *_split(_within(graph, rest), limits)]


def _chance(graph: sparse.csr_array, part: I64, linked: I64) -> float:
    """Return how probable it is that any cut of so many accounts is crossed by as few links; 1 where many cross."""
    some, others = len(part), len(linked) - len(part)
    if not others:
        return 1.0
    pairs = int(graph.nnz) // 2
    ends = int(np.diff(graph.indptr)[part].sum())
    crossing = ends - int(graph[part][:, part].nnz)
    if crossing > LEAKS * min(ends, 2 * pairs - ends):
        return 1.0
    rate = 2 * some * others / (len(linked) * (len(linked) - 1))
    ways = special.gammaln(len(linked) + 1) - special.gammaln(some + 1) - special.gammaln(others + 1)
    return float(np.exp(min(float(stats.binom.logcdf(crossing, pairs, rate)) + ways, 0.0)))


def _within(graph: sparse.csr_array, accounts: I64) -> sparse.csr_array:
    """Return the links between `accounts`, shape unchanged."""
    kept = np.zeros(graph.shape[0], dtype=np.int64)
    kept[accounts] = 1
    pairs = graph.tocoo()
    both = (kept[pairs.row] & kept[pairs.col]) == 1
    return sparse.csr_array((pairs.data[both], (pairs.row[both], pairs.col[both])), shape=graph.shape)
