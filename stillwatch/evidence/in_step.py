"""Accounts whose hours swell and fall together beyond the time of day, and beyond the days on which they come.

That people have the same days off, or came lately, is no evidence: heavy and new accounts would be taken for a group.
Innocent causes: one company's release, a lecture, an outage after which everybody returns, a public event.
Blind spot: a queue that is never empty and never full; jitter of more than a few hours; whole days worked together.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from stillwatch.arrays import F64, I64
from stillwatch.engine import Query
from stillwatch.evidence.case import (
    Case,
    Finding,
    Group,
    against_random,
    bound,
    matched_groups,
    names,
    sample,
    untested,
)

DAYS = 3
"""Days of data below which a time of day has not been seen often enough."""
_AT_A_TIME = 1 << 16
"""Accounts whose hours are summed at a time."""

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
    members = sample(group.accounts, group, case)
    drawn = matched_groups(case, members, group)
    if drawn is None:
        return untested("too few other accounts to compare with")
    own = float(together(case, members[None, :])[0])
    usual = np.log(together(case, drawn))
    _, p = against_random(float(np.log(own)), usual)
    mine = _totals(case, group.accounts[None, :])[0]
    return Finding(
        p_value=p,
        statement=f"the members' hourly activity varies {own:.2f} times as much together as it would if each kept its"
        f" own time; random groups as active reach {float(np.exp(usual.mean())):.2f}",
        numbers={
            "together": round(own, 4),
            "together_of_others": round(float(np.exp(usual.mean())), 4),
            "hours": int((mine > 0).sum()),
            "exchanges": int(mine.sum()),
        },
        exhibits=names(case, members),
        query=bound(HOURS, group),
    )


def together(case: Case, groups: I64) -> F64:
    """Return variance of the hourly total over the sum of the members' variances, per group.

    Both are taken around the mean of the hour of the day and that of the day. `groups` has shape (groups, members).
    """
    joint = (_residual(_totals(case, groups)) ** 2).sum(axis=1)
    return np.asarray(np.maximum(joint, 1e-9) / np.maximum(case.own_time[groups].sum(axis=1), 1e-9))


def _totals(case: Case, groups: I64) -> F64:
    """Return the exchanges of each group by hour, shape (groups, hours)."""
    hourly = case.hourly
    kind = hourly.indices.dtype  # with another one, all of `hourly` would be copied
    bounds = np.arange(0, groups.size + 1, groups.shape[1], dtype=kind)
    ones = np.ones(groups.size, dtype=hourly.dtype)
    chosen = sparse.csr_array((ones, groups.ravel().astype(kind), bounds), shape=(len(groups), hourly.shape[0]))
    return np.asarray((chosen @ hourly).toarray(), dtype=np.float64)


def own_time(hourly: sparse.csr_array) -> F64:
    """Return the sum over hours of each account's squared deviation from its means of the hour and of the day.

    Two-way analysis of variance without interaction, shape (accounts,); the last day is filled up with empty hours.
    """
    hours = hourly.shape[1]
    days = -(-hours // 24)
    places = np.arange(hours)
    by_hour, by_day = (_squares(hourly, part, size) for part, size in ((places % 24, 24), (places // 24, days)))
    everything = np.asarray(hourly.sum(axis=1), dtype=np.float64).ravel() ** 2
    return np.asarray(_squares(hourly, places, hours) - by_hour / days - by_day / 24 + everything / (24 * days))


def _squares(hourly: sparse.csr_array, part: I64, parts: int) -> F64:
    """Return the sum of squares of each account's exchanges by part of the time, shape (accounts,)."""
    hours = hourly.shape[1]
    of = sparse.csr_array((np.ones(hours, dtype=np.int64), (np.arange(hours), part)), shape=(hours, parts))
    out = np.empty(hourly.shape[0])
    for first in range(0, len(out), _AT_A_TIME):
        sums = sparse.csr_array(hourly[first : first + _AT_A_TIME] @ of)
        out[first : first + _AT_A_TIME] = np.asarray(sums.multiply(sums).sum(axis=1)).ravel()
    return out


def _residual(totals: F64) -> F64:
    groups, hours = totals.shape
    days = -(-hours // 24)
    left = np.pad(totals, ((0, 0), (0, days * 24 - hours))).reshape(groups, days, 24)
    for axis in (1, 2):
        left = left - left.mean(axis=axis, keepdims=True)
    return np.asarray(left.reshape(groups, -1))
