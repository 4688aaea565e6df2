"""The sums that a scan reads: from exchanges, and from the sums of two lots of days.

Each sum is two queries of one name. The one in `OF_EXCHANGES` makes it from the view `exchanges`; the one in `MERGED`
makes the same table from `past_NAME` and `new_NAME`, the sums of other days. Both become views under that name, so
that a reader cannot tell which it reads. A lot is whole days of UTC, and every exchange is in one lot.

Why merging is exact, for what is no plain sum, smallest or largest value:

- hours (`account_hours`, `account_profiles`): an hour lies in one day, so hours of two lots are
  different hours. Squares of hourly sums may be added for the same reason.
- profiles: lengths of answers stand in only where no prompt has text at all. A lot says which way it was summed; if
  any has text, those without add nothing, as a scan of all days would have it.
- marks: kept for every account, with those that one account alone holds, since another may come to hold them. Only
  the marks of new days are counted again.
- a conversation or a failed body that changes account (`continued`, `failover`): counted on the day on which it goes
  on, with the hours before that day in view (`earlier`), as far back as a motif can reach.
- follow-ups (`account_paces`): counted on the day on which they come, likewise.
- first turns that few accounts share: how many accounts hold one is known only at the end, so a pair that hangs on a
  first turn keeps its mark (`continued.mark`), and `marks_history` says how many hold it. One that too many hold in
  a lot is left out at once: there are never fewer in all days.
- reasoning blocks (`displaced`): a block may come back after any time, so who was handed and who brought back each is
  kept (`issued`, `presented`); new days are joined with all days, past days with themselves only once.
"""

from __future__ import annotations

from stillwatch.engine import Query
from stillwatch.record import EXCHANGES
from stillwatch.rollups.motifs import continued, failover
from stillwatch.rollups.pace import PACES, paces
from stillwatch.sketch.schema import INTENTS, SHINGLES, SKETCHES, TOPIC_WIDTH

PROFILE_COLUMNS = (*(f"topic_{i}" for i in range(TOPIC_WIDTH)), "input_length", "output_length")
"""What an account's profile is the mean of: topics and lengths of its prompts, the lengths in sixteenths of a doubling.

The length of answers stands in only where no prompt has text: it depends on the model and on the tokens asked for,
which differ between accounts that ask the same.
"""

REACH = {"hours": 6, "few": 3, "seconds": 60}
"""A conversation is followed for six hours; a first turn that more than three accounts share ("hi") joins nobody; a
fail-over comes within a minute, the longest wait that relays use before they switch accounts."""

LARGEST_SQUARE = 9.0e18
"""What the square of the sum of an hour counts as at the most.

Hourly sums are kept as floating point, which is exact for whole numbers below 2^53: lengths are below 1,100, topics
below 128. Their squares are exact up to 2^53, which takes 90,000 exchanges an hour of one account with the longest
prompts there are, and beyond it rounded to 53 bits, as whoever reads the sums rounds them. They are added up as whole
numbers, so that sums are the same in any order. More than this is three million such exchanges in an hour.
"""

SKETCHED = {
    "key_id": "key_mark",
    "end_user_id": "end_user_mark",
    "session_id": "session_mark",
    "ip": "ip_mark",
    "system_text": "system_chars",
    "input_text": "input_chars",
    "output_text": "output_chars",
    "prefix_hashes": "prefix_marks",
    "signatures_issued": "issued_marks",
    "signatures_presented": "presented_marks",
    "tools": "tools_mark",
}
"""Columns of the record that the ledger keeps under another name."""

_NAMES = {name: column for name in EXCHANGES.names if (column := SKETCHED.get(name, name)) in SKETCHES.names}


def _known(column: str) -> str:
    """Return how many exchanges know a column; lists if they are not empty, calls of tools if there are any."""
    if not SKETCHES.field(column).nullable:
        return "count(*)"
    if column in ("prefix_marks", "issued_marks", "presented_marks"):
        return f"count(case when len({column}) > 0 then 1 end)"
    return "count(case when tool_calls > 0 then 1 end)" if column == "tool_calls" else f"count({column})"


def _added(name: str) -> str:
    return f"cast(sum({name}) as bigint) as {name}"


def _large(value: str, name: str) -> str:
    """Return a sum that may be beyond 64 bits: of squares."""
    return f"cast(sum({value}) as decimal(38, 0)) as {name}"


def _square(value: str) -> str:
    """Return the product of two sums of an hour, as a whole number that fits into 64 bits."""
    return f"cast(least({value}, {LARGEST_SQUARE}) as bigint)"


def _all(name: str) -> str:
    return f"(select * from past_{name} union all select * from new_{name})"


_HOUR = "cast(epoch_us(ts) // 3600000000 as bigint)"
_INTENT = "count(case when intent = {i} and intent_bits >= :intent_bits then 1 end)"
_COUNTS = {
    "n": "count(*)",
    "with_text": "count(input_chars)",
    "with_turn": "count(turn)",
    "later_turns": "count(case when turn > 1 then 1 end)",
    "with_status": "count(status)",
    "errors": "count(case when status >= 400 then 1 end)",
    "with_intent": "count(intent)",
    **{f"intent_{i}": _INTENT.format(i=i) for i in range(1, len(INTENTS))},
    "with_logprobs": "count(logprobs)",
    "asks_logprobs": "count(case when logprobs > 0 then 1 end)",
    "with_choices": "count(choices)",
    "asks_choices": "count(case when choices > 1 then 1 end)",
    "with_reasoning": "count(reasoning)",
    "asks_reasoning": "count(case when reasoning then 1 end)",
    "invisible": "count(case when invisible_chars > 0 then 1 end)",
    "prompts": "count(prompt_mark)",
    "with_tools": "count(tools_mark)",
}
_ENDS = {"first_us": ("min", "min(epoch_us(ts))"), "last_us": ("max", "max(epoch_us(ts))")}

_LENGTHS = """
    cast(round(16 * log2(1 + greatest(coalesce(input_chars, 4.0 * tokens_in, 0), 0))) as bigint) as input_length,
    case when :without_text = 0 then 0
        else cast(round(16 * log2(1 + greatest(coalesce(tokens_out, 0.0), 0))) as bigint) end as output_length"""

_PROFILE_SUMS = ("n", "blocks", *PROFILE_COLUMNS)
_PROFILE_SQUARES = {"nn": "n * n"} | {f"{c}_ss": f"{c} * {c}" for c in PROFILE_COLUMNS}
_PROFILE_SQUARES |= {f"{c}_ns": f"n * {c}" for c in PROFILE_COLUMNS}

USUAL = {
    "client": (
        "user_agent, client_fp",
        "coalesce(user_agent, '') || ' ' || coalesce(client_fp, '')",
        "user_agent is not null or client_fp is not null",
    ),
    "asn": ("asn", "cast(asn as varchar)", "asn is not null"),
    "access_path": ("access_path", "access_path", "access_path is not null"),
    "model": ("model", "model", "model is not null"),
    "settings": (
        "temperature, max_tokens",
        "coalesce(cast(try_cast(temperature as decimal(18, 6)) as varchar), '') || ' '"
        " || coalesce(cast(max_tokens as varchar), '')",
        "temperature is not null or max_tokens is not null",
    ),
    "org": ("org_id", "org_id", "org_id is not null"),
}
"""Attributes of which an account has one that is usual: columns, how they are written as text, where they are known."""


def _usual(columns: str, value: str, given: str) -> str:
    """Return the query that counts values of each account; a value is written once, and not for every exchange."""
    return f"""
        with counted as (select account_id, {columns}, count(*) as n from exchanges where {given}
                group by account_id, {columns})
        select account_id, {value} as value, {_added("n")} from counted group by account_id, {value}"""


def _column(name: str) -> str:
    return f"select account_id, {name} as mark from exchanges"


MARKS = {
    "system": _column("system_mark"),
    "system_head": _column("system_head_mark"),
    "head": _column("head_mark"),
    "tail": _column("tail_mark"),
    "shingle": " union all ".join(_column(f"shingle_{i}_mark") for i in range(SHINGLES)),
    "prompt": _column("prompt_mark"),
    "session": _column("session_mark"),
    "address": _column("ip_mark"),
}
"""Marks of exchanges by kind, null where there is none."""

_TALK = "coalesce(session_mark, prefix_marks[1])"
_FOLLOWED = f"(select * from recent where {_TALK} in (select distinct {_TALK} from recent where turn <> 1)) as followed"
"""Exchanges of conversations that may have a follow-up: with another turn than the first."""

_HISTORY = "select account_id, prefix_marks[len(prefix_marks)] as mark from exchanges where len(prefix_marks) >= 1"


def _marks(source: str) -> str:
    return f"""
        with held as (select account_id, mark, count(*) as n from ({source}) where mark is not null
                group by account_id, mark),
            holders as (select mark, count(*) as accounts from held group by mark)
        select held.account_id, held.mark, held.n, holders.accounts = 1 as alone
        from held join holders on held.mark = holders.mark"""


_OF_EXCHANGES = {
    "known": f"""
        select {", ".join(f"{_known(column)} as {name}" for name, column in _NAMES.items())} from exchanges""",
    "account_totals": f"""
        select account_id, {", ".join(f"{value} as {name}" for name, (_, value) in _ENDS.items())},
            {", ".join(f"{value} as {name}" for name, value in _COUNTS.items())}
        from exchanges group by account_id""",
    "account_profiles": f"""
        with asked as (
                select account_id, half, {_HOUR} as hour,
                    {", ".join(f"coalesce(topic_{i}, 0) as topic_{i}" for i in range(TOPIC_WIDTH))}, {_LENGTHS}
                from exchanges where topic_0 is not null or :without_text = 1),
            hourly as (
                select account_id, half, hour, cast(count(*) as double) as n,
                    {", ".join(f"sum(cast({c} as double)) as {c}" for c in PROFILE_COLUMNS)}
                from asked group by account_id, half, hour)
        select account_id, half, {_added("n")}, count(*) as blocks, {", ".join(_added(c) for c in PROFILE_COLUMNS)},
            {", ".join(_large(_square(value), name) for name, value in _PROFILE_SQUARES.items())},
            :without_text = 0 as of_text
        from hourly group by account_id, half""",
    "account_paces": paces(_FOLLOWED),
    "account_hours": f"""
        select account_id, {_HOUR} as hour, count(*) as n from exchanges group by account_id, {_HOUR}""",
    **{f"usual_{name}": _usual(*how) for name, how in USUAL.items()},
    **{f"marks_{kind}": _marks(source) for kind, source in MARKS.items()},
    "marks_history": _marks(_HISTORY),
    "continued": continued(summed=True),
    "failover": failover(summed=True),
    "issued": """
        select mark, account_id, count(*) as n
        from (select unnest(issued_marks) as mark, account_id from exchanges where len(issued_marks) > 0)
        group by mark, account_id""",
    "presented": """
        select mark, account_id, count(*) as n, min(exchange_id) as exhibit
        from (select unnest(presented_marks) as mark, account_id, exchange_id
            from exchanges where len(presented_marks) > 0)
        group by mark, account_id""",
    "displaced": """
        select issued.account_id as source, presented.account_id as target,
            cast(sum(issued.n * presented.n) as bigint) as n, min(presented.exhibit) as exhibit
        from presented join issued on presented.mark = issued.mark
        where issued.account_id <> presented.account_id group by issued.account_id, presented.account_id""",
}


def _merged_marks(name: str) -> str:
    return f"""
        with new_marks as (select distinct mark from new_{name}),
            anew as (
                select account_id, mark, cast(sum(n) as bigint) as n
                from (select account_id, mark, n from new_{name} union all
                    select account_id, mark, n from past_{name} where mark in (select mark from new_marks))
                group by account_id, mark),
            holders as (select mark, count(*) as accounts from anew group by mark)
        select account_id, mark, n, alone from past_{name} as past
        where not exists (select 1 from new_marks where new_marks.mark = past.mark)
        union all select anew.account_id, anew.mark, anew.n, holders.accounts = 1 as alone
        from anew join holders on anew.mark = holders.mark"""


_PAIRS = "cast(sum(n) as bigint) as n, min(exhibit) as exhibit"

_MERGED = {
    "known": f"select {', '.join(_added(name) for name in _NAMES)} from {_all('known')}",
    "account_totals": f"""
        select account_id, {", ".join(f"{best}({name}) as {name}" for name, (best, _) in _ENDS.items())},
            {", ".join(_added(name) for name in _COUNTS)}
        from {_all("account_totals")} group by account_id""",
    "account_profiles": f"""
        with lots as (select * from {_all("account_profiles")}),
            text as (select max(case when of_text then 1 else 0 end) = 1 as of_text from lots)
        select account_id, half, {", ".join(_added(c) for c in _PROFILE_SUMS)},
            {", ".join(_large(c, c) for c in _PROFILE_SQUARES)}, lots.of_text
        from lots join text on lots.of_text = text.of_text group by account_id, half, lots.of_text""",
    "account_paces": f"""
        select account_id, {", ".join(_added(name) for name in PACES)} from {_all("account_paces")}
        group by account_id""",
    "account_hours": f"select account_id, hour, n from {_all('account_hours')}",
    **{
        f"usual_{name}": f"""
        select account_id, value, {_added("n")} from {_all(f"usual_{name}")} group by account_id, value"""
        for name in USUAL
    },
    **{f"marks_{kind}": _merged_marks(f"marks_{kind}") for kind in (*MARKS, "history")},
    "continued": f"select mark, source, target, {_PAIRS} from {_all('continued')} group by mark, source, target",
    "failover": f"select source, target, {_PAIRS} from {_all('failover')} group by source, target",
    "issued": f"select mark, account_id, {_added('n')} from {_all('issued')} group by mark, account_id",
    "presented": f"select mark, account_id, {_PAIRS} from {_all('presented')} group by mark, account_id",
    "displaced": f"""
        with fresh as (
            select issued.account_id as source, presented.account_id as target,
                issued.n * presented.n as n, presented.exhibit
            from {_all("presented")} as presented join new_issued as issued on presented.mark = issued.mark
            union all
            select issued.account_id as source, presented.account_id as target,
                issued.n * presented.n as n, presented.exhibit
            from new_presented as presented join past_issued as issued on presented.mark = issued.mark)
        select source, target, {_PAIRS}
        from (select source, target, n, exhibit from past_displaced
            union all select source, target, n, exhibit from fresh where source <> target)
        group by source, target""",
}

OF_EXCHANGES = {name: Query(name, sql) for name, sql in _OF_EXCHANGES.items()}
"""Each sum from `exchanges` (and `recent`: those, and what came shortly before), in an order in which to make them."""

MERGED = {name: Query(name, sql) for name, sql in _MERGED.items()}
"""Each sum from `past_NAME` and `new_NAME`."""
