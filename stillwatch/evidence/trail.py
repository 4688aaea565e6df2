"""The query that counts a motif of `handoffs.py` again for one group."""

from __future__ import annotations

from stillwatch.engine import Query
from stillwatch.handoffs import LIMITS
from stillwatch.population import OWN_DOMAINS, PROVED

VERIFIED_DOMAIN = f"""case when accounts.verification = '{PROVED}' and accounts.email_domain in ({OWN_DOMAINS.sql})
    then accounts.email_domain end"""
"""The mail domain of an account that proved to be an organisation's, in place of one that it names."""


def trail(kind: str, motif: Query) -> Query:
    """Return the count of `motif` between members of a group, leaving out pairs of one declared organisation."""
    sql = motif.sql
    for name, value in LIMITS.items():
        sql = sql.replace(f":{name}", str(value))
    return Query(
        kind,
        f"""
        with pairs as ({sql}),
            orgs as (
                select account_id, org_id, row_number() over (partition by account_id order by n desc, org_id) as place
                from (select account_id, org_id, count(*) as n from exchanges where org_id is not null
                    group by account_id, org_id)),
            declared as (
                select groups.account_id,
                    coalesce(accounts.org_id, orgs.org_id, {VERIFIED_DOMAIN}) as org_id
                from groups left join accounts on accounts.account_id = groups.account_id
                    left join orgs on orgs.account_id = groups.account_id and orgs.place = 1
                where groups.campaign_id = :group)
        select coalesce(sum(pairs.n), 0) as inside from pairs
            join declared as a on a.account_id = pairs.source join declared as b on b.account_id = pairs.target
        where coalesce(a.org_id = b.org_id, false) = false""",
    )
