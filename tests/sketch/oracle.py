"""The sketch of a text once more, one character at a time and with no eye to speed, to compare the fast one with."""

from __future__ import annotations

import itertools
import unicodedata
from collections import Counter
from dataclasses import dataclass

from stillwatch.sketch.schema import SHINGLES, TOPIC_SCALE, TOPIC_WIDTH

WORDS = 2**64
BASE = 0x9E3779B97F4A7C15
TOPIC_SIGNS = 0x5851F42D4C957F2D
LEAST_WORDS = 4
THAI, KANA, HAN = "thai", "kana", "han"
WEIGHTS = {"letter": 5, "digit": 5, HAN: 3, KANA: 2, THAI: 1}


@dataclass(frozen=True)
class Token:
    """A token with its number, its kind and its length."""

    number: int
    kind: str
    length: int


def normalised(text: str) -> str:
    """Return `text` in NFKC and lower case."""
    return "".join(c.lower() for c in unicodedata.normalize("NFKC", text))


def folded(text: str) -> str:
    """Return `text` as its mark sees it."""
    return " ".join("".join(c for c in normalised(text) if _kind(c) != "invisible").split())


def tokens(text: str) -> list[Token]:
    """Return the tokens of `text`."""
    text = normalised(text)
    if len(text) > 16_384 + 4_096:
        text = text[:16_384] + text[-4_096:]
    visible = [(c, _kind(c)) for c in text if _kind(c) != "invisible"]
    found = []
    for kind, run in itertools.groupby(visible, key=lambda pair: pair[1]):
        characters = [c for c, _ in run]
        if kind in ("letter", "digit"):
            found.append(_token(characters, kind))
        elif kind in WEIGHTS:
            found.extend(_token([c], kind) for c in characters)
    return found


def head(text: str) -> int | None:
    """Return the number of the first span."""
    found = tokens(text)
    return _span(found) if _weight(found) >= 60 else None


def tail(text: str) -> int | None:
    """Return the number of the last span."""
    found = tokens(text)
    first = max((i for i in range(len(found)) if _weight(found[i:]) >= 30), default=0)
    return _polynomial([t.number for t in found[first:]]) if _weight(found) >= 60 else None


def system_head(text: str) -> int | None:
    """Return the number of the first twelve words, or of all there are."""
    found = tokens(text)
    last = next((i for i in range(len(found)) if _weight(found[:i]) >= 60), len(found))
    return _polynomial([t.number for t in found[:last]]) if found else None


def shingles(text: str) -> list[int | None]:
    """Return the smallest number of all spans by residue."""
    found = tokens(text)
    numbers = [_span(found[i:]) for i in range(len(found)) if _weight(found[i:]) >= 30]
    return [min((n for n in numbers if n % SHINGLES == i), default=None) for i in range(SHINGLES)]


def topic(text: str) -> list[int] | None:
    """Return the topic profile."""
    words = Counter((t.number, _topic_weight(t)) for t in tokens(text) if t.kind != "digit")
    if sum(words.values()) < LEAST_WORDS:
        return None
    norm = sum(weight**2 * n for (_, weight), n in words.items()) ** 0.5
    out = []
    for i in range(TOPIC_WIDTH):
        signed = sum(
            weight * n * (1 if mix(number ^ TOPIC_SIGNS) >> i & 1 else -1) for (number, weight), n in words.items()
        )
        out.append(max(-4 * TOPIC_SCALE, min(4 * TOPIC_SCALE, round(TOPIC_SCALE * (signed / norm)))))
    return out


def mix(value: int) -> int:
    """Return MurmurHash3's finaliser of `value`."""
    value ^= value >> 33
    value = value * 0xFF51AFD7ED558CCD % WORDS
    value ^= value >> 33
    value = value * 0xC4CEB9FE1A85EC53 % WORDS
    return value ^ value >> 33


def _kind(character: str) -> str:
    category, point = unicodedata.category(character), ord(character)
    if category == "Cf" or 0xFE00 <= point <= 0xFE0F:
        return "invisible"
    if category == "Nd":
        return "digit"
    if category[0] not in "LM" and character != "_":
        return "other"
    if 0x0E00 <= point <= 0x0EFF or 0x1000 <= point <= 0x109F or 0x1780 <= point <= 0x17FF:
        return THAI
    if 0x3040 <= point <= 0x30FF:
        return KANA
    if 0x3400 <= point <= 0x4DBF or 0x4E00 <= point <= 0x9FFF or 0x20000 <= point <= 0x2FFFF:
        return HAN
    return "letter"


def _token(characters: list[str], kind: str) -> Token:
    value = sum(ord(c) * pow(BASE, min(i, 63) + 1, WORDS) for i, c in enumerate(characters))
    return Token(mix(value % WORDS) if kind != "digit" else 0, kind, len(characters))


def _topic_weight(token: Token) -> int:
    return 4 if token.kind != "letter" or token.length >= 4 else 1


def _weight(found: list[Token]) -> int:
    return sum(WEIGHTS[t.kind] for t in found)


def _span(found: list[Token]) -> int:
    last = next(i for i in range(len(found) + 1) if _weight(found[:i]) >= 30)
    return _polynomial([t.number for t in found[:last]])


def _polynomial(numbers: list[int]) -> int:
    return mix(sum(n * pow(BASE, i + 1, WORDS) for i, n in enumerate(numbers)) % WORDS)
