"""What rows say, as numbers: equal rows give equal numbers, in any order, file, machine or version of a library.

A row's number mixes the numbers of its values with the names of their columns; a null adds nothing, so a column that
is added later does not change the numbers of older rows. The number of a table is the sum over its rows modulo 2^64,
which does not depend on their order. It tells two contents apart that differ by accident; it is no seal against
somebody who forges rows on purpose.
"""

from __future__ import annotations

import functools
import hashlib

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from stillwatch.sketch.tokens import U64, mix

_STEP = np.uint64(0x9E3779B97F4A7C15)
_WIDTH = 64
"""Bytes of a text that are looked at; of a longer one its BLAKE2b digest, which has as many."""


def content(table: pa.Table) -> int:
    """Return the number of all rows together, 0 to 2^64 - 1; the number of two tables is the sum of their numbers."""
    return int(np.add.reduce(row_numbers(table), dtype=np.uint64)) if table.num_rows else 0


def row_numbers(table: pa.Table) -> U64:
    """Return a number for every row, shape (rows,)."""
    total = np.zeros(table.num_rows, dtype=np.uint64)
    for field, column in zip(table.schema, table.columns, strict=True):
        values = _numbers(column.combine_chunks())
        total += np.where(_valid(column), mix(values + _named(field.name)), np.uint64(0))
    return mix(total)


@functools.cache
def _named(name: str) -> np.uint64:
    return np.uint64(int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "little"))


def _valid(column: pa.ChunkedArray) -> npt.NDArray[np.bool_]:
    return np.asarray(column.is_valid().to_numpy(), dtype=np.bool_)


def _numbers(array: pa.Array) -> U64:
    """Return a number for every value; those of nulls mean nothing."""
    kind = array.type
    if pa.types.is_list(kind):
        return _of_lists(array)
    if pa.types.is_string(kind):
        coded = pc.fill_null(array, "").dictionary_encode()
        places: npt.NDArray[np.int32] = coded.indices.to_numpy(zero_copy_only=False)
        return _of_texts(coded.dictionary)[places]
    if pa.types.is_floating(kind):
        filled = pc.fill_null(array.cast(pa.float64()), 0.0).to_numpy(zero_copy_only=False)
        return np.ascontiguousarray(filled + 0.0).view(np.uint64)  # + 0.0: a negative zero is a zero
    if pa.types.is_boolean(kind):
        array = array.cast(pa.int8())
    filled = pc.fill_null(array.cast(pa.int64()), 0).to_numpy(zero_copy_only=False)
    return np.ascontiguousarray(filled).view(np.uint64)


def _of_texts(texts: pa.Array) -> U64:
    raw = texts.cast(pa.large_binary()).to_pylist()
    short = [text if len(text) <= _WIDTH else hashlib.blake2b(text).digest() for text in raw]
    words = np.array(short, dtype=f"S{_WIDTH}").view("<u8").reshape(len(raw), _WIDTH // 8).astype(np.uint64)
    lengths = np.fromiter(map(len, raw), dtype=np.uint64, count=len(raw))
    return mix(np.add.reduce(mix(words + np.arange(1, words.shape[1] + 1, dtype=np.uint64) * _STEP), axis=1) + lengths)


def _of_lists(lists: pa.Array) -> U64:
    lists = pc.fill_null(lists, pa.scalar([], lists.type))
    lengths = pc.list_value_length(lists).to_numpy(zero_copy_only=False).astype(np.int64)
    bounds = np.concatenate(([0], np.cumsum(lengths)))
    place = np.arange(bounds[-1]) - np.repeat(bounds[:-1], lengths)
    values = mix(_numbers(lists.flatten()) + (place + 1).astype(np.uint64) * _STEP)
    sums = np.concatenate((np.zeros(1, np.uint64), np.cumsum(values, dtype=np.uint64)))
    return mix(sums[bounds[1:]] - sums[bounds[:-1]] + lengths.astype(np.uint64))
