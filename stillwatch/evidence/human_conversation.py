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

from stillwatch.arrays import F64, I64
from stillwatch.engine import Query
from stillwatch.evidence.case import Case, Finding, Group, bound, names, untested
from stillwatch.nulls import chi2_below, chi2_with, larger_mean, quadratic_form
from stillwatch.others import LEFT, Rates
from stillwatch.population import Population
from stillwatch.rollups import PACE, REACH, paces

HARVESTER = 0.25
"""Share of the usual follow-ups that a harvester is granted under the null."""
ALIKE = 0.25
"""Share of the variance among all others below which members follow up at one rate; half their spread, as for loads."""
ONE_PROGRAM = 0.001
"""P-value from which they are taken to: one group of people in a thousand is."""


class FollowUps:
    """Turns and share of later ones of the accounts whose turns are known, and what those of all but a few come to."""

    def __init__(self, people: Population) -> None:
        self._turns = people.totals["with_turn"].astype(np.float64)
        self._rates = np.where(self._turns > 0, people.totals["later_turns"] / np.maximum(self._turns, 1), 0.0)
        self._centre = float(self._turns @ self._rates) / max(float(self._turns.sum()), 1.0)
        self._sums = self._summed(np.flatnonzero(self._turns))

    def of(self, accounts: I64) -> tuple[F64, F64]:
        """Return turns and share of later ones of those of `accounts` whose turns are known."""
        known = accounts[self._turns[accounts] > 0]
        return self._turns[known], self._rates[known]

    def excess_of_others(self, accounts: I64) -> float:
        """Return the variance between the rates of all but `accounts`, 0 where they are fewer than thirty."""
        n, turns, squares, off, apart = (float(total) for total in self._sums - self._summed(accounts))
        if round(n) < 30:
            return 0.0
        rate, spread = self._centre + off / turns, apart - off**2 / turns
        if spread < LEFT * self._sums[-1]:
            rest = self._turns > 0
            rest[accounts] = False
            own, rates = self.of(np.flatnonzero(rest))
            rate = float(own @ rates / turns)
            spread = float(own @ (rates - rate) ** 2)
        return max(spread - (n - 1) * rate * (1 - rate), 0.0) / (turns - squares / turns)

    def _summed(self, accounts: I64) -> F64:
        """Return number, turns, turns^2, and turns x difference and x difference^2 from the mean, of `accounts`."""
        turns, rates = self.of(accounts)
        apart = rates - self._centre
        return np.array([len(turns), turns.sum(), turns @ turns, turns @ apart, turns @ apart**2])


def alike(usual: FollowUps, accounts: I64) -> float:
    """Return P(the rates of `accounts` lie as close together as they do) if they differed by half as much as others.

    Each turn is followed up with the account's chance, so that later turns are binomial; conversations with tails
    heavier than that lie further apart, which is in the members' favour. The spread is a quadratic form in rates of
    unlike errors, and stands for the chi-square with its mean and variance.
    """
    turns, rates = usual.of(accounts)
    if len(turns) < 5:
        return 1.0
    rate = float(turns @ rates / turns.sum())
    spread, chance = float(turns @ (rates - rate) ** 2), rate * (1 - rate)
    excess = ALIKE * usual.excess_of_others(accounts)
    share, weights = turns / turns.sum(), chance + turns * excess
    if excess <= 0 or chance <= 0:
        return 1.0
    return chi2_below(spread, *chi2_with(*quadratic_form(weights, share)))


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


def human_turns(people: Population) -> Rates:
    """Return the share of each account's exchanges that follow up as fast as a person can, where turns are known.

    Of follow-ups whose pace is not known as many count as of those whose pace is; where nobody reads, none does: a
    program's pauses are sometimes long enough, too.
    """
    totals = people.totals
    read = 1.0 - totals["quick"] / np.maximum(totals["paced"], 1)
    later = totals["later_turns"] / np.maximum(totals["with_turn"], 1)
    return Rates(later * np.where(read > 1.0 - UNREAD, read, 0.0), totals["with_turn"] > 0)


def human_conversation(group: Group, case: Case) -> Finding:
    """Mean share of a member's turns that a person follows up with, against a quarter of that of all others (Welch,
    upper tail)."""
    turns = case.once(human_turns)
    inside, without = turns.of(group.accounts), turns.others(group.accounts)
    if len(inside) < 3 or without.n < 3 or without.mean < 0.02:
        return untested("turns are not known, or hardly anybody in this scan follows up")
    if alike(case.once(FollowUps), group.accounts) < ONE_PROGRAM:
        return untested("members follow up all at one rate, as one program does and people do not")
    counts = ("with_turn", "later_turns", "paced", "quick")
    return Finding(
        p_value=larger_mean(inside, without.times(HARVESTER)),
        statement=f"{float(inside.mean()):.1%} of a member's exchanges follow up on an earlier one as fast as a person"
        f" can, as people's do ({without.mean:.1%} among others)",
        numbers={
            **{name: int(case.people.totals[name][group.accounts].sum()) for name in counts},
            "follow_ups": round(float(inside.mean()), 4),
            "follow_ups_of_others": round(without.mean, 4),
        },
        exhibits=names(case, group.accounts),
        query=bound(FOLLOW_UPS, group, **REACH, **PACE),
    )
