"""The table says in a hundred columns what a score holds, in plain characters."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from stillwatch.range.scoring import Score, score, score_table
from stillwatch.range.scoring.wording import percent
from tests.range.scoring.hand import PEOPLE, scored, write_scan, write_world


def _lines(found: Score, width: int = 100) -> list[str]:
    console = Console(file=io.StringIO(), width=width, force_terminal=False, color_system=None)
    console.print(score_table(found))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def _row(lines: list[str], name: str) -> str:
    (row,) = [line for line in lines if line.split()[:1] == [name]]
    return " ".join(row.split())


def test_a_row_per_campaign_and_per_kind_of_lookalike(tmp_path: Path) -> None:
    sent = [(name, float(hour)) for name in PEOPLE for hour in range(40)]
    truth = write_world(tmp_path / "world", exchanges=sent, harvest=dict.fromkeys(("l1", "l2", "l3", "l4"), 0.0))
    scans = [
        write_scan(tmp_path / "early", {}, until=10),
        write_scan(tmp_path / "later", {"k": ("distillation_campaign", "l1 l2 l3")}, until=20),
        write_scan(tmp_path / "whole", {"k": ("distillation_campaign", "l1 l2 l3"), "j": ("coordinated", "c1 c2 c3")}),
    ]
    lines = _lines(score(truth, *scans))
    assert lines[0] == "hand, seed 1: 20 accounts, 800 exchanges"
    assert _row(lines, "letter") == "letter 4 75.0 % 100 % 75.0 % 10-20 h 25.0-50.0 % distillation campaign"
    assert "relay 4 0 % - 0 % never 100 % nothing" in [" ".join(line.split()) for line in lines]
    assert _row(lines, "classroom") == "classroom 8 37.5 % 1 of 2 accused"
    text = " ".join(lines)
    assert "Innocent accounts accused: 3 of 12, 25,000.0 (5,486 to 57,186) per 100,000" in text
    assert "Look-alike groups accused: 1 of 2" in text


@pytest.mark.parametrize("width", [100, 140])
def test_no_line_is_cut_or_wider_than_the_terminal(tmp_path: Path, width: int) -> None:
    lines = _lines(scored(tmp_path, {"k": ("distillation_campaign", "l1 l2")}), width)
    assert max(len(line) for line in lines) <= width
    assert not [line for line in lines if "…" in line]


def test_what_could_not_be_had_is_said(tmp_path: Path) -> None:
    text = " ".join(_lines(scored(tmp_path, {})))
    assert "Note: no figure over exchanges and no leak" in text
    assert "Note: no calibration" in text
    assert text.isascii() or set(text) - set(map(chr, range(128))) == {"─"}


def test_a_share_is_never_rounded_to_none_or_all() -> None:
    assert [percent(x) for x in (0.0, 1.0, 0.5, 0.9997, 0.0002, 0.000_000_1, 0.999_999_9)] == [
        "0 %", "100 %", "50.0 %", "99.97 %", "0.02 %", "< 0.001 %", "> 99.999 %",
    ]  # fmt: skip
