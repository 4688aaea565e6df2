"""Members follow up as people do: they come back to an answer, correct, and ask again, in the time that this takes.

This speaks for innocence. Follow-ups that come before anyone could have read the answer are a program's, and do not
count, nor do any of an account where most are so; where no pace is known all count. It speaks only of members who
differ in it as people do: one program follows up at one rate under all its accounts. Accounts that carry many people
each are alike in it too, and nothing is said of them.
Blind spot: an operator who replays recorded conversations, or generates them, at another rate under each account, and
waits as long as a reader would.
"""

from __future__ import annotations

import numpy as np

from stillwatch.engine import Query
from stillwatch.evidence.case import Case, Finding, Group, bound, names, outside, untested
from stillwatch.evidence.single_shot import first_turns
from stillwatch.nulls import chi2_below, chi2_with, larger_mean, quadratic_form
from stillwatch.profiles import F64, I64, Population
from stillwatch.rollups import PACE, REACH, paces

HARVESTER = 0.25
"""Share of the usual follow-ups that a harvester is granted under the null."""
ALIKE = 0.25
"""Share of the variance among all others below which members follow up at one rate; half their spread, as for loads."""
ONE_PROGRAM = 0.001
"""P-value from which they are taken to: one group of people in a thousand is."""


def alike(people: Population, accounts: I64, others: I64) -> float:
    """Return P(the rates of `accounts` lie as close together as they do) if they differed by half as much as `others`.

    Each turn is followed up with the account's chance, so that later turns are binomial; conversations with tails
    heavier than that lie further apart, which is in the members' favour. The spread is a quadratic form in rates of
    unlike errors, and stands for the chi-square with its mean and variance.
    """
    turns, rates = _rates(people, accounts)
    usual_turns, usual = _rates(people, others)
    if len(turns) < 5 or len(usual) < 30:
        return 1.0
    spread, chance = _spread(turns, rates)
    usual_spread, usual_chance = _spread(usual_turns, usual)
    room = usual_turns.sum() - (usual_turns**2).sum() / usual_turns.sum()
    excess = ALIKE * max(usual_spread - (len(usual) - 1) * usual_chance, 0.0) / room
    share, weights = turns / turns.sum(), chance + turns * excess
    if excess <= 0 or chance <= 0:
        return 1.0
    return chi2_below(spread, *chi2_with(*quadratic_form(weights, share)))


def _rates(people: Population, accounts: I64) -> tuple[F64, F64]:
    """Return turns and share of later ones, of each account whose turns are known."""
    known = accounts[people.totals["with_turn"][accounts] > 0]
    return people.totals["with_turn"][known].astype(np.float64), 1 - first_turns(people, known)


def _spread(turns: F64, rates: F64) -> tuple[float, float]:
    """Return the weighted squares about the mean rate, and the variance of one turn."""
    rate = float(turns @ rates / turns.sum())
    return float(turns @ (rates - rate) ** 2), rate * (1 - rate)


UNREAD = 0.5
"""Share of an account's follow-ups from which nobody is taken to read if they come too soon: of people's 1.3 % do."""

_OF_GROUP = "exchanges where account_id in (select account_id from groups where campaign_id = :group)"
PACES_OF_GROUP = paces(f"(select *, true as own from {_OF_GROUP}) as spoken_by_group")
"""Follow-ups of a group under test by pace and account; bound to `REACH` and `PACE`."""

FOLLOW_UPS = Query(
    "human_conversation",
    f"""
    select with_turn, later_turns, paced, quick
    from (select count(turn) as with_turn, count(case when turn > 1 then 1 end) as later_turns from {_OF_GROUP})
            as turns
        cross join (select coalesce(sum(paced), 0) as paced, coalesce(sum(quick), 0) as quick
            from ({PACES_OF_GROUP}) as each) as pace""",
)


def human_turns(people: Population, accounts: I64) -> F64:
    """Return the share of each account's exchanges that follow up as fast as a person can, where turns are known.

    Of follow-ups whose pace is not known as many count as of those whose pace is; where nobody reads, none does: a
    program's pauses are sometimes long enough, too.
    """
    known = accounts[people.totals["with_turn"][accounts] > 0]
    paced, quick = people.totals["paced"][known], people.totals["quick"][known]
    read = 1.0 - quick / np.maximum(paced, 1)
    return np.asarray((1.0 - first_turns(people, known)) * np.where(read > 1.0 - UNREAD, read, 0.0))


def human_conversation(group: Group, case: Case) -> Finding:
    """Mean share of a member's turns that a person follows up with, against a quarter of that of all others (Welch,
    upper tail)."""
    others = outside(case, group)
    inside, without = (human_turns(case.people, chosen) for chosen in (group.accounts, others))
    if len(inside) < 3 or len(without) < 3 or float(without.mean()) < 0.02:
        return untested("turns are not known, or hardly anybody in this scan follows up")
    if alike(case.people, group.accounts, others) < ONE_PROGRAM:
        return untested("members follow up all at one rate, as one program does and people do not")
    counts = ("with_turn", "later_turns", "paced", "quick")
    return Finding(
        p_value=larger_mean(inside, HARVESTER * without),
        statement=f"{float(inside.mean()):.1%} of a member's exchanges follow up on an earlier one as fast as a person"
        f" can, as people's do ({float(without.mean()):.1%} among others)",
        numbers={
            **{name: int(case.people.totals[name][group.accounts].sum()) for name in counts},
            "follow_ups": round(float(inside.mean()), 4),
            "follow_ups_of_others": round(float(without.mean()), 4),
        },
        exhibits=names(case, group.accounts),
        query=bound(FOLLOW_UPS, group, **REACH, **PACE),
    )
