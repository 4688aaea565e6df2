"""Past verdicts are read from JSON Lines and CSV, and what is wrong with a file is told with its lines."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path

import pytest

from stillwatch.calibrate.labels import Label, read_labels
from stillwatch.errors import ExitCode, NothingUsable

WANTED = {"c-1": Label.CONFIRMED, "c-2": Label.VALUABLE, "c-3": Label.FALSE_ALARM}


def _file(folder: Path, text: str | bytes) -> Path:
    file = folder / "labels"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


@pytest.mark.parametrize(
    "text",
    [
        "campaign_id,verdict\nc-1,confirmed\nc-2,valuable\nc-3,false_alarm\n",
        "\ufeffdate,Verdict,campaign_id,whim\r\n,Confirmed,c-1,x\r\n,VALUABLE, c-2 ,y\r\n"
        "2026-07-01,False alarm,c-3,z\r\n",
        '{"campaign_id":"c-1","verdict":"confirmed"}\n\n{"campaign_id":"c-2","verdict":"valuable","note":"a relay"}\n'
        '{"campaign_id":"c-3","verdict":"false-alarm","analyst":7}',
        "campaign_id,verdict\nc-1,confirmed\nc-2,valuable\nc-3,false_alarm\nc-1,confirmed\n",
    ],
    ids=["csv", "csv of a spreadsheet", "json lines", "one named twice alike"],
)
def test_verdicts_are_read(tmp_path: Path, text: str) -> None:
    file = _file(tmp_path, text)
    found = read_labels(file)
    assert dict(found.verdicts) == WANTED
    assert (found.file, found.sha256) == (str(file), hashlib.sha256(text.encode()).hexdigest())
    assert [found.count(label) for label in Label] == [1, 1, 1]


@pytest.mark.parametrize(
    ("text", "found", "expected"),
    [
        ("campaign_id,judgement\nc-1,confirmed\n", "has no column `verdict`", "campaign_id"),
        ("id,verdict\nc-1,confirmed\n", "has no column `campaign_id`", "verdict"),
        ("", "has no column `campaign_id`", "verdict"),
        ("campaign_id,verdict\n", "holds no verdict", "campaign_id"),
        ("campaign_id,verdict\nc-1,guilty\n", "line 2: unknown verdict `guilty`", "`false_alarm`"),
        ("campaign_id,verdict\nc-1\n,confirmed\n", "line 2: no `verdict`; line 3: no `campaign_id`", "once"),
        (
            "campaign_id,verdict\nc-1,confirmed\nc-2,valuable\nc-1,false_alarm\n",
            "line 4: `c-1` is `false_alarm` here and `confirmed` in line 2",
            "once for each",
        ),
        ('{"campaign_id":"c-1","verdict":"confirmed"}\nc-2,valuable', "is no JSON object", "`verdict`"),
        ('{"campaign_id":"c-1"}', "line 1: no `verdict`", "`valuable`"),
        ('{"campaign_id":"c-1","verdict":["confirmed"]}', "line 1: no `verdict`", "`valuable`"),
        (b"\xff\xfe\x00c", "is not text in UTF-8", "`verdict`"),
        ("campaign_id,verdict\nc-1," + "x" * 200_000, "unknown verdict `xxx", "`valuable`"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_file_is_said(tmp_path: Path, text: str | bytes, found: str, expected: str) -> None:
    with pytest.raises(NothingUsable) as caught:
        read_labels(_file(tmp_path, text))
    assert found in caught.value.found
    assert expected in caught.value.expected
    assert len(caught.value.found) < 1_000
    assert "labels" in caught.value.where
    assert caught.value.exit_code is ExitCode.NOTHING_USABLE


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(NothingUsable, match="cannot be read"):
        read_labels(tmp_path / "nothing")


def test_of_many_problems_the_first_are_told_and_the_others_counted(tmp_path: Path) -> None:
    text = "campaign_id,verdict\n" + "".join(f"c-{i},maybe\n" for i in range(9))
    with pytest.raises(NothingUsable, match=r"line 6: unknown verdict `maybe`; and 4 more"):
        read_labels(_file(tmp_path, text))


def test_a_cell_that_csv_refuses_is_said(tmp_path: Path) -> None:
    before = csv.field_size_limit(100)
    try:
        with pytest.raises(NothingUsable, match="is no CSV"):
            read_labels(_file(tmp_path, "campaign_id,verdict\nc-1," + "x" * 200))
    finally:
        csv.field_size_limit(before)
