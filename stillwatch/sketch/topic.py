"""A short signed profile of what a prompt is about, made for sums over an account.

Strategy: every word adds its weight to, or takes it from, each of 24 numbers, by 24 bits of its hash (random signs,
as in Charikar 2002; Achlioptas 2003). Prompts about the same things get numbers near each other; the numbers of an
account are their sums. Divided by the root of the sum of squared weights, a number of a prompt of unrelated words has
mean 0 and variance 1.

The signs carry no key, on purpose: a scan finds the same under every key. See `docs/concepts/sketch.md` for what 24
small numbers can give away.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from stillwatch.arrays import I64
from stillwatch.sketch.compiled import compiled
from stillwatch.sketch.points import FIRST_UNSPACED, U8, U64, Bools
from stillwatch.sketch.schema import TOPIC_SCALE, TOPIC_WIDTH
from stillwatch.sketch.tokens import DIGITS, Tokens, mixed

FULL, SLIGHT = 4, 1
"""Weights of a word, in quarters: words of fewer than `SHORT` letters are mostly grammar."""
LEAST_WORDS = 4
"""Words of a text that has a profile; one of fewer could be looked up in a dictionary."""
SHORT = 4
"""Letters; a character of a script without spaces always has full weight."""
LIMIT = 4 * TOPIC_SCALE
"""Largest number that is stored: about four standard deviations of a prompt of unrelated words."""

_SIGNS = np.uint64(0x5851F42D4C957F2D)
"""A public constant that parts these bits from every other use of a word's number."""


def profile(tokens: Tokens, kinds: U8) -> tuple[npt.NDArray[np.int8], Bools]:
    """Return the profile of each text, shape (texts, TOPIC_WIDTH), and whether it has enough words, shape (texts,).

    Args:
        kinds: of the first code point of each token, shape (tokens,).
    """
    sums, squares, words = _signed_sums(tokens.hashes, tokens.lengths, kinds, tokens.bounds)
    known = words >= LEAST_WORDS
    values = sums / np.sqrt(np.where(known, squares, 1))[:, None]
    return np.clip(np.rint(TOPIC_SCALE * values), -LIMIT, LIMIT).astype(np.int8), known


@compiled
def _signed_sums(hashes: U64, lengths: I64, kinds: U8, bounds: I64) -> tuple[I64, I64, I64]:
    """Return sums of plus or minus the weights by text, shape (texts, TOPIC_WIDTH); of their squares; and words."""
    texts = len(bounds) - 1
    sums = np.zeros((texts, TOPIC_WIDTH), dtype=np.int64)
    squares, words = np.zeros(texts, dtype=np.int64), np.zeros(texts, dtype=np.int64)
    for text in range(texts):
        for token in range(bounds[text], bounds[text + 1]):
            if hashes[token] == DIGITS:
                continue
            weight = FULL if kinds[token] >= FIRST_UNSPACED or lengths[token] >= SHORT else SLIGHT
            squares[text] += weight * weight
            words[text] += 1
            bits = mixed(hashes[token] ^ _SIGNS)
            for column in range(TOPIC_WIDTH):
                sign = np.int64((bits >> np.uint64(column)) & np.uint64(1)) * 2 - 1
                sums[text, column] += sign * weight
    return sums, squares, words
