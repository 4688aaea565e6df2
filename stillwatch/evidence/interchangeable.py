"""Accounts that could be exchanged for one another: topics and lengths differ no more than samples of one source.

Innocent causes: one job spread over keys of one organisation, a fleet of identical agents, students with one sheet.
Blind spot: accounts with few exchanges (their means err too much to differ); personas, where each account keeps to
topics of its own; cover traffic.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from stillwatch.arrays import F64, I64
from stillwatch.engine import Query
from stillwatch.evidence.case import LEAST_SAMENESS, Case, Finding, Group, bound, names, untested
from stillwatch.findings import Number
from stillwatch.likeness import Means, Neighbours, as_alike_as_one_source, radius, spread
from stillwatch.trim import BODY_DEVIATIONS

MARGIN = 0.25
"""Share of the variance between the nearest other accounts that unrelated members are granted under the null."""
NEAR = 0.1
"""Share of the other accounts that may be neighbours; where a group is half of all, the other half is its outskirts."""
AROUND = 2.0
"""Times the radius of the group's body, within which others may be the rest of its pool."""
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


_TOO_FEW = "fewer than thirty other accounts are active enough to compare with"


@dataclass(frozen=True, slots=True)
class Compared:
    """The members that can be compared, and the accounts that they are held against.

    Attributes:
        members: positions, ascending.
        near: the nearest other accounts, about as many.
        further: the nearest that are not around the group's body.
    """

    members: I64
    near: I64
    further: I64


def comparable(group: Group, case: Case) -> Compared | str:
    """Return the members that can be compared with their neighbours, or why they cannot be."""
    of = case.tested
    if not of.z.shape[1]:
        return "all profiles are empty, or all are the same"
    members = group.accounts[of.n[group.accounts] >= LEAST_SAMENESS]
    if len(members) < 5:
        return f"fewer than five members have {LEAST_SAMENESS} exchanges in the testing half of the hours"
    least = float(np.median(of.n[members])) / 2
    able = int(np.count_nonzero(of.n >= least) - np.count_nonzero(of.n[group.accounts] >= least))
    if able < FEWEST:
        return _TOO_FEW
    wanted, others = max(min(len(members), int(NEAR * able)), FEWEST), Neighbours(of, group.accounts, least)
    further = others.nearest(wanted, beyond=AROUND * radius(of, BODY_DEVIATIONS))
    return Compared(members, others.nearest(wanted), further)


def data_behind(of: Means, group: Group) -> dict[str, Number]:
    """Return the exchanges in the testing half that have a profile, and the members they are of."""
    n = of.n[group.accounts]
    return {"exchanges": int(n.sum()), "accounts": int((n > 0).sum())}


def interchangeable(group: Group, case: Case) -> Finding:
    """Spread of the members' means, against a quarter of the variance between their neighbours (chi-square, lower)."""
    found = group.once(comparable, case)
    if isinstance(found, str):
        return untested(found)

    def tail(excess: F64) -> float:
        return as_alike_as_one_source(case.tested, found.members, MARGIN * excess)

    return held_against(found.near, tail, found.members, group, case)


def held_against(near: I64, tail: Callable[[F64], float], members: I64, group: Group, case: Case) -> Finding:
    """Return how far the members lie apart beside their neighbours.

    Args:
        near: the neighbours. tail: the p-value, from how much they differ. members: those that can be compared.
    """
    if len(near) < FEWEST:
        return untested(_TOO_FEW)
    excess = spread(case.tested, near).excess
    own, usual = float(spread(case.tested, members).excess.mean()), float(excess.mean())
    return Finding(
        p_value=tail(excess),
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
