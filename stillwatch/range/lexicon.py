"""The words and sentences of each language, from `words/<language>.txt`, as numbers.

A sentence is a frame; a frame is a run of literals and slots. To add a language, add a file and its code to
`LANGUAGES`.
"""

from __future__ import annotations

import functools
import itertools
import re
from dataclasses import dataclass
from importlib import resources

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stillwatch.arrays import I64

I32 = npt.NDArray[np.int32]

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
ASK, FOLLOW, CONTEXT, ANSWER, WRAP = range(5)
"""Kinds of sentence, in the order in which they stand in a text."""
KINDS = ("ask", "follow", "context", "answer", "wrap")
"""The section of a language file that holds each kind."""
SLOTS = "ntxvafdiomrqp"
"""Letters of the slots, see `words/en.txt`; slot `s` has the code `-1 - s`."""
NOUN, TERM, NAME = range(3)
"""The slots that are not drawn like the others."""
_LISTS = {"v": "verbs", "a": "adjectives", "i": "orders", "o": "objects", "m": "manners", "r": "results",
          "q": "qualities", "p": "openers"}  # fmt: skip
NAMES, TERMS, IDENTIFIERS, NUMBERS = 12_000, 300, 5_000, 900
"""Invented words: names that people own, terms of each topic, identifiers, numbers."""
STYLES = 64
"""Orders of preference among frames."""
_UNSPACED = ("zh", "ja")


@dataclass(frozen=True, slots=True)
class Lexicon:
    """One language.

    Attributes:
        words: all literals and slot values.
        first: position in `words` of the first value of a slot, shape (slots, topics).
        choices: how many values follow it, shape (slots,).
        codes: frames one after the other; a code is a position in `words`, or negative for a slot.
        bounds: frame `i` is `codes[bounds[i]:bounds[i + 1]]`; each frame occurs twice, `frames` places apart: first
            with what parts it from a next sentence, then without.
        sections: frames of kind `k` are `sections[k]` to `sections[k + 1]`.
        ranking: frames by preference, kind by kind, shape (STYLES, frames).
    """

    words: pa.Array
    first: I64
    choices: I64
    codes: I32
    bounds: I64
    sections: I64
    ranking: I64

    @property
    def frames(self) -> int:
        """How many different frames there are."""
        return int(self.sections[-1])


@functools.cache
def lexicon(language: str) -> Lexicon:
    """Return the words and frames of `language`, one of `LANGUAGES`."""
    sections = _read(language)
    rng = np.random.default_rng(LANGUAGES.index(language))
    values = _values(rng, language, sections)
    words: list[str] = []
    first = np.empty((len(SLOTS), len(TOPICS)), dtype=np.int64)
    choices = np.empty(len(SLOTS), dtype=np.int64)
    for slot, letter in enumerate(SLOTS):
        start, listed = len(words), values[letter]
        words.extend(listed)
        by_topic = slot in (NOUN, TERM)
        choices[slot] = len(listed) // len(TOPICS) if by_topic else len(listed)
        first[slot] = start + (np.arange(len(TOPICS)) * choices[slot] if by_topic else 0)
    lines = [frame for kind in KINDS for frame in sections[kind]]
    frames = [_parse(words, frame + _ending(language, frame, last=last)) for last in (False, True) for frame in lines]
    edges = np.cumsum([0] + [len(sections[kind]) for kind in KINDS]).astype(np.int64)
    return Lexicon(
        words=pa.array(words),
        first=first,
        choices=choices,
        codes=np.concatenate(frames),
        bounds=np.cumsum([0] + [len(frame) for frame in frames]).astype(np.int64),
        sections=edges,
        ranking=_ranking(rng, edges),
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


def _values(rng: np.random.Generator, language: str, sections: dict[str, list[str]]) -> dict[str, list[str]]:
    """Return what each slot can hold, by its letter; nouns and terms topic by topic."""
    values = {letter: ", ".join(sections[name]).split(", ") for letter, name in _LISTS.items()}
    topics = dict(line.split(": ", 1) for line in sections["topics"])
    values["n"] = [noun for name in TOPICS for noun in topics[name].split(", ")]
    values["x"] = _invented(rng, language, NAMES)
    values["t"] = _invented(rng, language, TERMS * len(TOPICS))
    parts = [word.lower() for word in _invented(rng, "en", 2 * IDENTIFIERS)]
    values["f"] = [f"{a}_{b}" for a, b in zip(parts[::2], parts[1::2], strict=True)]
    values["d"] = [str(number) for number in range(2, NUMBERS + 2)]
    return values


def _ending(language: str, frame: str, *, last: bool) -> str:
    """Return what follows a frame; scripts without spaces end every sentence with a stop."""
    if language in _UNSPACED:
        return "" if frame[-1] in "。？" else "。"
    return "" if last else " "


def _parse(words: list[str], frame: str) -> I32:
    """Return the codes of a frame; its literals are appended to `words`."""
    codes = []
    for place, piece in enumerate(re.split(r"\{([a-z])\}", frame)):
        if place % 2:
            codes.append(-1 - SLOTS.index(piece))
        elif piece:
            codes.append(len(words))
            words.append(piece)
    return np.array(codes, dtype=np.int32)


def _ranking(rng: np.random.Generator, sections: I64) -> I64:
    """Return the frames in the order in which each style prefers them, kind by kind."""
    kinds = [np.tile(np.arange(a, b), (STYLES, 1)) for a, b in itertools.pairwise(sections)]
    return np.concatenate([rng.permuted(frames, axis=1) for frames in kinds], axis=1)


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
    return [word.capitalize() for word in made.tolist()]
