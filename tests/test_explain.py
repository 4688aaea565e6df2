"""What is said of a group in words: its summary, and `stillwatch explain` on what a scan left."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from stillwatch.errors import ExitCode
from stillwatch.explain import strongest_for, summary
from stillwatch.findings import Evidence, Family, Question, VerdictKind
from tests.small_world import Scanned, campaign_of, done, members, rows, stillwatch

DAY = 86_400_000_000
FIRST = 1_767_225_600_000_000
"""2026-01-01 in UTC, in microseconds."""


def _evidence(kind: str, bits: float, question: Question = Question.COORDINATION) -> Evidence:
    return Evidence(
        kind=kind,
        family=Family.CONTENT,
        question=question,
        bits=bits,
        p_value=0.5,
        null_model="chance",
        statement=f"{kind} was seen",
    )


SAID = [
    _evidence("b_kind", 3.0),
    _evidence("a_kind", 3.0),
    _evidence("weak", 0.5),
    _evidence("harvest", 5.0, Question.EXTRACTION),
    _evidence("against", -4.0, Question.INNOCENCE),
    _evidence("missing", 0.0),
]


def _summary(verdict: VerdictKind | None) -> str:
    return summary(verdict, SAID, reason="two are needed", size=(1_234, 56_789), window=(FIRST, FIRST + 3 * DAY))


def test_the_strongest_evidence_comes_first_and_equals_by_name() -> None:
    assert [item.kind for item in strongest_for(SAID)] == ["harvest", "a_kind", "b_kind", "weak"]


def test_neither_innocence_nor_silence_speaks_for_a_campaign() -> None:
    assert not {"against", "missing"} & {item.kind for item in strongest_for(SAID)}


@pytest.mark.parametrize(
    ("verdict", "called"),
    [
        (VerdictKind.DISTILLATION, "one operator harvests the model through them"),
        (VerdictKind.POOLED_ACCESS, "they are one pool through which many people reach the model"),
        (VerdictKind.COORDINATED, "one operator runs them and hides it"),
    ],
)
def test_a_summary_says_who_what_and_why(verdict: VerdictKind, called: str) -> None:
    assert _summary(verdict) == (
        f"1,234 accounts with 56,789 exchanges from 2026-01-01 to 2026-01-04: {called}."
        " Strongest evidence: harvest was seen; a_kind was seen."
    )


def test_a_cleared_group_is_not_accused_in_its_summary() -> None:
    assert _summary(None).endswith("were looked at and not accused: two are needed.")


# --- the command ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def explained(everyone: Scanned) -> str:
    name = campaign_of(everyone.world, everyone.out, "grader")
    return done(stillwatch("explain", everyone.out, name)).out


def test_a_campaign_is_explained_as_a_waterfall_in_bits(everyone: Scanned, explained: str) -> None:
    name = campaign_of(everyone.world, everyone.out, "grader")
    (row,) = [row for row in rows(everyone.out, "campaigns") if row["campaign_id"] == name]
    for heading, score in (("Coordination", "coordination_bits"), ("Extraction", "extraction_bits")):
        (told,) = re.findall(rf"^{heading}: .*sum ([+-]?[\d.]+) bits", explained, re.MULTILINE)
        assert float(told) == pytest.approx(row[score], abs=0.06)
    assert re.search(r"^Counter-evidence: .*sum [+-]?[\d.]+ bits", explained, re.MULTILINE)
    assert "displaced reasoning" in explained


def test_counter_evidence_is_shown_beside_it(everyone: Scanned) -> None:
    name = campaign_of(everyone.world, everyone.out, "relay")
    text = done(stillwatch("explain", everyone.out, name)).out
    assert re.search(r"human conversation\s+\w+\s+-\d", text)


def test_the_numbers_the_null_and_the_exhibits_are_shown(explained: str) -> None:
    assert "null: " in explained
    assert "look at " in explained
    assert re.search(r"inside \d+", explained)


def test_the_accounts_are_shown_most_certain_first(everyone: Scanned, explained: str) -> None:
    of = members(everyone.out)[campaign_of(everyone.world, everyone.out, "grader")]
    told = [word for word in explained[explained.rindex("Members  ") :].split() if word in of]
    bits = {row["account_id"]: row["bits"] for row in rows(everyone.out, "members")}
    assert told
    assert [bits[account] for account in told] == sorted((bits[account] for account in told), reverse=True)


def test_every_campaign_and_every_cleared_group_can_be_explained(few: Scanned) -> None:
    for group in [row["campaign_id"] for name in ("campaigns", "cleared") for row in rows(few.out, name)[:3]]:
        assert group in done(stillwatch("explain", few.out, group)).out
        assert done(stillwatch("explain", few.out, group, "--json")).json["campaign_id"] == group


def test_a_cleared_group_is_explained_with_its_reason(everyone: Scanned) -> None:
    row = rows(everyone.out, "cleared")[0]
    text = " ".join(done(stillwatch("explain", everyone.out, row["campaign_id"])).out.split())
    assert "Reason: " in text
    assert row["reason"].split(";")[0].split(":")[0][1:] in text


def test_a_wrong_id_names_the_nearest(everyone: Scanned) -> None:
    name = campaign_of(everyone.world, everyone.out, "grader")
    ran = stillwatch("explain", everyone.out, name[:-1] + "z")
    assert ran.code == ExitCode.FAILED
    assert f"there is no campaign `{name[:-1]}z`" in ran.err
    assert f"`{name}`" in ran.err.splitlines()[-1]


@pytest.fixture
def copied(few: Scanned, tmp_path: Path) -> Path:
    """A scan that may be damaged."""
    shutil.copytree(few.out, tmp_path / "out")
    return tmp_path / "out"


def test_a_scan_of_another_format_is_refused_with_the_way_out(copied: Path) -> None:
    said = json.loads((copied / "scan.json").read_text("utf-8"))
    (copied / "scan.json").write_text(json.dumps({**said, "format": 99}))
    ran = stillwatch("explain", copied, "c-1")
    assert ran.code == ExitCode.REFUSED
    assert "99" in ran.err
    assert "try: " in ran.err


@pytest.mark.parametrize("name", ["campaigns", "cleared", "members", "evidence"])
def test_a_missing_table_is_named(copied: Path, name: str) -> None:
    (copied / f"{name}.parquet").unlink()
    ran = stillwatch("explain", copied, "c-1")
    assert ran.code == ExitCode.NOTHING_USABLE
    assert f"{name}.parquet" in ran.err


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff\xfe", b"PAR1", b"{}"])
@pytest.mark.parametrize("name", ["scan.json", "evidence.parquet"])
def test_a_damaged_file_is_named_and_no_traceback_shown(copied: Path, name: str, content: bytes) -> None:
    (copied / name).write_bytes(content)
    ran = stillwatch("explain", copied, "c-1")
    assert ran.code != ExitCode.OK
    assert name in ran.err.splitlines()[0]
