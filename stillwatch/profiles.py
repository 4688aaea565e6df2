"""The population: every account of a scan as rows of small arrays, and what accounts share as sparse matrices.

Everything that touches exchanges is one of the queries below; what comes back has one row per account, or one per
account and shared mark. Sums are of integers, so that they are the same whatever the order and the number of threads.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from scipy import sparse

from stillwatch.engine import Engine, Query
from stillwatch.sketch.schema import INTENTS, SHINGLES, TOPIC_WIDTH

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

UNKNOWN = -1
"""Code of a value that is not known."""

PROFILE_COLUMNS = (*(f"topic_{i}" for i in range(TOPIC_WIDTH)), "input_length", "output_length")
"""What an account's profile is the mean of: topics and lengths of its prompts, the lengths in sixteenths of a doubling.

The length of answers stands in only where no prompt has text: it depends on the model and on the tokens asked for,
which differ between accounts that ask the same.
"""

_LENGTHS = """
    cast(round(16 * log2(1 + greatest(coalesce(input_chars, 4.0 * tokens_in, 0), 0))) as bigint) as input_length,
    case when :without_text = 0 then 0
        else cast(round(16 * log2(1 + greatest(coalesce(tokens_out, 0.0), 0))) as bigint) end as output_length"""

_INTENT = "count(case when intent = {i} and intent_bits >= :intent_bits then 1 end) as intent_{i}"

TOTALS = Query(
    "account_totals",
    f"""
    select account_id, count(*) as n, min(epoch_us(ts)) as first_us, max(epoch_us(ts)) as last_us,
        count(distinct date_trunc('hour', ts)) as hours, count(input_chars) as with_text,
        count(turn) as with_turn, count(case when turn > 1 then 1 end) as later_turns,
        count(status) as with_status, count(case when status >= 400 then 1 end) as errors,
        count(intent) as with_intent,
        {", ".join(_INTENT.format(i=i) for i in range(1, len(INTENTS)))},
        count(logprobs) as with_logprobs, count(case when logprobs > 0 then 1 end) as asks_logprobs,
        count(choices) as with_choices, count(case when choices > 1 then 1 end) as asks_choices,
        count(reasoning) as with_reasoning, count(case when reasoning then 1 end) as asks_reasoning,
        count(case when invisible_chars > 0 then 1 end) as invisible,
        count(prompt_mark) as prompts, count(distinct prompt_mark) as distinct_prompts
    from exchanges group by account_id""",
)

BLOCKS = Query(
    "profile_blocks",
    f"""
    select account_id, half, hour, count(*) as n, {", ".join(f"sum({c}) as {c}" for c in PROFILE_COLUMNS)}
    from (select account_id, half, date_trunc('hour', ts) as hour,
            {", ".join(f"coalesce(topic_{i}, 0) as topic_{i}" for i in range(TOPIC_WIDTH))}, {_LENGTHS}
          from exchanges where topic_0 is not null or :without_text = 1)
    group by account_id, half, hour""",
)

PROFILES = Query(
    "profiles",
    f"""
    select account_id, half, sum(n) as n, count(*) as blocks, sum(n * n) as nn,
        {", ".join(f"sum({c}) as {c}" for c in PROFILE_COLUMNS)},
        {", ".join(f"sum({c} * {c}) as {c}_ss" for c in PROFILE_COLUMNS)},
        {", ".join(f"sum(n * {c}) as {c}_ns" for c in PROFILE_COLUMNS)}
    from profile_blocks group by account_id, half""",
)


def _usual(name: str, value: str, given: str) -> Query:
    return Query(
        f"usual_{name}",
        f"select account_id, {value} as value, count(*) as n from exchanges where {given} group by account_id, {value}",
    )


USUAL = {
    "client": _usual(
        "client",
        "coalesce(user_agent, '') || ' ' || coalesce(client_fp, '')",
        "user_agent is not null or client_fp is not null",
    ),
    "asn": _usual("asn", "cast(asn as varchar)", "asn is not null"),
    "access_path": _usual("access_path", "access_path", "access_path is not null"),
    "model": _usual("model", "model", "model is not null"),
    "settings": _usual(
        "settings",
        "coalesce(cast(temperature as varchar), '') || ' ' || coalesce(cast(max_tokens as varchar), '')",
        "temperature is not null or max_tokens is not null",
    ),
    "org": _usual("org", "org_id", "org_id is not null"),
}
"""What an account does most often, by attribute."""


def _shared(kind: str, source: str) -> Query:
    return Query(
        f"shared_{kind}",
        f"""
        with held as (select account_id, mark, count(*) as n from ({source}) where mark is not null
                group by account_id, mark),
            shared as (select mark from held group by mark having count(*) >= 2)
        select held.account_id, held.mark, held.n from held join shared on held.mark = shared.mark""",
    )


def _column(name: str) -> str:
    return f"select account_id, {name} as mark from exchanges"


SHARED = {
    "system": _shared("system", _column("system_mark")),
    "system_head": _shared("system_head", _column("system_head_mark")),
    "head": _shared("head", _column("head_mark")),
    "tail": _shared("tail", _column("tail_mark")),
    "shingle": _shared("shingle", " union all ".join(_column(f"shingle_{i}_mark") for i in range(SHINGLES))),
    "prompt": _shared("prompt", _column("prompt_mark")),
    "session": _shared("session", _column("session_mark")),
    "address": _shared("address", _column("ip_mark")),
}
"""Marks of exchanges that two or more accounts hold, by kind."""

OF_ACCOUNTS = ("payment_id", "device_id", "signup_ip")
"""Columns of the account table that are marks."""

SCAFFOLDS = ("system", "system_head", "head", "tail", "shingle")
"""Kinds of mark that a fixed text around varying tasks leaves."""

TRAITS = ("email_domain", "email_shape", "payment_bin", "plan", "program", "verification", "status")
"""Columns of the account table that are categories."""


@dataclass(frozen=True, slots=True)
class Category:
    """One categorical attribute of every account: `values[codes[i]]`, or not known where the code is `UNKNOWN`."""

    codes: I64
    values: tuple[str, ...]

    @property
    def known(self) -> Flags:
        """Which accounts have a value, shape (accounts,)."""
        return np.asarray(self.codes != UNKNOWN)

    def counts(self, accounts: I64 | None = None) -> I64:
        """Return how many of `accounts` (all without it) have each value, shape (values,)."""
        codes = self.codes if accounts is None else self.codes[accounts]
        return np.bincount(codes[codes != UNKNOWN], minlength=len(self.values)).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Incidence:
    """Who holds which mark of one kind, for marks that at least two accounts hold.

    Attributes:
        kind: the kind of mark.
        matrix: exchanges of account i that carry mark j, CSR, shape (accounts, marks).
        holders: accounts per mark, shape (marks,).
    """

    kind: str
    matrix: sparse.csr_array
    holders: I64


@dataclass(frozen=True, slots=True)
class Profiles:
    """Sums from which the mean profile of an account, and how far that mean may err, are computed.

    Each has shape (2, accounts) or (2, accounts, columns): first index is the half of the hours.

    Attributes:
        n: exchanges. blocks: hours with any. nn: sum over hours of the squared number of exchanges.
        sums: sum of the profile columns. ss, ns: sums over hours of squared hourly sums, and of hourly number x sum.
    """

    n: F64
    blocks: F64
    nn: F64
    sums: F64
    ss: F64
    ns: F64


@dataclass(frozen=True, slots=True)
class Population:
    """All accounts of a scan, in the order of their ids.

    Attributes:
        ids: account ids, ascending.
        n: exchanges per account, shape (accounts,).
        totals: counts per account by the column names of `TOTALS`.
        profiles: topics and lengths.
        categories: usual client, network, model and the traits of the account table, by name.
        shared: incidence of marks, by kind.
        created_us, status_us: microseconds since the epoch, `UNKNOWN` where not known.
    """

    ids: tuple[str, ...]
    n: I64
    totals: Mapping[str, I64]
    profiles: Profiles
    categories: Mapping[str, Category]
    shared: Mapping[str, Incidence]
    created_us: I64
    status_us: I64

    @property
    def size(self) -> int:
        """Number of accounts."""
        return len(self.ids)


def population(engine: Engine, *, intent_bits: float) -> Population:
    """Read the ledger that `engine` is attached to into a `Population`.

    Args:
        engine: has the views `exchanges` and `accounts`.
        intent_bits: log2 odds from which a prompt's class is believed.
    """
    totals = engine.table(TOTALS, intent_bits=intent_bits).sort_by("account_id")
    ids = totals.column("account_id").combine_chunks()
    counts = {name: _ints(totals.column(name)) for name in totals.column_names if name != "account_id"}
    accounts = _aligned(engine.rows("select * from accounts"), ids)
    categories = {name: _usual_values(engine.table(query), ids) for name, query in USUAL.items()}
    categories |= {name: _category(accounts.column(name)) for name in TRAITS}
    categories["org"] = _either(_category(accounts.column("org_id")), categories["org"])
    shared = {kind: _incidence(kind, engine.table(query), ids) for kind, query in SHARED.items()}
    shared |= {name: _account_incidence(name, _category(accounts.column(name)), len(ids)) for name in OF_ACCOUNTS}
    return Population(
        ids=tuple(ids.to_pylist()),
        n=counts["n"],
        totals=counts,
        profiles=_profiles(engine, ids, without_text=not counts["with_text"].any()),
        categories=categories,
        shared=shared,
        created_us=_ints(accounts.column("created_at").cast(pa.int64())),
        status_us=_ints(accounts.column("status_at").cast(pa.int64())),
    )


def _ints(column: pa.ChunkedArray) -> I64:
    filled = pc.fill_null(column.cast(pa.int64()), UNKNOWN)
    return np.asarray(filled.to_numpy(), dtype=np.int64)


def _positions(column: pa.ChunkedArray, ids: pa.Array) -> I64:
    return np.asarray(pc.index_in(column, value_set=ids).to_numpy(), dtype=np.int64)


def _aligned(accounts: pa.Table, ids: pa.Array) -> pa.Table:
    """Return one row per id, nulls where the account table has none."""
    return accounts.take(pc.index_in(ids, value_set=accounts.column("account_id").combine_chunks()))


def _category(column: pa.ChunkedArray) -> Category:
    values = pc.unique(column.cast(pa.string())).drop_null()
    values = values.take(pc.array_sort_indices(values))
    codes = pc.fill_null(pc.index_in(column.cast(pa.string()), value_set=values), UNKNOWN)
    return Category(np.asarray(codes.to_numpy(), dtype=np.int64), tuple(values.to_pylist()))


def _usual_values(table: pa.Table, ids: pa.Array) -> Category:
    """Return each account's most frequent value; among equals the first in the alphabet."""
    table = table.sort_by([("account_id", "ascending"), ("n", "descending"), ("value", "ascending")])
    places = _positions(table.column("account_id"), ids)
    firsts = np.flatnonzero(np.diff(places, prepend=-1) != 0)
    found = _category(table.column("value").take(pa.array(firsts)))
    codes = np.full(len(ids), UNKNOWN, dtype=np.int64)
    codes[places[firsts]] = found.codes
    return Category(codes, found.values)


def _either(first: Category, second: Category) -> Category:
    """Return `first` where it is known and `second` elsewhere."""
    labels = [*first.values, *second.values]
    codes = np.where(first.known, first.codes, np.where(second.known, second.codes + len(first.values), UNKNOWN))
    return _category(pa.chunked_array([pa.array([labels[c] if c != UNKNOWN else None for c in codes], pa.string())]))


def _incidence(kind: str, table: pa.Table, ids: pa.Array) -> Incidence:
    marks, columns = np.unique(_ints(table.column("mark")), return_inverse=True)
    rows = _positions(table.column("account_id"), ids)
    return _sparse(kind, rows, columns.astype(np.int64), _ints(table.column("n")), (len(ids), len(marks)))


def _account_incidence(kind: str, category: Category, size: int) -> Incidence:
    held = category.counts() >= 2
    rows = np.flatnonzero(category.known & held[category.codes]) if len(held) else np.empty(0, dtype=np.int64)
    columns = (np.cumsum(held) - 1)[category.codes[rows]] if len(held) else rows
    return _sparse(kind, rows, columns, np.ones(len(rows), dtype=np.int64), (size, int(held.sum())))


def _sparse(kind: str, rows: I64, columns: I64, n: I64, shape: tuple[int, int]) -> Incidence:
    matrix = sparse.csr_array((n, (rows, columns)), shape=shape)
    matrix.sort_indices()
    return Incidence(kind, matrix, np.bincount(columns, minlength=shape[1]).astype(np.int64))


def _profiles(engine: Engine, ids: pa.Array, *, without_text: bool) -> Profiles:
    engine.stage(BLOCKS, without_text=int(without_text))
    table = engine.table(PROFILES)
    engine.drop(BLOCKS.name)
    halves, places = _ints(table.column("half")), _positions(table.column("account_id"), ids)

    def scatter(names: tuple[str, ...]) -> F64:
        out = np.zeros((2, len(ids), len(names)))
        for i, name in enumerate(names):
            out[halves, places, i] = pc.fill_null(table.column(name).cast(pa.float64()), 0.0).to_numpy()
        return out

    single = functools.partial(lambda name: scatter((name,))[:, :, 0])
    return Profiles(
        n=single("n"),
        blocks=single("blocks"),
        nn=single("nn"),
        sums=scatter(PROFILE_COLUMNS),
        ss=scatter(tuple(f"{c}_ss" for c in PROFILE_COLUMNS)),
        ns=scatter(tuple(f"{c}_ns" for c in PROFILE_COLUMNS)),
    )
