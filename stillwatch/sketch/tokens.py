"""Words of any script as 64-bit numbers, a batch of texts at a time.

Strategy: a token is a run of letters, a run of digits (all of which count as the same token, since numbers are slots),
or one character of a script written without spaces. The number of a token is a polynomial in its code points. One
compiled loop reads a batch of texts.

The numbers are the same in every ledger (they carry no key): they are compared with the vocabulary of the intent
model here, and become keyed marks in `sketch/scaffold.py`. They are never stored.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from stillwatch.arrays import I64
from stillwatch.sketch.compiled import compiled
from stillwatch.sketch.points import (
    DIGIT,
    FIRST_OF_WORDS,
    FIRST_UNSPACED,
    HEAD_CHARS,
    TAIL_CHARS,
    U8,
    U32,
    U64,
    Bools,
    Points,
    count_hiding,
    cut,
    read_points,
    without_invisible,
)

__all__ = ["DIGITS", "HEAD_CHARS", "I64", "TAIL_CHARS", "U64", "Tokens", "mix", "spans", "tokenize", "tokens_of"]

DIGITS = np.uint64(0)
"""The number of every run of digits."""

BASE = np.uint64(0x9E3779B97F4A7C15)
_LONGEST = 64
"""Code points of one token from this position on change its number, but their order does not."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of a batch of texts.

    Attributes:
        hashes: one 64-bit number per token, in reading order, shape (tokens,).
        bounds: text `i` owns `hashes[bounds[i]:bounds[i + 1]]`, shape (texts + 1,).
        lengths: code points per token, shape (tokens,).
        chars: code points per text after normalisation and before anything was cut off, shape (texts,).
        invisible: zero-width code points per text that no script has a use for, shape (texts,).
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
    return tokens_of(read_points(texts))[0]


def tokens_of(points: Points) -> tuple[Tokens, U8]:
    """Return the tokens of `points`, and the kind of each by its first code point, shape (tokens,)."""
    read = without_invisible(cut(points))
    hashes, lengths, bounds, kinds = _tokens(read.values, read.kinds, read.bounds)
    return Tokens(hashes, bounds, lengths, points.counts, count_hiding(points)), kinds


def mix(values: U64) -> U64:
    """Return `values` finalised so that every input bit moves every output bit (MurmurHash3's fmix64)."""
    values = values ^ (values >> np.uint64(33))
    values *= np.uint64(0xFF51AFD7ED558CCD)
    values ^= values >> np.uint64(33)
    values *= np.uint64(0xC4CEB9FE1A85EC53)
    values ^= values >> np.uint64(33)
    return values


@compiled
def mixed(value: np.uint64) -> np.uint64:
    """Return one number as `mix` finalises it."""
    value ^= value >> np.uint64(33)
    value *= np.uint64(0xFF51AFD7ED558CCD)
    value ^= value >> np.uint64(33)
    value *= np.uint64(0xC4CEB9FE1A85EC53)
    return value ^ (value >> np.uint64(33))


def spans(tokens: Tokens, width: int) -> tuple[U64, Bools]:
    """Return a number for the `width` tokens that start at each token, and whether they lie in one text.

    Both have shape (tokens,). The numbers depend on the order of the tokens.
    """
    total = len(tokens.hashes)
    inside = np.zeros(total, dtype=np.bool_)
    out = np.zeros(total, dtype=np.uint64)
    room = total - width + 1
    if room > 0:
        for step in range(width):
            out[:room] = out[:room] * BASE + tokens.hashes[step : step + room]
        left = np.repeat(tokens.bounds[1:], tokens.counts) - np.arange(total)
        inside = left >= width
    return mix(out), inside


@compiled
def _tokens(values: U8 | U32, kinds: U8, bounds: I64) -> tuple[U64, I64, I64, U8]:
    """Return number and length of every token, the bounds of each text in them, and the kind of each."""
    hashes, lengths = np.empty(len(values), dtype=np.uint64), np.empty(len(values), dtype=np.int64)
    firsts, ends = np.empty(len(values), dtype=np.uint8), np.zeros(len(bounds), dtype=np.int64)
    count = 0
    for text in range(len(bounds) - 1):
        at, end = bounds[text], bounds[text + 1]
        while at < end:
            kind, start = kinds[at], at
            if kind < FIRST_OF_WORDS:
                at += 1
                continue
            number, power = np.uint64(0), BASE
            while at < end and kinds[at] == kind and (at == start or kind < FIRST_UNSPACED):
                if kind != DIGIT:
                    number += np.uint64(values[at]) * power
                if at - start < _LONGEST - 1:
                    power *= BASE
                at += 1
            hashes[count], lengths[count], firsts[count] = mixed(number), at - start, kind
            count += 1
        ends[text + 1] = count
    return hashes[:count].copy(), lengths[:count].copy(), ends, firsts[:count].copy()
