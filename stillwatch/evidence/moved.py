"""How evidence counts hand-offs: those inside a group, against the rate among everybody else."""

from __future__ import annotations

import numpy as np

from stillwatch.evidence.case import Case, Finding, Group, flags, names, untested
from stillwatch.handoffs import MOTIFS
from stillwatch.nulls import poisson_tail


def moved(group: Group, case: Case, motif: str, what: str, query: str) -> Finding:
    """Hand-offs of one motif inside the group, against the rate per exchange among all others (Poisson)."""
    found = case.handoffs.motif == MOTIFS.index(motif)
    if not found.any():
        return untested(f"nowhere in this scan {what}, or the columns that would show it are empty")
    rows = case.handoffs.inside(flags(case, group.accounts), motif)
    inside = int(case.handoffs.n[rows].sum())
    exchanges = int(case.people.n[group.accounts].sum())
    elsewhere = int(case.handoffs.n[found].sum()) - inside
    others = max(int(case.people.n.sum()) - exchanges, 1)
    expected = (elsewhere + 1) / others * exchanges
    touched = np.unique(np.concatenate((case.handoffs.source[rows], case.handoffs.target[rows])))
    return Finding(
        p_value=poisson_tail(inside, expected),
        statement=f"{inside} times {what}, between {len(touched)} of the {len(group)} accounts; the rate of all others"
        f" allows {expected:.2g}",
        numbers={"inside": inside, "accounts": len(touched), "expected": expected, "elsewhere": elsewhere},
        exhibits=tuple(case.handoffs.exhibit[i] for i in rows[:5]) or names(case, touched),
        query=query,
        share=len(touched) / len(group),
    )
