"""Batches whose columns fit the record without looking at a value in Python."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from stillwatch.importers import times
from stillwatch.importers.convert import TEXTS
from stillwatch.record import TIMESTAMP

_STRINGS = pa.list_(pa.string())
_FITS = {
    pa.string(): (pa.string(), pa.large_string()),
    pa.int64(): (pa.int64(), pa.int32(), pa.int16(), pa.int8()),
    pa.int32(): (pa.int32(), pa.int16(), pa.int8()),
    pa.float64(): (pa.float64(), pa.float32()),
    pa.bool_(): (pa.bool_(),),
    _STRINGS: (_STRINGS,),
}
"""Types that become the type on the left without loss."""


def fitting(batch: pa.RecordBatch, schema: pa.Schema) -> pa.Table | None:
    """Return `batch` as a table of `schema`, or None if one of its rows needs a closer look.

    Absent columns become nulls; columns that `schema` does not have are left out.
    """
    columns = []
    for field in schema:
        column = batch.column(field.name) if field.name in batch.schema.names else pa.nulls(batch.num_rows)
        column = _fitting(column, field)
        if column is None or (column.null_count and not field.nullable):
            return None
        columns.append(column)
    return pa.Table.from_arrays(columns, schema=schema)


def _fitting(column: pa.Array, field: pa.Field) -> pa.Array | None:
    """Return the column in the type of `field`, or None if a value of it needs a look."""
    if pa.types.is_null(column.type):
        return pa.nulls(len(column), field.type)
    if field.type == TIMESTAMP:
        return _times(column)
    if column.type not in _FITS[field.type]:
        return None
    if field.type == pa.string():
        return _strings(column.cast(field.type), field)
    if field.type == _STRINGS:
        return column if column.flatten().null_count == 0 else None
    if field.type == pa.float64() and len(pc.indices_nonzero(pc.invert(pc.is_finite(column)))):
        return None
    return column.cast(field.type)


def _strings(column: pa.Array, field: pa.Field) -> pa.Array:
    """Return a column of strings with null in place of empty ones, unless they are texts."""
    if field.name in TEXTS or not len(pc.indices_nonzero(pc.equal(column, ""))):
        return column
    return pc.if_else(pc.equal(column, ""), None, column)


def _times(column: pa.Array) -> pa.Array | None:
    """Return a column of times that all have a zone and lie within the years of the record."""
    if not pa.types.is_timestamp(column.type) or column.type.tz is None:
        return None
    moments = column.cast(TIMESTAMP, safe=False)
    numbers = moments.cast(pa.int64())
    inside = pc.and_(pc.greater_equal(numbers, times.FIRST), pc.less(numbers, times.LAST))
    return None if len(pc.indices_nonzero(pc.invert(inside))) else moments
