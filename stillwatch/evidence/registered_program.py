"""The members are in a programme the provider knows about: education, research, red team, an agreed distillation.

This speaks for innocence. Blind spot: programmes that anybody may join.
"""

from __future__ import annotations

import numpy as np

from stillwatch.engine import Query
from stillwatch.evidence.case import Case, Finding, Group, bound, counts_of, names, untested
from stillwatch.nulls import drawn_tail

MOST = 0.5
"""Share of the members that must be in it."""

PROGRAM = Query(
    "registered_program",
    """
    select count(*) as members from accounts join groups on groups.account_id = accounts.account_id
    where groups.campaign_id = :group and program = :value""",
)


def registered_program(group: Group, case: Case) -> Finding:
    """The commonest programme among the members, against its share of all accounts (hypergeometric)."""
    program = case.people.categories["program"]
    counts = program.counts(group.accounts)
    if not counts.sum() or counts.max() < MOST * len(group):
        return untested("no programme is common to half of the members")
    code = int(np.argmax(counts))
    return Finding(
        p_value=drawn_tail(int(counts[code]), len(group), int(case.once(counts_of, "program")[code]), case.people.size),
        statement=f"{counts[code]} of {len(group)} accounts are in the programme `{program.values[code]}`",
        numbers={"members": int(counts[code]), "program": program.values[code]},
        exhibits=names(case, group.accounts[program.codes[group.accounts] == code]),
        query=bound(PROGRAM, group, value=program.values[code]),
    )
