"""Groups of accounts in a sparse graph of links.

Two cuts, both proposed. Connected components keep a pool together that modularity, which compares with chance inside
the graph at hand, would cut up when the pool is nearly all there is. Communities part pools that a few accidental
links have joined. Neither decides anything: every group is trimmed and tested.

Communities are those of Louvain (Blondel et al., J. Stat. Mech. P10008, 2008), each split into its connected parts,
which is the defect that Leiden mends: see `docs/decisions/0007-communities.md` for why not Leiden itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from sknetwork.clustering import Louvain

from stillwatch.arrays import I64
from stillwatch.config import ProposalLimits


def communities(graph: sparse.csr_array, limits: ProposalLimits) -> list[I64]:
    """Return the groups of linked accounts, ascending positions each, every set once; of too many the most linked.

    Args:
        graph: symmetric weights of links, shape (accounts, accounts).
    """
    linked = np.flatnonzero(np.diff(graph.indptr))
    if not len(linked):
        return []
    inner = sparse.csr_matrix(graph[linked][:, linked])
    found = Louvain(resolution=limits.resolution, shuffle_nodes=False, random_state=0).fit_predict(inner)
    parts = [*_parts(linked, inner, limits.largest_component), *_parts(linked, _within(inner, found), len(linked))]
    distinct = {part.accounts.tobytes(): part for part in parts if len(part.accounts) >= limits.smallest_group}
    groups = list(distinct.values())
    most_linked = np.argsort([-group.weight for group in groups], kind="stable")[: limits.linked_groups]
    return [groups[i].accounts for i in np.sort(most_linked)]


@dataclass(frozen=True, slots=True)
class _Part:
    """Linked accounts, and the sum of their links."""

    accounts: I64
    weight: int


def _within(links: sparse.csr_matrix, labels: I64) -> sparse.csr_matrix:
    """Return the links between accounts of one label."""
    pairs = links.tocoo()
    kept = labels[pairs.row] == labels[pairs.col]
    return sparse.csr_matrix((pairs.data[kept], (pairs.row[kept], pairs.col[kept])), shape=links.shape)


def _parts(linked: I64, links: sparse.csr_matrix, largest: int) -> list[_Part]:
    """Return the connected components of `links`, in the order of their first accounts, without those too large."""
    labels = sparse.csgraph.connected_components(links, directed=False)[1]
    order = np.argsort(labels, kind="stable")
    groups = np.split(linked[order], np.flatnonzero(np.diff(labels[order])) + 1)
    weights = np.bincount(labels, np.asarray(links.sum(axis=1)).ravel()).astype(np.int64)
    parts = [_Part(group.astype(np.int64), int(weight)) for group, weight in zip(groups, weights, strict=True)]
    return sorted((part for part in parts if len(part.accounts) <= largest), key=lambda part: int(part.accounts[0]))
