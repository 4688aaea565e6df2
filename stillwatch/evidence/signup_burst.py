"""Accounts made within a short time of one another.

Innocent causes: a course, a hackathon, a single-sign-on roll-out, a mention in the news.
Blind spot: accounts bought, or made over months and left to rest.
"""

from __future__ import annotations

import datetime as dt

import numpy as np

from stillwatch.arrays import I64
from stillwatch.engine import Query
from stillwatch.evidence.case import Case, Finding, Group, bound, names, untested
from stillwatch.nulls import binomial_tail
from stillwatch.others import Ranked
from stillwatch.population import UNKNOWN, Population

_HOUR = 3_600_000_000
WINDOWS = tuple(hours * _HOUR for hours in (1, 6, 24, 72, 168))
"""Microseconds; lengths of the windows that are tried: an hour to a week."""

SIGNUPS = Query(
    "signup_burst",
    """
    select count(*) as members_in_window from accounts join groups on groups.account_id = accounts.account_id
    where groups.campaign_id = :group and epoch_us(created_at) >= :start and epoch_us(created_at) <= :stop""",
)


def signup_burst(group: Group, case: Case) -> Finding:
    """The fullest window of sign-ups, against the share of all others in it (binomial, Bonferroni over the windows).

    A window begins with a member, who therefore does not count.
    """
    created, others = np.sort(_known(case, group.accounts)), case.once(by_creation).without(group.accounts)
    if len(created) < 5 or len(others) < 30:
        return untested("fewer than five members, or thirty others, have a known date of creation")
    best = (1.0, 0, 0, 0, 0)
    for window in WINDOWS:
        first, inside = _fullest(created, window)
        start, stop = int(created[first]), int(created[first]) + window
        without = int(others.below(np.array([stop]), equal=True)[0] - others.below(np.array([start]))[0])
        p = binomial_tail(inside - 1, len(created) - 1, (without + 1) / (len(others) + 1))
        best = min(best, (p, start, stop, inside, without))
    p, start, stop, inside, without = best
    hours = (stop - start) // _HOUR
    return Finding(
        p_value=min(1.0, p * len(WINDOWS) * len(created)),
        statement=f"{inside} of {len(created)} accounts were made within {hours} hours from {_stamp(start)}; of"
        f" {len(others)} others {without} were",
        numbers={
            "members_in_window": inside,
            "others_in_window": without,
            "members": len(created),
            "others": len(others),
            "hours": hours,
            "from": _stamp(start),
        },
        exhibits=names(case, group.accounts),
        query=bound(SIGNUPS, group, start=start, stop=stop),
        share=inside / len(group),
    )


def by_creation(people: Population) -> Ranked:
    """Return the accounts whose creation is known in its order."""
    return Ranked(people.created_us, people.created_us != UNKNOWN)


def _known(case: Case, accounts: I64) -> I64:
    created = case.people.created_us[accounts]
    return np.asarray(created[created != UNKNOWN])


def _fullest(created: I64, window: int) -> tuple[int, int]:
    """Return the first sign-up of the fullest window, and how many it holds."""
    inside = np.searchsorted(created, created + window, "right") - np.arange(len(created))
    return int(np.argmax(inside)), int(inside.max())


def _stamp(microseconds: int) -> str:
    return dt.datetime.fromtimestamp(microseconds / 1e6, dt.UTC).strftime("%Y-%m-%d %H:%M")
