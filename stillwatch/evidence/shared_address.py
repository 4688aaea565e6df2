"""Accounts that come from the same addresses more often than accounts taken at random.

Innocent causes: a company's NAT, a campus, a VPN, a cloud IDE, a mobile carrier, a gateway. Weak, and capped so.
Blind spot: address diversity is bought; the absence of a shared address proves nothing.
"""

from __future__ import annotations

import numpy as np

from stillwatch.engine import Query
from stillwatch.evidence.case import Case, Finding, Group, at_least_two, bound, names, untested
from stillwatch.nulls import poisson_tail

ADDRESSES = Query(
    "shared_address",
    """
    select count(*) as shared_addresses from (
        select ip_mark from exchanges join groups on groups.account_id = exchanges.account_id
        where groups.campaign_id = :group and ip_mark is not null
        group by ip_mark having count(distinct exchanges.account_id) >= 2)""",
)


def shared_address(group: Group, case: Case) -> Finding:
    """More addresses with two or more members than random accounts would have (Poisson, from all holders)."""
    marks = case.people.shared["address"]
    if not marks.matrix.nnz:
        return untested("no address is known, or none is used by two accounts")
    held = (marks.matrix[group.accounts] > 0).astype(np.int64)
    among = np.asarray(held.sum(axis=0)).ravel()
    shared = int((among >= 2).sum())
    expected = float(at_least_two(marks.holders, len(group), case.people.size).sum())
    sharing = np.asarray(held[:, np.flatnonzero(among >= 2)].sum(axis=1)).ravel() > 0
    return Finding(
        p_value=poisson_tail(shared, expected),
        statement=f"{shared} addresses are used by two or more of the {len(group)} accounts; chance allows"
        f" {expected:.2g}",
        numbers={"shared_addresses": shared, "expected": expected, "accounts_sharing": int(sharing.sum())},
        exhibits=names(case, group.accounts[sharing]),
        query=bound(ADDRESSES, group),
    )
