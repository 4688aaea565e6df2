"""Accounts that could be exchanged for one another: topics and lengths differ no more than samples of one source.

Innocent causes: one job spread over keys of one organisation, a fleet of identical agents, students with one sheet.
Blind spot: accounts with few exchanges (their means err too much to differ); personas, where each account keeps to
topics of its own; cover traffic.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from stillwatch.engine import Query
from stillwatch.evidence.case import Case, Finding, Group, bound, names, untested
from stillwatch.findings import Number
from stillwatch.likeness import Means, as_alike_as_one_source, neighbours_outside, spread
from stillwatch.profiles import F64, I64

MARGIN = 0.25
"""Share of the variance between the nearest other accounts that unrelated members are granted under the null."""
LEAST = 6
"""Exchanges in the testing half of the hours; accounts with fewer are passed over."""

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


def comparable(of: Means, group: Group, beyond: float = 0.0) -> tuple[I64, F64] | str:
    """Return the members that can be compared and how much their nearest neighbours differ, or why there are none.

    The second value is the between-account variance per column in units of the within-account variance.

    Args:
        beyond: accounts within this distance of the group's centre are no neighbours.
    """
    if not of.z.shape[1]:
        return "all profiles are empty, or all are the same"
    members = group.accounts[of.n[group.accounts] >= LEAST]
    if len(members) < 5:
        return f"fewer than five members have {LEAST} exchanges in the testing half of the hours"
    least = float(np.median(of.n[members])) / 2
    able = int((of.n >= least).sum() - (of.n[group.accounts] >= least).sum())
    wanted = max(min(len(members), int(NEAR * able)), FEWEST)
    near = neighbours_outside(of, group.accounts, wanted, least, beyond=beyond)
    if len(near) < FEWEST:
        return "fewer than thirty other accounts are active enough to compare with"
    return members, spread(of, near).excess


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
    found = comparable(case.tested, group, beyond)
    if isinstance(found, str):
        return untested(found)
    members, excess = found
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
