"""Questions asked once: no follow-up, no correction, no second turn.

Innocent causes: batch enrichment, indexing, translation jobs, benchmark runs.
Blind spot: logs that do not tell turns; populations in which nobody follows up.
"""

from __future__ import annotations

from stillwatch.engine import Query
from stillwatch.evidence.case import Case, Finding, Group, bound, names, outside, untested
from stillwatch.nulls import larger_mean
from stillwatch.profiles import F64, I64, Population

TURNS = Query(
    "single_shot",
    """
    select count(turn) as with_turn, count(case when turn > 1 then 1 end) as later_turns
    from exchanges join groups on groups.account_id = exchanges.account_id where groups.campaign_id = :group""",
)


def first_turns(people: Population, accounts: I64) -> F64:
    """Return the share of first turns of each account whose turns are known."""
    known = accounts[people.totals["with_turn"][accounts] > 0]
    return 1.0 - people.totals["later_turns"][known] / people.totals["with_turn"][known]


def single_shot(group: Group, case: Case) -> Finding:
    """Mean share of first turns per member, against all other accounts (Welch, upper tail)."""
    inside, without = first_turns(case.people, group.accounts), first_turns(case.people, outside(case, group))
    if len(inside) < 3 or len(without) < 3:
        return untested("turns are not known")
    if float(without.mean()) > 0.98:
        return untested("hardly anybody in this scan follows up, so it tells nobody apart")
    return Finding(
        p_value=larger_mean(inside, without),
        statement=f"{1 - float(inside.mean()):.1%} of a member's exchanges follow up on an earlier one; of another"
        f" account's {1 - float(without.mean()):.1%}",
        numbers={
            "with_turn": int(case.people.totals["with_turn"][group.accounts].sum()),
            "later_turns": int(case.people.totals["later_turns"][group.accounts].sum()),
            "first_turns": round(float(inside.mean()), 4),
            "first_turns_of_others": round(float(without.mean()), 4),
        },
        exhibits=names(case, group.accounts),
        query=bound(TURNS, group),
    )
