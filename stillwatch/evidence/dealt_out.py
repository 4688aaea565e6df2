"""A list of prompts dealt out: members repeat one another's prompts less than accounts taken at random do.

Innocent causes: one customer's sharded batch; people with nothing in common but long, particular questions.
Blind spot: lists under a few hundred prompts; populations that never repeat one another anyway.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from stillwatch.engine import Query
from stillwatch.evidence.case import (
    Case,
    Finding,
    Group,
    against_random,
    bound,
    group_rows,
    matched_groups,
    names,
    sample,
    untested,
)
from stillwatch.profiles import F64, I64

LEAST = 200
"""Prompts; in fewer, chance alone repeats little."""
MOST = 0.05
"""Share of prompts repeated by another member, above which no list was dealt out, however much all others repeat."""

OVERLAP = Query(
    "dealt_out",
    """
    select sum(n) as prompts, count(*) as distinct_prompts,
        sum(case when askers >= 2 then n else 0 end) as repeated_by_others
    from (select prompt_mark, count(*) as n, count(distinct exchanges.account_id) as askers
        from exchanges join groups on groups.account_id = exchanges.account_id
        where groups.campaign_id = :group and prompt_mark is not null group by prompt_mark)""",
)


ASKER = 1 << 40
"""Added to every count of `Case.asked`, so that one product sums counts below it and askers above it."""


def overlaps(case: Case, groups: I64) -> F64:
    """Return the share of each group's prompts that another member asks too; `groups` has shape (groups, members)."""
    found = sparse.csr_array(group_rows(groups, case.people.size) @ case.asked)
    found.data = np.where(found.data >= 2 * ASKER, found.data % ASKER, 0)
    prompts = np.maximum(case.people.totals["prompts"][groups].sum(axis=1), 1)
    return np.asarray(np.asarray(found.sum(axis=1)).ravel() / prompts)


def asked(held: sparse.csr_array) -> sparse.csr_array:
    """Return who asks which shared prompt how often, with `ASKER` added to each count."""
    return sparse.csr_array((held.data.astype(np.int64) + ASKER, held.indices, held.indptr), shape=held.shape)


def own_overlap(group: Group, case: Case) -> float:
    """Return the share of the members' prompts that another member asks too."""
    return float(overlaps(case, sample(group.accounts, group, case)[None, :])[0])


def usual_overlaps(group: Group, case: Case) -> F64 | None:
    """Return the same for random groups as active, or None where there are too few other accounts."""
    drawn = matched_groups(case, sample(group.accounts, group, case), group, seed=1)
    return None if drawn is None else overlaps(case, drawn)


def dealt_out(group: Group, case: Case) -> Finding:
    """Overlap of exact prompts inside the group, against matched random groups (lower tail, on a log scale: the few
    random groups that share a benchmark or an assignment would hide all others on a plain one)."""
    prompts = int(case.people.totals["prompts"][group.accounts].sum())
    usual = usual_overlaps(group, case) if prompts >= LEAST else None
    if usual is None:
        return untested(f"fewer than {LEAST} prompts, or too few other accounts to compare with", prompts=prompts)
    own = own_overlap(group, case)
    least = 1.0 / prompts
    p, _ = against_random(float(np.log(own + least)), np.log(usual + least))
    return Finding(
        p_value=p if own <= MOST else 1.0,
        statement=f"{own:.2%} of the members' prompts are asked by another member too; in random groups as active"
        f" {float(usual.mean()):.2%} are",
        numbers={"overlap": round(own, 6), "overlap_of_others": round(float(usual.mean()), 6), "prompts": prompts},
        exhibits=names(case, group.accounts),
        query=bound(OVERLAP, group),
    )
