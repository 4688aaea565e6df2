"""Words of any script as 64-bit numbers, a batch of texts at a time.

Strategy: a token is a run of letters, a run of digits (all of which count as the same token, since numbers are slots),
or one character of a script written without spaces. The number of a token is a polynomial in its code points, taken
as a difference of running sums over the whole batch. Everything is a numpy pass over the batch; no text is looped over
in Python.

The numbers are the same in every ledger (they carry no key): they are compared with the vocabulary of the intent
model here, and become keyed marks in `sketch/scaffold.py`. They are never stored.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from stillwatch.sketch.points import (
    DIGIT,
    FIRST_OF_WORDS,
    FIRST_UNSPACED,
    HEAD_CHARS,
    I64,
    TAIL_CHARS,
    U8,
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
    starts, stops = _runs(read)
    bounds = np.searchsorted(starts, read.bounds).astype(np.int64)
    tokens = Tokens(_numbers(read, starts, stops), bounds, stops - starts, points.counts, count_hiding(points))
    return tokens, read.kinds[starts]


def mix(values: U64) -> U64:
    """Return `values` finalised so that every input bit moves every output bit (MurmurHash3's fmix64)."""
    values = values ^ (values >> np.uint64(33))
    values *= np.uint64(0xFF51AFD7ED558CCD)
    values ^= values >> np.uint64(33)
    values *= np.uint64(0xC4CEB9FE1A85EC53)
    values ^= values >> np.uint64(33)
    return values


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


def running_sums(values: U64) -> U64:
    """Return sums of `values[i] * BASE ** (i + 1)` over the values before each place, shape (values + 1,).

    The polynomial of `values[a:b]` is `(sums[b] - sums[a]) * inverse_powers(b)[a]`, whatever stands around them.
    """
    sums = np.zeros(len(values) + 1, dtype=np.uint64)
    np.multiply(values, powers(len(values)), out=sums[1:], dtype=np.uint64)
    np.cumsum(sums, out=sums)
    return sums


def powers(count: int) -> U64:
    """Return `BASE ** (i + 1)` modulo 2**64, shape (count,)."""
    return _powers(int(BASE), max(count, 1).bit_length())[1 : count + 1]


def inverse_powers(count: int) -> U64:
    """Return `BASE ** -i` modulo 2**64, shape (count,)."""
    return _powers(pow(int(BASE), -1, 1 << 64), max(count, 1).bit_length())[:count]


@functools.lru_cache(maxsize=8)
def _powers(base: int, bits: int) -> U64:
    out = np.full((1 << bits) + 1, base, dtype=np.uint64)
    out[0] = 1
    return np.cumprod(out, out=out)


def _runs(points: Points) -> tuple[I64, I64]:
    """Return where every token starts and stops."""
    kinds = points.kinds
    word = kinds >= FIRST_OF_WORDS
    begins = word.copy()
    begins[1:] &= (kinds[1:] != kinds[:-1]) | (kinds[1:] >= FIRST_UNSPACED)
    edges = points.bounds[:-1]
    edges = edges[edges < len(kinds)]
    begins[edges] = word[edges]
    ends = word.copy()
    ends[:-1] &= ~word[1:] | begins[1:]
    return np.flatnonzero(begins).astype(np.int64), np.flatnonzero(ends).astype(np.int64) + 1


def _numbers(points: Points, starts: I64, stops: I64) -> U64:
    values = points.values * (points.kinds != DIGIT)
    sums = running_sums(values)
    near = np.minimum(stops, starts + _LONGEST - 1)
    numbers = (sums[near] - sums[starts]) * inverse_powers(len(sums))[starts]
    far = near < stops
    if far.any():
        total = np.concatenate((np.zeros(1, dtype=np.uint64), np.cumsum(values, dtype=np.uint64)))
        numbers[far] += (total[stops[far]] - total[near[far]]) * powers(_LONGEST)[-1]
    return mix(numbers)
