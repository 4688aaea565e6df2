"""Text of our own in several languages: sentences with slots, filled for a whole batch at once.

A text is a list of sentences; a sentence is a frame from `words/<language>.txt`; a frame is a run of literals and
slots. All of it is numbers until the end, when one Arrow join makes the strings. What sets people apart lies in
their `Voices`: their language, the topics they come back to, names that occur with nobody else, and favourite turns
of phrase. To add a language, add a file and its code to `LANGUAGES`.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from importlib import resources

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stillwatch.range.draw import F64, I64, choose_rows, zipf_weights

LANGUAGES = ("en", "zh", "es", "de", "ru", "ja")
TOPICS = (
    "code",
    "data",
    "travel",
    "cooking",
    "law",
    "health",
    "finance",
    "school",
    "garden",
    "music",
    "history",
    "work",
)
ASK, CONTEXT, FOLLOW, ANSWER = range(4)
"""Kinds of sentence."""
_SECTIONS = ("ask", "context", "follow", "answer")
_SLOTS = "nvaxtfd"
_NOUN, _VERB, _ADJECTIVE, _NAME, _TERM, _IDENTIFIER, _NUMBER = range(-7, 0)
NAMES, TERMS, IDENTIFIERS, NUMBERS = 12_000, 300, 5_000, 900
"""Invented words: names that people own, terms of each topic, identifiers, numbers."""
OWN = 6
"""Names that one person uses again and again."""


@dataclass(frozen=True, slots=True)
class Lexicon:
    """One language.

    Attributes:
        words: all literals and slot values.
        nouns: positions in `words`, shape (topics, nouns); verbs, adjectives, identifiers, numbers, names likewise.
        terms: positions of the invented terms, shape (topics, TERMS).
        codes: frames one after the other; a code is a position in `words`, or negative for a slot.
        bounds: frame `i` is `codes[bounds[i]:bounds[i + 1]]`.
        sections: frames of kind `k` are `sections[k]` to `sections[k + 1]`.
    """

    words: pa.Array
    nouns: I64
    verbs: I64
    adjectives: I64
    names: I64
    terms: I64
    identifiers: I64
    numbers: I64
    codes: I64
    bounds: I64
    sections: I64


@dataclass(frozen=True, slots=True)
class Voices:
    """How people write, one entry each.

    Attributes:
        language: position in `LANGUAGES`.
        topics: how often each of `TOPICS` comes up, shape (people, topics).
        names: positions in the names of their language, shape (people, OWN).
        loyalty: chance that a name is one of their own rather than any.
        style: number that shuffles which frames they like best; equal numbers like the same ones.
    """

    language: I64
    topics: F64
    names: I64
    loyalty: F64
    style: I64

    def __len__(self) -> int:
        return len(self.language)


def draw_voices(rng: np.random.Generator, language: I64) -> Voices:
    """Return the voices of unrelated people who write in `language`: one to three topics each make up most of it."""
    count = len(language)
    return Voices(
        language=language,
        topics=rng.dirichlet([0.22] * len(TOPICS), size=count),
        names=rng.integers(0, NAMES, size=(count, OWN)),
        loyalty=rng.beta(5.0, 2.0, size=count),
        style=rng.integers(0, 1 << 30, size=count),
    )


def one_voice(rng: np.random.Generator, count: int, *, topics: F64, language: int = 0) -> Voices:
    """Return `count` voices that are one and the same machine's: same topics, no names of their own."""
    return Voices(
        language=np.full(count, language, dtype=np.int64),
        topics=np.tile(topics / topics.sum(), (count, 1)),
        names=rng.integers(0, NAMES, size=(count, OWN)),
        loyalty=np.zeros(count),
        style=np.full(count, int(rng.integers(0, 1 << 30)), dtype=np.int64),
    )


def pick_topics(rng: np.random.Generator, voices: Voices, who: I64) -> I64:
    """Return a topic for each of `who`, by that voice's weights."""
    return choose_rows(rng, voices.topics, who)


def say(rng: np.random.Generator, voices: Voices, who: I64, *, topic: I64, kinds: list[I64]) -> pa.Array:
    """Return one text per entry of `who`.

    Args:
        topic: the topic of each text, shape (texts,).
        kinds: for each kind of sentence, in the order of ASK, CONTEXT, FOLLOW, ANSWER, how many of it each text has.
    """
    counts = np.stack(kinds, axis=1)
    language = voices.language[who]
    rows = [np.flatnonzero(language == k) for k in range(len(LANGUAGES))]
    texts = [_say_in(rng, lexicon(LANGUAGES[k]), voices, who[r], topic[r], counts[r]) for k, r in enumerate(rows)]
    back = np.empty(len(who), dtype=np.int64)
    back[np.concatenate(rows)] = np.arange(len(who))
    return pa.concat_arrays(texts).take(pa.array(back))


def _say_in(rng: np.random.Generator, lex: Lexicon, voices: Voices, who: I64, topic: I64, counts: I64) -> pa.Array:
    """Return the texts of one language."""
    if not len(who):
        return pa.array([], pa.string())
    flat = counts.ravel()
    kind = np.repeat(np.tile(np.arange(len(_SECTIONS)), len(who)), flat)
    text = np.repeat(np.repeat(np.arange(len(who)), len(_SECTIONS)), flat)
    frame = _frames(rng, lex, kind, voices.style[who[text]])
    sizes = np.diff(lex.bounds)[frame]
    ends = np.cumsum(sizes)
    place = np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - sizes, sizes)
    ids = lex.codes[np.repeat(lex.bounds[frame], sizes) + place]
    owner = np.repeat(text, sizes)
    _fill(rng, lex, voices, ids, who[owner], topic[owner])
    edges = np.searchsorted(owner, np.arange(len(who) + 1))
    lists = pa.ListArray.from_arrays(pa.array(edges, pa.int32()), lex.words.take(pa.array(ids)))
    return pc.utf8_rtrim_whitespace(pc.binary_join(lists, ""))


def _frames(rng: np.random.Generator, lex: Lexicon, kind: I64, style: I64) -> I64:
    """Return a frame per sentence: each style ranks the frames of a kind in its own order, the first ones used most."""
    sizes = np.diff(lex.sections)[kind]
    rank = (rng.random(len(kind)) ** 1.7 * sizes).astype(np.int64)
    return lex.sections[kind] + (rank * (1 + 2 * (style % 3)) + style) % sizes


def _fill(rng: np.random.Generator, lex: Lexicon, voices: Voices, ids: I64, who: I64, topic: I64) -> None:
    """Replace the slots among `ids` by positions in the words of the language."""
    for slot, table in ((_NOUN, lex.nouns), (_TERM, lex.terms)):
        at = np.flatnonzero(ids == slot)
        column = rng.choice(table.shape[1], size=len(at), p=zipf_weights(table.shape[1], 0.5))
        ids[at] = table[topic[at], column]
    for slot, values in ((_VERB, lex.verbs), (_ADJECTIVE, lex.adjectives), (_IDENTIFIER, lex.identifiers),
                         (_NUMBER, lex.numbers)):  # fmt: skip
        at = np.flatnonzero(ids == slot)
        ids[at] = values[rng.integers(0, len(values), size=len(at))]
    at = np.flatnonzero(ids == _NAME)
    own = voices.names[who[at], rng.integers(0, OWN, size=len(at))]
    own = np.where(rng.random(len(at)) < voices.loyalty[who[at]], own, rng.integers(0, NAMES, size=len(at)))
    ids[at] = lex.names[own]


@functools.cache
def lexicon(language: str) -> Lexicon:
    """Return the words and frames of `language`, one of `LANGUAGES`."""
    sections = _read(language)
    words: list[str] = []
    topics = dict(line.split(": ", 1) for line in sections["topics"])
    nouns = _add(words, [w for name in TOPICS for w in topics[name].split(", ")]).reshape(len(TOPICS), -1)
    verbs = _add(words, ", ".join(sections["verbs"]).split(", "))
    adjectives = _add(words, ", ".join(sections["adjectives"]).split(", "))
    rng = np.random.default_rng(LANGUAGES.index(language))
    names = _add(words, _invented(rng, language, NAMES))
    terms = _add(words, _invented(rng, language, TERMS * len(TOPICS))).reshape(len(TOPICS), TERMS)
    parts = [w.lower() for w in _invented(rng, "en", 2 * IDENTIFIERS)]
    identifiers = _add(words, [f"{a}_{b}" for a, b in zip(parts[::2], parts[1::2], strict=True)])
    numbers = _add(words, [str(n) for n in range(2, NUMBERS + 2)])
    gap = "" if language in ("zh", "ja") else " "
    frames = [
        _parse(words, frame + (gap or ("" if frame[-1] in "。？" else "。")))
        for s in _SECTIONS
        for frame in sections[s]
    ]
    return Lexicon(
        words=pa.array(words),
        nouns=nouns,
        verbs=verbs,
        adjectives=adjectives,
        names=names,
        terms=terms,
        identifiers=identifiers,
        numbers=numbers,
        codes=np.concatenate(frames),
        bounds=np.cumsum([0] + [len(f) for f in frames]).astype(np.int64),
        sections=np.cumsum([0] + [len(sections[s]) for s in _SECTIONS]).astype(np.int64),
    )


def _read(language: str) -> dict[str, list[str]]:
    """Return the lines of a language file by section."""
    text = resources.files("stillwatch.range").joinpath("words", f"{language}.txt").read_text(encoding="utf-8")
    sections: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in text.splitlines():
        if line.startswith("["):
            lines = sections.setdefault(line.strip("[]"), [])
        elif line and not line.startswith("#"):
            lines.append(line)
    return sections


def _add(words: list[str], new: list[str]) -> I64:
    """Append `new` to `words` and return where they stand."""
    words.extend(new)
    return np.arange(len(words) - len(new), len(words), dtype=np.int64)


def _parse(words: list[str], frame: str) -> I64:
    """Return the codes of a frame; its literals are appended to `words`."""
    codes = []
    for piece in re.split(r"(\{[a-z]\})", frame):
        if re.fullmatch(r"\{[a-z]\}", piece):
            codes.append(_SLOTS.index(piece[1]) - len(_SLOTS))
        elif piece:
            codes.append(int(_add(words, [piece])[0]))
    return np.array(codes, dtype=np.int64)


_SYLLABLES = {
    "ru": "ба,ве,ги,до,зу,ка,ле,ми,но,пу,ра,се,ти,фо,ша,вин,гор,дан,лек,мов,нар,пол,рус,сан,тол,хов",
    "zh": ",".join("林陈周安海明远山石云江宁和川青岭河柏舟松源霖泽岚禾辰景荣启元嘉"),
    "ja": ",".join("アイウカキクサシスタチナニハマミモラリルレロンメセトノ"),
    "en": (
        "ba,ce,di,fo,gu,ha,jo,ka,li,mo,nu,pa,re,si,to,va,wen,xi,yo,zan,"
        "bel,cor,dun,fen,gal,hark,lin,mar,nor,pel,quin,ros,sel,tam,vor"
    ),
}


def _invented(rng: np.random.Generator, language: str, count: int) -> list[str]:
    """Return `count` different made-up words in the script of `language`."""
    syllables = np.array(_SYLLABLES.get(language, _SYLLABLES["en"]).split(","))
    width = 4 if language == "ja" else 3
    numbers = rng.choice(len(syllables) ** width, size=count, replace=False)
    digits = [numbers // len(syllables) ** k % len(syllables) for k in range(width)]
    made = functools.reduce(np.char.add, [syllables[d] for d in digits])
    return [w.capitalize() for w in made.tolist()]
