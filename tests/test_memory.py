"""One limit for a whole process: what it is without a word, how it is divided, and when it is said to be too little."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from stillwatch.errors import ExitCode, StillwatchError
from stillwatch.memory import LEAST, MARGIN, SHARE, Plan, amount, machine, peak, peak_of_children, resident, written
from stillwatch.population import BYTES
from tests.small_world import Scanned, done, parquet_bytes, stillwatch, stillwatch_process
from tests.tree import ROOT

MB = 1_000_000


@pytest.mark.parametrize(
    ("text", "size"),
    [("8GB", 8 * 10**9), ("512MiB", 512 << 20), ("1.5 gb", 1_500_000_000), (" 2TiB ", 2 << 40), ("900B", 900)],
)
def test_amounts_are_read_with_their_unit(text: str, size: int) -> None:
    assert amount(text) == size


@pytest.mark.parametrize("text", ["", "8", "GB", "8 parsecs", "-1GB", "0GB", "1e9B", "8GB or so"])
def test_what_is_no_amount_is_said(text: str) -> None:
    with pytest.raises(StillwatchError, match="no amount of memory") as error:
        amount(text)
    assert error.value.where == "--memory"


@pytest.mark.parametrize("size", [1, 999_999, 5 * 10**9, 9_999_999_999, 10**10, 23_400_000_001])
def test_what_is_written_is_read_again_and_no_less(size: int) -> None:
    assert size <= amount(written(size)) <= size + (10**9 if size >= 10**10 else MB)


def _groups(folder: Path, lines: str, limits: dict[str, str]) -> tuple[Path, Path]:
    for name, text in limits.items():
        path = folder / "control" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (folder / "groups").write_text(lines)
    return folder / "control", folder / "groups"


@pytest.mark.parametrize(
    ("lines", "limits", "expected"),
    [
        ("0::/\n", {"memory.max": f"{64 * MB}\n"}, 64 * MB),
        ("0::/pod/box\n", {"pod/box/memory.max": "max\n", "pod/memory.max": f"{32 * MB}\n"}, 32 * MB),
        ("0::/pod/box\n", {"pod/box/memory.max": f"{16 * MB}\n", "pod/memory.max": f"{32 * MB}\n"}, 16 * MB),
        ("3:cpu:/x\n2:memory:/box\n0::/\n", {"memory/box/memory.limit_in_bytes": f"{8 * MB}"}, 8 * MB),
        ("2:memory:/not/seen/here\n", {"memory/memory.limit_in_bytes": f"{9 * MB}"}, 9 * MB),
        ("2:memory:/\n", {"memory/memory.limit_in_bytes": "9223372036854771712"}, None),
        ("0::/\n", {}, None),
        ("", {}, None),
    ],
    ids=["alone", "pod", "nested", "first version", "its root", "no limit", "no file", "no groups"],
)
def test_a_container_has_what_its_control_group_allows(
    tmp_path: Path, lines: str, limits: dict[str, str], expected: int | None
) -> None:
    whole = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    assert machine(*_groups(tmp_path, lines, limits)) == (whole if expected is None else expected)


def test_without_a_word_a_share_of_the_machine_is_taken() -> None:
    plan = Plan.of(None)
    assert (plan.limit, plan.told) == (int(SHARE * machine()), False)


def test_what_is_held_is_not_left_for_the_engine() -> None:
    plan = Plan(resident() + 800 * MB)
    before = plan.room()
    held = np.ones(50 * MB)
    after = plan.room()
    assert before - after == pytest.approx(held.nbytes * (1 - MARGIN), rel=0.1)
    assert plan.room(100 * MB) - plan.room() == pytest.approx(100 * MB * (1 - MARGIN), rel=0.1)


def test_what_does_not_fit_is_said_with_what_would_be_enough() -> None:
    plan = Plan(resident() + 100 * MB)
    plan.need(50 * MB, "a little")
    with pytest.raises(StillwatchError, match="a lot would take this process to") as error:
        plan.need(10**10, "a lot")
    enough = amount(error.value.expected.removeprefix("`--memory` of ").removesuffix(" or more"))
    assert 10**10 < enough < 10**10 + resident() + 10**9


def test_the_most_that_was_held_is_remembered() -> None:
    np.ones(40 * MB).sum()
    assert peak() >= 320 * MB
    assert peak() >= resident() > 0
    assert peak_of_children() >= 0


def test_a_limit_below_the_program_itself_is_refused() -> None:
    with pytest.raises(StillwatchError, match="the program itself") as error:
        Plan.of("150MB")
    assert error.value.where == "--memory"
    assert resident() + LEAST < amount(error.value.expected.split()[2])


def test_a_scan_says_what_it_held_and_what_it_might(few: Scanned) -> None:
    said = json.loads((few.out / "scan.json").read_text("utf-8"))["memory"]
    assert said.keys() == {"limit", "peak", "peak_of_children", "spilled"}
    assert said["limit"] == Plan.of(None).limit
    assert said["peak"] >= 200 * MB
    assert said["spilled"] == 0


def test_a_scan_in_little_memory_keeps_to_it_and_finds_the_same(few: Scanned, tmp_path: Path) -> None:
    told = ("--ledger", few.ledger, "--out", tmp_path / "out", "--memory", "600MB", "--threads", 1)
    done(stillwatch_process("scan", *told))
    said = json.loads((tmp_path / "out" / "scan.json").read_text("utf-8"))["memory"]
    assert 200 * MB < said["peak"] <= said["limit"] == 600 * MB
    assert parquet_bytes(tmp_path / "out") == parquet_bytes(few.out)


@pytest.mark.parametrize("command", ["scan", "watch"])
def test_too_little_memory_ends_with_what_would_be_enough(few: Scanned, tmp_path: Path, command: str) -> None:
    once = ("--once",) if command == "watch" else ()
    told = ("--ledger", few.ledger, "--out", tmp_path / "out", "--memory", "300MB", *once)
    ran = stillwatch_process(command, *told)
    assert ran.code == ExitCode.FAILED
    assert "--memory: the program itself would take this process to" in ran.err
    assert "300MB" in ran.err
    assert not (tmp_path / "out").exists()


def test_more_accounts_than_fit_are_said_before_their_arrays_are_made(
    few: Scanned, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stillwatch.population.BYTES", 10**9)
    ran = stillwatch("scan", "--ledger", few.ledger, "--out", tmp_path / "out")
    assert ran.code == ExitCode.FAILED
    assert "accounts would take this process to" in ran.err
    assert not (tmp_path / "out").exists()


def test_memory_that_runs_out_all_the_same_ends_in_a_sentence(
    few: Scanned, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none_left(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("stillwatch.pipeline.propose", none_left)
    ran = stillwatch("scan", "--ledger", few.ledger, "--out", tmp_path / "out")
    assert ran.code == ExitCode.FAILED
    assert "no memory left" in ran.err
    assert "Traceback" not in ran.err


def test_what_a_scan_held_is_told_where_it_came_near_its_limit(few: Scanned, tmp_path: Path) -> None:
    ran = stillwatch_process("scan", "--ledger", few.ledger, "--out", tmp_path / "out", "--memory", "600MB")
    assert "Memory: at most " in done(ran).out
    assert "of 600MB" in ran.out


def test_the_page_says_what_the_program_does() -> None:
    text = (ROOT / "docs" / "operating" / "memory.md").read_text("utf-8")
    for told in (f"{SHARE:.0%}", f"{MARGIN:.0%}", f"{LEAST // MB} MB", f"| account | {BYTES:,} |"):
        assert told in text
