"""Accounts that come from the same addresses more often than accounts taken at random.

Innocent causes: a company's NAT, a campus, a VPN, a cloud IDE, a mobile carrier, a gateway. Weak, and capped so.
Blind spot: address diversity is bought; the absence of a shared address proves nothing.
"""

from __future__ import annotations

import numpy as np

from stillwatch.engine import Query
from stillwatch.evidence.case import Case, Finding, Group, bound, names, strongest_mark, untested
from stillwatch.held import columns, holders

ADDRESSES = Query(
    "shared_address",
    """
    select count(*) as shared_addresses from (
        select ip_mark from exchanges join groups on groups.account_id = exchanges.account_id
        where groups.campaign_id = :group and ip_mark is not null
        group by ip_mark having count(distinct exchanges.account_id) >= 2)""",
)


def shared_address(group: Group, case: Case) -> Finding:
    """The address with the least probable number of members (hypergeometric, Bonferroni over all addresses)."""
    marks = case.people.shared["address"]
    if not marks.matrix.nnz:
        return untested("no address is known, or none is used by two accounts")
    held = marks.matrix[group.accounts]
    addresses, among = holders(held)
    shared = int((among >= 2).sum())
    sharing = np.diff(columns(held, addresses[among >= 2]).indptr) > 0
    return Finding(
        p_value=strongest_mark(marks, group, case),
        statement=f"{shared} addresses are used by two or more of the {len(group)} accounts, the busiest by"
        f" {int(among.max(initial=0))}",
        numbers={
            "shared_addresses": shared,
            "accounts_at_busiest": int(among.max(initial=0)),
            "accounts_sharing": int(sharing.sum()),
        },
        exhibits=names(case, group.accounts[sharing]),
        query=bound(ADDRESSES, group),
        share=float(sharing.mean()),
    )
