"""The text of an n-gram from its number: the model file shows words, the sketch sees numbers only."""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Iterable

import numpy as np

from stillwatch.sketch.intent import WIDEST, Model, assemble
from stillwatch.sketch.schema import INTENTS

_UNSPACED = ("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "MYANMAR", "KHMER")


def names_of(texts: Iterable[str]) -> Model:
    """Return a model without weights that names every n-gram of `texts`."""
    names: set[str] = set()
    for text in texts:
        parts = words(text)
        for width in range(1, WIDEST + 1):
            names.update(" ".join(parts[at : at + width]) for at in range(len(parts) - width + 1))
    width = len(INTENTS)
    return assemble(sorted(names), np.zeros((len(names), width), np.int64), np.zeros(width, np.int64))


def words(text: str) -> list[str]:
    """Return the words of `text` as `stillwatch.sketch.tokens` parts them; digits become a single 0."""
    text = unicodedata.normalize("NFKC", text).lower()
    runs = itertools.groupby(enumerate(text), key=lambda place: _kind(*place))
    return ["0" if kind == "digit" else "".join(char for _, char in run) for kind, run in runs if kind != "gap"]


def _kind(place: int, char: str) -> str:
    """Return what a character belongs to; a letter of a script written without spaces stands alone."""
    category = unicodedata.category(char)
    if category == "Nd":
        return "digit"
    if category[0] not in "LM" and char != "_":
        return "gap"
    alone = category[0] == "L" and unicodedata.name(char, "").startswith(_UNSPACED)
    return f"alone {place}" if alone else "letter"
