"""The members belong to one organisation that says who it is: a tenant above the account, or a verified domain.

This speaks for innocence: an enterprise, a university, a labelling vendor, a fleet may share everything.
Blind spot: a shell company is an organisation too; what it does is then a matter of its contract.
"""

from __future__ import annotations

import numpy as np

from stillwatch.engine import Query
from stillwatch.evidence.case import Case, Finding, Group, bound, names, untested
from stillwatch.nulls import drawn_tail
from stillwatch.profiles import I64

MOST = 0.8
"""Share of the members that must belong to it."""
VOUCHED = ("organisation", "identity")
"""Values of `verification` with which a mail domain stands for an organisation."""

ORGANISATION = Query(
    "declared_organisation",
    """
    select count(*) as members from groups left join accounts on accounts.account_id = groups.account_id
        left join (select account_id, max(org_id) as org_id from exchanges group by account_id) as seen
            on seen.account_id = groups.account_id
    where groups.campaign_id = :group and (coalesce(accounts.org_id, seen.org_id) = :value
        or accounts.email_domain = :value)""",
)


def declared_organisation(group: Group, case: Case) -> Finding:
    """The commonest organisation among the members, against its share of all accounts (hypergeometric)."""
    options = [_commonest(group, case, "org", None), _commonest(group, case, "email_domain", _vouched(case))]
    found = [option for option in options if option and option[0] >= MOST * len(group)]
    if not found:
        return untested("no organisation is common to most members")
    members, everywhere, name, holders = max(found, key=lambda option: option[0])
    return Finding(
        p_value=drawn_tail(members, len(group), everywhere, case.people.size),
        statement=f"{members} of {len(group)} accounts belong to the declared organisation `{name}`",
        numbers={"members": members, "accounts_of_it": everywhere, "organisation": name},
        exhibits=names(case, holders),
        query=bound(ORGANISATION, group, value=name),
    )


def _vouched(case: Case) -> I64:
    verification = case.people.categories["verification"]
    trusted = [i for i, value in enumerate(verification.values) if value in VOUCHED]
    return np.flatnonzero(np.isin(verification.codes, trusted))


def _commonest(group: Group, case: Case, trait: str, only: I64 | None) -> tuple[int, int, str, I64] | None:
    category = case.people.categories[trait]
    members = group.accounts if only is None else np.intersect1d(group.accounts, only)
    counts = category.counts(members)
    if not counts.sum():
        return None
    code = int(np.argmax(counts))
    everywhere = int(category.counts()[code])
    return int(counts[code]), everywhere, category.values[code], members[category.codes[members] == code]
