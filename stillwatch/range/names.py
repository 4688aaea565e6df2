"""What to say when somebody misspells a name."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from stillwatch.errors import NothingUsable

_LIKE = 0.4
"""Likeness, of 0 to 1, from which a name is offered instead; low, since short beginnings of long names are typed."""


def unknown(what: str, name: str, known: Sequence[str], *, where: str) -> NothingUsable:
    """Return the error for a `what` called `name` that is not among the `known`, with the one spelt most like it."""
    near = difflib.get_close_matches(name, known, n=1, cutoff=_LIKE)
    return NothingUsable(
        f"unknown {what} `{name}`",
        where=where,
        expected="one of " + ", ".join(known),
        remedy=f"did you mean `{near[0]}`?" if near else "`stillwatch range list` shows them all",
    )
