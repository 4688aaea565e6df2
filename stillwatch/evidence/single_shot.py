"""Questions asked once: no follow-up, no correction, and not the same again.

Innocent causes: batch enrichment, indexing, translation jobs, benchmark runs.
Blind spot: logs that do not tell turns; populations in which nobody follows up.
"""

from __future__ import annotations

import numpy as np

from stillwatch.arrays import F64, I64
from stillwatch.engine import Query
from stillwatch.evidence.case import Case, Finding, Group, as_active, bound, names, untested
from stillwatch.nulls import larger_mean, moments
from stillwatch.others import Rates
from stillwatch.population import Population

TURNS = Query(
    "single_shot",
    """
    select count(turn) as with_turn, count(case when turn > 1 then 1 end) as later_turns
    from exchanges join groups on groups.account_id = exchanges.account_id where groups.campaign_id = :group""",
)


def asked_once(people: Population, accounts: I64) -> F64:
    """Return the share of exchanges of each account that begin a conversation with a question it asks only once.

    What has no text may be any question. Without turns it is not known, and those accounts are to be left out.
    """
    totals = people.totals
    turns = totals["with_turn"][accounts]
    first = turns - totals["later_turns"][accounts]
    different = totals["distinct_prompts"][accounts] + people.n[accounts] - totals["prompts"][accounts]
    return np.asarray(np.minimum(first, different) / np.maximum(turns, 1))


def once_asked(people: Population) -> Rates:
    """Return `asked_once` of the accounts whose turns are known."""
    return Rates(asked_once(people, np.arange(people.size)), people.totals["with_turn"] > 0)


def single_shot(group: Group, case: Case) -> Finding:
    """Mean share of questions asked once per member, against accounts as active and against all others (Welch, upper
    tail, the larger): who asks little follows up little, and the few who ask as much may be one chatty fleet."""
    known = case.people.totals["with_turn"] > 0
    members = group.accounts[known[group.accounts]]
    alike = as_active(case, group.accounts, group)
    alike = alike[known[alike]]
    if len(members) < 3 or len(alike) < 3:
        return untested("turns are not known")
    inside, without = (asked_once(case.people, accounts) for accounts in (members, alike))
    usual = case.once(once_asked).others(group.accounts)
    if max(float(without.mean()), usual.mean) > 0.98:
        return untested("hardly anybody as active follows up, so it tells nobody apart")
    return Finding(
        p_value=max(larger_mean(inside, moments(without), accounts=len(np.unique(alike))), larger_mean(inside, usual)),
        statement=f"{float(inside.mean()):.1%} of a member's exchanges are questions asked once and left at that; of"
        f" those of others as active {float(without.mean()):.1%}",
        numbers={
            "with_turn": int(case.people.totals["with_turn"][members].sum()),
            "later_turns": int(case.people.totals["later_turns"][members].sum()),
            "asked_once": round(float(inside.mean()), 4),
            "asked_once_by_others": round(float(without.mean()), 4),
        },
        exhibits=names(case, members),
        query=bound(TURNS, group),
    )
