"""One device behind accounts that claim different owners: other mail domains, other instruments.

Innocent causes: a golden virtual-machine image, a shared computer, a test bench.
Blind spot: a device identity per account, which is sold by the thousand.
"""

from __future__ import annotations

import numpy as np

from stillwatch.engine import Query
from stillwatch.evidence.case import Case, Finding, Group, bound, names, shared_by_chance, strongest_mark, untested
from stillwatch.held import columns, holders
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
    devices, among = holders(held)
    shared = devices[among >= 2]
    sharing = np.diff(columns(held, shared).indptr) > 0
    expected = shared_by_chance(case, "device_id", len(group))
    return Finding(
        p_value=min(1.0, 2 * min(poisson_tail(len(shared), expected), strongest_mark(marks, group, case))),
        statement=f"{len(shared)} devices stand behind {int(sharing.sum())} accounts that registered apart;"
        f" chance allows {expected:.2g}",
        numbers={"devices": len(shared), "accounts": int(sharing.sum()), "expected": expected},
        exhibits=names(case, group.accounts[sharing]),
        query=bound(DEVICES, group),
        share=float(sharing.mean()),
    )
