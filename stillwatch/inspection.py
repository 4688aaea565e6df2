"""What a log holds, before any scan: formats, rows, times, how full each column is, and which evidence it can give."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc

from stillwatch.importers import Assigned, ColumnMap, Intake, Source, chosen
from stillwatch.importers.load import tables_of
from stillwatch.importers.network import Network, collect
from stillwatch.keys import Key
from stillwatch.record import ACCOUNTS, EXCHANGES, Skips

_NO_KEY = Key(bytes(32))
"""Nothing that is hashed here is kept, so any key will do."""


class Kind(Protocol):
    """What inspection asks of a kind of evidence; the rows of the evidence table are such kinds."""

    @property
    def kind(self) -> str:
        """Its id."""

    @property
    def family(self) -> str:
        """What it would fail together with."""

    @property
    def needs(self) -> tuple[str, ...]:
        """Columns without which it cannot run; `a|b` means either."""


@dataclass(frozen=True, slots=True)
class FileReport:
    """What one file holds.

    Attributes:
        label: the file, as the user named it.
        format: name of the importer that read it.
        rows: exchanges that can be used (requests, in a network log).
        first, last: earliest and latest time; None without a row.
        filled: share of rows that have a value, by column, in the order of the record; an empty list is no value.
        skips: rows not used, by reason.
        notes: what was repaired, ignored or replaced by null, by reason.
    """

    label: str
    format: str
    rows: int
    first: dt.datetime | None
    last: dt.datetime | None
    filled: Mapping[str, float]
    skips: Skips
    notes: Skips


@dataclass(frozen=True, slots=True)
class Availability:
    """Whether a kind of evidence can be had; `reason` says why not and is empty if it can."""

    kind: str
    family: str
    possible: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Inspection:
    """What all files hold together.

    Attributes:
        files: one report per file that was read, in the order of the files.
        rows: exchanges in all of them.
        filled: share of all exchanges that have a value, by column.
        accounts_filled: share of accounts that have a value, by column; empty without a table of accounts.
        evidence: every kind of evidence, in the order of its table.
        skips: files that were not read, by reason.
        notes: the same files by name, and what happened in joining network logs.
    """

    files: tuple[FileReport, ...]
    rows: int
    filled: Mapping[str, float]
    accounts_filled: Mapping[str, float]
    evidence: tuple[Availability, ...]
    skips: Skips
    notes: Skips


@dataclass(slots=True)
class _Tally:
    """Sums over the tables of a file, as they pass."""

    rows: int = 0
    first: dt.datetime | None = None
    last: dt.datetime | None = None
    known: dict[str, int] = field(default_factory=dict)

    def of(self, tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
        for table in tables:
            self.add(table)
            yield table

    def add(self, table: pa.Table) -> None:
        self.rows += table.num_rows
        for name, count in known_values(table).items():
            self.known[name] = self.known.get(name, 0) + count
        if "ts" in table.schema.names:
            span = pc.min_max(table.column("ts")).as_py()
            self.first = min(filter(None, (self.first, span["min"])), default=None)
            self.last = max(filter(None, (self.last, span["max"])), default=None)

    @property
    def shares(self) -> dict[str, float]:
        return {name: count / self.rows if self.rows else 0.0 for name, count in self.known.items()}


def inspect(
    sources: Sequence[Source],
    *,
    kinds: Sequence[Kind],
    accounts: pa.Table | None = None,
    name: str | None = None,
    mapping: ColumnMap | None = None,
) -> Inspection:
    """Read all of `sources` and report what they hold; nothing is kept.

    Args:
        kinds: the evidence table.
        accounts: the table of accounts that goes with the logs, if there is one.
        name: format of all files; without it each is recognised.
        mapping: columns of tables of no known format.

    Raises:
        StillwatchError: no format is called `name`.
    """
    intake = Intake(_NO_KEY, Skips())
    assigned = chosen(sources, intake, name=name, mapping=mapping)
    network, reports = _network(assigned, intake)
    total = _Tally()
    for one in assigned:
        if not one.importer.network_only:
            reports[one.source] = _content(one, network, total)
    held = _Tally()
    if accounts is not None:
        held.add(accounts)
    return Inspection(
        files=tuple(reports[one.source] for one in assigned),
        rows=total.rows,
        filled=total.shares or dict.fromkeys(EXCHANGES.names, 0.0),
        accounts_filled=held.shares,
        evidence=tuple(availability(kind, total.known, held.known) for kind in kinds),
        skips=intake.skips,
        notes=intake.notes,
    )


def _network(assigned: Sequence[Assigned], intake: Intake) -> tuple[Network | None, dict[Source, FileReport]]:
    """Return the network logs, ready to be joined, and the report of each."""
    reports, parts = {}, []
    for one in assigned:
        if one.importer.network_only:
            tally, own = _Tally(), Intake(intake.key, Skips())
            parts += list(tally.of(tables_of(one, own)))
            reports[one.source] = _report(one, tally, own)
    return collect(parts, intake.key, intake.notes), reports


def _content(one: Assigned, network: Network | None, total: _Tally) -> FileReport:
    tally, own = _Tally(), Intake(_NO_KEY, Skips(), network=network)
    for table in total.of(tally.of(tables_of(one, own))):
        del table
    return _report(one, tally, own)


def _report(one: Assigned, tally: _Tally, own: Intake) -> FileReport:
    return FileReport(
        label=one.source.label,
        format=one.importer.name,
        rows=tally.rows,
        first=tally.first,
        last=tally.last,
        filled=tally.shares,
        skips=own.skips,
        notes=own.notes,
    )


def known_values(table: pa.Table) -> dict[str, int]:
    """Return how many rows have a value, by column; an empty list is no value."""
    return {name: _known(table.column(name)) for name in table.schema.names}


def _known(column: pa.ChunkedArray) -> int:
    if pa.types.is_list(column.type):
        return int(pc.sum(pc.greater(pc.list_value_length(column), 0)).as_py() or 0)
    return int(len(column) - column.null_count)


def availability(kind: Kind, exchanges: Mapping[str, int], accounts: Mapping[str, int]) -> Availability:
    """Return whether `kind` can be had from columns with that many known values, and if not, why."""
    lacking = [need for need in kind.needs if not any(_has(name, exchanges, accounts) for name in need.split("|"))]
    reason = "; ".join(_lack(need.split("|"), accounts) for need in lacking)
    return Availability(kind.kind, str(kind.family), not lacking, reason)


def _has(name: str, exchanges: Mapping[str, int], accounts: Mapping[str, int]) -> bool:
    return bool(exchanges.get(name) or accounts.get(name))


def _lack(names: list[str], accounts: Mapping[str, int]) -> str:
    """Return why none of `names` has a value, as a clause."""
    listed = " or ".join(f"`{name}`" for name in names)
    of_accounts = all(name in ACCOUNTS.names and name not in EXCHANGES.names for name in names)
    if of_accounts and not accounts:
        return f"{listed} stands in a table of accounts, and none was given (`--accounts`)"
    return f"no row has {listed}"
