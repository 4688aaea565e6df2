"""Tiny labelled ledgers for tests of detection, made of marks and numbers; no text is needed.

A world is a list of crowds. A `Crowd` says how many accounts there are, how much they ask, how unlike one another
they are, and what their rows of the ledger and of the account table hold beyond that.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch.arrays import I64
from stillwatch.config import ProposalLimits
from stillwatch.engine import DuckDB, Engine
from stillwatch.evidence.build import build_case
from stillwatch.evidence.case import Case, Finding, Group
from stillwatch.evidence.harvest_intent import BELIEVED
from stillwatch.findings import Choice, Earlier, Evidence, Number
from stillwatch.handoffs import handoffs
from stillwatch.population import Population, population
from stillwatch.proposals.sight import Sight
from stillwatch.record import ACCOUNTS, TIMESTAMP
from stillwatch.rollups import sum_exchanges
from stillwatch.sketch.schema import SKETCHES, TOPIC_SCALE, TOPIC_WIDTH
from stillwatch.verdict import Tested
from stillwatch.verdict import test_group as put_through
from stillwatch.weights import TODAY

MIDNIGHT = 1_767_225_600_000_000
"""2026-01-01 in UTC, in microseconds."""
HOUR, DAY = 3_600_000_000, 86_400_000_000
LIMITS = ProposalLimits()
NOBODY: Mapping[str, Choice] = {}
"""What chose a group that nobody proposed."""
NULLABLE = tuple(kind.name for schema in (SKETCHES, ACCOUNTS) for kind in schema if kind.nullable)
"""Columns that a log may lack."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one crowd that a column is to be made for, in the order of its accounts.

    Attributes:
        account: position of each row's account in the crowd. nth: its place among the rows of that account.
        first: number of the first row in the ledger; numbers made from it are unlike those of other crowds.
    """

    account: I64
    nth: I64
    first: int
    rng: np.random.Generator

    def __len__(self) -> int:
        return len(self.account)

    @property
    def number(self) -> I64:
        """A number of its own for every row."""
        return self.first + np.arange(len(self))


Column = Any
"""A value for every row, or a function of `Rows` (for traits, of the number of accounts) that returns one each."""


def some(share: float, these: Column, others: Column = None) -> Callable[[Rows], list[Any]]:
    """Return a column in which a random `share` of the rows have the values of one column, the rest another's."""

    def column(rows: Rows) -> list[Any]:
        chosen = rows.rng.random(len(rows)) < share
        return [a if first else b for first, a, b in zip(chosen, _each(these, rows), _each(others, rows), strict=True)]

    return column


def _each(column: Column, rows: Rows) -> list[Any]:
    values = column(rows) if callable(column) else column
    return [values] * len(rows) if np.ndim(values) == 0 else list(values)


def own(rows: Rows) -> I64:
    """Return a mark for every row that no other row has."""
    return 10**6 + rows.number


def dealt(kinds: int, name: str = "v") -> Callable[[int], list[str]]:
    """Return a trait whose values are dealt out in turn: `kinds` of them."""
    return lambda accounts: [f"{name}{i % kinds}" for i in range(accounts)]


@dataclass(frozen=True, slots=True)
class Crowd:
    """Accounts of one kind.

    Attributes:
        exchanges: per account, in the middle. uneven: standard deviation of their logarithm.
        unlike: how far the means of two of its accounts lie apart, in within-account standard deviations.
        about: how far the centre of the crowd lies from that of people, per topic, in the same unit.
        sitting: standard deviation of what the exchanges of one account have in common within an hour.
        hours: hour of each row since midnight of the first day; people come between 8 and 22 on any of `days`.
        columns: further columns of the ledger. traits: columns of the account table.
    """

    name: str
    accounts: int
    exchanges: float = 30.0
    uneven: float = 0.6
    unlike: float = 0.6
    about: float = 0.0
    sitting: float = 0.0
    hours: Callable[[Rows], npt.ArrayLike] | None = None
    days: int = 5
    columns: Mapping[str, Column] = field(default_factory=dict)
    traits: Mapping[str, Column] = field(default_factory=dict)

    @property
    def ids(self) -> list[str]:
        """Ids of its accounts, ascending."""
        return [f"{self.name}-{i:05d}" for i in range(self.accounts)]


@dataclass(frozen=True, slots=True)
class World:
    """A ledger with an engine attached to it, and what a scan makes of it."""

    engine: Engine
    case: Case

    @property
    def people(self) -> Population:
        """All accounts."""
        return self.case.people

    @property
    def sight(self) -> Sight:
        """What a proposer sees."""
        return Sight(self.people, self.case.handoffs, LIMITS, Earlier())

    def accounts(self, *crowds: str) -> I64:
        """Return the positions of the accounts of some crowds, ascending."""
        found = [i for i, name in enumerate(self.people.ids) if name.rpartition("-")[0] in crowds]
        return np.array(found, dtype=np.int64)

    def group(self, *crowds: str, chosen_by: Mapping[str, Choice] = NOBODY) -> Group:
        """Return all accounts of some crowds as a group under test."""
        return self.grouped(self.accounts(*crowds), chosen_by=chosen_by)

    def grouped(self, accounts: I64, *, chosen_by: Mapping[str, Choice] = NOBODY) -> Group:
        """Return `accounts` as a group under test."""
        return Group("g-under-test", np.sort(accounts), chosen_by, "a test")

    def drawn(self, count: int, seed: int, *crowds: str) -> Group:
        """Return accounts drawn at random, from some crowds or from all of them."""
        pool = self.accounts(*crowds) if crowds else np.arange(self.people.size)
        return self.grouped(np.random.default_rng(seed).choice(pool, count, replace=False))

    def again(self, finding: Finding, group: Group) -> dict[str, Number]:
        """Return what the query of a finding gives on the ledger, by column."""
        ids = [self.people.ids[i] for i in group.accounts]
        names = pa.array([group.group_id] * len(ids), pa.string())
        self.engine.load("groups", pa.table({"campaign_id": names, "account_id": pa.array(ids, pa.string())}))
        rows = self.engine.rows(finding.query).to_pylist()
        assert len(rows) == 1, "a query gives one row of numbers"
        return dict(rows[0])

    def compared(self, finding: Finding, group: Group) -> dict[str, tuple[Number, Number]]:
        """Return the numbers of a finding and what its query gives, by the names that both have."""
        again = self.again(finding, group)
        common = sorted(set(again) & set(finding.numbers))
        assert common, f"the query gives {sorted(again)}, the numbers are {sorted(finding.numbers)}"
        return {name: (finding.numbers[name], again[name]) for name in common}

    def tested(self, group: Group) -> Tested:
        """Put a group through the whole table."""
        return put_through(group, self.case, TODAY)

    def left(self, group: Group) -> float:
        """Return the bits of coordination that innocence leaves."""
        scores = self.tested(group).scores
        return scores.coordination + scores.innocence

    def evidence(self, group: Group) -> dict[str, Evidence]:
        """Return what counts for and against a group, by kind."""
        return {item.kind: item for item in self.tested(group).evidence}


@contextmanager
def a_world(
    *crowds: Crowd, seed: int = 0, empty: Sequence[str] = (), shuffled: bool = False, remarked: bool = False
) -> Iterator[World]:
    """Write the ledger of some crowds and read it as a scan does.

    Args:
        empty: columns of either table that are null in every row.
        shuffled: whether the rows of both tables lie in another order, in two files.
        remarked: whether every mark is replaced by another number, the same for the same.
    """
    exchanges, accounts = ledger(*crowds, seed=seed, empty=empty)
    if shuffled:
        exchanges, accounts = _shuffled(exchanges), _shuffled(accounts)
    if remarked:
        exchanges = _remarked(exchanges)
    with attached(exchanges, accounts, files=2 if shuffled else 1) as engine:
        people = population(engine, LIMITS)
        yield World(engine, build_case(engine, people, handoffs(engine, people), LIMITS))


@contextmanager
def attached(exchanges: pa.Table, accounts: pa.Table, *, files: int = 1) -> Iterator[DuckDB]:
    """Write two tables as a ledger of some files and attach an engine to it and its sums."""
    with tempfile.TemporaryDirectory() as folder, DuckDB(memory="1GB", threads=1) as engine:
        paths = [Path(folder) / f"{i}.parquet" for i in range(files)]
        rows = -(-exchanges.num_rows // files)
        for i, path in enumerate(paths):
            pq.write_table(exchanges.slice(i * rows, rows), path)
        engine.attach(paths, accounts, since=None, until=None)
        sum_exchanges(engine, intent_bits=BELIEVED)
        yield engine


def ledger(*crowds: Crowd, seed: int = 0, empty: Sequence[str] = ()) -> tuple[pa.Table, pa.Table]:
    """Return the exchanges and the accounts of some crowds, columns of `empty` without a value."""
    rng = np.random.default_rng(seed)
    first, parts = 0, []
    for crowd in crowds:
        parts.append(_exchanges(crowd, rng, first))
        first += parts[-1].num_rows
    accounts = pa.concat_tables([_accounts(crowd, rng) for crowd in crowds])
    return _without(pa.concat_tables(parts), empty), _without(accounts, empty)


def _without(table: pa.Table, empty: Sequence[str]) -> pa.Table:
    for name in set(empty) & set(table.schema.names):
        kind = table.schema.field(name)
        table = table.set_column(table.schema.get_field_index(name), kind, pa.nulls(table.num_rows, kind.type))
    return table


def _shuffled(table: pa.Table) -> pa.Table:
    return table.take(np.random.default_rng(99).permutation(table.num_rows))


def _remarked(table: pa.Table) -> pa.Table:
    """Return `table` with every mark put through one bijection of 64-bit numbers."""
    for place, kind in enumerate(table.schema):
        if kind.name.endswith(("_mark", "_marks")):
            column = table.column(place).combine_chunks()
            lists = pa.types.is_list(kind.type)
            new = _mixed(column.values if lists else column)
            if lists:
                new = pa.ListArray.from_arrays(column.offsets, new, mask=column.is_null())
            table = table.set_column(place, kind, new)
    return table


def _mixed(marks: pa.Array) -> pa.Array:
    known = np.asarray(marks.fill_null(0).to_numpy(zero_copy_only=False)).astype(np.uint64)
    mixed = (known * np.uint64(0x9E3779B97F4A7C15) ^ np.uint64(0x5DEECE66D)).view(np.int64)
    return pa.array(mixed, mask=np.asarray(marks.is_null()))


def _exchanges(crowd: Crowd, rng: np.random.Generator, first: int) -> pa.Table:
    counts = np.maximum(np.round(crowd.exchanges * np.exp(crowd.uneven * rng.standard_normal(crowd.accounts))), 1)
    account = np.repeat(np.arange(crowd.accounts), counts.astype(np.int64))
    nth = np.concatenate([np.arange(n) for n in counts.astype(np.int64)])
    rows = Rows(account, nth, first, rng)
    hours = np.asarray((crowd.hours or _of_people(crowd.days))(rows), dtype=np.int64)
    columns: dict[str, Column] = {
        "exchange_id": [f"x{i:07d}" for i in rows.number],
        "ts": MIDNIGHT + hours * HOUR + rng.integers(0, HOUR, len(rows)),
        "account_id": np.array(crowd.ids)[account],
        "model": "m",
        "half": _half(hours),
        **_topics(crowd, rows, hours),
    }
    columns |= {name: value(rows) if callable(value) else value for name, value in crowd.columns.items()}
    return _table(columns, len(rows), SKETCHES)


def _of_people(days: int) -> Callable[[Rows], npt.ArrayLike]:
    return lambda rows: rows.rng.integers(0, days, len(rows)) * 24 + rows.rng.integers(8, 22, len(rows))


def _half(hours: I64) -> I64:
    return np.asarray((hours * 2_654_435_761 >> 16) & 1)


def _topics(crowd: Crowd, rows: Rows, hours: I64) -> dict[str, Column]:
    """Return topics and lengths: a centre per account, something in common per hour, and chance."""
    rng, width = rows.rng, TOPIC_WIDTH + 1
    own = crowd.about + crowd.unlike * rng.standard_normal((crowd.accounts, width))
    _, sittings = np.unique(rows.account * 10_000 + hours, return_inverse=True)
    common = crowd.sitting * rng.standard_normal((int(sittings.max()) + 1, width))
    asked = own[rows.account] + common[sittings] + rng.standard_normal((len(rows), width))
    topics = np.clip(np.round(asked[:, :TOPIC_WIDTH] * TOPIC_SCALE / 2), -127, 127).astype(np.int8)
    lengths = np.round(200 * 2.0 ** np.clip(asked[:, -1], -6, 6)).astype(np.int32)
    return {**{f"topic_{i}": topics[:, i] for i in range(TOPIC_WIDTH)}, "input_chars": lengths}


def _accounts(crowd: Crowd, rng: np.random.Generator) -> pa.Table:
    """Return the account table; in it stands one account more, that never asked anything."""
    size = crowd.accounts + 1
    made = {"created_at": MIDNIGHT - rng.integers(1, 300 * 24, size) * HOUR}
    made |= {name: value(size) if callable(value) else value for name, value in crowd.traits.items()}
    return _table({"account_id": [*crowd.ids, f"{crowd.name}-idle"], **made}, size, ACCOUNTS)


def _table(columns: Mapping[str, Column], size: int, schema: pa.Schema) -> pa.Table:
    arrays = []
    for kind in schema:
        value = columns.get(kind.name)
        single = value is None or isinstance(value, bool | int | float | str)
        values = [value] * size if single else value
        arrays.append(_array(values, kind.type))
    return pa.Table.from_arrays(arrays, schema=schema)


def _array(values: Any, kind: pa.DataType) -> pa.Array:
    if kind == TIMESTAMP:
        return pa.array(values, pa.int64()).cast(kind)
    return pa.array(values.tolist() if isinstance(values, np.ndarray) and pa.types.is_string(kind) else values, kind)
