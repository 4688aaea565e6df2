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

from stillwatch.arrays import I64
from stillwatch.sketch.compiled import compiled
from stillwatch.sketch.points import DIGIT, HAN, KANA, LETTER, THAI, U8, U64, Bools
from stillwatch.sketch.schema import SHINGLES
from stillwatch.sketch.tokens import BASE, Tokens, mixed

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

_INVERSE = np.uint64(pow(int(BASE), -1, 1 << 64))
"""Times `BASE` it is one, modulo 2**64."""


@dataclass(frozen=True, slots=True)
class Picked:
    """One number per text, and whether the text has it; both of shape (texts,)."""

    numbers: U64
    known: Bools


@dataclass(frozen=True, slots=True)
class Measured:
    """Tokens with what every span is computed from.

    Attributes:
        hashes: number of each token, shape (tokens,).
        kinds: kind of each token, shape (tokens,).
        bounds: text `i` owns the tokens `bounds[i]:bounds[i + 1]`, shape (texts + 1,).
    """

    hashes: U64
    kinds: U8
    bounds: I64


def measure(tokens: Tokens, kinds: U8) -> Measured:
    """Return `tokens`, which are of `kinds`, for the functions below."""
    return Measured(tokens.hashes, kinds, tokens.bounds)


def system_head(text: Measured) -> Picked:
    """Return the first twelve words of each text, or all there are; a text without words has none."""
    return Picked(*_heads(text.hashes, text.kinds, text.bounds, SYSTEM_HEAD, 1))


def head(text: Measured) -> Picked:
    """Return the first span of each text that is long enough."""
    return Picked(*_heads(text.hashes, text.kinds, text.bounds, SPAN, ENOUGH))


def tail(text: Measured) -> Picked:
    """Return the last span of each text that is long enough."""
    return Picked(*_tails(text.hashes, text.kinds, text.bounds))


def shingles(text: Measured) -> list[Picked]:
    """Return, for each residue modulo `SHINGLES`, the smallest number of all spans of each text."""
    numbers, known = _smallest(text.hashes, text.kinds, text.bounds)
    return [Picked(numbers[residue], known[residue]) for residue in range(SHINGLES)]


@compiled
def _number(hashes: U64, first: int, last: int) -> np.uint64:
    """Return the number of the span from token `first` to before token `last`: a polynomial in the tokens' numbers."""
    total, power = np.uint64(0), BASE
    for place in range(first, last):
        total += hashes[place] * power
        power *= BASE
    return mixed(total)


@compiled
def _weighs(kinds: U8, first: int, last: int, enough: int) -> bool:
    """Return whether the tokens from `first` to before `last` weigh `enough`."""
    weight = 0
    for place in range(first, last):
        weight += _WEIGHTS[kinds[place]]
        if weight >= enough:
            return True
    return False


@compiled
def _heads(hashes: U64, kinds: U8, bounds: I64, wanted: int, enough: int) -> tuple[U64, Bools]:
    """Return the fewest first tokens of each text that weigh `wanted`, of texts that weigh `enough`."""
    numbers, known = np.zeros(len(bounds) - 1, dtype=np.uint64), np.zeros(len(bounds) - 1, dtype=np.bool_)
    for text in range(len(numbers)):
        begin, end = bounds[text], bounds[text + 1]
        last, weight = begin, 0
        while last < end and weight < wanted:
            weight += _WEIGHTS[kinds[last]]
            last += 1
        if _weighs(kinds, begin, end, enough):
            numbers[text], known[text] = _number(hashes, begin, last), True
    return numbers, known


@compiled
def _tails(hashes: U64, kinds: U8, bounds: I64) -> tuple[U64, Bools]:
    """Return the fewest last tokens of each text that weigh a span, of texts that weigh enough."""
    numbers, known = np.zeros(len(bounds) - 1, dtype=np.uint64), np.zeros(len(bounds) - 1, dtype=np.bool_)
    for text in range(len(numbers)):
        begin, end = bounds[text], bounds[text + 1]
        first, weight = end, 0
        while first > begin and weight < SPAN:
            first -= 1
            weight += _WEIGHTS[kinds[first]]
        if _weighs(kinds, begin, end, ENOUGH):
            numbers[text], known[text] = _number(hashes, first, end), True
    return numbers, known


@compiled
def _smallest(hashes: U64, kinds: U8, bounds: I64) -> tuple[U64, Bools]:
    """Return the smallest number by residue of all spans of each text, both of shape (SHINGLES, texts).

    A window slides over the tokens: a token that comes in adds to the polynomial at its highest power; one that goes
    out at its lowest, after which all powers are one less.
    """
    texts = len(bounds) - 1
    numbers, known = np.zeros((SHINGLES, texts), dtype=np.uint64), np.zeros((SHINGLES, texts), dtype=np.bool_)
    powers = np.empty(SPAN + 2, dtype=np.uint64)
    powers[0] = 1
    for i in range(1, len(powers)):
        powers[i] = powers[i - 1] * BASE
    for text in range(texts):
        total, weight, last = np.uint64(0), 0, bounds[text]
        for first in range(bounds[text], bounds[text + 1]):
            while weight < SPAN and last < bounds[text + 1]:
                total += hashes[last] * powers[last - first + 1]
                weight += _WEIGHTS[kinds[last]]
                last += 1
            if weight < SPAN:
                break
            number = mixed(total)
            residue = number % np.uint64(SHINGLES)
            if not known[residue, text] or number < numbers[residue, text]:
                numbers[residue, text], known[residue, text] = number, True
            total = (total - hashes[first] * BASE) * _INVERSE
            weight -= _WEIGHTS[kinds[first]]
    return numbers, known
