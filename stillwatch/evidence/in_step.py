"""Accounts whose hours swell and fall together beyond the time of day.

Innocent causes: one company's release, a lecture, an outage after which everybody returns, a public event.
Blind spot: a queue that is never empty and never full; jitter of more than a few hours.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from stillwatch.engine import Query
from stillwatch.evidence.case import Case, Finding, Group, against_random, bound, matched_groups, names, sample, untested
from stillwatch.profiles import F64

DAYS = 3
"""Days of data below which a time of day has not been seen often enough."""

HOURS = Query(
    "in_step",
    """
    select count(distinct date_trunc('hour', ts)) as hours, count(*) as exchanges
    from exchanges join groups on groups.account_id = exchanges.account_id where groups.campaign_id = :group""",
)


def in_step(group: Group, case: Case) -> Finding:
    """Variance of the group's hourly total over the sum of its members' variances, against matched random groups."""
    if case.hourly.shape[1] < 24 * DAYS:
        return untested(f"fewer than {DAYS} days of data")
    members = sample(group.accounts)
    drawn = matched_groups(case, members, group)
    if drawn is None:
        return untested("too few other accounts to compare with")
    own = _together(case.hourly[members])
    usual = np.log([_together(case.hourly[accounts]) for accounts in drawn])
    _, p = against_random(float(np.log(own)), usual)
    mine = case.hourly[group.accounts]
    return Finding(
        p_value=p,
        statement=f"the members' hourly activity varies {own:.2f} times as much together as it would if each kept its"
        f" own time; random groups as active reach {float(np.exp(usual.mean())):.2f}",
        numbers={
            "together": round(own, 4), "together_of_others": round(float(np.exp(usual.mean())), 4),
            "hours": int((np.asarray(mine.sum(axis=0)).ravel() > 0).sum()), "exchanges": int(mine.sum()),
        },
        exhibits=names(case, members),
        query=bound(HOURS, group),
    )


def _together(hourly: sparse.csr_array) -> float:
    """Return variance of the sum over sum of variances, both around the mean of the hour of the day."""
    total = np.asarray(hourly.sum(axis=0), dtype=np.float64).ravel()
    squares = np.asarray(hourly.multiply(hourly).sum(axis=0), dtype=np.float64).ravel()
    joint = float((_residual(total) ** 2).sum())
    by_hour = sparse.csr_array(hourly @ _clock(hourly.shape[1]))
    days = hourly.shape[1] / 24
    alone = float(squares.sum()) - float(by_hour.multiply(by_hour).sum()) / days
    return max(joint, 1e-9) / max(alone, 1e-9)


def _residual(total: F64) -> F64:
    days = -(-len(total) // 24)
    padded = np.pad(total, (0, days * 24 - len(total)))
    return np.asarray((padded.reshape(days, 24) - padded.reshape(days, 24).mean(axis=0)).ravel())


def _clock(hours: int) -> sparse.csr_array:
    """Return the sum over days as a matrix, shape (hours, 24)."""
    places = np.arange(hours)
    return sparse.csr_array((np.ones(hours, dtype=np.int64), (places, places % 24)), shape=(hours, 24))
