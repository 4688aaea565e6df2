"""Where an engine puts what does not fit, what it may hold, and that nothing of it stays behind."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from stillwatch.engine import DuckDB, Query, open_engine
from stillwatch.engine.spill import DATABASE, LARGE, SPILLED, SpillFolder, usual_place
from stillwatch.errors import NothingUsable, StillwatchError
from stillwatch.memory import LEAST, MARGIN, Plan, resident
from tests.small_disk import BIG
from tests.small_world import Scanned, done, stillwatch
from tests.tree import ROOT

MB = 1_000_000
ROWS = Query("rows_of_a_range", "select cast(range as int) as i, range * 2 as twice from range(300000) order by i")
NOTHING = Query("nothing", "select cast(range as int) as i from range(10) where range > 20")


def _limit(engine: DuckDB) -> int:
    return engine._limit


def test_a_folder_of_its_own_is_made_and_removed(tmp_path: Path) -> None:
    folder = SpillFolder(tmp_path)
    assert [*tmp_path.iterdir()] == [folder.path]
    assert folder.path.stat().st_mode & 0o777 == 0o700
    assert folder.room > 0
    folder.close()
    assert not [*tmp_path.iterdir()]


def test_what_a_killed_process_left_is_removed_and_what_a_living_one_holds_is_not(tmp_path: Path) -> None:
    held = SpillFolder(tmp_path)
    killed = """if True:
        import os, pathlib, sys
        from stillwatch.engine import DuckDB
        engine = DuckDB(spill=pathlib.Path(sys.argv[1]))
        os._exit(9)"""
    assert subprocess.run([sys.executable, "-c", killed, tmp_path], cwd=ROOT, check=False).returncode == 9
    (left,) = {*tmp_path.iterdir()} - {held.path}
    assert (left / DATABASE).exists()
    other = SpillFolder(tmp_path)
    assert {*tmp_path.iterdir()} == {held.path, other.path}


@pytest.mark.parametrize("name", [".stillwatch-spill-backup-1", ".stillwatch-spill-", "stillwatch-demo", "other"])
def test_what_is_not_ours_is_left_alone(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    SpillFolder(tmp_path).close()
    assert (tmp_path / name).exists()


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path: Path) -> None:
    strange = tmp_path / ".stillwatch-spill-abcdefgh"
    (strange / SPILLED).mkdir(parents=True)
    (strange / "thesis.txt").write_text("ten years of work")
    outside = tmp_path / "outside"
    outside.mkdir()
    (tmp_path / ".stillwatch-spill-ijklmnop").symlink_to(outside)
    SpillFolder(tmp_path).close()
    assert (strange / "thesis.txt").exists()
    assert outside.exists()
    (strange / "thesis.txt").unlink()
    SpillFolder(tmp_path).close()
    assert not strange.exists()


def test_a_folder_that_is_not_there_is_refused_before_anything_is_read(few: Scanned, tmp_path: Path) -> None:
    ran = stillwatch("scan", "--ledger", few.ledger, "--out", tmp_path / "out", "--spill", tmp_path / "missing")
    assert ran.code == NothingUsable.exit_code
    assert f"--spill {tmp_path / 'missing'}: there is no such folder" in ran.err
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.mkdtemp", refused)
    with pytest.raises(StillwatchError, match="cannot be written: Permission denied") as error:
        SpillFolder(tmp_path)
    assert "--spill FOLDER" in error.value.remedy


@pytest.mark.parametrize("command", ["scan", "watch"])
def test_a_command_spills_where_it_is_told_and_leaves_nothing_there(
    few: Scanned, tmp_path: Path, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    places: list[Path] = []
    made = SpillFolder.__init__

    def seen(self: SpillFolder, place: Path | None = None) -> None:
        made(self, place)
        places.append(self.path.parent)

    monkeypatch.setattr(SpillFolder, "__init__", seen)
    (tmp_path / "scratch").mkdir()
    once = ("--once",) if command == "watch" else ()
    done(stillwatch(command, "--ledger", few.ledger, "--out", tmp_path / "out", "--spill", tmp_path / "scratch", *once))
    assert places == [tmp_path / "scratch"]
    assert not [*(tmp_path / "scratch").iterdir()]


def test_without_a_word_it_is_where_large_files_belong(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("TMPDIR", "TEMP", "TMP"):
        monkeypatch.delenv(name, raising=False)
    assert usual_place() == LARGE
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    assert usual_place() == tmp_path


def test_a_query_that_does_not_fit_spills_and_says_how_much() -> None:
    with DuckDB(memory="60MB", threads=1) as engine:
        assert engine.spilled == 0
        assert engine.rows(BIG, name="big").num_rows == 5_000_000
        assert 20 * MB < engine.spilled < 2000 * MB
        assert not [*(engine._folder.path / SPILLED).glob("*.tmp")]


def test_an_engine_gets_what_the_rest_of_the_process_leaves() -> None:
    plan = Plan(resident() + 900 * MB)
    with DuckDB(plan=plan, threads=1) as engine:
        engine.rows("select 1 as v")
        before = _limit(engine)
        held = np.ones(50 * MB)
        engine.rows("select 2 as v")
        assert before - _limit(engine) == pytest.approx(held.nbytes * (1 - MARGIN), rel=0.15)
        del held
        engine.rows("select 3 as v")
        assert _limit(engine) == pytest.approx(before, rel=0.1)


def test_an_engine_is_not_let_work_in_less_than_it_needs() -> None:
    plan = Plan(resident() + 300 * MB)
    with DuckDB(plan=plan, threads=1) as engine:
        held = np.ones(30 * MB)
        with pytest.raises(StillwatchError, match="query `small` would take this process to") as error:
            engine.rows("select 1 as v", name="small")
        assert "--memory" in error.value.where
        del held
        assert engine.rows("select 1 as v", name="small").num_rows == 1
    assert plan.limit - resident() > LEAST


def test_memory_that_a_query_left_behind_goes_back() -> None:
    with DuckDB(plan=Plan(resident() + 2000 * MB), threads=1) as engine:
        engine.rows("select count(*) as n from (select distinct range % 7000000 from range(9000000))")
        after = resident()
        engine.rest()
        assert resident() < after - 50 * MB


def test_columns_come_in_the_order_of_the_query_and_in_their_own_width() -> None:
    with DuckDB(memory="200MB") as engine:
        found = engine.columns(ROWS)
        assert {name: column.dtype for name, column in found.items()} == {"i": np.int32, "twice": np.int64}
        assert np.array_equal(found["i"], np.arange(300_000))
        assert np.array_equal(found["twice"], 2 * np.arange(300_000))
        assert [len(column) for column in engine.columns(NOTHING).values()] == [0]


def test_an_error_in_the_middle_of_a_result_is_told(tmp_path: Path) -> None:
    broken = Query(
        "broken", "select case when range = 900000 then error('boom') else range end as v from range(1000000)"
    )
    with DuckDB(memory="200MB", spill=tmp_path) as engine:
        with pytest.raises(StillwatchError, match="boom") as error:
            for _ in engine.batches(broken):
                pass
        assert "`broken`" in error.value.where


def test_columns_that_do_not_fit_are_said() -> None:
    with DuckDB(memory="200MB") as engine:
        engine.plan = Plan(resident())
        with pytest.raises(StillwatchError, match="query `rows_of_a_range` would take this process to"):
            engine.columns(ROWS)


def test_an_engine_by_name_takes_what_it_is_told(tmp_path: Path) -> None:
    with open_engine("duckdb", memory="9GB", threads=2, spill=tmp_path) as engine:
        assert engine.plan.limit == 9 * 10**9
        assert len([*tmp_path.iterdir()]) == 1
        assert engine.rows("select current_setting('threads') as n").to_pylist() == [{"n": 2}]
    assert not os.listdir(tmp_path)
