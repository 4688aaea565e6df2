"""Requests as arrays, and how they become rows of the record.

A scenario says who asks what and when; everything that a client or a provider adds on the way (addresses, user agents,
token counts, errors and their retries, latencies, conversation hashes) is filled in here, for innocent and campaign
alike, from the habits of the account. What a scenario really chooses otherwise it states in a field of `Traffic`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stillwatch.range.draw import F64, I64, MICRO, Flags, choose_rows, hex_ids
from stillwatch.range.people import MODELS, NOTHING, People, column_of, countries
from stillwatch.record import EXCHANGES

HABIT = -1
"""In a field of `Traffic`: as the account usually does it."""
NO_TOOLS = -1
TOOLS = (
    ("web_search",),
    ("run_command", "read_file", "write_file", "list_dir"),
    ("query_db", "plot"),
    ("lookup_order", "refund", "handover"),
    ("click", "type", "screenshot"),
    ("get_weather", "get_calendar"),
)
"""Tool sets on offer; `Traffic.tools` is a position in it."""
_FAILURES = (429, 529, 500, 400, 503)
_CLAIM = 0.004
"""Share of answers in which the model declines an ordinary request."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """Requests, one entry each.

    Attributes:
        account: position in the people of the same part.
        ts: microseconds since the epoch.
        session: conversation, numbered within the part; a conversation may go on under another account.
        turn: 1 for the first request of a conversation.
        system, text, answer: the system prompt (or null), the newest user turn, the answer (or null).
        model: position in `MODELS`, or HABIT.
        status: HTTP status, or HABIT.
        retry: whether a failure may be followed by the client's own retry.
        refusal: chance that the model declines.
        thinks: 1 or 0 where reasoning is asked for or not, or HABIT.
        heat: temperature, -2 for HABIT.
        tools: position in `TOOLS`, or NO_TOOLS.
        grant: the number of a reasoning block that this answer hands out, or HABIT.
        brings: the number of a reasoning block that the request brings back, or HABIT: those of its conversation.
        length: tokens of the answer when there is no text, 0 for a draw.
        end_user: the number of the customer's own user, or HABIT when the customer passes none on.
    """

    account: I64
    ts: I64
    session: I64
    turn: I64
    system: pa.Array
    text: pa.Array
    answer: pa.Array
    model: I64
    status: I64
    retry: Flags
    refusal: F64
    thinks: I64
    heat: F64
    tools: I64
    grant: I64
    brings: I64
    length: I64
    end_user: I64

    def __len__(self) -> int:
        return len(self.account)


def requests(
    account: I64, ts: I64, session: I64, *, turn: I64, text: pa.Array, system: pa.Array | None = None
) -> Traffic:
    """Return requests that follow the habits of their accounts; `dataclasses.replace` states what differs."""
    count = len(account)
    habit = np.full(count, HABIT, dtype=np.int64)
    return Traffic(
        account=account,
        ts=ts,
        session=session,
        turn=turn,
        system=pa.nulls(count, pa.string()) if system is None else system,
        text=text,
        answer=pa.nulls(count, pa.string()),
        model=habit,
        status=habit,
        retry=np.ones(count, dtype=np.bool_),
        refusal=np.full(count, _CLAIM),
        thinks=habit,
        heat=np.full(count, -2.0),
        tools=np.full(count, NO_TOOLS, dtype=np.int64),
        grant=habit,
        brings=habit,
        length=np.zeros(count, dtype=np.int64),
        end_user=habit,
    )


def take(traffic: Traffic, rows: I64) -> Traffic:
    """Return the requests at the positions `rows`."""
    index = pa.array(rows)
    picked = {}
    for f in fields(Traffic):
        values = getattr(traffic, f.name)
        picked[f.name] = values[rows] if isinstance(values, np.ndarray) else values.take(index)
    return Traffic(**picked)


def concatenate(parts: Iterable[Traffic]) -> Traffic:
    """Return the requests of `parts` one after the other; accounts and sessions must be numbered through."""
    listed = list(parts)
    joined = {}
    for f in fields(Traffic):
        values = [getattr(p, f.name) for p in listed]
        joined[f.name] = np.concatenate(values) if isinstance(values[0], np.ndarray) else pa.concat_arrays(values)
    return Traffic(**joined)


def shifted(traffic: Traffic, accounts: int, others: int) -> Traffic:
    """Return the requests with the numbers of accounts raised by `accounts` and those of conversations, reasoning
    blocks and end users by `others`, so that parts can be joined."""
    numbers = {
        name: np.where(values == HABIT, HABIT, values + others)
        for name, values in (("grant", traffic.grant), ("brings", traffic.brings), ("end_user", traffic.end_user))
    }
    return replace(traffic, account=traffic.account + accounts, session=traffic.session + others, **numbers)


def span_of(traffic: Traffic) -> int:
    """Return a number above all that `traffic` uses for conversations, reasoning blocks and end users."""
    used = (traffic.session, traffic.grant, traffic.brings, traffic.end_user)
    return 1 + max(int(values.max(initial=0)) for values in used)


def exchange_table(rng: np.random.Generator, people: People, traffic: Traffic) -> pa.Table:
    """Return the exchange table of the record, in order of time; ties are broken by the random ids."""
    traffic = _with_outcomes(rng, people, traffic)
    ids = np.char.add("ex_", hex_ids(rng, len(traffic), 20))
    columns = {"exchange_id": pa.array(ids), "ts": pa.array(traffic.ts)}
    columns |= _origins(rng, people, traffic)
    columns |= _conversation(rng, people, traffic)
    columns |= _settings(rng, people, traffic)
    columns |= _outcome(rng, people, traffic)
    table = pa.table({name: columns[name] for name in EXCHANGES.names if name in columns})
    order = np.lexsort((ids, traffic.ts))
    filled = [f for f in EXCHANGES if f.name in columns]
    return table.take(pa.array(order)).cast(pa.schema([pa.field(f.name, f.type) for f in filled]))


def _with_outcomes(rng: np.random.Generator, people: People, traffic: Traffic) -> Traffic:
    """Draw the failures, and let clients send what failed again after a few seconds, up to twice."""
    drawn = rng.random(len(traffic)) < people.errors[traffic.account]
    status = np.where(drawn, rng.choice(_FAILURES, size=len(traffic), p=[0.5, 0.18, 0.14, 0.1, 0.08]), 200)
    status = np.where(traffic.status == HABIT, status, traffic.status)
    traffic = replace(traffic, status=status.astype(np.int64))
    again = np.flatnonzero((status >= 429) & traffic.retry & (rng.random(len(traffic)) < 0.7))
    if not len(again):
        return traffic
    repeat = take(traffic, again)
    waits = (rng.lognormal(1.1, 0.9, size=len(again)) * MICRO).astype(np.int64) + 300_000
    second = np.where(rng.random(len(again)) < 0.85, 200, repeat.status)
    return concatenate([traffic, replace(repeat, ts=repeat.ts + waits, status=second.astype(np.int64))])


def _origins(rng: np.random.Generator, people: People, traffic: Traffic) -> dict[str, pa.Array]:
    who = traffic.account
    place = choose_rows(rng, people.home_weights, who)
    agent = people.agents[who, (traffic.ts > people.updated[who]).astype(np.int64)]
    keys = hex_ids(rng, 2 * len(people)).reshape(len(people), 2)
    key = keys[who, (rng.random(len(people)) < 0.2)[who] * (traffic.session % 2)]
    return {
        "account_id": pa.array(people.account_id[who]),
        "org_id": column_of(people.org_id[who]),
        "key_id": pa.array(key),
        "ip": pa.array(people.homes[who, place]),
        "asn": pa.array(people.networks[who, place]),
        "country": pa.array(countries()[people.region[who]]),
        "user_agent": pa.array(agent),
        "client_fp": pa.array(people.client_fp[who]),
        "access_path": pa.array(np.where(np.char.startswith(agent, "Mozilla"), "app", "api")),
        "operation": pa.array(np.full(len(who), "chat")),
    }


def _conversation(rng: np.random.Generator, people: People, traffic: Traffic) -> dict[str, pa.Array]:
    named = people.names_sessions[traffic.account]
    pairs, each = np.unique(traffic.session * len(people) + traffic.account, return_inverse=True)
    sessions = hex_ids(rng, len(pairs))[each]
    users = np.char.add("u_", hex_ids(rng, int(traffic.end_user.max(initial=0)) + 1, 12))[traffic.end_user]
    return {
        "end_user_id": pa.array(users, mask=traffic.end_user == HABIT),
        "session_id": pa.array(sessions, mask=~named),
        "system_text": traffic.system,
        "input_text": traffic.text,
        "turn": pa.array(traffic.turn),
        "prefix_hashes": _prefixes(traffic),
    }


def _prefixes(traffic: Traffic) -> pa.Array:
    """Return for each request the hashes of the earlier user turns of its conversation, oldest first."""
    order = np.lexsort((traffic.ts, traffic.turn, traffic.session))
    session, turn = traffic.session[order], traffic.turn[order]
    fresh = np.ones(len(order), dtype=np.bool_)
    fresh[1:] = (session[1:] != session[:-1]) | (turn[1:] != turn[:-1])  # the other rows are retries
    heads = order[fresh]
    longer = np.flatnonzero(np.isin(session[fresh], np.unique(session[turn > 1])))
    chain = np.full(len(heads), NOTHING, dtype="U16")
    chain[longer] = _chain(traffic, heads[longer])
    step_of = np.cumsum(fresh) - 1
    earlier = turn - 1
    reach = np.repeat(step_of - earlier, earlier) + _within(earlier)
    lists = pa.ListArray.from_arrays(pa.array(np.concatenate(([0], np.cumsum(earlier))), pa.int32()), chain[reach])
    back = np.empty(len(order), dtype=np.int64)
    back[order] = np.arange(len(order))
    return lists.take(pa.array(back))


def _chain(traffic: Traffic, rows: I64) -> list[str]:
    """Return the hash of the history up to each of `rows`, which are in order of conversation and turn."""
    index = pa.array(rows)
    systems, texts = traffic.system.take(index).to_pylist(), traffic.text.take(index).to_pylist()
    answers = traffic.answer.take(index).to_pylist()
    history, chain, answer = b"", [], ""
    for turn, system, text, reply in zip(traffic.turn[rows].tolist(), systems, texts, answers, strict=True):
        head = f"{system or NOTHING}\x00".encode() if turn == 1 else history + (answer or NOTHING).encode()
        history = hashlib.blake2b(head + text.encode(), digest_size=8).hexdigest().encode()
        chain.append(history.decode())
        answer = reply
    return chain


def _within(counts: I64) -> I64:
    ends = np.cumsum(counts)
    return (np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - counts, counts)).astype(np.int64)


def _settings(rng: np.random.Generator, people: People, traffic: Traffic) -> dict[str, pa.Array]:
    who, count = traffic.account, len(traffic)
    model = np.where(traffic.model == HABIT, choose_rows(rng, people.models, who), traffic.model)
    heat = np.where(rng.random(count) < 0.93, people.heat[who], -1.0)
    heat = np.where(traffic.heat == -2.0, heat, traffic.heat)
    ceiling = people.ceiling[who]
    names, mask = pa.array([list(t) for t in TOOLS]), traffic.tools == NO_TOOLS
    offered = names.take(pa.array(traffic.tools, mask=mask))
    return {
        "model": pa.array(np.array(MODELS)[model]),
        "temperature": pa.array(heat, mask=heat < 0),
        "max_tokens": pa.array(ceiling, mask=ceiling == 0),
        "tools": pc.if_else(pa.array(mask), pa.scalar([], pa.list_(pa.string())), offered),
        "stream": pa.array(people.streams[who]),
        "reasoning": pa.array(_thinking(people, traffic)),
        "choices": pa.array(np.ones(count, dtype=np.int64)),
        "logprobs": pa.array(np.zeros(count, dtype=np.int64)),
    }


def _thinking(people: People, traffic: Traffic) -> Flags:
    return np.where(traffic.thinks == HABIT, people.thinks[traffic.account], traffic.thinks == 1).astype(np.bool_)


def _outcome(rng: np.random.Generator, people: People, traffic: Traffic) -> dict[str, pa.Array]:
    count, good = len(traffic), traffic.status < 400
    refused = good & (rng.random(count) < traffic.refusal)
    spent = _tokens(rng, people, traffic, refused)
    speed = rng.lognormal(np.log(14.0), 0.35, size=count)  # milliseconds a token
    first = rng.lognormal(6.1, 0.5, size=count)
    whole = np.where(good, first + speed * spent["tokens_out"], first * 0.4)
    called = good & (traffic.tools != NO_TOOLS) & (rng.random(count) < 0.6)
    ended = np.where(called, "tool_use", np.where(spent["cut"] > 0, "length", "stop"))
    bad = ~good
    return {
        "output_text": pc.if_else(pa.array(good & ~refused), traffic.answer, pa.scalar(None, pa.string())),
        "tool_calls": _called(rng, traffic, called),
        "tokens_in": pa.array(spent["tokens_in"]),
        "tokens_out": pa.array(np.where(good, spent["tokens_out"], 0)),
        "tokens_cached": pa.array(spent["tokens_cached"]),
        "tokens_reasoning": pa.array(np.where(good, spent["tokens_reasoning"], 0)),
        "finish_reason": pa.array(ended, mask=bad),
        "refused": pa.array(refused),
        "status": pa.array(traffic.status),
        "latency_ms": pa.array(whole),
        "ttft_ms": pa.array(first, mask=bad),
        **_blocks(rng, people, traffic, good),
    }


def _called(rng: np.random.Generator, traffic: Traffic, called: Flags) -> pa.Array:
    """Return the one tool that each answer of `called` uses."""
    sizes = np.array([len(t) for t in TOOLS])
    firsts = np.concatenate(([0], np.cumsum(sizes)[:-1]))
    flat = pa.array([name for names in TOOLS for name in names])
    tools = traffic.tools[called]
    picked = firsts[tools] + (rng.random(len(tools)) * sizes[tools]).astype(np.int64)
    edges = np.concatenate(([0], np.cumsum(called)))
    return pa.ListArray.from_arrays(pa.array(edges, pa.int32()), flat.take(pa.array(picked)))


def _tokens(rng: np.random.Generator, people: People, traffic: Traffic, refused: Flags) -> dict[str, I64]:
    """Return token counts; lengths of answers without text are lognormal about 180."""
    count = len(traffic)
    asked = pc.fill_null(pc.utf8_length(traffic.text), 0).to_numpy(zero_copy_only=False).astype(np.float64)
    fixed = pc.fill_null(pc.utf8_length(traffic.system), 0).to_numpy(zero_copy_only=False).astype(np.float64)
    said = pc.fill_null(pc.utf8_length(traffic.answer), 0).to_numpy(zero_copy_only=False).astype(np.float64)
    wordy = 3.6 + rng.random(count)
    history = (traffic.turn - 1) * rng.lognormal(5.6, 0.5, size=count)
    drawn = np.where(
        traffic.length > 0, traffic.length * rng.lognormal(0.0, 0.15, size=count), rng.lognormal(5.2, 1.0, size=count)
    )
    reply = np.where(said > 0, said / wordy, drawn)
    thought = np.where(_thinking(people, traffic), rng.lognormal(6.0, 0.8, size=count), 0.0)
    full = np.where(refused, 30.0, np.maximum(reply, 1.0) + thought)
    ceiling = np.where(people.ceiling[traffic.account] > 0, people.ceiling[traffic.account], 64_000)
    out = np.minimum(full, ceiling)
    cached = np.where((traffic.turn > 1) & (rng.random(count) < 0.7), 0.8 * history + fixed / wordy, 0.0)
    counts = {
        "tokens_in": 8 + (asked + fixed) / wordy + history,
        "tokens_out": out,
        "tokens_cached": cached,
        "tokens_reasoning": np.minimum(thought, out),
        "cut": full > ceiling,
    }
    return {name: np.asarray(values).astype(np.int64) for name, values in counts.items()}


def _blocks(rng: np.random.Generator, people: People, traffic: Traffic, good: Flags) -> dict[str, pa.Array]:
    """Return the reasoning blocks handed out and brought back: an answer that thinks issues one, and the next request
    of the conversation presents the one before it."""
    issues = good & _thinking(people, traffic)
    numbers = np.where(
        traffic.grant == HABIT, np.arange(len(traffic)) + traffic.grant.max(initial=0) + 1, traffic.grant
    )
    signs = pa.array(hex_ids(rng, int(numbers.max(initial=0)) + 1, 24))
    brings = np.where(traffic.brings == HABIT, _previous(traffic, issues, numbers), traffic.brings)
    return {
        "signatures_issued": _singles(signs, numbers, issues),
        "signatures_presented": _singles(signs, brings, brings >= 0),
    }


def _previous(traffic: Traffic, issues: Flags, numbers: I64) -> I64:
    """Return the block issued by the request before each in its conversation, -1 for none."""
    order = np.lexsort((traffic.ts, traffic.turn, traffic.session))
    session, turn = traffic.session[order], traffic.turn[order]
    found = np.full(len(order), -1, dtype=np.int64)
    follows = (session[1:] == session[:-1]) & (turn[1:] == turn[:-1] + 1) & issues[order][:-1]
    found[order[1:]] = np.where(follows, numbers[order][:-1], -1)
    return found


def _singles(values: pa.Array, index: I64, present: Flags) -> pa.Array:
    edges = np.concatenate(([0], np.cumsum(present)))
    return pa.ListArray.from_arrays(pa.array(edges, pa.int32()), values.take(pa.array(index[present])))
