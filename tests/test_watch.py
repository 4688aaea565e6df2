"""A watch: after every import the verdicts of a scan of the whole ledger, read from the exchanges of new days alone."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from stillwatch import history
from stillwatch.errors import ExitCode
from stillwatch.ledger import Ledger
from stillwatch.ledger.files import try_lock_folder
from tests.ledger.sketches import tree
from tests.small_world import (
    ROOT,
    bare,
    campaign_of,
    done,
    members,
    parquet_bytes,
    rows,
    stillwatch,
    truth,
    verdicts,
    write_lines,
)

DAY = 86_400
_WATCH = (sys.executable, "-m", "stillwatch.cli", "watch", "--ledger")


def _watch(ledger: Path, out: Path, *more: object) -> list[str]:
    """Return the lines of one run."""
    return done(stillwatch("watch", "--ledger", ledger, "--out", out, "--once", *more)).out.splitlines()


def _facts(ledger: Path, out: Path) -> Any:
    return json.loads(_watch(ledger, out, "--json")[0])


def _by_day(world: Path, folder: Path) -> list[Path]:
    """Write the exchanges of each day of a world to a file of its own, ascending."""
    table = pq.read_table(world / "exchanges.parquet")
    days = pc.strftime(table.column("ts"), "%Y-%m-%d")
    paths = []
    for day in sorted(pc.unique(days).to_pylist()):
        paths.append(folder / f"{day}.parquet")
        pq.write_table(table.filter(pc.equal(days, day)), paths[-1])
    return paths


@pytest.fixture
def quiet(tmp_path: Path) -> Path:
    """A ledger of three days in which nothing is found."""
    log = write_lines(tmp_path / "log.jsonl", [bare(n, ts=1_767_225_600 + DAY // 8 * n) for n in range(24)])
    done(stillwatch("import", log, "--ledger", tmp_path / "ledger"))
    return tmp_path / "ledger"


def _import(ledger: Path, name: str, rows: list[dict[str, Any]]) -> None:
    done(stillwatch("import", write_lines(ledger.parent / f"{name}.jsonl", rows), "--ledger", ledger))


def _next_day(day: int) -> list[dict[str, Any]]:
    """Return one exchange of a day, counted from the first."""
    return [bare(1000 + day, ts=1_767_225_600 + day * DAY)]


# --- a process that stays ---------------------------------------------------------------------------------------------


def _until(what: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    """Wait until something is so, while a process lives."""
    for _ in range(600):
        if what():
            return
        assert process.poll() is None, "the watch ended"
        time.sleep(0.1)
    pytest.fail("it never came")


def test_what_goes_wrong_for_a_while_does_not_end_a_watch_that_has_begun_well(quiet: Path, tmp_path: Path) -> None:
    out, errors = tmp_path / "watch", tmp_path / "errors"
    command = [*_WATCH, str(quiet), "--out", str(out), "--every", "1"]
    with errors.open("wb") as stream, subprocess.Popen(command, stderr=stream, stdout=subprocess.DEVNULL) as process:
        try:
            _until((out / "latest").exists, process)
            first = (out / "latest").resolve()
            held = None
            while held is None:
                held = try_lock_folder(quiet / "rollups")
            _import(quiet, "more", _next_day(3))
            _until(lambda: "another run is at work on this ledger" in errors.read_text(), process)
            os.close(held)
            _until(lambda: (out / "latest").resolve() != first, process)
        finally:
            process.terminate()
    assert re.match(r"\d{4}-\d\d-\d\dT[\d:]{8}\+00:00 ", errors.read_text())
    assert "the next look is in 1 s" in errors.read_text()


def test_what_is_wrong_from_the_first_look_on_ends_it(tmp_path: Path) -> None:
    command = [*_WATCH, str(tmp_path), "--out", str(tmp_path / "watch")]
    ended = subprocess.run(command, capture_output=True, timeout=60, check=False)
    assert ended.returncode == ExitCode.NOTHING_USABLE


# --- the same verdicts ------------------------------------------------------------------------------------------------


def test_after_every_import_it_leaves_what_a_scan_of_the_whole_ledger_leaves(few_world: Path, tmp_path: Path) -> None:
    ledger, out, known = tmp_path / "ledger", tmp_path / "watch", tmp_path / "known"
    days = _by_day(few_world, tmp_path)
    parts = [days[:3], days[3:5], *([day] for day in days[5:])]
    found = []
    for number, logs in enumerate(parts):
        accounts = () if number else ("--accounts", few_world / "accounts.parquet")
        done(stillwatch("import", *logs, *accounts, "--ledger", ledger))
        assert len(_facts(ledger, out)["days_read"]) == len(logs)
        earlier = ("--known", known) if number else ()
        scanned = tmp_path / f"scan-{number}"
        done(stillwatch("scan", "--ledger", ledger, "--out", scanned, *earlier))
        assert parquet_bytes(out / "latest") == parquet_bytes(scanned)
        known = (out / "latest").resolve()
        found.append(set(verdicts(scanned).values()))
    assert "distillation_campaign" in found[-1]


def test_a_campaign_keeps_its_id_from_day_to_day(few_world: Path, tmp_path: Path) -> None:
    ledger, out, days = tmp_path / "ledger", tmp_path / "watch", _by_day(few_world, tmp_path)
    done(stillwatch("import", *days[:-2], "--accounts", few_world / "accounts.parquet", "--ledger", ledger))
    first = _watch(ledger, out)
    name = campaign_of(few_world, out / "latest", "grader")
    assert any(line.startswith(f"{name}: ") and line.endswith("; new") for line in first[1:])
    for day in days[-2:]:
        done(stillwatch("import", day, "--ledger", ledger))
        told = _watch(ledger, out)
        assert campaign_of(few_world, out / "latest", "grader") == name
        assert not [line for line in told if name in line and ("new" in line or "gone" in line)]


def test_a_campaign_that_grows_is_told_and_its_history_is_kept(few_world: Path, tmp_path: Path) -> None:
    table, group = pq.read_table(few_world / "exchanges.parquet"), truth(few_world)
    late = [account for account, population in sorted(group.items()) if population == "grader"][::3]
    is_late = pc.is_in(table.column("account_id"), pa.array(late))
    for name, chosen in (("early", pc.invert(is_late)), ("late", is_late)):
        pq.write_table(table.filter(chosen), tmp_path / f"{name}.parquet")
    ledger, out = tmp_path / "ledger", tmp_path / "watch"
    accounts = ("--accounts", few_world / "accounts.parquet")
    done(stillwatch("import", tmp_path / "early.parquet", *accounts, "--ledger", ledger))
    _watch(ledger, out)
    name, first = campaign_of(few_world, out / "latest", "grader"), (out / "latest").resolve()
    done(stillwatch("import", tmp_path / "late.parquet", "--ledger", ledger))
    facts = _facts(ledger, out)
    (change,) = [change for change in facts["changes"] if change["campaign_id"] == name]
    assert change["kinds"] == ["grown"]
    assert f"{len(late)} accounts more" in change["text"]
    past, now = (history.read_history(run).to_pylist() for run in (first, out / "latest"))
    joined = {row["account_id"]: row["first_run_ts"] for row in now if row["campaign_id"] == name}
    assert set(late) <= {account for account, at in joined.items() if at > past[0]["first_run_ts"]}
    assert set(joined) == members(out / "latest")[name]


@pytest.mark.parametrize("retracted", [False, True], ids=["standing", "retracted"])
def test_a_pool_that_comes_back_on_other_accounts_is_tied_to_the_banned_one(
    few_world: Path, tmp_path: Path, retracted: bool
) -> None:
    """Half of the accounts work in the first half of the time, whose days are deleted; then the others do."""
    table, group = pq.read_table(few_world / "exchanges.parquet"), truth(few_world)
    accounts = sorted(account for account, population in group.items() if population == "grader")
    pools = accounts[::2], accounts[1::2]
    day = pc.strftime(table.column("ts"), "%Y-%m-%d")
    days = sorted(pc.unique(day).to_pylist())
    is_late = pc.greater_equal(day, days[len(days) // 2])
    ledger, out = tmp_path / "ledger", tmp_path / "watch"
    names: list[str] = []
    for number, when in enumerate((pc.invert(is_late), is_late)):
        absent = pc.is_in(table.column("account_id"), pa.array(pools[1 - number]))
        log = tmp_path / f"{number}.parquet"
        pq.write_table(table.filter(pc.and_(when, pc.invert(absent))), log)
        done(stillwatch("import", log, "--accounts", few_world / "accounts.parquet", "--ledger", ledger))
        labels = write_lines(tmp_path / "labels.jsonl", [{"campaign_id": n, "verdict": "false_alarm"} for n in names])
        facts = json.loads(_watch(ledger, out, "--json", *(("--labels", labels) if names and retracted else ()))[0])
        names.append(campaign_of(few_world, out / "latest", "grader"))
        for name in days[: len(days) // 2]:
            shutil.rmtree(ledger / "exchanges" / f"day={name}", ignore_errors=True)
    (change,) = [change for change in facts["changes"] if change["campaign_id"] == names[1]]
    (row,) = [row for row in rows(out / "latest", "campaigns") if row["campaign_id"] == names[1]]
    assert names[0] != names[1], "an id stands for accounts"
    assert not members(out / "latest")[names[1]] & set(pools[0])
    if retracted:
        assert (change["kinds"], row["regrown_from"]) == (["new"], None)
    else:
        assert (change["kinds"], row["regrown_from"]) == (["new", "regrown"], names[0])
        assert f"regrown from {names[0]}: {row['regrown']}" in change["text"]
        explained = done(stillwatch("explain", out / "latest", names[1])).out
        assert "regrown from" in explained


# --- runs -------------------------------------------------------------------------------------------------------------


def test_one_line_for_a_run_and_none_of_it_for_a_ledger_that_has_not_changed(quiet: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (line,) = _watch(quiet, out)
    assert "0 campaigns in 24 exchanges of 7 accounts, 3 days read and 0 kept" in line
    before = tree(out)
    assert _watch(quiet, out) == ["nothing new in the ledger"]
    assert _facts(quiet, out) == {"run": None, "changes": []}
    assert tree(out) == before


def test_a_new_account_table_and_other_settings_are_something_new(quiet: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    _watch(quiet, out)
    accounts = tmp_path / "accounts.csv"
    accounts.write_text("account_id,plan\naccount-1,pro\n")
    done(stillwatch("import", tmp_path / "log.jsonl", "--accounts", accounts, "--ledger", quiet))
    assert "0 days read and 3 kept" in _watch(quiet, out)[0]
    assert "0 days read and 3 kept" in _watch(quiet, out, "--false-discoveries", "0.05")[0]


def test_the_newest_run_is_a_scan_and_only_so_many_are_kept(quiet: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    for n in range(4):
        _import(quiet, f"more-{n}", _next_day(3 + n))
        _watch(quiet, out, "--keep", 2)
    runs = sorted(path for path in out.iterdir() if not path.is_symlink())
    assert (len(runs), (out / "latest").resolve()) == (2, runs[-1].resolve())
    assert {"report.html", "scan.json", "history.parquet", "campaigns.parquet"} <= {p.name for p in runs[-1].iterdir()}
    assert json.loads((out / "latest" / "scan.json").read_text("utf-8"))["days"] == {
        "read": ["2026-01-07"],
        "kept": 6,
    }


def test_a_run_that_was_cut_short_is_removed_and_the_one_before_goes_on(quiet: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    _watch(quiet, out)
    whole = (out / "latest").resolve()
    cut = shutil.copytree(whole, out / "20990101T000000.000Z")
    (cut / "history.parquet").unlink()
    _import(quiet, "more", _next_day(3))
    _watch(quiet, out)
    assert not cut.exists()
    assert whole.exists()
    assert (out / "latest").resolve() != whole


def test_a_disk_that_fails_leaves_finished_runs_and_the_ledger(
    quiet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    _watch(quiet, out)
    _import(quiet, "more", _next_day(3))
    before, latest = tree(quiet / "exchanges"), (out / "latest").resolve()

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full)
        ran = stillwatch("watch", "--ledger", quiet, "--out", out, "--once")
    assert ran.code == ExitCode.FAILED
    assert "No space left on device" in ran.err
    assert (tree(quiet / "exchanges"), (out / "latest").resolve()) == (before, latest)
    assert "1 day read" in _watch(quiet, out)[0]


@pytest.mark.parametrize("name", ["thesis.txt", "scan.json", "latest"])
def test_a_foreign_folder_is_refused_and_stays_as_it_was(quiet: Path, tmp_path: Path, name: str) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / name).write_text("ten years of work")
    ran = stillwatch("watch", "--ledger", quiet, "--out", out, "--once")
    assert ran.code == ExitCode.REFUSED
    assert name in ran.err
    assert tree(out) == {name: b"ten years of work"}


def test_a_ledger_without_exchanges_is_told(tmp_path: Path) -> None:
    log = write_lines(tmp_path / "log.jsonl", [bare(1)])
    done(stillwatch("import", log, "--ledger", tmp_path / "ledger"))
    shutil.rmtree(Ledger.open(tmp_path / "ledger").exchange_files()[0].parent)
    ran = stillwatch("watch", "--ledger", tmp_path / "ledger", "--out", tmp_path / "out", "--once")
    assert ran.code == ExitCode.NOTHING_USABLE
    assert not (tmp_path / "out").exists()


def test_a_scan_takes_the_history_of_a_watch_for_known(quiet: Path, tmp_path: Path) -> None:
    _watch(quiet, tmp_path / "out")
    done(stillwatch("scan", "--ledger", quiet, "--out", tmp_path / "scan", "--known", tmp_path / "out" / "latest"))


def test_without_once_it_looks_again_until_it_is_stopped(quiet: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "stillwatch.cli", "watch", "--ledger", quiet, "--out", tmp_path / "out"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [*map(str, command), "--every", "1"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert "24 exchanges" in process.stdout.readline()
        _import(quiet, "more", _next_day(3))
        assert "25 exchanges" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.stderr.read() == "stopped; what was finished stays\n"
        assert process.wait(60) == ExitCode.FAILED
