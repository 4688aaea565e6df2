"""Words of any script as 64-bit numbers, a batch of texts at a time.

Strategy: a batch becomes one array of code points; a table gives each code point a class; a token is a run of letters,
a run of digits (all of which count as the same token, since numbers are slots), or one character of a script written
without spaces. Everything is a numpy pass over the batch; no text is looped over in Python.

The numbers are the same in every ledger (they carry no key): they are compared with the vocabulary of the intent
model here, and become keyed marks in `sketch/scaffold.py`. They are never stored.
"""

from __future__ import annotations

import functools
import unicodedata
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]

HEAD_CHARS = 16_384
TAIL_CHARS = 4_096
"""Of a longer text only the first `HEAD_CHARS` and the last `TAIL_CHARS` code points are tokenized."""

_SEPARATOR, _LETTER, _DIGIT, _SINGLE, _INVISIBLE = range(5)
_BASE = np.uint64(0x9E3779B97F4A7C15)
_LONGEST = 64
"""Code points of one token beyond this position do not change its number."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of a batch of texts.

    Attributes:
        hashes: one 64-bit number per token, in reading order, shape (tokens,).
        bounds: text `i` owns `hashes[bounds[i]:bounds[i + 1]]`, shape (texts + 1,).
        lengths: code points per token, shape (tokens,).
        chars: code points per text before anything was cut off, shape (texts,).
        invisible: zero-width code points per text, shape (texts,).
    """

    hashes: U64
    bounds: I64
    lengths: I64
    chars: I64
    invisible: I64

    @property
    def counts(self) -> I64:
        """Tokens per text, shape (texts,)."""
        return np.diff(self.bounds)


def tokenize(texts: pa.Array | pa.ChunkedArray) -> Tokens:
    """Return the tokens of `texts` after NFKC normalisation and lower-casing; a null text has none."""
    points, bounds = _code_points(_normalise(texts))
    chars = np.diff(bounds)
    points, bounds = _cut(points, bounds)
    points, bounds, invisible = _drop_invisible(points, bounds)
    hashes, lengths, starts = _runs(points, bounds)
    return Tokens(hashes, np.searchsorted(starts, bounds).astype(np.int64), lengths, chars, invisible)


def mix(values: U64) -> U64:
    """Return `values` finalised so that every input bit moves every output bit (MurmurHash3's fmix64)."""
    values = values ^ (values >> np.uint64(33))
    values = values * np.uint64(0xFF51AFD7ED558CCD)
    values = values ^ (values >> np.uint64(33))
    values = values * np.uint64(0xC4CEB9FE1A85EC53)
    return values ^ (values >> np.uint64(33))


def spans(tokens: Tokens, width: int) -> tuple[U64, npt.NDArray[np.bool_]]:
    """Return a number for the `width` tokens that start at each token, and whether they lie in one text.

    Both have shape (tokens,). The numbers depend on the order of the tokens.
    """
    total = len(tokens.hashes)
    inside = np.zeros(total, dtype=np.bool_)
    out = np.zeros(total, dtype=np.uint64)
    room = total - width + 1
    if room > 0:
        for step in range(width):
            out[:room] = out[:room] * _BASE + tokens.hashes[step : step + room]
        left = np.repeat(tokens.bounds[1:], tokens.counts) - np.arange(total)
        inside = left >= width
    return mix(out), inside


def _normalise(texts: pa.Array | pa.ChunkedArray) -> pa.Array:
    if isinstance(texts, pa.ChunkedArray):
        texts = texts.combine_chunks()
    texts = pc.fill_null(texts.cast(pa.large_string()), "")
    if not pc.all(pc.string_is_ascii(texts)).as_py():
        texts = pc.utf8_normalize(texts, form="NFKC")
    return pc.utf8_lower(texts)


def _code_points(texts: pa.Array) -> tuple[npt.NDArray[np.uint32], I64]:
    """Return the code points of all texts in one array, with the bounds of each text."""
    _, offsets, data = texts.buffers()
    byte_bounds = np.frombuffer(offsets, dtype=np.int64)[texts.offset : texts.offset + len(texts) + 1]
    if data is None or not len(texts):
        return np.empty(0, dtype=np.uint32), np.zeros(len(texts) + 1, dtype=np.int64)
    raw = np.frombuffer(data, dtype=np.uint8)[byte_bounds[0] : byte_bounds[-1]]
    bounds = byte_bounds - byte_bounds[0]
    if raw.size and raw.max() < 0x80:
        return raw.astype(np.uint32), bounds.astype(np.int64)
    begins = np.concatenate(([0], np.cumsum((raw & 0xC0) != 0x80)))
    points = np.frombuffer(raw.tobytes().decode("utf-8").encode("utf-32-le"), dtype=np.uint32)
    return points, begins[bounds].astype(np.int64)


def _cut(points: npt.NDArray[np.uint32], bounds: I64) -> tuple[npt.NDArray[np.uint32], I64]:
    """Keep the head and the tail of texts that are longer than both together."""
    chars = np.diff(bounds)
    if not (chars > HEAD_CHARS + TAIL_CHARS).any():
        return points, bounds
    place = np.arange(len(points)) - np.repeat(bounds[:-1], chars)
    keep = (place < HEAD_CHARS) | (place >= np.repeat(chars, chars) - TAIL_CHARS)
    return points[keep], _bounds_after(keep, bounds)


def _drop_invisible(points: npt.NDArray[np.uint32], bounds: I64) -> tuple[npt.NDArray[np.uint32], I64, I64]:
    """Remove zero-width code points, which would split words, and count them per text."""
    hidden = _classes()[points] == _INVISIBLE
    if not hidden.any():
        return points, bounds, np.zeros(len(bounds) - 1, dtype=np.int64)
    before = np.concatenate(([0], np.cumsum(hidden)))
    return points[~hidden], _bounds_after(~hidden, bounds), np.diff(before[bounds]).astype(np.int64)


def _bounds_after(keep: npt.NDArray[np.bool_], bounds: I64) -> I64:
    kept = np.concatenate(([0], np.cumsum(keep)))
    return kept[bounds].astype(np.int64)


def _runs(points: npt.NDArray[np.uint32], bounds: I64) -> tuple[U64, I64, I64]:
    """Return number, length and first code point of every token."""
    kind = _classes()[points]
    begins = kind != _SEPARATOR
    begins[1:] &= (kind[1:] != kind[:-1]) | (kind[1:] == _SINGLE)
    edges = bounds[:-1]
    edges = edges[edges < len(points)]
    begins[edges] = kind[edges] != _SEPARATOR
    starts = np.flatnonzero(begins).astype(np.int64)
    if not len(starts):
        return np.empty(0, dtype=np.uint64), np.empty(0, dtype=np.int64), starts
    word = kind != _SEPARATOR
    stops = np.flatnonzero(word & np.append(~word[1:] | begins[1:], True)) + 1
    lengths = (stops - starts).astype(np.int64)
    token_of = np.repeat(np.arange(len(starts)), lengths)
    inside = np.flatnonzero(word)
    place = np.minimum(inside - starts[token_of], _LONGEST - 1)
    values = np.where(kind[inside] == _DIGIT, np.uint64(0), points[inside].astype(np.uint64)) * _powers()[place]
    first = np.concatenate(([0], np.cumsum(lengths)[:-1]))
    return mix(np.add.reduceat(values, first)), lengths, starts


@functools.cache
def _powers() -> U64:
    return np.cumprod(np.full(_LONGEST, _BASE, dtype=np.uint64), dtype=np.uint64)


@functools.cache
def _classes() -> npt.NDArray[np.uint8]:
    """Return the class of every code point; combining marks belong to the word they stand in."""
    table = np.zeros(0x110000, dtype=np.uint8)
    for point in range(0x30000):
        category = unicodedata.category(chr(point))
        if category[0] in "LM" or point == ord("_"):
            table[point] = _LETTER
        elif category == "Nd":
            table[point] = _DIGIT
        elif category == "Cf":
            table[point] = _INVISIBLE
    for first, last in _UNSPACED:
        table[first : last + 1] = np.where(table[first : last + 1] == _LETTER, _SINGLE, table[first : last + 1])
    return table


_UNSPACED = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x3040, 0x30FF),  # Hiragana, Katakana
    (0x3400, 0x4DBF),  # Han, extension A
    (0x4E00, 0x9FFF),  # Han
    (0xF900, 0xFAFF),  # Han, compatibility
    (0x20000, 0x2FFFF),  # Han, extensions B to F
)
"""Scripts written without spaces: each letter is a token."""
