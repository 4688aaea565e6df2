"""Our own record as Parquet, JSON Lines or CSV, whole or with any nullable column missing.

Parquet and JSON Lines are read a column at a time wherever every value of a batch plainly fits; only the batches in
which something does not are looked at value by value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pyarrow as pa

from stillwatch.errors import StillwatchError
from stillwatch.importers.columns import build, completed, tables
from stillwatch.importers.fitting import fitting
from stillwatch.importers.head import read_head
from stillwatch.importers.importer import Head, Importer, Intake, Row
from stillwatch.importers.jsonblock import Numbered, parts, read_block
from stillwatch.importers.records import (
    csv_records,
    is_json_lines,
    is_parquet,
    line_records,
    numbered,
    parquet_batches,
    records,
)
from stillwatch.importers.source import Run, Source, decoded, runs
from stillwatch.record import EXCHANGES, required_columns

_MOST_UNKNOWN = 100
"""Unknown columns that are named; a file with more has them counted as one."""


def _recognises(head: Head) -> bool:
    needed = set(required_columns(EXCHANGES))
    found = needed & head.names
    return "exchange_id" in found or len(found) >= len(needed) - 1


def _reads(source: Source, intake: Intake) -> Iterator[pa.Table]:
    return read_record(source, intake, EXCHANGES)


def read_record(source: Source, intake: Intake, schema: pa.Schema) -> Iterator[pa.Table]:
    """Yield the rows of a file whose columns are those of `schema`.

    Raises:
        StillwatchError: the file cannot be read, or is a table without a required column.
    """
    reading = _Reading(source, intake, schema)
    if is_parquet(source):
        return _from_parquet(reading)
    header = read_head(source).header
    if header:
        _check_columns(header, source, schema)
        return reading.loose(map(Row._make, csv_records(source, intake)))
    if is_json_lines(source):
        return _from_json_lines(reading)
    return reading.loose(map(Row._make, records(source, intake)))


def _check_columns(names: tuple[str, ...], source: Source, schema: pa.Schema) -> None:
    missing = [name for name in required_columns(schema) if name not in names]
    if missing:
        raise StillwatchError(
            f"no column {', '.join(f'`{name}`' for name in missing)}",
            where=source.label,
            expected=f"columns {', '.join(f'`{name}`' for name in required_columns(schema))}",
            remedy="name the columns that hold them in a mapping file (`--map`)",
        )


class _Reading:
    """One file on its way into `schema`, and the unknown columns it has shown so far."""

    __slots__ = ("expected", "intake", "known", "schema", "source", "unknown")

    def __init__(self, source: Source, intake: Intake, schema: pa.Schema) -> None:
        self.source = source
        self.intake = intake
        self.schema = schema
        self.known = frozenset(schema.names)
        self.unknown: set[str] = set()
        self.expected: dict[str, pa.Field] = {}

    def place(self, line: int) -> str:
        return f"{self.source.label}:{line}"

    def loose(self, rows: Iterable[Row]) -> Iterator[pa.Table]:
        """Yield tables of rows of which nothing is sure."""
        return tables(self.noting(rows), self.source, self.intake, schema=self.schema)

    def noting(self, rows: Iterable[Row]) -> Iterator[Row]:
        """Yield `rows` as they are and note the columns that the schema does not have."""
        for row in rows:
            new = row.values.keys() - self.known
            if not new <= self.unknown:
                self.note(new, self.place(row.line))
            yield row

    def note(self, names: Iterable[str], place: str) -> None:
        """Note unknown columns, each once; beyond `_MOST_UNKNOWN` without their names."""
        for name in sorted(set(names) - self.unknown):
            if len(self.unknown) < _MOST_UNKNOWN:
                self.intake.notes.add(f"unknown column `{name[:64]}` ignored", place)
            elif len(self.unknown) == _MOST_UNKNOWN:
                self.intake.notes.add("further unknown columns ignored", place)
            self.unknown.add(name)

    def expect(self, found: pa.Schema, place: str) -> None:
        """Note the unknown columns among `found`, and expect them, of their newest type, in the blocks to come."""
        unknown = {field.name: field for field in found if field.name not in self.known}
        self.note(unknown, place)
        if len(self.expected.keys() | unknown.keys()) <= _MOST_UNKNOWN:
            self.expected.update(unknown)

    def whole(self, batch: pa.RecordBatch, first: int) -> pa.Table | None:
        """Return a batch whose rows begin at line `first`, if every row can be used as it is, else None."""
        table = fitting(batch, self.schema)
        return None if table is None else completed(table, Numbered(self.source.label, first), self.intake)

    def by_value(self, rows: Iterable[Row]) -> pa.Table:
        """Return the usable rows of a batch in which something does not fit."""
        return build(list(rows), self.source, self.intake, self.schema)


def _from_parquet(reading: _Reading) -> Iterator[pa.Table]:
    names = read_head(reading.source).columns
    _check_columns(names, reading.source, reading.schema)
    reading.note(set(names) - reading.known, reading.source.label)
    line = 1
    for batch in parquet_batches(reading.source, reading.intake):
        batch = batch.select([name for name in batch.schema.names if name in reading.known])
        table = reading.whole(batch, line)
        if table is None:
            table = reading.by_value(Row(line + i, 0, value) for i, value in enumerate(batch.to_pylist()))
        line += batch.num_rows
        if table.num_rows:
            yield table


def _from_json_lines(reading: _Reading) -> Iterator[pa.Table]:
    """Yield a table per run of lines: read whole, or else in small parts, or else those parts value by value."""
    for run in runs(reading.source, reading.intake.skips):
        batch = read_block(run.raw, reading.schema, unknown=False, expected=[*reading.expected.values()])
        table = None if batch is None else reading.whole(batch, run.first)
        if table is None:
            table = pa.concat_tables([_part(part, reading) for part in parts(run)]).combine_chunks()
        if table.num_rows:
            yield table


def _part(part: Run, reading: _Reading) -> pa.Table:
    batch = read_block(part.raw, reading.schema, unknown=True)
    table = None if batch is None else reading.whole(batch, part.first)
    if batch is None or table is None:
        lines = numbered(decoded(part, reading.source, reading.intake.notes))
        found = line_records(lines, reading.source, reading.intake)
        return reading.by_value(reading.noting(map(Row._make, found)))
    reading.expect(batch.schema, reading.place(part.first))
    return table


STILLWATCH = Importer("stillwatch", "stillwatch record", _recognises, _reads)
