"""What a reader must know of each kind of evidence: who else shows it, and what it misses.

The words are those of its module's docstring, which is also its section in `docs/evidence.md`.
"""

from __future__ import annotations

import functools
import inspect
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from stillwatch.evidence import EVIDENCE_TABLE


@dataclass(frozen=True, slots=True)
class About:
    """A kind of evidence in words.

    Attributes:
        title: its id as words.
        innocent: who shows it and harvests nothing; empty when the kind itself speaks for innocence.
        blind: what it cannot see.
    """

    title: str
    innocent: str = ""
    blind: str = ""


def about(kind: str) -> About:
    """Return the words on a kind; one that this version does not know has a title and nothing else."""
    return _known().get(kind, About(_title(kind)))


@functools.cache
def _known() -> Mapping[str, About]:
    return {
        row.kind: _parsed(row.kind, inspect.getdoc(sys.modules[row.test.__module__]) or "") for row in EVIDENCE_TABLE
    }


def _title(kind: str) -> str:
    return kind.replace("_", " ")


def _parsed(kind: str, docstring: str) -> About:
    """Return the named parts of a docstring: each begins with its name and ends with the next name or paragraph."""
    text = " ".join(" ".join(p.split()) + "\n" for p in docstring.split("\n\n"))
    parts = re.findall(r"(Innocent causes|Blind spot): (.*?)(?= (?:Innocent causes|Blind spot): |\n)", text)
    named = dict(parts)
    return About(_title(kind), named.get("Innocent causes", ""), named.get("Blind spot", ""))
