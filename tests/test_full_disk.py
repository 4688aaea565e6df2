"""A disk that runs full ends a command with a sentence, and leaves the ledger and earlier results as they were.

On a real small disk where the system lets a test mount one; with limits that every system has, everywhere.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from stillwatch.engine import DuckDB
from stillwatch.errors import ExitCode, StillwatchError
from stillwatch.ledger import Ledger
from tests.ingest.logs import log
from tests.small_disk import BIG, on_small_disk
from tests.small_world import Scanned, done, parquet_bytes, stillwatch
from tests.tree import ROOT


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder over which a small disk can be mounted."""
    folder = tmp_path_factory.mktemp("small")
    _, why = on_small_disk("probe", folder)
    if why:
        pytest.skip(f"no disk can be mounted here: {why}")
    return folder


def _ran(mode: str, *arguments: object) -> Any:
    found, why = on_small_disk(mode, *arguments)
    assert not why
    return found


def test_an_import_on_a_full_disk_is_as_if_it_had_not_been(small: Path, tmp_path: Path) -> None:
    old, new = log(tmp_path / "old.jsonl", 0, 50), log(tmp_path / "new.jsonl", 50, 6000)
    first, full, again = _ran("import", small, old, new)["tried"]
    assert (first["code"], again["code"]) == (ExitCode.OK, ExitCode.OK)
    assert full["code"] == ExitCode.FAILED
    assert "the ledger cannot be written: No space left on device" in full["err"]
    assert "free space" in full["err"]
    assert (full["digest"], full["rows"], full["staged"]) == (first["digest"], 50, 0)
    assert again["rows"] == 6000


def test_results_that_do_not_fit_leave_those_of_the_scan_before(small: Path, few: Scanned) -> None:
    found = _ran("scan", small, few.ledger)
    first, full, fresh = found["tried"]
    assert first["code"] == ExitCode.OK
    assert found["same"]
    assert not found["left"]
    for tried in (full, fresh):
        assert tried["code"] == ExitCode.FAILED
        assert "cannot be written: " in tried["err"]
        assert "No space left on device" in tried["err"]
        assert "MB that are free there" in tried["err"]


def test_sums_that_cannot_be_kept_are_said_and_the_next_run_makes_them(
    small: Path, few: Scanned, tmp_path: Path
) -> None:
    found = _ran("watch", small, few.ledger, tmp_path / "out")
    full, again = found["tried"]
    assert full["code"] == ExitCode.FAILED
    assert f"{small / 'ledger' / 'rollups'}" in full["err"]
    assert "No space left on device" in full["err"]
    assert not found["kept"]
    assert found["same"]
    assert again["code"] == ExitCode.OK


def test_what_spills_onto_a_full_disk_is_said_with_its_place(small: Path) -> None:
    found = _ran("spill", small)
    assert "no room is left for what does not fit into memory" in found["said"]
    assert str(small) in found["said"]
    assert "--spill FOLDER" in found["said"]
    assert found["again"] == 1
    assert not found["left"]


def test_what_spills_beyond_its_limit_is_said_on_any_disk(tmp_path: Path) -> None:
    with DuckDB(memory="60MB", threads=1, spill=tmp_path) as engine:
        engine._connection.execute("set max_temp_directory_size = '8MB'")
        with pytest.raises(StillwatchError, match="no room is left for what does not fit into memory") as error:
            engine.rows(BIG, name="big")
        assert str(tmp_path) in error.value.where
        assert "`big`" in error.value.where
        assert engine.rows("select 1 as v").num_rows == 1


def _limited(size: int, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run a command in which no file may grow beyond `size`, which every system can do."""
    return subprocess.run(
        [sys.executable, "-m", "stillwatch.cli", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)),
    )


def test_results_that_may_not_be_written_leave_those_of_the_scan_before(few: Scanned, tmp_path: Path) -> None:
    out, ledger = tmp_path / "out", Ledger.open(few.ledger)
    done(stillwatch("scan", "--ledger", few.ledger, "--out", out))
    before, digest = (parquet_bytes(out), (out / "scan.json").read_bytes()), ledger.digest()
    page = (out / "report.html").stat().st_size
    ran = _limited(page - 1, "scan", "--ledger", few.ledger, "--out", out)
    assert ran.returncode == ExitCode.FAILED
    assert "cannot be written: File too large" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert (parquet_bytes(out), (out / "scan.json").read_bytes()) == before
    assert ledger.digest() == digest


def test_a_scan_cut_short_in_a_new_folder_can_be_run_again(few: Scanned, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (out / ".unfinished").mkdir(parents=True)
    (out / ".unfinished" / "scan.json").write_text("{")
    done(stillwatch("scan", "--ledger", few.ledger, "--out", out))
    assert json.loads((out / "scan.json").read_text("utf-8"))["format"] == 1
    assert not (out / ".unfinished").exists()


def test_a_scan_of_logs_on_a_full_disk_can_be_run_again(few: Scanned, tmp_path: Path) -> None:
    logs = (few.world / "exchanges.parquet", "--accounts", few.world / "accounts.parquet")
    for size in (10, 30_000):
        ran = _limited(size, "scan", *logs, "--out", tmp_path / "out")
        assert ran.returncode == ExitCode.FAILED
        assert "File too large" in ran.stderr
        assert "Traceback" not in ran.stderr
    done(stillwatch("scan", *logs, "--out", tmp_path / "out"))
    assert parquet_bytes(tmp_path / "out").keys() == parquet_bytes(few.out).keys()
