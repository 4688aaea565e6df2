"""Accounts that pay with one instrument or run on one device, though they declared nothing in common.

Innocent causes: a corporate card, a family, a reseller's card, a golden virtual-machine image.
Blind spot: an operator who buys an instrument and a device per account leaves nothing here.
"""

from __future__ import annotations

import numpy as np

from stillwatch.engine import Query
from stillwatch.evidence.case import Case, Finding, Group, bound, names, shared_by_chance, strongest_mark, untested
from stillwatch.held import columns, holders
from stillwatch.nulls import poisson_tail
from stillwatch.population import INSTRUMENTS

SHARED = Query(
    "shared_instrument",
    """
    with held as (
        select accounts.account_id, payment_id, device_id from accounts
            join groups on groups.account_id = accounts.account_id where groups.campaign_id = :group)
    select (select count(*) from (select payment_id from held where payment_id is not null
                group by payment_id having count(*) >= 2)) as shared_payment_id,
        (select count(*) from (select device_id from held where device_id is not null
                group by device_id having count(*) >= 2)) as shared_device_id""",
)


def shared_instrument(group: Group, case: Case) -> Finding:
    """The more telling of two: how many instruments are shared, and how many members share one of them.

    The number of instruments with two or more members is Poisson with the mean that random accounts would have; the
    members behind one instrument are hypergeometric, Bonferroni over all instruments.
    """
    found, expected, sharing, strongest = {}, 0.0, np.zeros(len(group), dtype=np.bool_), 1.0
    for kind in INSTRUMENTS:
        marks = case.people.shared[kind]
        held = marks.matrix[group.accounts]
        instruments, among = holders(held)
        found[f"shared_{kind}"] = int((among >= 2).sum())
        strongest = min(strongest, strongest_mark(marks, group, case))
        expected += shared_by_chance(case, kind, len(group))
        sharing |= np.diff(columns(held, instruments[among >= 2]).indptr) > 0
    total = sum(found.values())
    if not any(case.people.shared[kind].matrix.nnz for kind in INSTRUMENTS):
        return untested("no payment instrument or device is shared by any two accounts of this scan, or none is known")
    return Finding(
        p_value=min(1.0, 2 * min(poisson_tail(total, expected), len(INSTRUMENTS) * strongest)),
        statement=f"{total} payment instruments or devices are shared by two or more members"
        f" ({int(sharing.sum())} of {len(group)} accounts); chance allows {expected:.2g}",
        numbers={**found, "expected": expected, "accounts_sharing": int(sharing.sum())},
        exhibits=names(case, group.accounts[sharing]),
        query=bound(SHARED, group),
        share=float(sharing.mean()),
    )
