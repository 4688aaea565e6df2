"""Texts of any script as arrays of code points, normalised, with the kind of every code point.

Strategy: a batch of texts becomes one array, in bytes where all of it is ASCII (most prompts are, and a byte is four
times faster to handle than a code point) and in 32-bit code points elsewhere. A table gives each code point its kind.
No text is looped over in Python.
"""

from __future__ import annotations

import functools
import unicodedata
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from stillwatch.arrays import I64
from stillwatch.sketch.compiled import compiled

U8 = npt.NDArray[np.uint8]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
Bools = npt.NDArray[np.bool_]

HEAD_CHARS = 16_384
TAIL_CHARS = 4_096
"""Of a longer text only the first `HEAD_CHARS` and the last `TAIL_CHARS` code points become tokens."""

SPACE, SYMBOL, INVISIBLE, LETTER, DIGIT, THAI, KANA, HAN = range(8)
FIRST_OF_WORDS, FIRST_UNSPACED = LETTER, THAI
"""Kinds of code points: from `LETTER` on they are parts of words, from `THAI` on they need no space to part them.

Thai stands for the alphabets without spaces (Lao, Khmer, Myanmar as well).
"""

_SPACE_POINT = 0x20


@dataclass(frozen=True, slots=True)
class Points:
    """The code points of a batch of texts after NFKC normalisation and lower-casing.

    Attributes:
        values: code points of all texts in order; bytes if all are ASCII; shape (points,).
        kinds: the kind of each, shape (points,).
        bounds: text `i` owns `values[bounds[i]:bounds[i + 1]]`, shape (texts + 1,).
    """

    values: U8 | U32
    kinds: U8
    bounds: I64

    @property
    def counts(self) -> I64:
        """Code points per text, shape (texts,)."""
        return np.diff(self.bounds)


def read_points(texts: pa.Array | pa.ChunkedArray) -> Points:
    """Return the code points of `texts`, which are valid UTF-8; a null text has none."""
    if isinstance(texts, pa.ChunkedArray):
        texts = texts.combine_chunks()
    texts = pc.fill_null(texts.cast(pa.large_string()), "")
    raw, bounds = _bytes(texts)
    if not raw.size or raw.max() < 0x80:
        data = raw.tobytes()
        lowered, kinds = (np.frombuffer(data.translate(table), dtype=np.uint8) for table in _ascii_tables())
        return Points(lowered, kinds, bounds)
    texts = pc.utf8_lower(pc.utf8_normalize(texts, form="NFKC"))
    points = np.frombuffer(_bytes(texts)[0].tobytes().decode("utf-8").encode("utf-32-le"), dtype=np.uint32)
    bounds = np.concatenate(([0], np.cumsum(pc.utf8_length(texts).to_numpy(zero_copy_only=False))))
    return Points(points, _kinds()[points], bounds.astype(np.int64))


def cut(points: Points) -> Points:
    """Keep the head and the tail of texts that are longer than both together."""
    counts = points.counts
    too_long = np.flatnonzero(counts > HEAD_CHARS + TAIL_CHARS)
    if not len(too_long):
        return points
    first = np.concatenate(([0], points.bounds[too_long + 1] - TAIL_CHARS))
    last = np.concatenate((points.bounds[too_long] + HEAD_CHARS, [len(points.values)]))
    pieces = [slice(a, b) for a, b in zip(first, last, strict=True)]
    bounds = np.concatenate(([0], np.cumsum(np.minimum(counts, HEAD_CHARS + TAIL_CHARS))))
    values, kinds = (np.concatenate([array[p] for p in pieces]) for array in (points.values, points.kinds))
    return Points(values, kinds, bounds)


def without_invisible(points: Points) -> Points:
    """Remove the code points that cannot be seen, which would split words."""
    if points.values.dtype == np.uint8:
        return points
    return _keep(points, points.kinds != INVISIBLE)


def count_hiding(points: Points) -> I64:
    """Return how many code points per text hide where no script needs them, shape (texts,).

    Persian and the scripts of India write with joiners, Thai and Khmer mark words with them, emoji are composed with
    them: what follows such a character is not counted, or a language would look like a trick.
    """
    if points.values.dtype == np.uint8:
        return np.zeros(len(points.bounds) - 1, dtype=np.int64)
    hidden = np.flatnonzero(points.kinds == INVISIBLE)
    hidden = hidden[_hides()[points.values[hidden]]]
    hiding = hidden[_needs_none(points, hidden)]
    return np.diff(np.searchsorted(hiding, points.bounds)).astype(np.int64)


def folded(points: Points) -> list[bytes]:
    """Return each text in UTF-8 with every run of white space as one space and none at its ends."""
    values, bounds = _folded(points.values, points.kinds, points.bounds)
    data, places = values.tobytes(), (bounds * values.itemsize).tolist()
    if values.dtype == np.uint8:
        return [data[a:b] for a, b in pairwise(places)]
    return [data[a:b].decode("utf-32-le").encode("utf-8") for a, b in pairwise(places)]


@compiled
def _folded(values: U8 | U32, kinds: U8, bounds: I64) -> tuple[U8 | U32, I64]:
    """Return what is left of all texts, and the bounds of each in it."""
    out, ends = np.empty_like(values), np.zeros(len(bounds), dtype=np.int64)
    count = 0
    for text in range(len(bounds) - 1):
        begun, apart = count, False
        for place in range(bounds[text], bounds[text + 1]):
            if kinds[place] == SPACE:
                apart = count > begun
            elif kinds[place] != INVISIBLE:
                if apart:
                    out[count] = _SPACE_POINT
                    count, apart = count + 1, False
                out[count] = values[place]
                count += 1
        ends[text + 1] = count
    return out[:count], ends


def _bytes(texts: pa.Array) -> tuple[U8, I64]:
    """Return the bytes of all texts and the bounds of each."""
    _, offsets, data = texts.buffers()
    if data is None or not len(texts):
        return np.empty(0, dtype=np.uint8), np.zeros(len(texts) + 1, dtype=np.int64)
    bounds = np.frombuffer(offsets, dtype=np.int64)[texts.offset : texts.offset + len(texts) + 1]
    return np.frombuffer(data, dtype=np.uint8)[bounds[0] : bounds[-1]], bounds - bounds[0]


def _keep(points: Points, keep: Bools) -> Points:
    dropped = np.flatnonzero(~keep)
    if not len(dropped):
        return points
    bounds = points.bounds - np.searchsorted(dropped, points.bounds)
    return Points(points.values[keep], points.kinds[keep], bounds)


def _needs_none(points: Points, hidden: I64) -> Bools:
    """Return whether each of the places `hidden` follows a visible character of a script that needs no joiners."""
    seen = np.flatnonzero(points.kinds != INVISIBLE)
    before = np.searchsorted(seen, hidden) - 1
    begin = points.bounds[np.searchsorted(points.bounds, hidden, side="right") - 1]
    last = seen[np.maximum(before, 0)] if len(seen) else np.zeros(len(hidden), dtype=np.int64)
    inside = (before >= 0) & (last >= begin)
    plain = np.zeros(len(hidden), dtype=np.bool_)
    for low, high in _NEED_NO_JOINERS:
        plain |= (points.values[last] >= low) & (points.values[last] <= high)
    return plain & inside


@functools.cache
def _ascii_tables() -> tuple[bytes, bytes]:
    """Return the lower-case form and the kind of every byte below 128."""
    lower = bytes(ord(chr(point).lower()) if point < 0x80 else point for point in range(256))
    return lower, bytes(_kind(chr(point)) for point in range(0x80)) + bytes(0x80)


@functools.cache
def _kinds() -> U8:
    """Return the kind of every code point; combining marks belong to the word they stand in."""
    table = np.full(0x110000, SYMBOL, dtype=np.uint8)
    for first, last in ((0, 0x30000), (0xE0000, 0xE1000)):
        table[first:last] = [_kind(chr(point)) for point in range(first, last)]
    for first, last, kind in _UNSPACED:
        letters = table[first : last + 1] == LETTER
        table[first : last + 1][letters] = kind
    for first, last in _SELECTORS:
        table[first : last + 1] = INVISIBLE
    return table


def _kind(character: str) -> int:
    category = unicodedata.category(character)
    if category[0] in "LM" or character == "_":
        return LETTER
    if category == "Nd":
        return DIGIT
    if category == "Cf":
        return INVISIBLE
    return SPACE if character.isspace() else SYMBOL


@functools.cache
def _hides() -> Bools:
    """Return whether a code point of kind `INVISIBLE` is of the sort that can hide text or break words."""
    table = np.zeros(0x110000, dtype=np.bool_)
    for first, last in _HIDING:
        table[first : last + 1] = True
    return table


_UNSPACED = (
    (0x0E00, 0x0EFF, THAI),  # Thai, Lao
    (0x1000, 0x109F, THAI),  # Myanmar
    (0x1780, 0x17FF, THAI),  # Khmer
    (0x3040, 0x30FF, KANA),  # Hiragana, Katakana
    (0x3400, 0x4DBF, HAN),  # extension A
    (0x4E00, 0x9FFF, HAN),
    (0xF900, 0xFAFF, HAN),  # compatibility
    (0x20000, 0x2FFFF, HAN),  # extensions B to F
)
"""Scripts written without spaces: each letter is a token."""

_SELECTORS = ((0xFE00, 0xFE0F), (0xE0100, 0xE01EF))
"""Variation selectors: marks by their category, and nothing that can be seen."""

_HIDING = (
    (0x200B, 0x200D),  # zero-width space, non-joiner, joiner
    (0x2060, 0x2064),  # word joiner, invisible operators
    (0xFEFF, 0xFEFF),  # zero-width no-break space
    (0xE0000, 0xE007F),  # tags
)
"""Not soft hyphens, marks of direction and variation selectors: honest text is full of them."""

_NEED_NO_JOINERS = (
    (0x0021, 0x058F),  # Latin, Greek, Cyrillic, Armenian; digits and signs
    (0x1E00, 0x1FFF),  # Latin and Greek, extended
    (0x3040, 0x33FF),  # Kana
    (0x4E00, 0x9FFF),  # Han
    (0xAC00, 0xD7FF),  # Hangul
)
"""Characters after which a joiner has no work to do."""
