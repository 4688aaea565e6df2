"""A scaffold that many accounts use out of habit is itself a candidate.

One prompt injected into the traffic of 25,000 accounts has no rare pair to find. Popular innocent prompts are proposed
just the same; the evidence parts them. Where there are more than may be looked at, half of the places go to those whose
users ask alike: a prompt that hundreds of products made popular must not hide one that an operator uses.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from stillwatch.arrays import F64, I64
from stillwatch.findings import Candidate, chosen_freely
from stillwatch.population import SCAFFOLDS, Population
from stillwatch.proposals.closeness import Closeness
from stillwatch.proposals.sight import PROFILE_KINDS, TEMPLATE_KINDS, Sight, column_holders, ones

_WHY = "accounts that use one scaffold out of habit"
_SAME = 0.8
"""Share of the union of holders from which two marks count as one scaffold."""


def heavy_marks(sight: Sight) -> list[Candidate]:
    """Propose the habitual users of each scaffold, the scaffolds that carry most of their users' exchanges first."""
    carried = sparse.csc_array(sparse.hstack([sight.carried[kind] for kind in SCAFFOLDS], format="csc"))
    held = ones(carried)
    use = np.asarray(_shares(carried, sight.people).sum(axis=0)).ravel()
    heavy = np.flatnonzero(column_holders(held) >= 2 * sight.limits.smallest_group)
    distinct = heavy[_distinct(held[:, heavy], use[heavy])]
    places = sight.limits.heavy_marks
    used = places if len(distinct) <= places else places - places // 2
    alike = distinct[used:][_most_alike(held[:, distinct[used:]], sight)[: places - used]]
    by_use, by_likeness = chosen_freely(TEMPLATE_KINDS), chosen_freely(TEMPLATE_KINDS | PROFILE_KINDS)
    return [
        *(Candidate(_holders(held, mark), "heavy_marks", by_use, _WHY) for mark in distinct[:used]),
        *(Candidate(_holders(held, mark), "heavy_marks", by_likeness, f"{_WHY}, and ask alike") for mark in alike),
    ]


def _most_alike(held: sparse.csc_array, sight: Sight) -> I64:
    """Return the marks in the order of how alike each holder asks, in the half of the hours that proposes.

    What chance alone would give to one of so many marks is taken off first, so that three accounts alike by luck do not
    come before thirty.
    """
    marks = held.shape[1]
    able = np.flatnonzero(sight.means.n >= sight.limits.least_exchanges)
    if not marks or not sight.means.z.shape[1] or not len(able):
        return np.arange(marks, dtype=np.int64)
    holders = column_holders(held)
    labels = np.repeat(np.arange(marks), holders)
    scores = Closeness(sight.means, able).scores(held.indices.astype(np.int64), labels, marks)
    return np.argsort(-(scores - np.log(marks)) / holders, kind="stable")


def _shares(carried: sparse.csc_array, people: Population) -> sparse.csc_array:
    """Return the share of each account's exchanges that carry each of its habits, shape (accounts, marks)."""
    return sparse.csc_array(
        (carried.data / people.n[carried.indices], carried.indices, carried.indptr), shape=carried.shape
    )


def _distinct(held: sparse.csc_array, use: F64) -> list[int]:
    """Return one mark of every set of marks with nearly the same holders, most used first.

    Marks are numbered by their keyed value, which must not decide anything: among equals the one is taken whose
    holders come first.

    Args:
        use: sum over the holders of the share of their exchanges, shape (marks,).
    """
    holders = column_holders(held)
    firsts = held.indices[held.indptr[:-1]] if held.shape[1] else np.empty(0, dtype=np.int64)
    sums = np.asarray(held.T @ np.arange(held.shape[0], dtype=np.int64))
    order = np.lexsort((sums, firsts, -holders, -np.round(use, 6)))
    both = sparse.csr_array(held.T @ held)
    taken = np.zeros(len(holders), dtype=bool)
    kept = []
    for mark in order:
        if taken[mark]:
            continue
        kept.append(int(mark))
        row = slice(both.indptr[mark], both.indptr[mark + 1])
        others, shared = both.indices[row], both.data[row]
        taken[others[shared >= _SAME * (holders[mark] + holders[others] - shared)]] = True
    return kept


def _holders(held: sparse.csc_array, mark: int) -> I64:
    return np.sort(held.indices[held.indptr[mark] : held.indptr[mark + 1]]).astype(np.int64)
