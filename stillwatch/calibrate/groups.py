"""The groups of scans, accused and cleared, with what an analyst said of them; and their verdicts under any weights."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from stillwatch.calibrate.labels import Label, Labels
from stillwatch.config import ScanSettings, Weights
from stillwatch.errors import NothingUsable
from stillwatch.evidence import EVIDENCE_TABLE
from stillwatch.findings import Evidence, Question, VerdictKind
from stillwatch.nulls import bits_of
from stillwatch.report.result import Group, Result, load_result
from stillwatch.verdict import judge, reweighed
from stillwatch.weights import in_force

_KINDS = {kind.kind: kind for kind in EVIDENCE_TABLE}


@dataclass(frozen=True, slots=True)
class Reviewed:
    """One group that was tested.

    Attributes:
        scan: name of the folder. label: the analyst's verdict, None without one.
        level: accepted rate of false discoveries of its scan. weights: those of its scan.
    """

    group_id: str
    scan: str
    label: Label | None
    evidence: tuple[Evidence, ...]
    accounts: int
    q_value: float
    level: float
    weights: Weights


def read_groups(labels: Labels, scans: Sequence[Path]) -> tuple[Reviewed, ...]:
    """Return the groups of all scans; one that several scans tested counts once, as the last of them has it.

    Raises:
        NothingUsable: a labelled group is in none of them, or a scan is not one that this version can weigh again.
        Refused: a scan was written in another format. StillwatchError: a file of a scan breaks its contract.
    """
    found: dict[str, Reviewed] = {}
    for folder in scans:
        result = load_result(folder)
        for group in (*result.campaigns, *result.cleared):
            _check(group, folder)
            found.pop(group.group_id, None)
            found[group.group_id] = _reviewed(group, result, labels)
    unknown = [group for group in labels.verdicts if group not in found]
    if unknown:
        near = difflib.get_close_matches(unknown[0], found, n=3, cutoff=0.5)
        raise NothingUsable(
            f"{len(unknown)} of {len(labels.verdicts)} ids are in none of these scans, first `{unknown[0]}`",
            where=f"{labels.file}:{labels.lines[unknown[0]]}",
            expected="ids of campaigns or cleared groups of the folders given with `--scan`",
            remedy=", ".join(f"`{name}`" for name in near) or "`--scan` the folder that it is of",
        )
    return tuple(found.values())


def _check(group: Group, folder: Path) -> None:
    """Make sure that the evidence of a group can be weighed again."""
    again = "scan its ledger again with this version"
    for item in group.evidence:
        if item.kind not in _KINDS:
            raise NothingUsable(f"has evidence of a kind `{item.kind}` that this version does not know",
                                where=str(folder), remedy=again)  # fmt: skip
        if item.share is None:
            raise NothingUsable("was made by a version that did not write `share`", where=str(folder),
                                expected="evidence that can be weighed again", remedy=again)  # fmt: skip


def _reviewed(group: Group, result: Result, labels: Labels) -> Reviewed:
    level = result.scan.parameters.get("false_discoveries")
    return Reviewed(
        group_id=group.group_id,
        scan=result.out,
        label=labels.verdicts.get(group.group_id),
        evidence=group.evidence,
        accounts=group.n_accounts,
        q_value=group.q_value,
        level=float(level) if isinstance(level, int | float) else ScanSettings().false_discoveries,
        weights=in_force(result.scan.weights),
    )


def verdict_under(group: Reviewed, weights: Weights) -> tuple[VerdictKind | None, str]:
    """Return the verdict on a group under `weights`, with the reason.

    Its q-value comes from bits that a folder does not hold. It is taken for the one of the scan, times two for every
    bit that a kind counts less than it did there: more than a scan would give, but for its place among others.
    """
    lost = sum(max(0.0, _alone(item, group.weights) - _alone(item, weights)) for item in group.evidence)
    return judge(reweighed(group.evidence, weights), min(1.0, group.q_value * 2.0**lost), group.level, weights)


def _alone(item: Evidence, weights: Weights) -> float:
    """Return what a piece of evidence counts before the cap of its family; what speaks for innocence counts down."""
    if item.p_value is None:
        return 0.0
    bits, cap = bits_of(item.p_value), weights.caps[item.kind]
    if _KINDS[item.kind].question is Question.INNOCENCE:
        return -min(max(bits, 0.0), cap)
    return min(bits, cap) * ((item.share or 0.0) if bits > 0 else 1.0)
