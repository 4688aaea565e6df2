"""The numbers that a proposal may change: caps of the kinds of evidence and two thresholds, and how far.

`stillwatch calibrate` writes a proposal; nothing applies it but a person, with `stillwatch scan --weights FILE`. An
e-value stays one under any cap, so a changed cap never makes bits worth more than their p-value is; what it changes is
how much an innocent reason that no null describes may be outweighed.
"""

from __future__ import annotations

import hashlib
import math
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from stillwatch.config import Weights
from stillwatch.errors import NothingUsable
from stillwatch.evidence import (
    COORDINATION_NEEDED,
    EVIDENCE_TABLE,
    EXTRACTION_NEEDED,
    FAMILIES_NEEDED,
    FAMILY_CAP,
    FAMILY_COUNTS,
)
from stillwatch.findings import Question

FORMAT = 1
"""Version of the file of a proposal."""
TODAY = Weights(
    caps={kind.kind: kind.cap for kind in EVIDENCE_TABLE},
    coordination_needed=COORDINATION_NEEDED,
    extraction_needed=EXTRACTION_NEEDED,
)
"""The numbers of the table."""
THRESHOLDS = ("coordination_needed", "extraction_needed")
_ANEW = "`stillwatch calibrate --labels FILE --scan DIR --out proposal.json` writes one"


def _cap_bounds(question: Question, cap: float) -> tuple[float, float]:
    """Return how far a cap may go: innocence may not gain, and what was kept from counting alone stays so."""
    fixed = question is Question.INNOCENCE or cap < FAMILY_COUNTS
    return 0.0, cap if fixed else FAMILY_CAP


BOUNDS: dict[str, tuple[float, float]] = {
    **{kind.kind: _cap_bounds(kind.question, kind.cap) for kind in EVIDENCE_TABLE},
    "coordination_needed": (FAMILIES_NEEDED * FAMILY_COUNTS, FAMILIES_NEEDED * FAMILY_CAP),
    "extraction_needed": (FAMILY_COUNTS, FAMILY_CAP),
}
"""Least and most that each number may be; a threshold stays between what two families need and all they can give."""


def in_force(applied: Weights | None) -> Weights:
    """Return the numbers that a person applied, without them those of the table."""
    return applied or TODAY


class _Numbers(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    caps: dict[str, float]
    coordination_needed: float
    extraction_needed: float


class _Head(BaseModel):
    format: int


class _Proposal(BaseModel):
    today: _Numbers
    proposed: _Numbers


def numbers(weights: Weights) -> dict[str, float]:
    """Return caps by kind and thresholds by name, in one mapping."""
    return {**weights.caps, **{name: getattr(weights, name) for name in THRESHOLDS}}


def weights_of(values: dict[str, float]) -> Weights:
    """Return the weights with such numbers: the inverse of `numbers`."""
    caps = {name: value for name, value in values.items() if name not in THRESHOLDS}
    return Weights(caps=caps, **{name: values[name] for name in THRESHOLDS})


def read_weights(file: Path) -> Weights:
    """Return the numbers that a proposal proposes, for a person who decided to apply it.

    Raises:
        NothingUsable: the file cannot be read, is no proposal, was made by another version or from other numbers than
            those of this version, or has a number that is out of bounds.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        raise NothingUsable(f"cannot be read: {error.strerror}", where=str(file), remedy=_ANEW) from error
    proposal = _parsed(content, file)
    today, proposed = (numbers(Weights(**part.model_dump())) for part in (proposal.today, proposal.proposed))
    _check_today(today, file)
    _check_bounds(proposed, file)
    return weights_of(proposed).model_copy(update={"file": str(file), "sha256": hashlib.sha256(content).hexdigest()})


def is_proposal(file: Path) -> bool:
    """Return whether a file is a proposal, of whatever version."""
    try:
        _Proposal.model_validate_json(file.read_bytes())
    except (ValidationError, OSError):
        return False
    return True


def _parsed(content: bytes, file: Path) -> _Proposal:
    try:
        version = _Head.model_validate_json(content).format
        if version != FORMAT:
            raise NothingUsable(
                f"a proposal in format {version}", where=str(file), expected=f"format {FORMAT}", remedy=_ANEW
            )
        return _Proposal.model_validate_json(content)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(step) for step in first["loc"])
        raise NothingUsable(
            f"is no proposal: {f'`{place}`: ' if place else ''}{first['msg'].lower()}",
            where=str(file),
            expected="what `stillwatch calibrate --out` writes",
            remedy=_ANEW,
        ) from error


def _check_today(was: dict[str, float], file: Path) -> None:
    """Make sure that a proposal starts from the numbers of this version: a change to others means something else."""
    now = numbers(TODAY)
    for name in sorted(was.keys() | now.keys()):
        if was.get(name) != now.get(name):
            before, after = (f"{values[name]:g}" if name in values else "nothing" for values in (was, now))
            raise NothingUsable(
                f"made for another version, in which `{name}` was {before}",
                where=str(file),
                expected=f"one in which it is {after}",
                remedy=f"calibrate again with this version: {_ANEW}",
            )


def _check_bounds(proposed: dict[str, float], file: Path) -> None:
    lacking = sorted(BOUNDS.keys() ^ proposed.keys())
    if lacking:
        found = "is no number of a verdict" if lacking[0] in proposed else "is not among the proposed numbers"
        raise NothingUsable(f"`{lacking[0]}` {found}", where=str(file), expected="every number once", remedy=_ANEW)
    for name, value in proposed.items():
        low, high = BOUNDS[name]
        if not math.isfinite(value) or not low <= value <= high:
            raise NothingUsable(
                f"`{name}` is {value:g}",
                where=str(file),
                expected=f"{low:g} to {high:g} bits",
                remedy="set it within its bounds, or calibrate again",
            )
