"""Accounts that could be exchanged for one another: topics and lengths differ no more than samples of one source.

Innocent causes: one job spread over keys of one organisation, a fleet of identical agents, students with one sheet.
Blind spot: accounts with few exchanges (their means err too much to differ); personas, where each account keeps to
topics of its own; cover traffic.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from stillwatch.engine import Query
from stillwatch.evidence.case import LEAST_SAMENESS, Case, Finding, Group, bound, names, untested
from stillwatch.findings import Number
from stillwatch.likeness import Means, as_alike_as_one_source, neighbours_outside, spread
from stillwatch.profiles import F64, I64

MARGIN = 0.25
"""Share of the variance between the nearest other accounts that unrelated members are granted under the null."""
NEAR = 0.1
"""Share of the other accounts that may be neighbours; where a group is half of all, the other half is its outskirts."""
FEWEST = 30
"""Neighbours from which a spread is taken."""

EXCHANGES = Query(
    "interchangeable",
    """
    select count(*) as exchanges, count(distinct exchanges.account_id) as accounts
    from exchanges join groups on groups.account_id = exchanges.account_id
    where groups.campaign_id = :group and half = 1 and (topic_0 is not null
        or not exists (select 1 from exchanges where topic_0 is not null))""",
)


TOO_FEW = "fewer than thirty other accounts are active enough to compare with"


@dataclass(frozen=True, slots=True)
class Compared:
    """The members that can be compared, and with whom.

    Attributes:
        members: positions, ascending.
        least: exchanges that others must have, too.
        able: others that have them.
    """

    members: I64
    least: float
    able: int

    def neighbours(self, of: Means, group: Group, beyond: float) -> I64:
        """Return the nearest of the others, about as many as members; none within `beyond` of the group's centre."""
        wanted = max(min(len(self.members), int(NEAR * self.able)), FEWEST)
        return neighbours_outside(of, group.accounts, wanted, self.least, beyond=beyond)


def comparable(of: Means, group: Group) -> Compared | str:
    """Return the members that can be compared, or why they cannot be."""
    if not of.z.shape[1]:
        return "all profiles are empty, or all are the same"
    members = group.accounts[of.n[group.accounts] >= LEAST_SAMENESS]
    if len(members) < 5:
        return f"fewer than five members have {LEAST_SAMENESS} exchanges in the testing half of the hours"
    least = float(np.median(of.n[members])) / 2
    able = int(np.count_nonzero(of.n >= least) - np.count_nonzero(of.n[group.accounts] >= least))
    return Compared(members, least, able) if able >= FEWEST else TOO_FEW


def data_behind(of: Means, group: Group) -> dict[str, Number]:
    """Return the exchanges in the testing half that have a profile, and the members they are of."""
    n = of.n[group.accounts]
    return {"exchanges": int(n.sum()), "accounts": int((n > 0).sum())}


def interchangeable(group: Group, case: Case) -> Finding:
    """Spread of the members' means, against a quarter of the variance between their neighbours (chi-square, lower)."""
    return held_against_neighbours(
        group, case, lambda members, excess: as_alike_as_one_source(case.tested, members, MARGIN * excess)
    )


def held_against_neighbours(
    group: Group, case: Case, tail: Callable[[I64, F64], float], *, beyond: float = 0.0
) -> Finding:
    """Return how far the members lie apart beside their neighbours.

    Args:
        tail: the p-value, from the members that can be compared and how much their neighbours differ.
        beyond: accounts within this distance of the group's centre are no neighbours.
    """
    found = comparable(case.tested, group)
    if isinstance(found, str):
        return untested(found)
    near = found.neighbours(case.tested, group, beyond)
    if len(near) < FEWEST:
        return untested(TOO_FEW)
    members, excess = found.members, spread(case.tested, near).excess
    own, usual = float(spread(case.tested, members).excess.mean()), float(excess.mean())
    return Finding(
        p_value=tail(members, excess),
        statement=f"between {len(members)} accounts, topics and lengths vary by {own:.4f} of what they vary within one;"
        f" between the most similar other accounts by {usual:.4f}",
        numbers={
            **data_behind(case.tested, group),
            "accounts_compared": len(members),
            "between": round(own, 6),
            "between_neighbours": round(usual, 6),
        },
        exhibits=names(case, members),
        query=bound(EXCHANGES, group),
    )
