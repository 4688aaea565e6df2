"""Members ask one another's very questions: each runs the same list, which a harvest would not pay for twice.

This speaks for innocence: a public benchmark run by many owners, a class assignment, a drift monitor.
Blind spot: an operator who asks every question many times to keep the best answer.
"""

from __future__ import annotations

from stillwatch.evidence.case import Case, Finding, Group, against_random, bound, names, untested
from stillwatch.evidence.dealt_out import OVERLAP, own_overlap, usual_overlaps

NOTEWORTHY = 0.3
"""Share of prompts; below it a shared list is not what the group mainly does."""


def same_list(group: Group, case: Case) -> Finding:
    """Overlap of exact prompts inside the group, against matched random groups (upper tail)."""
    prompts = int(case.people.totals["prompts"][group.accounts].sum())
    own = own_overlap(group, case)
    if own < NOTEWORTHY:
        return untested(f"only {own:.1%} of the prompts are asked by another member too", overlap=round(own, 6))
    usual = usual_overlaps(group, case)
    if usual is None:
        return untested("too few other accounts to compare with", overlap=round(own, 6))
    _, p = against_random(own, usual, floor=0.0, resolution=prompts**-0.5)
    return Finding(
        p_value=p,
        statement=f"{own:.0%} of the members' prompts are asked by another member too; in random groups as active"
        f" {float(usual.mean()):.1%} are",
        numbers={"overlap": round(own, 6), "overlap_of_others": round(float(usual.mean()), 6), "prompts": prompts},
        exhibits=names(case, group.accounts),
        query=bound(OVERLAP, group),
    )
