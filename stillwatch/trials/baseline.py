"""Whether a result is worse than the one that was saved, by more than chance and change of seed would explain."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from pydantic import BaseModel, ValidationError

from stillwatch.errors import NothingUsable, Refused, StillwatchError
from stillwatch.range.scoring import GroupScore, Score
from stillwatch.range.store import CAMPAIGN, RELAY
from stillwatch.trials.run import Trial

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far a figure may fall behind the saved one: `worse` is the direction, `by` the amount, `why` the reason."""

    figure: str
    worse: int
    by: float
    why: str


TOLERANCES = (
    Tolerance("recall", -1, 0.05, "one account in twenty: members at the edge come and go"),
    Tolerance("precision", -1, 0.02, "one member in fifty: an innocent member weighs more than a missed one"),
    Tolerance("leaked", +1, 0.10, "a tenth of the harvest: cut-offs are that far apart"),
    Tolerance("as_expected", -1, 0.0, "the verdict itself may not change"),
    Tolerance("innocents_per_100k", +1, 5.0, "one account in twenty thousand"),
    Tolerance("lookalikes_accused", +1, 0.0, "no look-alike group more than before"),
    Tolerance("relays_accused", +1, 0.0, "a relay is never to be called distillation"),
)

_KNOWN = {tolerance.figure: tolerance for tolerance in TOLERANCES}

Baseline = Mapping[str, Mapping[str, float]]
"""Figures by `Case.id` and name."""


@dataclass(frozen=True, slots=True)
class Drop:
    """A figure that fell behind: what it was, what it is (None when it is gone), and by how much it may differ."""

    case: str
    figure: str
    was: float
    now: float | None
    tolerance: Tolerance


def figures(score: Score) -> dict[str, float]:
    """Return the figures of a score that are compared, by name; one that could not be had is left out."""
    found = dict(_of_innocents(score))
    for group in score.groups:
        if group.kind in (CAMPAIGN, RELAY):
            found |= {f"{group.group_id}/{name}": value for name, value in _of_group(group)}
    return {name: round(value, 6) for name, value in sorted(found.items())}


def _of_innocents(score: Score) -> Iterator[tuple[str, float]]:
    if score.innocents.accused is not None:
        yield "innocents_per_100k", score.innocents.accused.estimate
    yield "lookalikes_accused", sum(g.accused for g in score.groups)
    if score.relays.groups is not None:
        yield "relays_accused", score.relays.groups.estimate


def _of_group(group: GroupScore) -> Iterator[tuple[str, float]]:
    yield "as_expected", float(group.as_expected)
    if group.kind == CAMPAIGN:
        yield "recall", group.recall
        if group.precision is not None:
            yield "precision", group.precision
        if group.detection is not None and group.detection.leaked is not None:
            yield "leaked", group.detection.leaked.estimate


def drops(trials: Sequence[Trial], baseline: Baseline) -> list[Drop]:
    """Return every figure of `trials` that fell behind `baseline` beyond its tolerance, and every one that is gone."""
    found = []
    for trial in trials:
        now = figures(trial.score)
        for name, was in baseline.get(trial.case.id, {}).items():
            tolerance, value = _KNOWN[name.rsplit("/", 1)[-1]], now.get(name)
            if value is None or tolerance.worse * (value - was) > tolerance.by + 1e-9:
                found.append(Drop(trial.case.name, name, was, value, tolerance))
    return found


def save_baseline(trials: Sequence[Trial], path: Path) -> None:
    """Write the figures of `trials` to `path`."""
    values = {trial.case.id: figures(trial.score) for trial in trials}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"format": FORMAT, "cases": values}, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def load_baseline(name: str) -> Baseline:
    """Return the baseline that is saved under `name`: one that comes with stillwatch, or a file.

    Raises:
        NothingUsable: there is neither. Refused: it was written in another format. StillwatchError: it is no baseline.
    """
    packaged = resources.files("stillwatch.trials").joinpath("baselines", f"{name}.json")
    source = packaged if packaged.is_file() else Path(name)
    if not source.is_file():
        raise NothingUsable(
            f"there is no baseline `{name}`", where="--against", expected="a saved name or a file",
            remedy=f"`stillwatch range run --save {name}.json` writes one",
        )  # fmt: skip
    try:
        saved = _Saved.model_validate_json(source.read_bytes())
    except (ValidationError, OSError) as error:
        raise _no_baseline(source, str(error).splitlines()[0]) from error
    if saved.format != FORMAT:
        raise Refused(f"written in format {saved.format}", where=str(source), expected=f"format {FORMAT}", remedy=_ANEW)
    unknown = sorted({n for values in saved.cases.values() for n in values if n.rsplit("/", 1)[-1] not in _KNOWN})
    if unknown:
        raise _no_baseline(source, f"`{unknown[0]}` is no figure that is compared")
    return saved.cases


class _Saved(BaseModel):
    """A baseline as it lies on disk."""

    format: int
    cases: dict[str, dict[str, float]]


_ANEW = "`stillwatch range run --save FILE` writes one"


def _no_baseline(source: Traversable, found: str) -> StillwatchError:
    return StillwatchError(
        f"is no baseline: {found}", where=str(source), expected="what `range run --save` writes", remedy=_ANEW
    )
