"""Accounts between which conversations, failed bodies or reasoning blocks change hands.

A single hand-over can be an accident of hashing or an account migration; a pair joins only with two, or with a third
account that hands over to one of them too. Communities, not connected components: one bad link must not join two pools.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse
from sknetwork.clustering import Leiden

from stillwatch.findings import Candidate, Family
from stillwatch.proposals.sight import Sight


def relay(sight: Sight) -> list[Candidate]:
    """Propose the communities of the graph of hand-offs."""
    moves, size = sight.handoffs, sight.people.size
    graph = sparse.csr_array((moves.n, (moves.source, moves.target)), shape=(size, size))
    graph = sparse.csr_array(graph + graph.T)
    linked = np.flatnonzero(np.diff(graph.indptr))
    if not len(linked):
        return []
    leiden = Leiden(resolution=sight.limits.resolution, random_state=0)
    labels = leiden.fit_predict(sparse.csr_matrix(graph[linked][:, linked]))
    groups = [np.sort(linked[labels == label]).astype(np.int64) for label in np.unique(labels)]
    return [
        Candidate(group, "relay", frozenset({Family.RELAY}), "conversations or failed requests change account")
        for group in groups
        if len(group) >= sight.limits.smallest_group
    ]
