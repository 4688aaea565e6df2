"""The members belong to one organisation that says who it is: a tenant above the account, or a verified domain.

This speaks for innocence: an enterprise, a university, a labelling vendor, a fleet may share everything.
Blind spot: a shell company is an organisation too; what it does is then a matter of its contract.
"""

from __future__ import annotations

import numpy as np

from stillwatch.arrays import I64
from stillwatch.engine import Query
from stillwatch.evidence.case import Case, Finding, Group, bound, counts_of, names, untested
from stillwatch.nulls import SMALLEST_P, drawn_tail
from stillwatch.trim import MOST, TENANT_LEAST

VOUCHED = ("organisation", "identity")
"""Values of `verification` with which a mail domain stands for an organisation."""

ORGANISATION = Query(
    "declared_organisation",
    """
    with usual as (
        select account_id, org_id, row_number() over (partition by account_id order by n desc, org_id) as place
        from (select account_id, org_id, count(*) as n from exchanges where org_id is not null
            group by account_id, org_id))
    select count(*) as members from groups left join accounts on accounts.account_id = groups.account_id
        left join usual on usual.account_id = groups.account_id and usual.place = 1
    where groups.campaign_id = :group and coalesce(accounts.org_id, usual.org_id) = :value""",
)

DOMAIN = Query(
    "declared_domain",
    """
    select count(*) as members from groups join accounts on accounts.account_id = groups.account_id
    where groups.campaign_id = :group and email_domain = :value and verification in ('organisation', 'identity')""",
)


def declared_organisation(group: Group, case: Case) -> Finding:
    """The commonest organisation among the members. Unrelated accounts share no tenant at all, so one tenant explains a
    group of any size; a verified mail domain is held against its share of all accounts (hypergeometric)."""
    by_tenant = _commonest(group.accounts, case, "org")
    by_domain = _commonest(_vouched(group, case), case, "email_domain")
    best, query = (by_domain, DOMAIN) if by_domain[0] > by_tenant[0] else (by_tenant, ORGANISATION)
    members, everywhere, name, holders = best
    if members < MOST * len(group):
        return untested("no organisation is common to most members")
    of_tenant = query is ORGANISATION and members >= TENANT_LEAST
    return Finding(
        p_value=SMALLEST_P if of_tenant else drawn_tail(members, len(group), everywhere, case.people.size),
        statement=f"{members} of {len(group)} accounts belong to the declared organisation `{name}`",
        numbers={"members": members, "accounts_of_it": everywhere, "organisation": name},
        exhibits=names(case, holders),
        query=bound(query, group, value=name),
    )


def _vouched(group: Group, case: Case) -> I64:
    verification = case.people.categories["verification"]
    trusted = [i for i, value in enumerate(verification.values) if value in VOUCHED]
    return group.accounts[np.isin(verification.codes[group.accounts], trusted)]


def _commonest(members: I64, case: Case, trait: str) -> tuple[int, int, str, I64]:
    category = case.people.categories[trait]
    counts = category.counts(members)
    if not counts.sum():
        return 0, 0, "", members[:0]
    code = int(np.argmax(counts))
    everywhere = int(case.once(counts_of, trait)[code])
    return int(counts[code]), everywhere, category.values[code], members[category.codes[members] == code]
