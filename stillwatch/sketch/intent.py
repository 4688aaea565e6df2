"""What a prompt is for: a small linear model of word n-grams whose every weight can be read.

Strategy: the words of the system text and of the newest turn (the first `HEAD_TOKENS` and the last `TAIL_TOKENS` of
each) give a set of n-grams. Each n-gram that stands in `intent_model.tsv` adds its weights, in bits, to the classes
other than ordinary; ordinary is the zero point. How often an n-gram occurs does not matter, nor does its place.
Weights are whole hundredths of a bit, so that a score is the same number in whatever order it is summed.

The file is made by `python -m benchmarks.intent.train`; figures and limits are in `docs/concepts/intent.md`.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stillwatch.arrays import I64
from stillwatch.errors import StillwatchError
from stillwatch.sketch.compiled import compiled
from stillwatch.sketch.points import Bools
from stillwatch.sketch.schema import INTENTS
from stillwatch.sketch.tokens import BASE, U64, Tokens, mixed, spans, tokenize

MODEL_FILE = Path(__file__).with_name("intent_model.tsv")
HEAD_TOKENS = 512
TAIL_TOKENS = 128
"""Instructions stand at the start or at the end; what lies between them is mostly pasted matter."""
WIDEST = 3
"""Words in the longest n-gram."""
UNITS_PER_BIT = 100
"""A weight is stored as this many whole units per bit."""
MOST_BITS = 12.0
"""Odds beyond 4096:1 are reported as 12 bits: the held-out rows are too few to vouch for more."""

_FILTER_BITS = 18
_FILTER_SHIFT = np.uint64(64 - _FILTER_BITS)


@dataclass(frozen=True, slots=True)
class Model:
    """A vocabulary of n-grams and what each says about each class.

    Attributes:
        ngrams: the n-grams as text, words parted by spaces, in the order of `hashes`.
        hashes: their numbers, ascending, shape (ngrams,).
        weights: hundredths of a bit per n-gram and position in `INTENTS`, shape (ngrams, 6); column 0 is zero.
        bias: hundredths of a bit per class when no n-gram is known, shape (6,).
        maybe: whether any n-gram's number begins with these bits: most look-ups end here, shape (2**18,).
    """

    ngrams: tuple[str, ...]
    hashes: U64
    weights: I64
    bias: I64
    maybe: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one n-gram adds to each class, in bits, in the order of `INTENTS`."""

    ngram: str
    bits: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a text has its class.

    Attributes:
        intent: the class.
        bits: log2 odds of that class against all others.
        scores: bits of each class against ordinary, in the order of `INTENTS`: the bias and all contributions, summed.
        bias: bits of each class before any n-gram is seen.
        contributions: every known n-gram of the text, in alphabetical order.
    """

    intent: str
    bits: float
    scores: tuple[float, ...]
    bias: tuple[float, ...]
    contributions: tuple[Contribution, ...]

    def strongest(self, intent: str, most: int = 10) -> list[tuple[str, float]]:
        """Return the `most` n-grams that weigh most for or against `intent`, strongest first."""
        column = INTENTS.index(intent)
        weighed = [(c.ngram, c.bits[column]) for c in self.contributions if c.bits[column]]
        return sorted(weighed, key=lambda pair: (-abs(pair[1]), pair[0]))[:most]


def classify(
    system: Tokens, newest: Tokens, *, place: I64 | None = None, model: Model | None = None
) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float32]]:
    """Return the class of each exchange as a position in `INTENTS`, and its log2 odds against all others.

    An exchange without a token in either text is ordinary with 0 bits.

    Args:
        system: tokens of the system texts.
        newest: tokens of the newest turns, one text an exchange.
        place: which of the system texts each exchange has, -1 for none, shape (exchanges,); without it, its own.
        model: the shipped one unless given.
    """
    model = load() if model is None else model
    place = np.arange(len(newest.counts)) if place is None else place
    told, asked = _look_up(model, system), _look_up(model, newest)
    rows, known = _once(model, _spread(*told, place), asked)
    classes, bits = _odds(_scores(model, rows, known, len(newest.counts)))
    silent = (np.append(system.counts, 0)[place] + newest.counts) == 0
    classes[silent], bits[silent] = 0, 0
    return classes, bits


def explain(text: str) -> Explanation:
    """Return why `text`, as a newest turn without a system text, has the class that it has."""
    model = load()
    tokens = tokenize(pa.array([text]))
    rows, known = _once(model, _look_up(model, tokens))
    scores = _scores(model, rows, known, 1)
    classes, bits = classify(tokenize(pa.array([""])), tokens)
    found = sorted((model.ngrams[i], _in_bits(model.weights[i])) for i in known)
    return Explanation(
        intent=INTENTS[int(classes[0])],
        bits=float(bits[0]),
        scores=_in_bits(scores[0]),
        bias=_in_bits(model.bias),
        contributions=tuple(Contribution(ngram, weights) for ngram, weights in found),
    )


def ngrams(tokens: Tokens) -> tuple[I64, U64]:
    """Return text and number of every n-gram of the head and tail of each text; n-grams may repeat."""
    kept = _head_and_tail(tokens)
    text_of = np.repeat(np.arange(len(kept.counts)), kept.counts)
    rows, numbers = [text_of], [kept.hashes]
    for width in range(2, WIDEST + 1):
        values, inside = spans(kept, width)
        rows.append(text_of[inside])
        numbers.append(values[inside])
    return np.concatenate(rows), np.concatenate(numbers)


@functools.cache
def load(path: Path = MODEL_FILE) -> Model:
    """Return the model in `path`.

    Raises:
        StillwatchError: the file is missing, or a line of it cannot be read.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise StillwatchError("the intent model cannot be read", where=str(path), remedy="install again") from error
    entries = [_entry(line, f"{path}:{i}") for i, line in enumerate(lines, 1) if line and not line.startswith("#")]
    names = [name for name, _ in entries[1:]]
    weights = np.array([values for _, values in entries[1:]], dtype=np.int64).reshape(-1, len(INTENTS))
    return assemble(names, weights, np.array(entries[0][1], dtype=np.int64))


def assemble(names: list[str], weights: I64, bias: I64) -> Model:
    """Return the model of `names` (n-grams, words parted by spaces) with their weights, in hundredths of a bit."""
    tokens = tokenize(pa.array(names, pa.string()))
    numbers = _number_of_each(tokens)
    order = np.argsort(numbers, kind="stable")
    maybe = np.zeros(1 << _FILTER_BITS, dtype=np.bool_)
    maybe[numbers >> _FILTER_SHIFT] = True
    return Model(tuple(names[i] for i in order), numbers[order], weights[order], bias, maybe)


def _entry(line: str, where: str) -> tuple[str, list[int]]:
    name, *cells = line.split("\t")
    try:
        values = [round(float(cell or 0) * UNITS_PER_BIT) for cell in cells]
    except ValueError:
        values = []
    if len(values) != len(INTENTS) - 1:
        expected = f"an n-gram and {len(INTENTS) - 1} numbers, parted by tabs"
        raise StillwatchError("a line of the intent model cannot be read", where=where, expected=expected)
    return name, [0, *values]


def _number_of_each(tokens: Tokens) -> U64:
    """Return the number of each text as one n-gram: the number that `ngrams` gives to the same words."""
    starts, out = tokens.bounds[:-1], np.zeros(len(tokens.counts), dtype=np.uint64)
    for width in range(1, WIDEST + 1):
        here = tokens.counts == width
        if here.any():
            values = tokens.hashes if width == 1 else spans(tokens, width)[0]
            out[here] = values[starts[here]]
    return out


def _head_and_tail(tokens: Tokens) -> Tokens:
    counts = tokens.counts
    if not (counts > HEAD_TOKENS + TAIL_TOKENS).any():
        return tokens
    place = np.arange(len(tokens.hashes)) - np.repeat(tokens.bounds[:-1], counts)
    keep = (place < HEAD_TOKENS) | (place >= np.repeat(counts - TAIL_TOKENS, counts))
    bounds = np.concatenate(([0], np.cumsum(np.minimum(counts, HEAD_TOKENS + TAIL_TOKENS))))
    return Tokens(tokens.hashes[keep], bounds, tokens.lengths[keep], tokens.chars, tokens.invisible)


def _once(model: Model, *found: tuple[I64, I64]) -> tuple[I64, I64]:
    """Return exchange and position in the vocabulary of every known n-gram, each once per exchange, in order."""
    size = max(len(model.hashes), 1)
    once = np.unique(np.concatenate([rows * size + places for rows, places in found]))
    return once // size, once % size


def _spread(texts: I64, places: I64, place: I64) -> tuple[I64, I64]:
    """Return what was found in the texts at `place`, in that order; -1 is a text without anything."""
    bounds = np.searchsorted(texts, np.arange(place.max(initial=-1) + 2))
    counts = np.append(np.diff(bounds), 0)[place]
    rows = np.repeat(np.arange(len(place)), counts)
    index = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    return rows, places[index + np.repeat(np.append(bounds[:-1], 0)[place], counts)]


def _look_up(model: Model, tokens: Tokens) -> tuple[I64, I64]:
    """Return text and position in the vocabulary of every known n-gram of the head and tail of each text."""
    kept = _head_and_tail(tokens)
    return _hits(kept.hashes, kept.bounds, model.hashes, model.maybe)


@compiled
def _hits(hashes: U64, bounds: I64, vocabulary: U64, maybe: Bools) -> tuple[I64, I64]:
    """Return text and place in the ascending `vocabulary` of every n-gram that is in it, as `ngrams` numbers them."""
    texts, places = np.empty(WIDEST * len(hashes), dtype=np.int64), np.empty(WIDEST * len(hashes), dtype=np.int64)
    count = 0
    for text in range(len(bounds) - 1):
        for first in range(bounds[text], bounds[text + 1]):
            running = np.uint64(0)
            for last in range(first, min(first + WIDEST, bounds[text + 1])):
                running = running * BASE + hashes[last]
                number = running if last == first else mixed(running)
                if maybe[number >> _FILTER_SHIFT]:
                    place = np.searchsorted(vocabulary, number)
                    if place < len(vocabulary) and vocabulary[place] == number:
                        texts[count], places[count] = text, place
                        count += 1
    return texts[:count].copy(), places[:count].copy()


def _scores(model: Model, rows: I64, known: I64, texts: int) -> I64:
    """Return hundredths of a bit per exchange and class, shape (texts, 6)."""
    sums = np.zeros((len(known) + 1, len(INTENTS)), dtype=np.int64)
    np.cumsum(model.weights[known], axis=0, out=sums[1:])
    bounds = np.searchsorted(rows, np.arange(texts + 1))
    return model.bias + sums[bounds[1:]] - sums[bounds[:-1]]


def _odds(scores: I64) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float32]]:
    """Return the best class of each row of scores, the first of equals, and its log2 odds."""
    bits = scores / UNITS_PER_BIT
    best = bits.argmax(axis=1)
    row = np.arange(len(bits))
    lead = bits[row, best]
    others = np.exp2(bits - lead[:, None])
    others[row, best] = 0
    odds = np.clip(-np.log2(others.sum(axis=1)), -MOST_BITS, MOST_BITS)
    return best.astype(np.int8), np.round(odds, 2).astype(np.float32)


def _in_bits(units: I64) -> tuple[float, ...]:
    return tuple(float(unit) / UNITS_PER_BIT for unit in units)
