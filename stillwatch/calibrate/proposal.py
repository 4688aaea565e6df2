"""A proposal: numbers that labels speak for, what they would change, and the file that a person may apply."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from stillwatch import __version__
from stillwatch.calibrate.fit import ASKED, INTERVAL, Answer, Estimate, answer
from stillwatch.calibrate.groups import Reviewed, read_groups, verdict_under
from stillwatch.calibrate.labels import Label, Labels, read_labels
from stillwatch.config import Weights
from stillwatch.errors import NothingUsable, Refused
from stillwatch.findings import VerdictKind
from stillwatch.trials import Effect
from stillwatch.weights import FORMAT, TODAY, is_proposal, numbers, weights_of


@dataclass(frozen=True, slots=True)
class Change:
    """A group whose verdict would be another one: `before` with the numbers of the table, `after` as proposed."""

    group: Reviewed
    before: VerdictKind | None
    after: VerdictKind | None
    reason: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """What labels say about the numbers of the table.

    Attributes:
        scans: names of the folders. groups: how many were weighed again, labelled or not.
        answers: one for each question.
        weights: all numbers as proposed. changes: groups that would get another verdict.
    """

    labels: Labels
    scans: tuple[str, ...]
    groups: int
    answers: tuple[Answer, ...]
    weights: Weights
    changes: tuple[Change, ...]

    @property
    def changed(self) -> tuple[Estimate, ...]:
        """The numbers for which another one is proposed."""
        return tuple(e for one in self.answers for e in one.estimates if e.proposed != e.today)


def propose(labels_file: Path, scans: Sequence[Path]) -> Proposal:
    """Return what the labels in a file say about the numbers of the table. It changes nothing.

    Raises:
        NothingUsable: the file or a scan cannot be used, or the labels are too few or one-sided for any question.
        Refused: a scan was written in another format. StillwatchError: a file of a scan breaks its contract.
    """
    labels = read_labels(labels_file)
    groups = read_groups(labels, scans)
    answers = tuple(answer(asked, groups) for asked in ASKED)
    if not any(one.estimates for one in answers):
        told = ", ".join(f"{labels.count(label)} {label}" for label in Label)
        raise NothingUsable(
            f"{told}: no question can be put to these labels",
            where=str(labels_file),
            expected="; ".join(f"{one.asked.name}: {one.said}" for one in answers),
            remedy="label more campaigns and cleared groups, above all of the rarer verdict",
        )
    proposed = {e.name: e.proposed for one in answers for e in one.estimates}
    weights = weights_of(numbers(TODAY) | proposed)
    changes = tuple(change for group in groups if (change := _change(group, weights)))
    return Proposal(labels, tuple(str(scan) for scan in scans), len(groups), answers, weights, changes)


def _change(group: Reviewed, weights: Weights) -> Change | None:
    before, (after, reason) = verdict_under(group, TODAY)[0], verdict_under(group, weights)
    return None if before is after else Change(group, before, after, reason)


def proposal_json(proposal: Proposal, effects: Sequence[Effect]) -> dict[str, Any]:
    """Return a proposal as values of JSON; its file is the same."""
    labels = proposal.labels
    return {
        "format": FORMAT,
        "stillwatch": __version__,
        "labels": {
            "file": labels.file, "sha256": labels.sha256, **{str(label): labels.count(label) for label in Label},
        },
        "scans": list(proposal.scans),
        "groups": proposal.groups,
        "interval": INTERVAL,
        "questions": [_answer(one) for one in proposal.answers],
        "changes": [_changed(change) for change in proposal.changes],
        "range": [_effect(effect) for effect in effects],
        "today": _numbers(TODAY),
        "proposed": _numbers(proposal.weights),
    }  # fmt: skip


def _numbers(weights: Weights) -> dict[str, Any]:
    return weights.model_dump(exclude={"file", "sha256"})


def _answer(one: Answer) -> dict[str, Any]:
    return {
        "question": one.asked.name,
        "yes": one.yes,
        "no": one.no,
        "said": one.said,
        "wrong": None if one.wrong is None else {"today": one.wrong[0], "left_out": one.wrong[1]},
        "loss": None if one.loss is None else {"today": one.loss[0], "left_out": one.loss[1]},
        "estimates": [asdict(estimate) for estimate in one.estimates],
    }


def _changed(change: Change) -> dict[str, Any]:
    group = change.group
    return {
        "campaign_id": group.group_id, "scan": group.scan, "label": group.label, "n_accounts": group.accounts,
        "before": change.before, "after": change.after, "reason": change.reason,
    }  # fmt: skip


def _effect(effect: Effect) -> dict[str, Any]:
    return {"case": effect.case.id, "before": asdict(effect.before), "after": asdict(effect.after)}


def write_proposal(proposal: Proposal, effects: Sequence[Effect], file: Path) -> None:
    """Write the file that `stillwatch scan --weights` reads.

    Raises:
        NothingUsable: it cannot be written. Refused: it exists and is no proposal.
    """
    if file.is_file() and not is_proposal(file):
        raise Refused("exists and is no proposal", where=str(file), remedy="another `--out`")
    text = json.dumps(proposal_json(proposal, effects), indent=2) + "\n"
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise NothingUsable(
            f"cannot be written: {error.strerror}", where=str(file), remedy="name a file in a folder that is there"
        ) from error
