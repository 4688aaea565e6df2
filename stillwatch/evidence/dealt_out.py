"""A list of prompts dealt out: members repeat one another's prompts less than accounts taken at random do.

Innocent causes: one customer's sharded batch; people with nothing in common but long, particular questions.
Blind spot: lists under a few hundred prompts; populations that never repeat one another anyway.
"""

from __future__ import annotations

import numpy as np

from stillwatch.engine import Query
from stillwatch.evidence.case import Case, Finding, Group, against_random, bound, matched_groups, names, sample, untested
from stillwatch.profiles import F64, I64

LEAST = 200
"""Prompts; in fewer, chance alone repeats little."""

OVERLAP = Query(
    "dealt_out",
    """
    select sum(n) as prompts, count(*) as distinct_prompts,
        sum(case when askers >= 2 then n else 0 end) as repeated_by_others
    from (select prompt_mark, count(*) as n, count(distinct exchanges.account_id) as askers
        from exchanges join groups on groups.account_id = exchanges.account_id
        where groups.campaign_id = :group and prompt_mark is not null group by prompt_mark)""",
)


def overlap(case: Case, accounts: I64) -> float:
    """Return the share of the accounts' prompts that another of them asks too."""
    held = case.people.shared["prompt"].matrix[accounts]
    askers = np.asarray((held > 0).sum(axis=0)).ravel()
    prompts = float(case.people.totals["prompts"][accounts].sum())
    return float(np.asarray(held.sum(axis=0)).ravel()[askers >= 2].sum()) / max(prompts, 1.0)


def compared(group: Group, case: Case) -> tuple[float, F64] | str:
    """Return the overlap in the group and in matched random groups, or why there is none to compare."""
    if case.people.totals["prompts"][group.accounts].sum() < LEAST:
        return f"fewer than {LEAST} prompts"
    members = sample(group.accounts)
    drawn = matched_groups(case, members, group, seed=1)
    if drawn is None:
        return "too few other accounts to compare with"
    return overlap(case, members), np.array([overlap(case, accounts) for accounts in drawn])


def dealt_out(group: Group, case: Case) -> Finding:
    """Overlap of exact prompts inside the group, against matched random groups (lower tail)."""
    seen = compared(group, case)
    if isinstance(seen, str):
        return untested(seen)
    own, usual = seen
    p, _ = against_random(own, usual)
    return Finding(
        p_value=p,
        statement=f"{own:.2%} of the members' prompts are asked by another member too; in random groups as active"
        f" {float(usual.mean()):.2%} are",
        numbers={
            "overlap": round(own, 6), "overlap_of_others": round(float(usual.mean()), 6),
            "prompts": int(case.people.totals["prompts"][group.accounts].sum()),
        },
        exhibits=names(case, group.accounts),
        query=bound(OVERLAP, group),
    )
