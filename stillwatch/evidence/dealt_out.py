"""A list of prompts dealt out: members repeat one another's prompts less than accounts taken at random do.

Innocent causes: one customer's sharded batch; people with nothing in common but long, particular questions.
Blind spot: lists under a few hundred prompts; populations that never repeat one another anyway.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stillwatch.arrays import F64, I64
from stillwatch.engine import Query
from stillwatch.evidence.case import (
    Case,
    Finding,
    Group,
    against_random,
    bound,
    matched_groups,
    names,
    sample,
    untested,
)

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


@dataclass(frozen=True, slots=True)
class Repeats:
    """Prompts that two or more members of a group ask, of some groups, each of shape (repeats,).

    Attributes:
        group: which of the groups. askers: members who ask it. n: exchanges of theirs in which they do.
    """

    group: I64
    askers: I64
    n: I64


def repeats(case: Case, groups: I64) -> Repeats:
    """Return what members of a group ask too, for groups of shape (groups, members)."""
    held = case.people.shared["prompt"].matrix[groups.ravel()]
    group = np.repeat(np.repeat(np.arange(len(groups)), groups.shape[1]), np.diff(held.indptr))
    pairs = group * held.shape[1] + held.indices
    order = np.argsort(pairs)
    starts = np.flatnonzero(np.diff(pairs[order], prepend=-1))
    askers = np.diff(starts, append=len(order))
    n = np.add.reduceat(held.data[order].astype(np.int64), starts) if len(order) else askers
    repeated = askers >= 2
    return Repeats(group[order[starts[repeated]]], askers[repeated], n[repeated])


def own_overlap(group: Group, case: Case) -> float:
    """Return the share of the members' prompts that another member asks too."""
    members = sample(group.accounts, group, case)
    return float(repeats(case, members[None, :]).n.sum() / max(case.people.totals["prompts"][members].sum(), 1))


@dataclass(frozen=True, slots=True)
class Usual:
    """What random groups as active as a group ask in common.

    Attributes:
        overlaps: share of the prompts of each that another member asks too, shape (groups,).
        in_common: mean share of the other members who ask a member's prompt, of them all.
    """

    overlaps: F64
    in_common: float


def usual(group: Group, case: Case) -> Usual | None:
    """Return what random groups as active ask in common, or None where there are too few other accounts."""
    members = sample(group.accounts, group, case)
    drawn = matched_groups(case, members, group, seed=1)
    if drawn is None:
        return None
    found, prompts = repeats(case, drawn), case.people.totals["prompts"][drawn].sum(axis=1)
    pairs = float((found.n * (found.askers - 1)).sum())
    return Usual(
        overlaps=np.bincount(found.group, found.n, len(drawn)) / np.maximum(prompts, 1),
        in_common=pairs / max(int(prompts.sum()) * (len(members) - 1), 1),
    )


def dealt_out(group: Group, case: Case) -> Finding:
    """Overlap of exact prompts inside the group, against matched random groups (lower tail, on a log scale: the few
    random groups that share a benchmark or an assignment would hide all others on a plain one)."""
    prompts = int(case.people.totals["prompts"][group.accounts].sum())
    random = group.once(usual, case) if prompts >= LEAST else None
    if random is None:
        return untested(f"fewer than {LEAST} prompts, or too few other accounts to compare with", prompts=prompts)
    own = own_overlap(group, case)
    least = 1.0 / prompts
    p, _ = against_random(float(np.log(own + least)), np.log(random.overlaps + least))
    others = float(random.overlaps.mean())
    return Finding(
        p_value=p if own <= MOST else 1.0,
        statement=f"{own:.2%} of the members' prompts are asked by another member too; in random groups as active"
        f" {others:.2%} are",
        numbers={"overlap": round(own, 6), "overlap_of_others": round(others, 6), "prompts": prompts},
        exhibits=names(case, group.accounts),
        query=bound(OVERLAP, group),
    )
