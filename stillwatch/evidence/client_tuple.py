"""Accounts that call with one client: the same user agent and fingerprint, out of habit.

Innocent causes: a popular tool or SDK, a golden image, TLS inspection by a company gateway. A match proves nothing by
itself, so this kind is capped below what makes a family count.
Blind spot: clients are cheap to vary.
"""

from __future__ import annotations

import numpy as np

from stillwatch.engine import Query
from stillwatch.evidence.case import Case, Finding, Group, bound, counts_of, names, untested
from stillwatch.nulls import binomial_tails

CLIENT = Query(
    "client_tuple",
    """
    with used as (
            select exchanges.account_id, coalesce(user_agent, '') || ' ' || coalesce(client_fp, '') as client,
                count(*) as n
            from exchanges join groups on groups.account_id = exchanges.account_id
            where groups.campaign_id = :group and (user_agent is not null or client_fp is not null)
            group by exchanges.account_id, coalesce(user_agent, '') || ' ' || coalesce(client_fp, '')),
        ranked as (
            select account_id, client, row_number() over (partition by account_id order by n desc, client) as place
            from used)
    select count(*) as members_with_it from ranked where place = 1 and client = :value""",
)


def client_tuple(group: Group, case: Case) -> Finding:
    """The members' commonest client against its share among all others (binomial, Bonferroni over the clients)."""
    clients = case.people.categories["client"]
    inside = clients.counts(group.accounts)
    if inside.sum() < 3:
        return untested("fewer than three members have a known client")
    without = case.once(counts_of, "client") - inside
    rates = (without + 1) / (without.sum() + 1)
    used = np.flatnonzero(inside)
    tails = binomial_tails(inside[used], int(inside.sum()), rates[used])
    code = int(used[int(np.argmin(tails))])
    return Finding(
        p_value=min(1.0, float(tails.min()) * len(clients.values)),
        statement=f"{inside[code]} of {int(inside.sum())} accounts usually call with the client"
        f" `{clients.values[code].strip()}`, as {without[code]} of {int(without.sum())} others do",
        numbers={
            "client": clients.values[code],
            "members_with_it": int(inside[code]),
            "others_with_it": int(without[code]),
            "others": int(without.sum()),
            "clients_tried": len(clients.values),
        },
        exhibits=names(case, group.accounts[clients.codes[group.accounts] == code]),
        query=bound(CLIENT, group, value=clients.values[code]),
        share=float(inside[code]) / len(group),
    )
