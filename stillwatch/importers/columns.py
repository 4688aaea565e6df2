"""Loose rows become tables of the record: types are checked column by column, and what does not fit is counted.

A row without a required value, or with one of the wrong type, is skipped. A nullable value of the wrong type becomes
null and is noted; the row is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow as pa

from stillwatch.importers import times
from stillwatch.importers.convert import WRONG, Repaired, fast_array, slow_value
from stillwatch.importers.importer import REQUEST_ID, Intake, Places, Row
from stillwatch.importers.secret import hide_secrets
from stillwatch.importers.source import Source
from stillwatch.importers.sums import without_absurd
from stillwatch.record import EXCHANGES, TIMESTAMP, Skips

MOST_ROWS = 16_384
"""Rows of one table."""
MOST_BYTES = 24 * 1024 * 1024
"""Bytes of source behind one table; a single longer row makes a table of its own."""
_PART = 2_048
"""Rows turned into columns at a time: what they were parsed into still lies in the cache."""


def tables(rows: Iterable[Row], source: Source, intake: Intake, *, schema: pa.Schema = EXCHANGES) -> Iterator[pa.Table]:
    """Yield the usable rows of `rows` as tables of `schema`, `MOST_ROWS` or `MOST_BYTES` at a time."""
    batch: list[Row] = []
    parts: list[pa.Table] = []
    size = 0
    for row in rows:
        batch.append(row)
        size += row.size
        full = size >= MOST_BYTES or len(parts) * _PART + len(batch) >= MOST_ROWS
        if full or len(batch) >= _PART:
            parts.append(build(batch, source, intake, schema))
            batch = []
        if full:
            yield from _together(parts)
            parts, size = [], 0
    yield from _together([*parts, build(batch, source, intake, schema)])


def _together(parts: list[pa.Table]) -> Iterator[pa.Table]:
    """Yield one table with the rows of `parts`, or none if they have no row."""
    if any(part.num_rows for part in parts):
        yield pa.concat_tables(parts).combine_chunks()


def build(batch: list[Row], source: Source, intake: Intake, schema: pa.Schema) -> pa.Table:
    """Return the usable rows of `batch` as one table of `schema`; the others are counted."""
    given = set[str]().union(*(row.values for row in batch))
    needed = [field for field in schema if not field.nullable]
    raw = {field.name: [row.values.get(field.name) for row in batch] for field in schema if field.name in given}
    raw.update({field.name: _required(raw.get(field.name, [None] * len(batch)), field) for field in needed})
    bad = _reasons([raw[field.name] for field in needed])
    for position, reason in bad.items():
        intake.skips.add(reason, f"{source.label}:{batch[position].line}")
    if bad:
        batch = [row for i, row in enumerate(batch) if i not in bad]
        raw = {name: [value for i, value in enumerate(values) if i not in bad] for name, values in raw.items()}
    places = [f"{source.label}:{row.line}" for row in batch]
    arrays = [_array(raw.get(field.name), field, places, intake.notes) for field in schema]
    table = pa.Table.from_arrays(arrays, schema=schema)
    return completed(table, places, intake, [row.values.get(REQUEST_ID) for row in batch])


def completed(table: pa.Table, places: Places, intake: Intake, request_ids: list[Any] | None = None) -> pa.Table:
    """Return exchanges with the network's side filled in and with nothing left in them that looks like a secret.

    Tables of another schema are returned as they are.
    """
    if not table.num_rows or table.schema != EXCHANGES:
        return table
    if intake.network is not None:
        table = intake.network.join(table, request_ids or [])
    return hide_secrets(without_absurd(table, intake.notes, places), intake, places)


class _Reason(str):
    """Why a required value cannot be used; it stands in the value's place."""

    __slots__ = ()


def _required(values: list[Any], field: pa.Field) -> list[Any]:
    """Return the values of a required column, with a `_Reason` in the place of each that cannot be used."""
    if field.type == TIMESTAMP:
        return [_moment(value, field.name) for value in values]
    if set(map(type, values)) == {str} and "" not in values:
        return values
    return [_identifier(value, field.name) for value in values]


def _identifier(value: object, name: str) -> object:
    if value is None or value == "":
        return _Reason(f"no {name}")
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return _Reason(f"wrong type in {name}")


def _moment(value: object, name: str) -> object:
    moment = times.parse(value)
    if moment is None:
        return _no_moment(value, name)
    if not times.FIRST <= moment < times.LAST:
        return _Reason("absurd timestamp" if name == "ts" else f"absurd timestamp in {name}")
    return moment


def _no_moment(value: object, name: str) -> _Reason:
    if value is None or value == "":
        return _Reason(f"no {name}")
    readable = isinstance(value, str | int | float) and not isinstance(value, bool)
    return _Reason(f"unreadable {name}" if readable else f"wrong type in {name}")


def _reasons(columns: list[list[Any]]) -> dict[int, str]:
    """Return the first reason against each row that cannot be used, by position."""
    bad: dict[int, str] = {}
    for column in columns:
        for position, value in enumerate(column):
            if type(value) is _Reason:
                bad.setdefault(position, str(value))
    return dict(sorted(bad.items()))


def _array(values: list[Any] | None, field: pa.Field, places: list[str], notes: Skips) -> pa.Array:
    """Return a column; None stands for one that no row has."""
    if values is None:
        return pa.nulls(len(places), field.type)
    if field.type == TIMESTAMP:
        return _times(values, field, places, notes)
    array = fast_array(values, field)
    if array is not None:
        return array
    return pa.array(_converted(values, field, places, notes), type=field.type)


def _converted(values: list[Any], field: pa.Field, places: list[str], notes: Skips) -> list[Any]:
    """Return the values as Arrow takes them, each looked at alone; what does not fit is None and noted."""
    out: list[Any] = []
    for value, place in zip(values, places, strict=True):
        new = slow_value(value, field)
        if new is WRONG:
            notes.add(f"wrong type in {field.name}", place)
            new = None
        elif isinstance(new, Repaired):
            notes.add("invalid UTF-8 replaced", place)
            new = str(new)
        out.append(new)
    return out


def _times(values: list[Any], field: pa.Field, places: list[str], notes: Skips) -> pa.Array:
    """Return a column of times; those without a zone are noted, and unusable ones too where null may stand."""
    out: list[int | None] = []
    for value, place in zip(values, places, strict=True):
        moment = value if not field.nullable or value is None or value == "" else _moment(value, field.name)
        if isinstance(moment, _Reason):
            notes.add(str(moment), place)
        elif isinstance(moment, times.NoZone):
            notes.add("time without a zone taken as UTC", place)
        out.append(int(moment) if isinstance(moment, int) else None)
    return pa.array(out, type=pa.int64()).cast(field.type)
