"""What a reader must know of each kind of evidence: who else shows it, what it misses, and how much it may weigh.

The words are those of its module's docstring, which is also its section in `docs/evidence.md`.
"""

from __future__ import annotations

import functools
import inspect
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace

from stillwatch.config import Weights
from stillwatch.evidence import EVIDENCE_TABLE, Kind
from stillwatch.evidence.origins import Origin


@dataclass(frozen=True, slots=True)
class About:
    """A kind of evidence in words.

    Attributes:
        title: its id as words.
        innocent: who shows it and harvests nothing; empty when the kind itself speaks for innocence.
        blind: what it cannot see.
        cap: most bits that it may count; None of a kind that this version does not know.
        origin: how that cap was arrived at, in a word.
    """

    title: str
    innocent: str = ""
    blind: str = ""
    cap: float | None = None
    origin: str = ""

    @property
    def weight(self) -> str:
        """The cap and its origin as a phrase; empty of a kind that this version does not know."""
        return "" if self.cap is None else f"{self.cap:g} bits at most, {self.origin}"


def about(kind: str, applied: Weights | None = None) -> About:
    """Return the words on a kind; one that this version does not know has a title and nothing else.

    Args:
        applied: weights of the scan, if a person applied others than those of the table.
    """
    words = _known().get(kind, About(_title(kind)))
    if applied is None or applied.caps.get(kind, words.cap) == words.cap:
        return words
    return replace(words, cap=applied.caps[kind], origin=str(Origin.FITTED))


@functools.cache
def _known() -> Mapping[str, About]:
    return {
        row.kind: replace(_parsed(row.kind, _docstring(row)), cap=row.cap, origin=str(row.stated.origin))
        for row in EVIDENCE_TABLE
    }


def _docstring(row: Kind) -> str:
    return inspect.getdoc(sys.modules[row.test.__module__]) or ""


def _title(kind: str) -> str:
    return kind.replace("_", " ")


def _parsed(kind: str, docstring: str) -> About:
    """Return the named parts of a docstring: each begins with its name and ends with the next name or paragraph."""
    text = " ".join(" ".join(p.split()) + "\n" for p in docstring.split("\n\n"))
    parts = re.findall(r"(Innocent causes|Blind spot): (.*?)(?= (?:Innocent causes|Blind spot): |\n)", text)
    named = dict(parts)
    return About(_title(kind), named.get("Innocent causes", ""), named.get("Blind spot", ""))
