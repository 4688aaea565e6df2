"""Which exchanges of some accounts carry which marks: the one reading of exchanges that needs a verdict first.

Sums know how often an account carries a mark, and not which marks stand together in one exchange: that an exchange
carries any of many, and whose end user sent it, can only be read off the exchange itself. So once campaigns are named
the exchanges of their members are read again: a few columns, and no text.
"""

from __future__ import annotations

from stillwatch.engine import Query
from stillwatch.sketch.schema import SHINGLES

_COLUMNS = {
    "system": ("system_mark",),
    "system_head": ("system_head_mark",),
    "head": ("head_mark",),
    "tail": ("tail_mark",),
    "shingle": tuple(f"shingle_{i}_mark" for i in range(SHINGLES)),
}
"""Columns in which a mark of each kind of scaffold stands."""
_PLACES = [(kind, column) for kind, columns in _COLUMNS.items() for column in columns]

_OWN = "case when " + " or ".join(f"by_{column}.mark is not null" for _, column in _PLACES) + " then 1 else 0 end"
_JOINS = " ".join(
    f"left join telling as by_{column} on by_{column}.kind = '{kind}' and by_{column}.mark = exchanges.{column}"
    f" and by_{column}.campaign_id = suspects.campaign_id"
    for kind, column in _PLACES
)
_SESSION = "partition by campaign_id, account_id, session_mark"
_THREAD = "partition by campaign_id, opening"

CARRIED = Query(
    "carried",
    f"""
    with own as (
        select suspects.campaign_id, exchanges.account_id, exchanges.exchange_id, exchanges.end_user_mark,
            exchanges.session_mark, exchanges.turn, {_OWN} as carries,
            case when len(exchanges.prefix_marks) > 0 then exchanges.prefix_marks[1] end as opening
        from exchanges join suspects on suspects.account_id = exchanges.account_id {_JOINS})
    select campaign_id, account_id, exchange_id, end_user_mark, greatest(
        carries,
        case when opening is not null then max(carries) over ({_THREAD}) else 0 end,
        case when session_mark is not null and count(turn) over ({_SESSION}) = count(*) over ({_SESSION})
            and count(case when turn = 1 then 1 end) over ({_SESSION}) <= 1
            then max(carries) over ({_SESSION}) else 0 end) as carries
    from own""",
)
"""Every exchange of the accounts of `suspects` (campaign_id, account_id: each account once), and whether it, or another
of its conversation, carries a mark of its campaign in `telling` (campaign_id, kind, mark: each once).

Later turns of a conversation bring the same opening back. Exchanges of one session are one conversation only where it
has no two first turns: some gateways give many people's requests one session id."""

CARRIED_BY_ACCOUNT = Query(
    "carried_by_account",
    """
    select campaign_id, account_id, count(*) as exchanges, cast(sum(carries) as bigint) as carrying
    from carried group by campaign_id, account_id""",
)
CARRIED_BY_USER = Query(
    "carried_by_user",
    """
    select campaign_id, end_user_mark, min(exchange_id) as exhibit, count(distinct account_id) as accounts,
        count(*) as exchanges, cast(sum(carries) as bigint) as carrying
    from carried where end_user_mark is not null group by campaign_id, end_user_mark""",
)
