"""What is kept of the texts of exchanges: marks, counts, class and topic.

Strategy: rows are taken in batches of about half a megabyte of text, so that arrays stay in the cache and memory stays
flat. Rows in ASCII and other rows go in different batches, and rows with the same system text stand together, since it
is then read once. No column depends on what else is in a batch.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from stillwatch.arrays import I64
from stillwatch.keys import Key
from stillwatch.sketch import scaffold, topic
from stillwatch.sketch.exact import marks
from stillwatch.sketch.intent import classify
from stillwatch.sketch.points import HEAD_CHARS, TAIL_CHARS, U8, Bools, folded, read_points
from stillwatch.sketch.schema import SHINGLES, TOPIC_WIDTH
from stillwatch.sketch.siphash import keyed
from stillwatch.sketch.tokens import Tokens, tokens_of

BATCH_BYTES = 1 << 19
"""Text in one batch."""
_ROW_BYTES = 64
"""What a row without text counts towards `BATCH_BYTES`."""

Values = npt.NDArray[np.generic]
Columns = dict[str, tuple[Values, Bools]]
"""Values by column of `SKETCHES`, and which of them are known."""


@dataclass(frozen=True, slots=True)
class Texts:
    """One column of texts, measured.

    Attributes:
        given: which rows have a text.
        exact: mark of the whole text, and whether it has anything that can be seen.
    """

    given: Bools
    tokens: Tokens
    kinds: U8
    measured: scaffold.Measured
    exact: tuple[I64, Bools]


def contents(key: Key, system: pa.Array, newest: pa.Array, *, batch_bytes: int = BATCH_BYTES) -> dict[str, pa.Array]:
    """Return the columns of `SKETCHES` that are made from text, by name.

    Args:
        system, newest: valid UTF-8; null where not known.
        batch_bytes: about how much text is worked on at a time; the result does not depend on it.
    """
    rows = list(batches(system, newest, batch_bytes)) or [np.empty(0, dtype=np.int64)]
    parts = [_measure(key, system.take(pa.array(r)), newest.take(pa.array(r))) for r in rows]
    place = np.argsort(np.concatenate(rows))
    columns = {}
    for name in parts[0]:
        values, known = (np.concatenate([part[name][i] for part in parts])[place] for i in (0, 1))
        columns[name] = pa.array(values, mask=~known)
    return columns


def batches(system: pa.Array, newest: pa.Array, batch_bytes: int) -> Iterator[I64]:
    """Yield the rows of each batch: every row once, ASCII first, rows with one system text together."""
    codes = _numbers(system.dictionary_encode().indices)
    wide = ~(_true(pc.string_is_ascii(system)) & _true(pc.string_is_ascii(newest)))
    order = np.lexsort((codes, wide)).astype(np.int64)
    codes, wide = codes[order], wide[order]
    told, asked = (_numbers(pc.binary_length(texts))[order] for texts in (system, newest))
    first = np.append(True, codes[1:] != codes[:-1])[: len(codes)]
    tokens = np.minimum(told, HEAD_CHARS + TAIL_CHARS) // 8
    cost = np.maximum(asked, 0) + np.where(first, told, tokens).clip(0) + _ROW_BYTES
    number = np.cumsum(cost) // batch_bytes
    cuts = np.flatnonzero((number[1:] != number[:-1]) | (wide[1:] != wide[:-1])) + 1
    return iter(np.split(order, cuts) if len(order) else [])


def _measure(key: Key, system: pa.Array, newest: pa.Array) -> Columns:
    encoded = system.dictionary_encode()
    place = _numbers(encoded.indices)
    told, asked = _read(key, "system", encoded.dictionary), _read(key, "prompt", newest)
    columns: Columns = {
        "system_mark": _spread(told.exact, place),
        "system_head_mark": _spread(_system_head(key, told.measured), place),
        "prompt_mark": asked.exact,
    }
    columns |= _scaffolds(key, asked.measured) | _topics(asked)
    given = (place >= 0) | asked.given
    intent, bits = classify(told.tokens, asked.tokens, place=place)
    hiding = np.append(told.tokens.invisible, 0)[place] + asked.tokens.invisible
    return columns | {"intent": (intent, given), "intent_bits": (bits, given), "invisible_chars": (hiding, given)}


def _read(key: Key, kind: str, texts: pa.Array) -> Texts:
    points = read_points(texts)
    tokens, kinds = tokens_of(points)
    whole = folded(points)
    seen = np.array([bool(text) for text in whole], dtype=np.bool_)
    given = _true(texts.is_valid())
    return Texts(given, tokens, kinds, scaffold.measure(tokens, kinds), (marks(key, kind, whole), seen))


def _system_head(key: Key, text: scaffold.Measured) -> tuple[I64, Bools]:
    picked = scaffold.system_head(text)
    return keyed([picked.numbers], key, ["system head"])[0], picked.known


def _scaffolds(key: Key, text: scaffold.Measured) -> Columns:
    picked = {"head_mark": scaffold.head(text), "tail_mark": scaffold.tail(text)}
    picked |= {f"shingle_{i}_mark": one for i, one in enumerate(scaffold.shingles(text))}
    kinds = ["head", "tail"] + ["shingle"] * SHINGLES
    made = keyed([one.numbers for one in picked.values()], key, kinds)
    return {name: (values, one.known) for (name, one), values in zip(picked.items(), made, strict=True)}


def _topics(texts: Texts) -> Columns:
    values, known = topic.profile(texts.tokens, texts.kinds)
    return {f"topic_{i}": (values[:, i], known) for i in range(TOPIC_WIDTH)}


def _spread(column: tuple[I64, Bools], place: I64) -> tuple[I64, Bools]:
    """Return a column of different system texts as a column of rows; `place` is -1 where there is none."""
    values, known = column
    return np.append(values, 0)[place], np.append(known, False)[place]


def _numbers(array: pa.Array) -> I64:
    numbers: I64 = pc.fill_null(array.cast(pa.int64()), -1).to_numpy(zero_copy_only=False)
    return numbers


def _true(array: pa.Array) -> Bools:
    flags: Bools = pc.fill_null(array, True).to_numpy(zero_copy_only=False)
    return flags
