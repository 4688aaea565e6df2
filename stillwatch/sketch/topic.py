"""A short signed profile of what a prompt is about, made for sums over an account.

Strategy: every word adds its weight to, or takes it from, each of 24 numbers, by 24 bits of its hash (random signs,
as in Charikar 2002; Achlioptas 2003). Prompts about the same things get numbers near each other; the numbers of an
account are their sums. Divided by the root of the sum of squared weights, a number of a prompt of unrelated words has
mean 0 and variance 1.

The signs carry no key, on purpose: a scan finds the same under every key. See `docs/concepts/sketch.md` for what 24
small numbers can give away.
"""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt

from stillwatch.sketch.points import FIRST_UNSPACED, I64, U8, U64, Bools
from stillwatch.sketch.schema import TOPIC_SCALE, TOPIC_WIDTH
from stillwatch.sketch.tokens import DIGITS, Tokens, mix

FULL, SLIGHT = 4, 1
"""Weights of a word, in quarters: words of fewer than `SHORT` letters are mostly grammar."""
LEAST_WORDS = 4
"""Words of a text that has a profile; one of fewer could be looked up in a dictionary."""
SHORT = 4
"""Letters; a character of a script without spaces always has full weight."""
LIMIT = 127
"""Largest number that is stored: about four standard deviations of a prompt of unrelated words."""

_SIGNS = np.uint64(0x5851F42D4C957F2D)
"""A public constant that parts these bits from every other use of a word's number."""
_INDEX_BITS = 12
_LANES = 4
_LANE_BITS = 16
_MOST = (2**_LANE_BITS - 1) // FULL
"""Tokens whose weights can be summed in one lane."""


def profile(tokens: Tokens, kinds: U8) -> tuple[npt.NDArray[np.int8], Bools]:
    """Return the profile of each text, shape (texts, TOPIC_WIDTH), and whether it has enough words, shape (texts,).

    Args:
        kinds: of the first code point of each token, shape (tokens,).
    """
    full = (kinds >= FIRST_UNSPACED) | (tokens.lengths >= SHORT)
    weighs = tokens.hashes != DIGITS
    sums = _signed_sums(tokens, full, weighs)
    squares = _per_text(np.where(full, FULL * FULL, SLIGHT * SLIGHT) * weighs, tokens.bounds)
    known = _per_text(weighs.astype(np.int64), tokens.bounds) >= LEAST_WORDS
    values = sums / np.sqrt(np.where(known, squares, 1))[:, None]
    return np.clip(np.rint(TOPIC_SCALE * values), -LIMIT, LIMIT).astype(np.int8), known


def _signed_sums(tokens: Tokens, full: Bools, weighs: Bools) -> I64:
    """Return sums of plus or minus the weights by text, shape (texts, TOPIC_WIDTH)."""
    bits = mix(tokens.hashes ^ _SIGNS)
    heavy = full.astype(np.intp) << _INDEX_BITS
    plus: list[I64] = []
    for part in range(TOPIC_WIDTH // _INDEX_BITS):
        index = ((bits >> np.uint64(part * _INDEX_BITS)) & np.uint64(2**_INDEX_BITS - 1)).astype(np.intp) | heavy
        index[~weighs] = -1
        plus.extend(_lane_sums(table, index, tokens.bounds) for table in _tables())
    weight = _per_text(np.where(full, FULL, SLIGHT) * weighs, tokens.bounds)
    return 2 * np.concatenate(plus, axis=1) - weight[:, None]


def _lane_sums(table: U64, index: npt.NDArray[np.intp], bounds: I64) -> I64:
    """Return sums by text of what the four lanes of `table` hold at `index`, shape (texts, 4)."""
    pieces = -(-np.diff(bounds) // _MOST)
    owner = np.repeat(np.arange(len(pieces)), pieces)
    place = np.arange(len(owner)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    out = np.zeros((len(pieces), _LANES), dtype=np.int64)
    if len(owner):
        lanes = np.add.reduceat(table[index], bounds[owner] + place * _MOST)
        shifts = np.arange(_LANES, dtype=np.uint64) * np.uint64(_LANE_BITS)
        np.add.at(out, owner, ((lanes[:, None] >> shifts) & np.uint64(2**_LANE_BITS - 1)).astype(np.int64))
    return out


def _per_text(values: I64, bounds: I64) -> I64:
    sums = np.zeros(len(values) + 1, dtype=np.int64)
    np.cumsum(values, out=sums[1:])
    return sums[bounds[1:]] - sums[bounds[:-1]]


@functools.cache
def _tables() -> tuple[U64, ...]:
    """Return three tables, each of which spreads four of twelve bits, times a weight, over four lanes of 16 bits.

    The index is the weight (0 slight, 1 full) above the twelve bits; the last entry is zero, for tokens without weight.
    """
    index = np.arange(2 << _INDEX_BITS, dtype=np.uint64)
    weight = np.where(index >> np.uint64(_INDEX_BITS), np.uint64(FULL), np.uint64(SLIGHT))
    tables = []
    for first in range(0, _INDEX_BITS, _LANES):
        spread = np.zeros(len(index), dtype=np.uint64)
        for lane in range(_LANES):
            bit = (index >> np.uint64(first + lane)) & np.uint64(1)
            spread |= (bit * weight) << np.uint64(lane * _LANE_BITS)
        tables.append(np.append(spread, np.uint64(0)))
    return tuple(tables)
