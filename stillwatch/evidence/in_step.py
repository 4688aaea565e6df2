"""Accounts whose hours swell and fall together beyond the time of day.

Innocent causes: one company's release, a lecture, an outage after which everybody returns, a public event.
Blind spot: a queue that is never empty and never full; jitter of more than a few hours.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from stillwatch.engine import Query
from stillwatch.evidence.case import (
    Case,
    Finding,
    Group,
    against_random,
    bound,
    group_rows,
    matched_groups,
    names,
    sample,
    untested,
)
from stillwatch.profiles import F64, I64

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
    own = float(together(case, members[None, :])[0])
    usual = np.log(together(case, drawn))
    _, p = against_random(float(np.log(own)), usual)
    mine = case.hourly[group.accounts]
    return Finding(
        p_value=p,
        statement=f"the members' hourly activity varies {own:.2f} times as much together as it would if each kept its"
        f" own time; random groups as active reach {float(np.exp(usual.mean())):.2f}",
        numbers={
            "together": round(own, 4),
            "together_of_others": round(float(np.exp(usual.mean())), 4),
            "hours": int((np.asarray(mine.sum(axis=0)).ravel() > 0).sum()),
            "exchanges": int(mine.sum()),
        },
        exhibits=names(case, members),
        query=bound(HOURS, group),
    )


def together(case: Case, groups: I64) -> F64:
    """Return variance of the hourly total over the sum of the members' variances, per group.

    Both are taken around the mean of the hour of the day. `groups` has shape (groups, members).
    """
    totals = (group_rows(groups, case.people.size) @ case.hourly).toarray().astype(np.float64)
    joint = (_residual(totals) ** 2).sum(axis=1)
    return np.asarray(np.maximum(joint, 1e-9) / np.maximum(case.own_time[groups].sum(axis=1), 1e-9))


def own_time(hourly: sparse.csr_array) -> F64:
    """Return the sum over hours of each account's squared deviation from its mean of the hour, shape (accounts,)."""
    hours = hourly.shape[1]
    places = np.arange(hours)
    clock = sparse.csr_array((np.ones(hours, dtype=np.int64), (places, places % 24)), shape=(hours, 24))
    by_hour = sparse.csr_array(hourly @ clock)
    squares = np.asarray(hourly.multiply(hourly).sum(axis=1), dtype=np.float64).ravel()
    return np.asarray(squares - np.asarray(by_hour.multiply(by_hour).sum(axis=1)).ravel() * 24 / hours)


def _residual(totals: F64) -> F64:
    groups, hours = totals.shape
    days = -(-hours // 24)
    padded = np.pad(totals, ((0, 0), (0, days * 24 - hours))).reshape(groups, days, 24)
    return np.asarray((padded - padded.mean(axis=1, keepdims=True)).reshape(groups, -1))
