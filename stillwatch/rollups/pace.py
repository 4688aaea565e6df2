"""The pace of a conversation: follow-ups that a person may have written, and those that came too soon for any reader.

A follow-up comes too soon when less time has passed since the request before it than a fast reader takes for that
answer and a fast writer for the new prompt. The wait for the answer itself is not taken off, which is a reader's gain.
Whoever looks at long answers only in part, or pastes, is allowed for by what reading and writing may count at most.
"""

from __future__ import annotations

PACE = {"token_ms": 75, "most_reading_ms": 25_000, "character_ms": 100, "most_writing_ms": 10_000}
"""Milliseconds that the fastest take for a token of an answer and for a character of a prompt, and at most.

600 words a minute is the speed at which text is searched for a word, twice that of reading it (Carver, "Reading rate:
theory, research, and practical implications", Journal of Reading 36(2), 1992), at three words for four tokens; 250
words are a page. 120 words a minute, of five characters, is what the fastest of 168,000 typists reach (Dhakal, Feit,
Kristensson and Oulasvirta, "Observations on typing from 136 million keystrokes", CHI 2018). Of 3,765 follow-ups of a
public trace of conversations (Mooncake) 1.3 % come sooner, so of people's about one in eighty.
"""

PACES = ("paced", "quick", "plain_paced", "plain_quick")
"""Columns of the sum: follow-ups whose pace is known, those that came too soon, and both for plain conversation."""


def _before(column: str) -> str:
    return f"lag({column}) over (partition by account_id, talk order by ts, exchange_id)"


def paces(source: str) -> str:
    """Return the query that counts follow-ups by pace and account.

    A conversation is told by its session, else by the first entry of its history, and within one account; the request
    before is of the turn before, and at most `hours` ago. One that failed was never answered. Plain is conversation in
    which no tools are offered or called: programs that work by steps follow up at once, and nobody is deceived.

    Args:
        source: view with the columns of exchanges and `own`, which says whether a row is to be counted.
    """
    return f"""
        with spoken as (
                select account_id, exchange_id, ts, own, turn, coalesce(session_mark, prefix_marks[1]) as talk,
                    case when len(prefix_marks) >= 1 then prefix_marks[len(prefix_marks)] end as newest,
                    case when len(prefix_marks) >= 2 then prefix_marks[len(prefix_marks) - 1] end as before,
                    case when tokens_out is not null then least(:most_reading_ms,
                        :token_ms * greatest(tokens_out - coalesce(tokens_reasoning, 0), 0)) end as reading_ms,
                    least(:character_ms * coalesce(input_chars, 0), :most_writing_ms) as writing_ms,
                    tools_mark is null and coalesce(tool_calls, 0) = 0 as plain
                from {source}
                where turn is not null and (session_mark is not null or len(prefix_marks) >= 1)
                    and (status is null or status < 400)),
            placed as (
                select account_id, own, turn, before, writing_ms, plain, epoch_us(ts) as us,
                    {_before("turn")} as last_turn, {_before("newest")} as last_newest,
                    {_before("reading_ms")} as reading_ms, {_before("plain")} as last_plain,
                    {_before("epoch_us(ts)")} as last_us
                from spoken),
            follow_ups as (
                select account_id, us - last_us < 1000 * (reading_ms + writing_ms) as quick,
                    plain and last_plain as plain
                from placed
                where own and turn = last_turn + 1 and reading_ms is not null
                    and us - last_us <= :hours * 3600000000
                    and (before is null or last_newest is null or before = last_newest))
        select account_id, count(*) as paced, count(case when quick then 1 end) as quick,
            count(case when plain then 1 end) as plain_paced,
            count(case when plain and quick then 1 end) as plain_quick
        from follow_ups group by account_id"""
