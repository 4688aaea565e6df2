"""Conversations and failed bodies that change account: one text for the scan, which sums them, and for a reader, who
finds them again on the ledger."""

from __future__ import annotations

import textwrap

_FIRST_TURN = "case when earlier.depth = 1 then earlier.newest end"


def continued(*, summed: bool) -> str:
    """Return the query for conversations whose history goes on under another account, by pair of accounts.

    Args:
        summed: as a sum: it reads `recent`, counts what goes on in rows that are `own`, and has pairs that hang on a
            first turn by that turn (`mark`). Without, it reads `exchanges` and counts them all.
    """
    source, own, counted, by = "exchanges", "", "", ""
    ends = "earlier.account_id as source, later.account_id as target"
    if summed:
        source, own, counted, by = "recent", " own,", "later.own and ", f"{_FIRST_TURN}, "
        ends = f"{_FIRST_TURN} as mark, earlier.account_id as source,\n        later.account_id as target"
    text = f"""
    with history as (
            select account_id, exchange_id, ts,{own} prefix_marks[len(prefix_marks)] as newest,
                prefix_marks[len(prefix_marks) - 1] as before, len(prefix_marks) as depth
            from {source} where len(prefix_marks) >= 1),
        holders as (select newest, count(distinct account_id) as n from history group by newest)
    select {ends}, count(*) as n, min(later.exchange_id) as exhibit
    from history as later join history as earlier on later.before = earlier.newest
        join holders on holders.newest = earlier.newest
    where {counted}later.account_id <> earlier.account_id and later.ts > earlier.ts
        and epoch_us(later.ts) - epoch_us(earlier.ts) <= :hours * 3600000000
        and (earlier.depth >= 2 or holders.n <= :few)
    group by {by}earlier.account_id, later.account_id"""
    return textwrap.indent(text, "    ") if summed else text


def failover(*, summed: bool) -> str:
    """Return the query for bodies that failed and were sent again under another account, by pair of accounts.

    Args:
        summed: as a sum: it reads `recent` and counts what is sent again in rows that are `own`, and puts only bodies
            in order of which a try failed. Without, it reads `exchanges` and counts them all.
    """
    source, own, counted, which = "exchanges", "", "", "is not null"
    if summed:
        source, own, counted = "recent", ", own", "own and "
        which = "in (select body_mark from recent where status >= 400)"
    text = f"""
    with tries as (
        select body_mark, account_id, exchange_id, ts{own},
            lag(account_id) over (partition by body_mark order by ts, exchange_id) as last_account,
            lag(status) over (partition by body_mark order by ts, exchange_id) as last_status,
            lag(ts) over (partition by body_mark order by ts, exchange_id) as last_ts
        from {source} where body_mark {which} and status is not null)
    select last_account as source, account_id as target, count(*) as n, min(exchange_id) as exhibit
    from tries where {counted}last_account <> account_id and last_status >= 400
        and epoch_us(ts) - epoch_us(last_ts) <= :seconds * 1000000
    group by last_account, account_id"""
    return textwrap.indent(text, "    ") if summed else text
