"""From exchanges with text to sketches without: the last place that sees a text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stillwatch.arrays import I64
from stillwatch.keys import Key
from stillwatch.record import EXCHANGES, conform
from stillwatch.sketch.content import contents
from stillwatch.sketch.exact import body_marks, id_marks, list_marks, set_marks
from stillwatch.sketch.schema import SKETCHES, TEXT_MARK_BITS, TEXT_MARKS
from stillwatch.sketch.tokens import mix

_ROWS = 8192
"""Exchanges worked on at a time; the result does not depend on it."""
_HOUR_US = 3_600_000_000
_HALVES = np.uint64(0x2545F4914F6CDD1D)
"""A public constant: which hours go to which half is the same in every ledger."""

_IDS = (
    ("key_mark", "key", "key_id"),
    ("end_user_mark", "end user", "end_user_id"),
    ("session_mark", "session", "session_id"),
    ("ip_mark", "address", "ip"),
)
_LISTS = (
    ("prefix_marks", "prefix", "prefix_hashes"),
    ("issued_marks", "signature", "signatures_issued"),
    ("presented_marks", "signature", "signatures_presented"),
)
"""Column of the sketch, kind of mark, column of the record. Blocks issued and presented are joined: one kind."""
_DURATIONS = ("latency_ms", "ttft_ms")
_CHARS = (("system_chars", "system_text"), ("input_chars", "input_text"), ("output_chars", "output_text"))


@dataclass(frozen=True, slots=True)
class Sketcher:
    """Turns exchanges into sketches under one key.

    Attributes:
        key: what marks are made with; classes, counts and topics do not depend on it.
    """

    key: Key

    def sketch(self, table: pa.Table) -> pa.Table:
        """Return the sketch of each exchange of `table` (`record.EXCHANGES`) in the same order, as `schema.SKETCHES`.

        Bytes that are not UTF-8 count as U+FFFD. A null text gives nulls, never zeros.

        Raises:
            pa.ArrowInvalid: a column has another type than the record says, or a required one is absent.
        """
        parts = [self._part(part) for part in _parts(conform(table, EXCHANGES))]
        return pa.concat_tables(parts) if parts else SKETCHES.empty_table()

    def _part(self, part: pa.RecordBatch) -> pa.Table:
        given = {field.name: _readable(part.column(field.name)) for field in EXCHANGES}
        made = contents(self.key, given["system_text"], given["input_text"])
        made |= {name: id_marks(self.key, kind, given[source]) for name, kind, source in _IDS}
        made |= {name: list_marks(self.key, kind, given[source]) for name, kind, source in _LISTS}
        made |= {name: pc.utf8_length(given[source]) for name, source in _CHARS}
        made["body_mark"] = body_marks(self.key, given["system_text"], made["prefix_marks"], given["input_text"])
        made["tools_mark"] = set_marks(self.key, "tools", given["tools"])
        made["tool_calls"] = pc.list_value_length(given["tool_calls"])
        made["half"] = pa.array(halves(given["ts"]))
        made |= {name: _cut(made[name]) for name in TEXT_MARKS}
        made |= {name: coarse(given[name]) for name in _DURATIONS}
        columns = given | made
        return pa.Table.from_arrays([columns[field.name].cast(field.type) for field in SKETCHES], schema=SKETCHES)


def halves(ts: pa.Array) -> I64:
    """Return 0 or 1 by the hour of each time: all of an hour falls into one half, and hours fall as by coin."""
    hours = ts.cast(pa.int64()).to_numpy(zero_copy_only=False) // _HOUR_US
    halves: I64 = (mix(hours.astype(np.uint64) ^ _HALVES) & np.uint64(1)).astype(np.int64)
    return halves


def coarse(milliseconds: pa.Array) -> pa.Array:
    """Return durations to within half a percent: a float of 8 significant bits; null stays null."""
    values = milliseconds.to_numpy(zero_copy_only=False)
    mantissa, exponent = np.frexp(values)
    rounded = np.ldexp(np.rint(mantissa * 256), exponent - 8)
    return pa.array(rounded, mask=milliseconds.is_null().to_numpy(zero_copy_only=False))


def _cut(marks: pa.Array) -> pa.Array:
    """Return marks, or lists of marks, at the width of marks of text."""
    if pa.types.is_list(marks.type):
        cut = _cut(marks.values)
        return pa.ListArray.from_arrays(marks.offsets, cut, mask=marks.is_null())
    return pc.bit_wise_and(marks, pa.scalar((1 << TEXT_MARK_BITS) - 1, pa.int64()))


def _parts(table: pa.Table) -> Iterator[pa.RecordBatch]:
    for begin in range(0, table.num_rows, _ROWS):
        yield from table.slice(begin, _ROWS).combine_chunks().to_batches()


def _readable(column: pa.Array) -> pa.Array:
    """Return `column` with every string in it as valid UTF-8."""
    if pa.types.is_list(column.type):
        return _readable_lists(column) if not _is_valid(column.values) else column
    if not pa.types.is_string(column.type) or _is_valid(column):
        return column
    raw = column.cast(pa.large_binary()).to_pylist()
    return pa.array([None if text is None else text.decode("utf-8", "replace") for text in raw], pa.string())


def _readable_lists(lists: pa.Array) -> pa.Array:
    raw = lists.cast(pa.list_(pa.large_binary())).to_pylist()
    decoded = [None if r is None else [None if t is None else t.decode("utf-8", "replace") for t in r] for r in raw]
    return pa.array(decoded, lists.type)


def _is_valid(column: pa.Array) -> bool:
    try:
        column.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True
