"""Accounts registered in one form: a rare mail domain, the same shape of address, one card issuer range.

Innocent causes: a company's or a university's domain, a mail provider popular with one tool's users, a bank's bin.
Blind spot: mail and cards bought at many places. A domain or bin that more than 2 % of all other accounts use carries
nothing here, and neither does anything that stands for a country.
"""

from __future__ import annotations

import numpy as np

from stillwatch.engine import Query
from stillwatch.evidence.case import Case, Finding, Group, bound, counts_of, names, untested
from stillwatch.nulls import binomial_tail

TRAITS = ("email_domain", "email_shape", "payment_bin")
_RARE = 0.02

FORMS = {
    trait: Query(
        f"registration_{trait}",
        f"""
        select count(*) as members_with_it, (select count(*) from accounts where {trait} = :value
                and account_id in (select account_id from exchanges)) as accounts_with_it
        from accounts join groups on groups.account_id = accounts.account_id
        where groups.campaign_id = :group and {trait} = :value""",
    )
    for trait in TRAITS
}


def registration_form(group: Group, case: Case) -> Finding:
    """One rare value in more members than its share among all others allows (binomial, Bonferroni over the values)."""
    best: tuple[float, str, int, int, int] | None = None
    tried = 0
    for trait in TRAITS:
        category = case.people.categories[trait]
        inside, everywhere = category.counts(group.accounts), case.once(counts_of, trait)
        without = everywhere - inside
        known = int(without.sum())
        rare = (everywhere >= 3) & (without <= _RARE * max(known, 1))
        tried += int(rare.sum())
        for code in np.flatnonzero(rare & (inside >= 3)):
            p = binomial_tail(int(inside[code]), int(inside.sum()), (without[code] + 1) / (known + 1))
            if best is None or p < best[0]:
                best = (p, trait, int(code), int(inside[code]), int(without[code]))
    if best is None:
        return untested("no rare mail domain, shape of address or card range is common to three members")
    p, trait, chosen, members, elsewhere = best
    value = case.people.categories[trait].values[chosen]
    holders = group.accounts[case.people.categories[trait].codes[group.accounts] == chosen]
    return Finding(
        p_value=min(1.0, p * tried),
        statement=f"{members} of {len(group)} accounts registered with the {trait} `{value}`, which {elsewhere} of"
        f" {case.people.size - len(group)} others have",
        numbers={
            "trait": trait,
            "value": value,
            "members_with_it": members,
            "accounts_with_it": members + elsewhere,
            "values_tried": tried,
        },
        exhibits=names(case, holders),
        query=bound(FORMS[trait], group, value=value),
        share=members / len(group),
    )
