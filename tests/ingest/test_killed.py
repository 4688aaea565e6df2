"""An import that dies leaves the ledger as it was; two at once, and a full disk, do no harm."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from stillwatch.ingest import IngestOptions, ingest
from stillwatch.keys import make_key
from stillwatch.ledger import Ledger
from tests.ingest.logs import log
from tests.ledger.sketches import ids, read
from tests.tree import ROOT

COMMAND = [sys.executable, "-m", "tests.ingest.killed"]


def _import(ledger: Ledger, *paths: str) -> None:
    ingest(paths, ledger, options=IngestOptions(workers=1))


def _run(*arguments: str) -> str:
    done = subprocess.run([*COMMAND, *arguments], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout


def _content(ledger: Ledger) -> tuple[str, list[str]]:
    """Return what a scan would read, from the files themselves."""
    for path in ledger.exchange_files():
        read(path)
    return ledger.digest(), ids(ledger)


def test_killed_at_any_step_the_ledger_is_as_before_or_after(tmp_path: Path) -> None:
    base = Ledger.open_or_create(tmp_path / "ledger")
    _import(base, log(tmp_path / "old.jsonl", 0, 60))
    before, new = _content(base), log(tmp_path / "new.jsonl", 50, 200)
    copies = int(_run("steps", str(base.folder), new))
    assert copies > 15
    _import(base, new)
    after, outcomes = _content(base), []
    for step in range(copies):
        ledger = Ledger.open(tmp_path / f"ledger-{step}")
        outcomes.append(_content(ledger) == after)
        assert outcomes[-1] or _content(ledger) == before
    assert outcomes == sorted(outcomes)  # once it is committed it stays
    assert outcomes[-1]
    assert not outcomes[0]
    for step in range(0, copies, 7):
        ledger = Ledger.open(tmp_path / f"ledger-{step}")
        _import(ledger, new)
        assert _content(ledger) == after
        assert list((ledger.folder / "staging").iterdir()) == []
        assert {path.stem for path in ledger.folder.glob("exchanges/*/*")} == {*ledger.import_ids()}


def test_killed_at_any_moment_the_next_import_finishes_the_work(tmp_path: Path) -> None:
    rng = random.Random(1)
    make_key(tmp_path / "key")
    paths = [log(tmp_path / f"{n}.jsonl", n * 1500, n * 1500 + 2000) for n in range(3)]
    whole = Ledger.open_or_create(tmp_path / "whole", tmp_path / "key")
    _import(whole, *paths)
    ledger = Ledger.open_or_create(tmp_path / "ledger", tmp_path / "key")
    for processes in (2, 4):  # each reads files of its own; one reads, the others sketch
        command = [*COMMAND, "plain", str(ledger.folder), str(tmp_path / "key"), str(processes), *paths]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, start_new_session=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"begun\n"
            time.sleep(rng.uniform(0.5, 1.5))
            process.kill()
        _wait_for_the_end_of(process.pid)
        held = ids(ledger)
        assert len(held) == len(set(held)) == ledger.rows
        assert ledger.rows == sum(ledger.manifest(one).rows for one in ledger.import_ids())
    _import(ledger, *paths)
    assert _content(ledger) == _content(whole)


def _wait_for_the_end_of(session: int) -> None:
    """Wait until no process of `session` is left: the processes of an import end with it. Looked at where `/proc` is.

    Raises:
        AssertionError: one lives on.
    """
    for _ in range(100):
        if not any(_session(int(name)) == session for name in _processes() if name.isdigit()):
            return
        time.sleep(0.1)
    raise AssertionError("a process outlived its import")


def _processes() -> list[str]:
    return os.listdir("/proc") if os.path.isdir("/proc/self") else []


def _session(pid: int) -> int:
    try:
        return os.getsid(pid) if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z" else 0
    except (ProcessLookupError, FileNotFoundError):
        return 0


@pytest.fixture
def at_once() -> Iterator[list[subprocess.Popen[bytes]]]:
    """Processes that are ended with the test if they still run."""
    started: list[subprocess.Popen[bytes]] = []
    yield started
    for process in started:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.wait()


def test_imports_at_once_neither_lose_nor_double_anything(
    tmp_path: Path, at_once: list[subprocess.Popen[bytes]]
) -> None:
    make_key(tmp_path / "key")
    folder, key = str(tmp_path / "ledger"), str(tmp_path / "key")
    same = log(tmp_path / "same.jsonl", 0, 2000)
    mine = [log(tmp_path / f"{n}.jsonl", n * 1000 + 500, n * 1000 + 2500) for n in range(2)]
    for own in (*mine, mine[0]):
        command = [*COMMAND, "plain", folder, key, "1", own, same]
        at_once.append(subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE))
    assert [process.wait(60) for process in at_once] == [0, 0, 0]
    ledger = Ledger.open(tmp_path / "ledger")
    assert len(ledger.import_ids()) == 3
    assert sorted(ids(ledger)) == [f"x{n:06d}" for n in range(3500)]


@pytest.mark.parametrize("limit", [100, 4_000, 15_000])
def test_a_full_disk_is_said_and_leaves_the_ledger_as_it_was(tmp_path: Path, limit: int) -> None:
    ledger = Ledger.open_or_create(tmp_path / "ledger")
    _import(ledger, log(tmp_path / "old.jsonl", 0, 20))
    before, new = _content(ledger), log(tmp_path / "new.jsonl", 0, 4000)
    said = _run("limited", str(ledger.folder), str(limit), new)
    assert "the ledger cannot be written: File too large" in said
    assert "free space" in said
    assert _content(ledger) == before
    assert list((ledger.folder / "staging").iterdir()) == []
    _import(ledger, new)
    assert ledger.rows == 4000
