"""Who was a member of which campaign, handed on from run to run."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillwatch.errors import StillwatchError
from stillwatch.findings import HISTORY, Memory
from stillwatch.history import HISTORY_FILE, MEMORY_FILE, extended, last_seen, memory_table, read_history, read_memories

FIRST = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
LATER = FIRST + dt.timedelta(days=1)


def test_a_campaign_is_known_by_its_accounts_when_it_was_last_seen() -> None:
    table = extended(HISTORY.empty_table(), {"c-1": frozenset("abc"), "c-2": frozenset("xy")}, FIRST)
    table = extended(table, {"c-1": frozenset("bcd")}, LATER)
    assert last_seen(table) == {"c-1": frozenset("bcd"), "c-2": frozenset("xy")}


def test_every_account_keeps_the_first_run_that_named_it_and_the_last() -> None:
    table = extended(HISTORY.empty_table(), {"c-1": frozenset("ab")}, FIRST)
    table = extended(table, {"c-1": frozenset("bc")}, LATER)
    assert table.schema == HISTORY
    seen = {row["account_id"]: (row["first_run_ts"], row["last_run_ts"]) for row in table.to_pylist()}
    assert seen == {"a": (FIRST, FIRST), "b": (FIRST, LATER), "c": (LATER, LATER)}


def test_no_campaign_is_no_trouble() -> None:
    assert last_seen(extended(HISTORY.empty_table(), {}, FIRST)) == {}


def test_a_damaged_history_is_told_with_the_way_out(tmp_path: Path) -> None:
    table = extended(HISTORY.empty_table(), {"c-1": frozenset("ab")}, FIRST)
    pq.write_table(table, tmp_path / HISTORY_FILE)
    assert read_history(tmp_path).equals(table)
    (tmp_path / HISTORY_FILE).write_bytes(b"damaged")
    with pytest.raises(StillwatchError, match="history") as error:
        read_history(tmp_path)
    assert "delete this run's folder" in error.value.remedy


# --- what campaigns were known by -------------------------------------------------------------------------------------


def _kept(table: pa.Table, run: Path) -> dict[str, Memory]:
    pq.write_table(table, run / MEMORY_FILE)
    return read_memories(run)


def test_marks_are_remembered_from_run_to_run(tmp_path: Path) -> None:
    """What is seen again keeps its old marks and has its new time; what is gone stays as it was."""
    before = {
        "c-1": Memory({"system": frozenset({"1", "2"}), "payment_id": frozenset({"p"})}, 100),
        "c-2": Memory({"head": frozenset({"9"})}, 50),
    }
    now = {"c-1": Memory({"system": frozenset({"2", "3"})}, 200), "c-3": Memory({}, 10)}
    assert _kept(memory_table({}, before), tmp_path) == before
    assert _kept(memory_table(before, now), tmp_path) == {
        "c-1": Memory({"system": frozenset({"1", "2", "3"}), "payment_id": frozenset({"p"})}, 200),
        "c-2": before["c-2"],
    }


def test_no_mark_is_no_trouble(tmp_path: Path) -> None:
    assert _kept(memory_table({}, {"c-1": Memory({}, 1)}), tmp_path) == {}


def test_damaged_memories_are_told_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / MEMORY_FILE).write_bytes(b"damaged")
    with pytest.raises(StillwatchError, match="history"):
        read_memories(tmp_path)
