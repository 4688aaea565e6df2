"""Marks of whole things: texts, ids, lists of names, requests. Equal things have equal marks, and nothing else shows.

Every mark is `Key.mark` of the thing's bytes behind the name of its kind and a null byte, so that a session id and an
address that read alike have different marks.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stillwatch.arrays import I64
from stillwatch.keys import Key

_MARK_BYTES = 8


def marks(key: Key, kind: str, things: Iterable[bytes]) -> I64:
    """Return `key.mark(kind, null byte, thing)` for each of `things`."""
    start = hashlib.blake2b(kind.encode() + b"\0", digest_size=_MARK_BYTES, key=key.secret)
    digests = []
    for thing in things:
        state = start.copy()
        state.update(thing)
        digests.append(state.digest())
    return np.frombuffer(b"".join(digests), dtype="<i8").astype(np.int64)


def id_marks(key: Key, kind: str, ids: pa.Array) -> pa.Array:
    """Return the mark of each string of `ids`; null stays null."""
    encoded = ids.dictionary_encode()
    return pa.array(marks(key, kind, _raw(encoded.dictionary))).take(encoded.indices)


def list_marks(key: Key, kind: str, lists: pa.Array) -> pa.Array:
    """Return `lists` of strings as lists of marks in the same order; null stays null."""
    counts = pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False)
    offsets = np.concatenate(([0], np.cumsum(counts))).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), id_marks(key, kind, lists.flatten()), mask=lists.is_null())


def set_marks(key: Key, kind: str, lists: pa.Array) -> pa.Array:
    """Return the mark of each list's different strings, whatever their order; of an empty list it is null."""
    codes = pc.fill_null(lists.flatten(), "").dictionary_encode()
    names, places = _raw(codes.dictionary), codes.indices.to_numpy(zero_copy_only=False)
    bounds = np.cumsum(pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False)).tolist()
    rows = [places[a:b].tobytes() for a, b in zip([0, *bounds], bounds, strict=False)]
    different = dict.fromkeys(row for row in rows if row)
    framed = (_framed({names[i] for i in np.frombuffer(row, dtype=places.dtype)}) for row in different)
    known = dict(zip(different, marks(key, kind, framed).tolist(), strict=True))
    return pa.array([known.get(row) for row in rows], pa.int64())


def body_marks(key: Key, system: pa.Array, history: pa.Array, newest: pa.Array) -> pa.Array:
    """Return the mark of each whole request, character by character; null where the newest turn is null.

    Args:
        system, newest: the texts as they came.
        history: list of marks, one per earlier turn.
    """
    told = id_marks(key, "body system", system)
    heads = [b"" if mark is None else mark.to_bytes(_MARK_BYTES, "little", signed=True) for mark in told.to_pylist()]
    turns = pc.fill_null(history.flatten(), 0).to_numpy(zero_copy_only=False).astype("<i8").tobytes()
    counts = pc.fill_null(pc.list_value_length(history), 0).to_numpy(zero_copy_only=False)
    ends = (np.cumsum(counts, dtype=np.int64) * _MARK_BYTES).tolist()
    before = [turns[a:b] for a, b in zip([0, *ends], ends, strict=False)]
    whole = (
        b"%d %d\0%b%b%b" % (len(a), len(b), a, b, c or b"") for a, b, c in zip(heads, before, _raw(newest), strict=True)
    )
    return pa.array(marks(key, "body", whole), mask=newest.is_null().to_numpy(zero_copy_only=False))


def _framed(names: set[bytes]) -> bytes:
    return b"".join(b"%d\0%b" % (len(name), name) for name in sorted(names))


def _raw(strings: pa.Array) -> Sequence[bytes]:
    raw: Sequence[bytes] = strings.cast(pa.large_binary()).to_pylist()
    return raw
