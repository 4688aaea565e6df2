"""JSON Lines of the record read by Arrow, a block at a time: an order of magnitude faster than line by line.

Whatever is not plain (a broken line, a value of another type, a repair to be made) makes a block come back as None, and
the caller reads that block line by line. So both ways give the same rows and the same counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.json as pj

from stillwatch.importers import times
from stillwatch.importers.source import Run, lines_in
from stillwatch.record import TIMESTAMP

_PART_LINES = 512
_PART_BYTES = 256 * 1024
"""Bounds of the parts in which a block is tried again: what is not plain costs its part alone. In such a part unknown
columns are read too, to learn their names; the bounds keep that small whatever their number."""

_FIRST_TIME = re.compile(rb'"(?:ts|created_at)"\s*:\s*(?:(")|-?\d+(\.\d|[eE])?)')


def parts(run: Run) -> Iterator[Run]:
    """Yield the lines of `run` in small runs."""
    first, count, size = run.first, 0, 0
    begin = 0
    for line in run.raw.split(b"\n"):
        if count and (count >= _PART_LINES or size + len(line) > _PART_BYTES):
            yield Run(first, run.raw[begin : begin + size - 1])
            first, begin, count, size = first + count, begin + size, 0, 0
        count, size = count + 1, size + len(line) + 1
    yield Run(first, run.raw[begin:])


def read_block(
    raw: bytes, schema: pa.Schema, *, unknown: bool, expected: Sequence[pa.Field] = ()
) -> pa.RecordBatch | None:
    """Return the objects on the lines of `raw` as a batch with the columns of `schema`, or None if they are not plain.

    Args:
        unknown: read columns that `schema` does not have too; otherwise a block with such a column is not plain.
        expected: columns that `schema` does not have and that may be there nevertheless.
    """
    if not is_clean(raw):
        return None
    columns = pa.schema([*_loose(schema, raw), *expected])
    options = pj.ParseOptions(explicit_schema=columns, unexpected_field_behavior="infer" if unknown else "error")
    try:
        whole = pj.ReadOptions(use_threads=False, block_size=len(raw) + 1)
        table = pj.read_json(pa.BufferReader(raw), read_options=whole, parse_options=options)
    except (pa.ArrowException, ValueError):
        return None
    if table.num_rows != lines_in(raw):
        return None
    return _with_times(table.combine_chunks().to_batches()[0], schema)


def is_clean(raw: bytes) -> bool:
    """Return whether `raw` is UTF-8 with something in it, without null bytes and without a mark of byte order."""
    if not raw or b"\0" in raw or raw.startswith(b"\xef\xbb\xbf"):
        return False
    whole = pa.array([0, len(raw)], pa.int64()).buffers()[1]
    try:
        pa.Array.from_buffers(pa.large_string(), 1, [None, whole, pa.py_buffer(raw)]).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


class Numbered:
    """Places of consecutive rows, made when one is asked for."""

    __slots__ = ("_first", "_label")

    def __init__(self, label: str, first: int) -> None:
        self._label = label
        self._first = first

    def __getitem__(self, position: int) -> str:
        """Return the place of the row at `position`."""
        return f"{self._label}:{self._first + position}"


def _loose(schema: pa.Schema, raw: bytes) -> pa.Schema:
    """Return `schema` with times in the form in which the first of them is written."""
    found = _FIRST_TIME.search(raw)
    written = pa.string() if found is None or found[1] else pa.float64() if found[2] else pa.int64()
    return pa.schema([pa.field(f.name, written if f.type == TIMESTAMP else f.type) for f in schema])


def _with_times(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch | None:
    for field in schema:
        if field.type == TIMESTAMP:
            moments = _moments(batch.column(field.name))
            if moments is None:
                return None
            batch = batch.set_column(batch.schema.get_field_index(field.name), field.name, moments)
    return batch


def _moments(column: pa.Array) -> pa.Array | None:
    """Return times written in one form, all with a zone, as times; None if Arrow cannot read one."""
    if column.null_count == len(column):
        return pa.nulls(len(column), TIMESTAMP)
    if column.type == pa.string():
        try:
            return column.cast(TIMESTAMP)
        except pa.ArrowInvalid:
            return None
    return _from_numbers(column)


def _from_numbers(column: pa.Array) -> pa.Array | None:
    """Return times since the epoch as times, if all are given in one unit, as their size tells."""
    if column.null_count:
        return None
    amounts = column.to_numpy()
    sizes = np.abs(amounts.astype(np.float64))
    if not np.isfinite(sizes).all() or times.scale_of(sizes.min()) != times.scale_of(sizes.max()):
        return None
    scale = times.scale_of(sizes.max())
    if pa.types.is_floating(column.type):
        return pa.array(np.rint(amounts * scale).astype(np.int64)).cast(TIMESTAMP)
    micros = amounts * np.int64(scale) if scale >= 1 else amounts // np.int64(round(1 / scale))
    return pa.array(micros).cast(TIMESTAMP)
