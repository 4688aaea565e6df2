"""Accounts between which conversations, failed bodies or reasoning blocks change hands.

A single hand-over can be an accident of hashing or an account migration; the evidence counts them.
"""

from __future__ import annotations

from scipy import sparse

from stillwatch.findings import Candidate, chosen_freely
from stillwatch.proposals.communities import communities
from stillwatch.proposals.sight import Sight

_KINDS = frozenset({"continued_conversation", "failover", "displaced_reasoning"})


def relay(sight: Sight) -> list[Candidate]:
    """Propose the groups in the graph of hand-offs."""
    moves, size = sight.handoffs, sight.people.size
    graph = sparse.csr_array((moves.n, (moves.source, moves.target)), shape=(size, size))
    return [
        Candidate(group, "relay", chosen_freely(_KINDS), "conversations or failed requests change account")
        for group in communities(sparse.csr_array(graph + graph.T), sight.limits)
    ]
