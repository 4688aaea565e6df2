"""The numbers that a proposal may change: their bounds, and what is refused as one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stillwatch.errors import ExitCode, NothingUsable
from stillwatch.evidence import EVIDENCE_TABLE, EXTRACTION_NEEDED, FAMILY_CAP, FAMILY_COUNTS
from stillwatch.findings import Question
from stillwatch.weights import BOUNDS, TODAY, is_proposal, numbers, read_weights, weights_of

Proposal = dict[str, Any]
_IN_STEP = f"it is {TODAY.caps['in_step']:g}"


def _proposal() -> Proposal:
    today = TODAY.model_dump(exclude={"file", "sha256"})
    proposed = {**today, "caps": {**today["caps"], "signup_burst": 5.5}, "coordination_needed": 15.0}
    return {"format": 1, "stillwatch": "0.1.0", "labels": {}, "today": today, "proposed": proposed}


def _written(folder: Path, proposal: object) -> Path:
    file = folder / "proposal.json"
    file.write_text(proposal if isinstance(proposal, str) else json.dumps(proposal), encoding="utf-8")
    return file


def test_a_proposal_is_read_with_its_file_and_digest(tmp_path: Path) -> None:
    file = _written(tmp_path, _proposal())
    found = read_weights(file)
    assert (found.caps["signup_burst"], found.coordination_needed) == (5.5, 15.0)
    assert found.caps | {"signup_burst": 8.0} == TODAY.caps
    assert (found.file, found.sha256) == (str(file), hashlib.sha256(file.read_bytes()).hexdigest())


def test_numbers_and_weights_are_the_same_thing_twice() -> None:
    assert weights_of(numbers(TODAY)) == TODAY
    assert numbers(TODAY).keys() == BOUNDS.keys()


def test_the_numbers_of_the_table_lie_within_their_bounds() -> None:
    assert not [name for name, value in numbers(TODAY).items() if not BOUNDS[name][0] <= value <= BOUNDS[name][1]]


def test_no_bound_lets_a_kind_of_guilt_do_what_the_table_forbids_it() -> None:
    for kind in EVIDENCE_TABLE:
        most = BOUNDS[kind.kind][1]
        if kind.question is Question.INNOCENCE:
            assert most == kind.cap
        else:
            assert most <= FAMILY_CAP
        if kind.cap < FAMILY_COUNTS:
            assert most < min(FAMILY_COUNTS, EXTRACTION_NEEDED, BOUNDS["extraction_needed"][0])
    assert BOUNDS["coordination_needed"][0] >= 2 * FAMILY_COUNTS


def _set(path: tuple[str, ...], value: object) -> Callable[[Proposal], None]:
    def change(proposal: Proposal) -> None:
        place = proposal
        for step in path[:-1]:
            place = place[step]
        if value is None:
            del place[path[-1]]
        else:
            place[path[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "found", "expected"),
    [
        (_set(("format",), 2), "a proposal in format 2", "format 1"),
        (_set(("format",), None), "`format`: field required", "calibrate --out"),
        (_set(("proposed",), None), "`proposed`: field required", "calibrate --out"),
        (_set(("proposed", "family_cap"), 3.0), "`proposed.family_cap`", "calibrate --out"),
        (_set(("today", "caps", "in_step"), 0.5), "made for another version, in which `in_step` was 0.5", _IN_STEP),
        (_set(("today", "caps", "in_step"), None), "in which `in_step` was nothing", _IN_STEP),
        (_set(("today", "caps", "tea_leaves"), 3.0), "in which `tea_leaves` was 3", "it is nothing"),
        (
            _set(("today", "extraction_needed"), 4.5),
            "in which `extraction_needed` was 4.5",
            f"it is {EXTRACTION_NEEDED:g}",
        ),
        (_set(("proposed", "caps", "in_step"), None), "`in_step` is not among", "every number"),
        (_set(("proposed", "caps", "tea_leaves"), 3.0), "`tea_leaves` is no number", "every number"),
        (_set(("proposed", "caps", "in_step"), -0.5), "`in_step` is -0.5", f"0 to {FAMILY_CAP:g} bits"),
        (
            _set(("proposed", "caps", "shared_address"), 4.5),
            "`shared_address` is 4.5",
            f"0 to {TODAY.caps['shared_address']:g} bits",
        ),
        (_set(("proposed", "caps", "same_list"), 400.0), "`same_list` is 400", f"to {TODAY.caps['same_list']:g} bits"),
        (_set(("proposed", "coordination_needed"), 8.0), "`coordination_needed` is 8", f"{2 * FAMILY_COUNTS:g} to"),
    ],
)
def test_what_is_wrong_with_a_proposal_is_said(
    tmp_path: Path, change: Callable[[Proposal], None], found: str, expected: str
) -> None:
    proposal = _proposal()
    change(proposal)
    with pytest.raises(NothingUsable) as caught:
        read_weights(_written(tmp_path, proposal))
    assert found in caught.value.found
    assert expected in caught.value.expected
    assert caught.value.remedy
    assert caught.value.where.endswith("proposal.json")
    assert caught.value.exit_code is ExitCode.NOTHING_USABLE


@pytest.mark.parametrize("text", ["", "[]", "campaign_id,verdict\n", '{"format": 1}', '{"format": 1, "today": NaN}'])
def test_a_file_that_is_no_proposal_is_said(tmp_path: Path, text: str) -> None:
    file = _written(tmp_path, text)
    assert not is_proposal(file)
    with pytest.raises(NothingUsable, match="is no proposal"):
        read_weights(file)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(NothingUsable, match="cannot be read") as caught:
        read_weights(tmp_path / "nothing.json")
    assert "stillwatch calibrate" in caught.value.remedy


def test_a_number_that_is_none_is_refused(tmp_path: Path) -> None:
    text = json.dumps(_proposal()).replace('"coordination_needed": 15.0', '"coordination_needed": NaN')
    with pytest.raises(NothingUsable):
        read_weights(_written(tmp_path, text))
