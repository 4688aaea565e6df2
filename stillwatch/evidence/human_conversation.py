"""Members follow up as people do: they come back to an answer, correct, and ask again.

This speaks for innocence. Blind spot: an operator who replays recorded conversations, or generates them.
"""

from __future__ import annotations

from stillwatch.evidence.case import Case, Finding, Group, bound, names, outside, untested
from stillwatch.evidence.single_shot import TURNS, first_turns
from stillwatch.nulls import larger_mean

HARVESTER = 0.25
"""Share of the usual follow-ups that a harvester is granted under the null."""


def human_conversation(group: Group, case: Case) -> Finding:
    """Mean share of later turns per member, against a quarter of that of all others (Welch, upper tail)."""
    inside, without = 1 - first_turns(case.people, group.accounts), 1 - first_turns(case.people, outside(case, group))
    if len(inside) < 3 or len(without) < 3 or float(without.mean()) < 0.02:
        return untested("turns are not known, or hardly anybody in this scan follows up")
    return Finding(
        p_value=larger_mean(inside, HARVESTER * without),
        statement=f"{float(inside.mean()):.1%} of a member's exchanges follow up on an earlier one, as people's do"
        f" ({float(without.mean()):.1%} among others)",
        numbers={
            "with_turn": int(case.people.totals["with_turn"][group.accounts].sum()),
            "later_turns": int(case.people.totals["later_turns"][group.accounts].sum()),
            "follow_ups": round(float(inside.mean()), 4),
            "follow_ups_of_others": round(float(without.mean()), 4),
        },
        exhibits=names(case, group.accounts),
        query=bound(TURNS, group),
    )
