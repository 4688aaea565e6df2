"""Text of our own in several languages: sentences with slots, filled for a whole batch at once.

Every choice (which sentence, which word) is drawn by number from the text it belongs to, so a text does not depend on
what else is written with it. All of it is numbers until the end, when one Arrow join makes the strings. What sets
people apart lies in their *voice*, one number: names that occur with nobody else, and favourite turns of phrase.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stillwatch.arrays import I64, Flags
from stillwatch.range.draw import U64, Ints, below, key, mixed, unit
from stillwatch.range.lexicon import I32, KINDS, LANGUAGES, NAME, NAMES, NOUN, STYLES, TERM, WRAP, Lexicon, lexicon

OWN = 6
"""Names that one person uses again and again."""
_BLOCK = 16_384
"""Texts made at a time: what they take fits the cache."""
_STEP = np.uint64(0xD1B54A32D192ED03)
_SENTENCE, _FRAME, _SLOT, _WHOSE, _WHICH, _OWN, _LOYALTY = (key(0, "sentences", salt) for salt in range(7))


@dataclass(frozen=True, slots=True)
class Wordings:
    """Texts to be written, one entry each.

    Attributes:
        number: what the choices are drawn by.
        language: position in `LANGUAGES`.
        topic: position in `TOPICS`.
        voice: number of who words it; equal numbers have the same names and favourite sentences.
        personal: whether the voice has names of its own; a machine has none.
        counts: how many sentences of each of `KINDS`, shape (texts, kinds).
    """

    number: U64
    language: Ints
    topic: Ints
    voice: U64
    personal: Flags
    counts: Ints

    def __len__(self) -> int:
        return len(self.number)

    def take(self, rows: Ints | Flags) -> Wordings:
        """Return the texts at `rows`."""
        return Wordings(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})


def say(texts: Wordings) -> pa.Array:
    """Return the texts as strings; one without sentences is empty."""
    if not len(texts):
        return pa.array([], pa.string())
    order = np.argsort(texts.language, kind="stable")
    edges = np.searchsorted(texts.language[order], np.arange(len(LANGUAGES) + 1))
    said = [
        _say_block(lexicon(LANGUAGES[k]), texts.take(order[start : min(start + _BLOCK, edges[k + 1])]))
        for k in range(len(LANGUAGES))
        for start in range(edges[k], edges[k + 1], _BLOCK)
    ]
    back = np.empty(len(order), dtype=np.int64)
    back[order] = np.arange(len(order))
    return pa.concat_arrays(said).take(pa.array(back))


def _say_block(lex: Lexicon, texts: Wordings) -> pa.Array:
    """Return texts of one language."""
    flat = texts.counts.ravel().astype(np.int64)
    sentence = np.repeat(np.arange(len(flat)), flat)
    text, kind = np.divmod(sentence, len(KINDS))
    begins = np.searchsorted(text, np.arange(len(texts) + 1))
    place = np.arange(len(text)) - begins[text]
    number = mixed(texts.number[text] + place.astype(np.uint64) * _STEP, _SENTENCE)
    last = np.append(text[1:] != text[:-1], True)[: len(text)]
    frame = _frames(lex, kind, number, texts.voice[text]) + last * lex.frames
    ids, edges = _filled(lex, frame, number, text, texts)
    lists = pa.ListArray.from_arrays(pa.array(edges[begins], pa.int32()), lex.words.take(pa.array(ids)))
    return pc.binary_join(lists, "")


def _frames(lex: Lexicon, kind: Ints, number: U64, voice: U64) -> I64:
    """Return a frame per sentence: a voice uses its favourites most, but words wraps without any preference."""
    drawn = unit(number, _FRAME)
    drawn = np.where(kind == WRAP, drawn, drawn * np.sqrt(drawn))
    rank = (drawn * np.diff(lex.sections)[kind]).astype(np.int64)
    frames: I64 = lex.ranking[voice % np.uint64(STYLES), lex.sections[kind] + rank]
    return frames


def _filled(lex: Lexicon, frame: I64, number: U64, text: I64, texts: Wordings) -> tuple[I32, I64]:
    """Return positions in the words of the language, and where each sentence begins among them.

    Args:
        frame, number, text: of each sentence: its frame, what it is drawn by, and its place in `texts`.
    """
    sizes = np.diff(lex.bounds)[frame]
    edges = np.concatenate(([0], np.cumsum(sizes)))
    ids = lex.codes[np.arange(edges[-1]) + np.repeat(lex.bounds[frame] - edges[:-1], sizes)]
    at = np.flatnonzero(ids < 0)
    owner = np.repeat(np.arange(len(frame)), sizes)[at]
    slot = -1 - ids[at]
    drawn_by = number[owner] + (at - edges[owner]).astype(np.uint64) * _STEP
    drawn = unit(drawn_by, _SLOT)
    drawn = np.where((slot == NOUN) | (slot == TERM), drawn * np.sqrt(drawn), drawn)
    ids[at] = lex.first[slot, texts.topic[text[owner]]] + (drawn * lex.choices[slot]).astype(np.int64)
    named = np.flatnonzero((slot == NAME) & texts.personal[text[owner]])
    voice = texts.voice[text[owner[named]]]
    own = unit(drawn_by[named], _WHOSE) < unit(voice, _LOYALTY) ** 0.4  # as Beta(2.5, 1): about 0.71
    which = below(drawn_by[named[own]], _WHICH, OWN).astype(np.uint64)
    ids[at[named[own]]] = lex.first[NAME, 0] + below(voice[own] + which * _STEP, _OWN, NAMES)
    return ids, edges
