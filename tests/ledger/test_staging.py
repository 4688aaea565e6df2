"""Sketches on their way: sorted, cut into days, without repeats, the same file whatever the steps."""

from __future__ import annotations

import random
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillwatch.errors import StillwatchError
from stillwatch.ledger import FileWriter, Ledger, Spill, Staged, staging_folder
from stillwatch.ledger import staging as module
from stillwatch.sketch.schema import SKETCHES
from tests.ledger.sketches import DAY, HOUR, KEY, hours, read, sketch, table


def _spilled(folder: Path, rows: pa.Table, step: int) -> tuple[list[Staged], int]:
    spill = Spill(folder)
    for start in range(0, rows.num_rows, step):
        spill.add(rows.slice(start, step))
    return spill.finish(), spill.repeats


def _shuffled(count: int) -> pa.Table:
    """Return exchanges in no order, some at the same moment, some ids twice, over five days."""
    rng = random.Random(7)
    rows = [
        sketch(f"x{rng.randrange(count)}", rng.randrange(120) * HOUR, account_id=f"a{i % 7}", prompt_mark=i)
        for i in range(count)
    ]
    return table(rows)


def test_rows_are_sorted_by_account_time_and_id_within_their_day(tmp_path: Path) -> None:
    files, _ = _spilled(tmp_path, _shuffled(500), 64)
    assert [file.day for file in files] == [f"2026-01-0{d}" for d in range(1, 6)]
    for file in files:
        rows = read(file.path).select(["account_id", "ts", "exchange_id"]).to_pylist()
        keys = [(row["account_id"], row["ts"], row["exchange_id"]) for row in rows]
        assert keys == sorted(keys)
        assert {ts.strftime("%Y-%m-%d") for _, ts, _ in keys} == {file.day}


def test_of_an_id_that_repeats_within_a_day_the_earliest_stays(tmp_path: Path) -> None:
    rows = [sketch("x", 5, turn=1), sketch("x", 3, turn=2), sketch("x", 3, turn=3), sketch("x", DAY, turn=4)]
    files, repeats = _spilled(tmp_path, table(rows), 2)
    assert repeats == 2
    assert [read(file.path).column("turn").to_pylist() for file in files] == [[2], [4]]


def test_spilling_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = _shuffled(3000)
    at_once, repeats = _spilled(tmp_path / "memory", rows, 3000)
    monkeypatch.setattr(module, "_ROOM", 100)
    monkeypatch.setattr(module, "_SORT_MEMORY", "64MB")
    spilled, repeats_too = _spilled(tmp_path / "disk", rows, 70)
    assert repeats == repeats_too > 0
    assert [f.path.read_bytes() for f in at_once] == [f.path.read_bytes() for f in spilled]
    assert [f.content for f in at_once] == [f.content for f in spilled]
    assert sorted(p.name for p in (tmp_path / "disk").iterdir() if p.is_file()) == sorted(f.path.name for f in spilled)


def test_the_steps_of_writing_do_not_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_GROUP", 100)
    rows = hours(0, 730)
    for step in (1, 99, 250, 730):
        writer = FileWriter(tmp_path / f"{step}.parquet", SKETCHES)
        for start in range(0, 730, step):
            writer.write(rows.slice(start, step))
        assert writer.close().rows == 730
    files = [path.read_bytes() for path in tmp_path.iterdir()]
    assert len(set(files)) == 1
    assert pq.ParquetFile(tmp_path / "1.parquet").num_row_groups == 8


def test_a_source_without_sketches_has_no_file(tmp_path: Path) -> None:
    assert _spilled(tmp_path, SKETCHES.empty_table(), 1) == ([], 0)


def test_the_staging_folder_goes_with_its_import(tmp_path: Path) -> None:
    ledger = Ledger.create(tmp_path, KEY)
    with staging_folder(ledger) as folder:
        (folder / "part").write_text("x")
        with staging_folder(ledger) as other:
            assert other != folder
            assert (folder / "part").exists()
    assert list((tmp_path / "staging").iterdir()) == []


def test_folders_of_imports_that_died_are_removed(tmp_path: Path) -> None:
    ledger = Ledger.create(tmp_path, KEY)
    left = tmp_path / "staging" / "0123456789abcdef"
    left.mkdir(parents=True)
    (left / "part").write_text("x")
    with staging_folder(ledger):
        assert not left.exists()


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    spill = Spill(tmp_path / "taken")
    spill.add(hours(0, 1))
    with pytest.raises(StillwatchError, match="the ledger cannot be written") as error:
        spill.finish()
    assert error.value.remedy
