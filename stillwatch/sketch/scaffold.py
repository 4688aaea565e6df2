"""What stays of a prompt while its slots vary: its first words, its last words, and four of the spans between.

Strategy: a *span* is six words, or as many characters of a script without spaces as it takes to say about as much.
All runs of digits are one word, so a number is a slot too. Of all spans of a newest turn those are kept that have the
smallest number in each of four residue classes (Broder's min-wise sampling, 1997): two prompts that share a wrapper
pick the same spans from it as often as the wrapper is longer than what it is wrapped around.

Which spans are picked follows from unkeyed numbers, so that it is the same in every ledger; only marks are stored.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stillwatch.sketch.points import DIGIT, HAN, I64, KANA, LETTER, THAI, U8, U64, Bools
from stillwatch.sketch.schema import SHINGLES
from stillwatch.sketch.tokens import Tokens, inverse_powers, mix, running_sums

WORD, SPAN = 5, 30
"""Weights of a word and of a span: a span is the fewest tokens that weigh 30."""
_WEIGHTS = np.zeros(HAN + 1, dtype=np.int64)
_WEIGHTS[[LETTER, DIGIT, HAN, KANA, THAI]] = WORD, WORD, 3, 2, 1
"""Weight of a token by its kind: six words are as long as 10 characters of Han, 15 of Kana, 30 of Thai.

In the same text in ten languages (`benchmarks/intent/corpus`) a word of the languages with spaces stands against 1.9
characters of Chinese and 2.4 of Japanese; a Thai word has four or five.
"""
ENOUGH = 2 * SPAN
"""Shorter newest turns have no head and no tail mark: there would be nothing between them."""
SYSTEM_HEAD = 2 * SPAN
"""Length of the head of a system text."""


@dataclass(frozen=True, slots=True)
class Picked:
    """One number per text, and whether the text has it; both of shape (texts,)."""

    numbers: U64
    known: Bools


@dataclass(frozen=True, slots=True)
class Measured:
    """Tokens with what every span is computed from.

    Attributes:
        sums: the running sums of the tokens' numbers, shape (tokens + 1,).
        weights: weight of all tokens before each place, shape (tokens + 1,).
        begins, ends: places of the first token of each text and after its last, shape (texts,).
    """

    sums: U64
    weights: I64
    begins: I64
    ends: I64

    @property
    def size(self) -> I64:
        """Weight of each text, shape (texts,)."""
        return self.weights[self.ends] - self.weights[self.begins]

    def numbers(self, first: I64, last: I64) -> U64:
        """Return the numbers of the spans from token `first` to before token `last`."""
        return mix((self.sums[last] - self.sums[first]) * inverse_powers(len(self.sums))[first])


def measure(tokens: Tokens, kinds: U8) -> Measured:
    """Return `tokens`, which are of `kinds`, with running sums and weights."""
    weights = np.zeros(len(tokens.hashes) + 1, dtype=np.int64)
    np.cumsum(_WEIGHTS[kinds], out=weights[1:])
    return Measured(running_sums(tokens.hashes), weights, tokens.bounds[:-1], tokens.bounds[1:])


def system_head(text: Measured) -> Picked:
    """Return the first twelve words of each text, or all there are; a text without words has none."""
    last = np.searchsorted(text.weights, text.weights[text.begins] + SYSTEM_HEAD)
    return Picked(text.numbers(text.begins, np.minimum(last, text.ends)), text.ends > text.begins)


def head(text: Measured) -> Picked:
    """Return the first span of each text that is long enough."""
    known = text.size >= ENOUGH
    last = np.searchsorted(text.weights, text.weights[text.begins] + SPAN)
    return Picked(text.numbers(text.begins, np.where(known, last, text.begins)), known)


def tail(text: Measured) -> Picked:
    """Return the last span of each text that is long enough."""
    known = text.size >= ENOUGH
    first = np.searchsorted(text.weights, text.weights[text.ends] - SPAN, side="right") - 1
    return Picked(text.numbers(np.where(known, first, text.ends), text.ends), known)


def shingles(text: Measured) -> list[Picked]:
    """Return, for each residue modulo `SHINGLES`, the smallest number of all spans of each text."""
    numbers, bounds = _all_spans(text)
    filled = np.flatnonzero(np.diff(bounds))
    none = np.uint64(2**64 - 1)
    residues = numbers.astype(np.uint8) % np.uint8(SHINGLES)  # 256 is a multiple of it
    picked = []
    for residue in range(SHINGLES):
        smallest = np.full(len(text.begins), none, dtype=np.uint64)
        if len(filled):
            candidates = np.where(residues == residue, numbers, none)
            smallest[filled] = np.minimum.reduceat(candidates, bounds[filled])
        picked.append(Picked(smallest, smallest != none))
    return picked


def _all_spans(text: Measured) -> tuple[U64, I64]:
    """Return the numbers of all spans that lie within one text, and the bounds of each text in them."""
    total = len(text.weights) - 1
    if text.weights[-1] == WORD * total:
        last = np.arange(total, dtype=np.int64) + SPAN // WORD
    else:
        last = np.searchsorted(text.weights, text.weights[:-1] + SPAN).astype(np.int64)
    first = np.flatnonzero(last <= np.repeat(text.ends, text.ends - text.begins)).astype(np.int64)
    bounds = np.searchsorted(first, np.append(text.begins, total)).astype(np.int64)
    return text.numbers(first, last[first]), bounds
