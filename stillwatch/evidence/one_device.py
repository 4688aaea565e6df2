"""One device behind accounts that claim different owners: other mail domains, other instruments.

Innocent causes: a golden virtual-machine image, a shared computer, a test bench.
Blind spot: a device identity per account, which is sold by the thousand.
"""

from __future__ import annotations

import numpy as np

from stillwatch.engine import Query
from stillwatch.evidence.case import Case, Finding, Group, at_least_two, bound, names, strongest_mark, untested
from stillwatch.nulls import poisson_tail

DEVICES = Query(
    "one_device",
    """
    select count(*) as devices, coalesce(sum(n), 0) as accounts from (
        select device_id, count(*) as n from accounts join groups on groups.account_id = accounts.account_id
        where groups.campaign_id = :group and device_id is not null group by device_id having count(*) >= 2)""",
)


def one_device(group: Group, case: Case) -> Finding:
    """The more telling of two: devices that are shared (Poisson), and members who share one (hypergeometric)."""
    marks = case.people.shared["device_id"]
    if not marks.matrix.nnz:
        return untested("no device is known, or none is behind two accounts")
    held = marks.matrix[group.accounts]
    among = np.asarray(held.sum(axis=0)).ravel()
    holders = np.asarray(held[:, np.flatnonzero(among >= 2)].sum(axis=1)).ravel() > 0
    expected = float(at_least_two(marks.holders, len(group), case.people.size).sum())
    return Finding(
        p_value=min(1.0, 2 * min(poisson_tail(int((among >= 2).sum()), expected), strongest_mark(marks, group, case))),
        statement=f"{int((among >= 2).sum())} devices stand behind {int(holders.sum())} accounts that registered apart;"
        f" chance allows {expected:.2g}",
        numbers={"devices": int((among >= 2).sum()), "accounts": int(holders.sum()), "expected": expected},
        exhibits=names(case, group.accounts[holders]),
        query=bound(DEVICES, group),
        share=float(holders.mean()),
    )
