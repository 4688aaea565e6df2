"""The command: what it says and writes, that nothing is applied, and what a scan makes of a proposal that is."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from stillwatch.calibrate import propose
from stillwatch.errors import ExitCode
from stillwatch.evidence import EVIDENCE_TABLE
from stillwatch.findings import Question, VerdictKind
from stillwatch.weights import TODAY, numbers, read_weights
from tests.calibrate.scans import COURSE, HARVESTER, RELAY, Told, alike, write_folder, write_labels
from tests.ledger.sketches import tree
from tests.small_world import Ran, Scanned, campaign_of, done, parquet_bytes, rows, stillwatch, verdicts

LABELS = {f"{name}-{i}": verdict for name, verdict, count in (
    ("harvest", "confirmed", 6), ("relay", "valuable", 4), ("course", "false_alarm", 6),
) for i in range(count)}  # fmt: skip
UNSEEN = Told("unseen", COURSE | {"harvest_intent": 15.0})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A scan that accused courses as it did harvests, and one group that nobody has labelled."""
    told = [*alike("harvest", HARVESTER, 6), *alike("relay", RELAY, 4), *alike("course", COURSE, 6), UNSEEN]
    return write_folder(tmp_path / "scan", told)


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    """What an analyst said of all but one of them."""
    return write_labels(tmp_path / "labels.csv", LABELS)


def _json(ran: Ran) -> Any:
    return done(ran).json


def test_a_proposal_says_each_number_its_interval_and_who_speaks_for_it(folder: Path, labels: Path) -> None:
    text = " ".join(done(stillwatch("calibrate", "--labels", labels, "--scan", folder)).out.split())
    assert text.startswith("6 confirmed, 4 valuable, 6 false alarm; 17 groups in 1 scan.")
    assert "One operator: 10 yes, 6 no; fitted with a prior of" in text
    assert "Judged wrong: 6; each left out in turn, 0." in text
    assert "signup burst 8 " in text
    assert "6 false alarm" in text
    assert "Nothing was applied." in text


def test_the_file_is_what_the_machine_is_told_and_can_be_read_as_weights(
    folder: Path, labels: Path, tmp_path: Path
) -> None:
    out = tmp_path / "proposal.json"
    said = _json(stillwatch("calibrate", "--labels", labels, "--scan", folder, "--out", out, "--json"))
    assert json.loads(out.read_text("utf-8")) == said
    weights = read_weights(out)
    assert weights.caps == said["proposed"]["caps"]
    assert weights.caps["signup_burst"] < TODAY.caps["signup_burst"]
    assert said["labels"]["sha256"]
    assert {e["name"]: e["proposed"] for q in said["questions"] for e in q["estimates"]}.items() <= numbers(
        weights
    ).items()


def test_the_same_labels_give_the_same_bytes(folder: Path, labels: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        done(stillwatch("calibrate", "--labels", labels, "--scan", folder, "--out", tmp_path / name))
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_it_names_the_groups_that_would_get_another_verdict_labelled_or_not(folder: Path, labels: Path) -> None:
    changes = propose(labels, [folder]).changes
    assert {change.group.group_id: change.group.label for change in changes} == {
        "unseen": None, **{f"course-{i}": "false_alarm" for i in range(6)},
    }  # fmt: skip
    assert {(change.before, change.after) for change in changes} == {(VerdictKind.DISTILLATION, None)}
    assert all("coordination" in change.reason for change in changes)
    assert "unseen" in done(stillwatch("calibrate", "--labels", labels, "--scan", folder)).out


def test_it_changes_nothing_it_reads(folder: Path, labels: Path) -> None:
    before = tree(folder.parent)
    done(stillwatch("calibrate", "--labels", labels, "--scan", folder))
    assert tree(folder.parent) == before


def test_labels_that_agree_with_the_table_leave_no_file(folder: Path, tmp_path: Path) -> None:
    agreeing = {group: verdict for group, verdict in LABELS.items() if verdict != "false_alarm"}
    file, out = write_labels(tmp_path / "agreeing.csv", agreeing), tmp_path / "proposal.json"
    text = done(stillwatch("calibrate", "--labels", file, "--scan", folder, "--out", out)).out
    assert "No change is proposed." in " ".join(text.split())
    assert "too few or one-sided" in text
    assert not out.exists()


@pytest.mark.parametrize(
    ("verdicts_given", "said"),
    [
        (dict.fromkeys(LABELS, "confirmed"), "16 confirmed, 0 valuable, 0 false_alarm: no question can be put"),
        (dict(list(LABELS.items())[:3]), "3 confirmed, 0 valuable, 0 false_alarm: no question can be put"),
        ({"harvest-9": "confirmed"}, "1 of 1 ids are in none of these scans, first `harvest-9`"),
        ({"harvest-0": "guilty"}, "unknown verdict `guilty`"),
    ],
    ids=["one-sided", "few", "unknown", "no verdict"],
)
def test_labels_that_say_nothing_end_with_a_sentence(
    folder: Path, tmp_path: Path, verdicts_given: Mapping[str, str], said: str
) -> None:
    file = write_labels(tmp_path / "few.csv", verdicts_given)
    ran = stillwatch("calibrate", "--labels", file, "--scan", folder, "--out", tmp_path / "proposal.json")
    assert ran.code == ExitCode.NOTHING_USABLE
    assert said in ran.err
    assert "try: " in ran.err
    assert not (tmp_path / "proposal.json").exists()


def test_a_set_that_there_is_not_is_said_before_anything_is_done(folder: Path, labels: Path) -> None:
    ran = stillwatch("calibrate", "--labels", labels, "--scan", folder, "--on-range", "quick")
    assert ran.code == ExitCode.NOTHING_USABLE
    assert "fast" in ran.err


def test_a_file_that_is_no_proposal_is_not_overwritten(folder: Path, labels: Path) -> None:
    before = labels.read_bytes()
    ran = stillwatch("calibrate", "--labels", labels, "--scan", folder, "--out", labels)
    assert ran.code == ExitCode.REFUSED
    assert labels.read_bytes() == before


def test_a_place_that_cannot_be_written_is_said(folder: Path, labels: Path, tmp_path: Path) -> None:
    ran = stillwatch("calibrate", "--labels", labels, "--scan", folder, "--out", tmp_path / "no" / "proposal.json")
    assert ran.code == ExitCode.NOTHING_USABLE
    assert "cannot be written" in ran.err


# --- a proposal that a person applies ---------------------------------------------------------------------------------


def _proposal(file: Path, **changed: float) -> Path:
    """Write a proposal that changes some numbers."""
    today = TODAY.model_dump(exclude={"file", "sha256"})
    caps = {**today["caps"], **{name: value for name, value in changed.items() if name in today["caps"]}}
    proposed = {**today, **{name: value for name, value in changed.items() if name in today}, "caps": caps}
    file.write_text(json.dumps({"format": 1, "today": today, "proposed": proposed}), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def applied(few: Scanned, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, str]:
    """The small world scanned under a proposal that takes all weight off harvest: folder, file, what was printed."""
    place = tmp_path_factory.mktemp("applied")
    harvest = [kind.kind for kind in EVIDENCE_TABLE if kind.question is Question.EXTRACTION]
    file = _proposal(place / "proposal.json", **dict.fromkeys(harvest, 0.0))
    said = done(stillwatch("scan", "--ledger", few.ledger, "--out", place / "out", "--weights", file)).out
    return place / "out", file, said


def test_a_scan_under_a_proposal_judges_by_it(few: Scanned, applied: tuple[Path, Path, str]) -> None:
    out, _, _ = applied
    assert VerdictKind.DISTILLATION in verdicts(few.out).values()
    assert VerdictKind.DISTILLATION not in verdicts(out).values()
    assert not [row for row in rows(out, "evidence") if row["question"] == "extraction" and row["bits"] > 0]


def test_a_scan_says_whose_weights_it_used(applied: tuple[Path, Path, str]) -> None:
    out, file, said = applied
    weights = read_weights(file)
    told = json.loads((out / "scan.json").read_text("utf-8"))["parameters"]["weights"]
    assert told == weights.model_dump()
    line = f"weights: {file}, sha256 {weights.sha256}"
    assert line in said.replace("\n", "")
    page = (out / "report.html").read_text("utf-8")
    assert str(file) in page
    assert weights.sha256 in page
    group = rows(out, "cleared")[0]["campaign_id"]
    assert line in done(stillwatch("explain", out, group)).out.replace("\n", "")
    explained = done(stillwatch("explain", out, group, "--json")).json
    assert explained["weights"] == {"file": str(file), "sha256": weights.sha256}
    origins = {e["evidence"]: (e["cap"], e["origin"]) for e in explained["evidence"]}
    assert origins["harvest_intent"] == (0.0, "fitted")
    assert origins["in_step"] == (TODAY.caps["in_step"], "judged")


def test_without_a_proposal_nothing_is_said_of_weights(few: Scanned) -> None:
    assert "weights:" not in done(stillwatch("explain", few.out, campaign_of(few.world, few.out, "grader"))).out
    assert few.said.json["weights"] is None
    assert "which a person applied" not in (few.out / "report.html").read_text("utf-8")


def test_a_proposal_that_changes_nothing_gives_the_same_tables(few: Scanned, tmp_path: Path) -> None:
    file = _proposal(tmp_path / "proposal.json")
    done(stillwatch("scan", "--ledger", few.ledger, "--out", tmp_path / "out", "--weights", file))
    assert parquet_bytes(tmp_path / "out") == parquet_bytes(few.out)


def test_a_proposal_of_another_version_stops_a_scan_before_it_begins(few: Scanned, tmp_path: Path) -> None:
    file = _proposal(tmp_path / "proposal.json")
    other = json.loads(file.read_text("utf-8"))
    other["today"]["caps"]["in_step"] += 1
    file.write_text(json.dumps(other), encoding="utf-8")
    ran = stillwatch("scan", "--ledger", few.ledger, "--out", tmp_path / "out", "--weights", file)
    assert ran.code == ExitCode.NOTHING_USABLE
    assert "made for another version" in ran.err
    assert "calibrate again" in ran.err
    assert not (tmp_path / "out").exists()


def test_a_scan_file_with_weights_that_are_none_is_said(applied: tuple[Path, Path, str], tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(applied[0], out)
    head = json.loads((out / "scan.json").read_text("utf-8"))
    head["parameters"]["weights"] = {"caps": "heavy"}
    (out / "scan.json").write_text(json.dumps(head), encoding="utf-8")
    ran = stillwatch("explain", out, "c-1")
    assert ran.code == ExitCode.FAILED
    assert "scan.json" in ran.err
