"""Our own record as Parquet, JSON Lines or CSV, whole or with any nullable column missing."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from stillwatch.errors import StillwatchError
from stillwatch.importers import times
from stillwatch.importers.columns import build, completed, tables
from stillwatch.importers.head import read_head
from stillwatch.importers.importer import Head, Importer, Intake, Row
from stillwatch.importers.records import csv_records, is_parquet, parquet_batches, records
from stillwatch.importers.source import Source
from stillwatch.record import EXCHANGES, TIMESTAMP, required_columns

_MOST_UNKNOWN = 100
"""Unknown columns that are named; a file with more has them counted as one."""
_PLAIN_TYPES = {
    pa.string(): (pa.string(), pa.large_string()),
    pa.int64(): (pa.int64(), pa.int32(), pa.int16(), pa.int8()),
    pa.int32(): (pa.int32(), pa.int16(), pa.int8()),
    pa.float64(): (pa.float64(), pa.float32()),
    pa.bool_(): (pa.bool_(),),
}
"""Types of Parquet columns that fit without looking at a value."""


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
    if is_parquet(source):
        yield from _from_parquet(source, intake, schema)
        return
    header = read_head(source).header
    if header:
        _check_columns(header, source, schema)
    found = csv_records(source, intake) if header else records(source, intake)
    yield from tables(_known(map(Row._make, found), source, intake, schema), source, intake, schema=schema)


def _check_columns(names: tuple[str, ...], source: Source, schema: pa.Schema) -> None:
    missing = [name for name in required_columns(schema) if name not in names]
    if missing:
        raise StillwatchError(
            f"no column {', '.join(f'`{name}`' for name in missing)}",
            where=source.label,
            expected=f"columns {', '.join(f'`{name}`' for name in required_columns(schema))}",
            remedy="name the columns that hold them in a mapping file (`--map`)",
        )


def _known(rows: Iterator[Row], source: Source, intake: Intake, schema: pa.Schema) -> Iterator[Row]:
    """Yield `rows` as they are and note each column that `schema` does not have, once."""
    known, unknown = frozenset(schema.names), set[str]()
    for row in rows:
        new = row.values.keys() - known
        if not new <= unknown:
            _note_unknown(sorted(new - unknown), f"{source.label}:{row.line}", intake, len(unknown))
            unknown |= new
        yield row


def _note_unknown(names: list[str], place: str, intake: Intake, before: int) -> None:
    for name in names[: max(0, _MOST_UNKNOWN - before)]:
        intake.notes.add(f"unknown column `{name[:64]}` ignored", place)
    if before + len(names) > _MOST_UNKNOWN:
        intake.notes.add("further unknown columns ignored", place)


def _from_parquet(source: Source, intake: Intake, schema: pa.Schema) -> Iterator[pa.Table]:
    names = read_head(source).columns
    _check_columns(names, source, schema)
    _note_unknown(sorted(set(names) - set(schema.names)), source.label, intake, 0)
    row = 1
    for batch in parquet_batches(source, intake):
        table = _whole(batch, schema)
        if table is None:
            rows = [Row(row + i, 0, value) for i, value in enumerate(_values(batch, schema))]
            table = build(rows, source, intake, schema)
        else:
            table = completed(table, _Numbered(source.label, row), intake)
        row += batch.num_rows
        if table.num_rows:
            yield table


def _values(batch: pa.RecordBatch, schema: pa.Schema) -> list[dict[str, object]]:
    """Return the rows as objects, with only the columns of `schema`."""
    names = [name for name in batch.schema.names if name in schema.names]
    rows: list[dict[str, object]] = batch.select(names).to_pylist()
    return rows


def _whole(batch: pa.RecordBatch, schema: pa.Schema) -> pa.Table | None:
    """Return the batch as a table of `schema` if every row of it can be used as it is, else None."""
    columns = []
    for field in schema:
        column = batch.column(field.name) if field.name in batch.schema.names else pa.nulls(batch.num_rows, field.type)
        fitting = _fitting(column, field)
        if fitting is None:
            return None
        columns.append(fitting)
    return pa.Table.from_arrays(columns, schema=schema)


def _fitting(column: pa.Array, field: pa.Field) -> pa.Array | None:
    """Return the column in the type of `field` if no value of it needs a look, else None."""
    if pa.types.is_null(column.type) and field.nullable:
        return pa.nulls(len(column), field.type)
    if field.type == TIMESTAMP:
        return _fitting_times(column, field)
    if column.type != field.type and column.type not in _PLAIN_TYPES.get(field.type, ()):
        return None
    if not field.nullable and (column.null_count or pc.any(pc.equal(column, "")).as_py()):
        return None
    if field.type == pa.float64() and pc.all(pc.is_finite(column)).as_py() is False:
        return None
    return column.cast(field.type)


def _fitting_times(column: pa.Array, field: pa.Field) -> pa.Array | None:
    if not pa.types.is_timestamp(column.type) or column.type.tz is None or (column.null_count and not field.nullable):
        return None
    times_us = column.cast(TIMESTAMP, safe=False)
    numbers = times_us.cast(pa.int64())
    inside = pc.and_(pc.greater_equal(numbers, times.FIRST), pc.less(numbers, times.LAST))
    return times_us if pc.all(inside).as_py() is not False else None


class _Numbered:
    """Places of consecutive rows, made when one is asked for."""

    __slots__ = ("_first", "_label")

    def __init__(self, label: str, first: int) -> None:
        self._label = label
        self._first = first

    def __getitem__(self, position: int) -> str:
        return f"{self._label}:{self._first + position}"


STILLWATCH = Importer("stillwatch", "stillwatch record", _recognises, _reads)
