"""A list of prompts dealt out: members repeat one another's prompts less than accounts taken at random do.

Innocent causes: one customer's sharded batch; people with nothing in common but long, particular questions.
Blind spot: lists under a few hundred prompts; populations that never repeat one another anyway.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

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
    found = np.sort(pairs)
    found = np.unique(found[1:][found[1:] == found[:-1]])
    places = np.searchsorted(found, pairs)
    repeated = np.flatnonzero(places < len(found))
    repeated = repeated[found[places[repeated]] == pairs[repeated]]
    askers, n = (np.bincount(places[repeated], of, len(found)) for of in (None, held.data[repeated]))
    return Repeats(found // max(held.shape[1], 1), askers, n.astype(np.int64))


def overlaps(case: Case, groups: I64) -> F64:
    """Return the share of each group's prompts that another member asks too; `groups` has shape (groups, members)."""
    found = repeats(case, groups)
    prompts = np.maximum(case.people.totals["prompts"][groups].sum(axis=1), 1)
    return np.asarray(np.bincount(found.group, found.n, len(groups)) / prompts)


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
