"""Groups of accounts in a sparse graph of links.

Two cuts, both proposed. Connected components keep a pool together that modularity, which compares with chance inside
the graph at hand, would cut up when the pool is nearly all there is. Leiden communities (Traag, Waltman and van Eck
2019) part pools that a few accidental links have joined. Neither decides anything: every group is trimmed and tested.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse
from sknetwork.clustering import Leiden

from stillwatch.config import ProposalLimits
from stillwatch.profiles import I64


def communities(graph: sparse.csr_array, limits: ProposalLimits) -> list[I64]:
    """Return the groups of linked accounts, ascending positions each, every set once.

    Args:
        graph: symmetric weights of links, shape (accounts, accounts).
    """
    linked = np.flatnonzero(np.diff(graph.indptr))
    if not len(linked):
        return []
    inner = sparse.csr_matrix(graph[linked][:, linked])
    whole = sparse.csgraph.connected_components(inner, directed=False)[1]
    leiden = Leiden(resolution=limits.resolution, random_state=0).fit_predict(inner)
    groups = [*_groups(linked, whole, limits.largest_component), *_groups(linked, leiden, len(linked))]
    distinct = {group.tobytes(): group for group in groups if len(group) >= limits.smallest_group}
    return list(distinct.values())


def _groups(linked: I64, labels: I64, largest: int) -> list[I64]:
    """Return the accounts of each label, in the order of their first accounts, without those that are too many."""
    order = np.argsort(labels, kind="stable")
    parts = np.split(linked[order], np.flatnonzero(np.diff(labels[order])) + 1)
    return sorted((part.astype(np.int64) for part in parts if len(part) <= largest), key=lambda part: int(part[0]))
