"""Accounts joined by marks that few others hold: a sparse graph and the groups in it.

Each mark held by at most `rare_holders` accounts adds 1/log2(holders) to every pair of its holders, so that what
everybody shares joins nobody. Weights are kept as whole numbers: their sums are the same in any order.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from stillwatch.findings import Candidate, chosen_freely
from stillwatch.population import SCAFFOLDS
from stillwatch.proposals.communities import communities
from stillwatch.proposals.sight import INSTRUMENT_KINDS, TEMPLATE_KINDS, Sight, column_holders

WEIGHTS = {
    "payment_id": 1000,
    "device_id": 1000,
    "session": 600,
    "system": 600,
    "system_head": 300,
    "head": 200,
    "tail": 200,
    "shingle": 100,
    "signup_ip": 150,
    "address": 50,
}
"""Thousandths of a link per shared mark of each kind, before the division by log2(holders); costly to vary, heavy."""

_KINDS = TEMPLATE_KINDS | INSTRUMENT_KINDS | {"shared_address"}
_LEAST = 100
"""Thousandths; a pair that shares less than this is not joined."""


def rare_marks(sight: Sight) -> list[Candidate]:
    """Propose the groups in the graph of rare shared marks."""
    graph = _graph(sight)
    return [
        Candidate(group, "rare_marks", chosen_freely(_KINDS), "accounts joined by marks that few others hold")
        for group in communities(graph, sight.limits)
    ]


def _graph(sight: Sight) -> sparse.csr_array:
    size = sight.people.size
    graph = sparse.csr_array((size, size), dtype=np.int64)
    for kind, weight in WEIGHTS.items():
        graph = graph + _links(kind, weight, sight)
    graph.setdiag(0)
    graph.data[graph.data < _LEAST] = 0
    graph.eliminate_zeros()
    return graph


def _links(kind: str, weight: int, sight: Sight) -> sparse.csr_array:
    held = sight.habits[kind] if kind in SCAFFOLDS else (sight.people.shared[kind].matrix > 0).tocsc()
    holders = column_holders(held)
    rare = np.flatnonzero((holders >= 2) & (holders <= sight.limits.rare_holders))
    ones = sparse.csr_array(held[:, rare].astype(np.int64))
    weights = np.round(weight / np.log2(np.maximum(holders[rare], 2))).astype(np.int64)
    return sparse.csr_array(ones.multiply(weights[None, :]) @ ones.T)
