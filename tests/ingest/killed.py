"""Imports that are killed, in processes of their own. Run as `python -m tests.ingest.killed MODE …`; no test itself.

`steps LEDGER LOG…`: one import into a copy of LEDGER for every call by which an import changes the disk, killed by
SIGKILL at that call; the copies are `LEDGER-0`, `LEDGER-1`, …; the last one is not killed. Prints their number.

`plain LEDGER KEY WORKERS LOG…`: one import, whatever the size with so many processes; says `begun` when it begins.

`limited LEDGER BYTES LOG…`: one import in which no file may grow beyond BYTES, as on a full disk; prints the error.
"""

from __future__ import annotations

import os
import resource
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from stillwatch.errors import StillwatchError
from stillwatch.ingest import IngestOptions, ingest, workers
from stillwatch.ledger import Ledger

CHANGES = ("replace", "rename", "fsync", "mkdir", "unlink", "rmdir")


def _kill_at(step: int) -> None:
    """Let this process die at its call number `step`, from 0, that changes the disk."""
    calls = 0

    def counted(change: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls > step:
                os.kill(os.getpid(), signal.SIGKILL)
            return change(*given, **named)

        return call

    for name in CHANGES:
        setattr(os, name, counted(getattr(os, name)))


def _steps(ledger: Path, paths: list[str]) -> None:
    shutil.copytree(ledger, ledger.with_name("warm"))
    ingest(paths, Ledger.open(ledger.with_name("warm")), options=IngestOptions(workers=1))  # models are loaded once
    for step in range(10_000):
        copy = ledger.with_name(f"{ledger.name}-{step}")
        shutil.copytree(ledger, copy)
        child = os.fork()
        if not child:
            opened = Ledger.open(copy)
            _kill_at(step)
            ingest(paths, opened, options=IngestOptions(workers=1))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if not status:
            print(step + 1)
            return


def _plain(ledger: Path, key: Path, processes: int, paths: list[str]) -> None:
    workers.WORTH_IT = 0
    opened = Ledger.open_or_create(ledger, key)
    print("begun", flush=True)
    ingest(paths, opened, options=IngestOptions(workers=processes))


def _limited(ledger: Path, size: int, paths: list[str]) -> None:
    opened = Ledger.open_or_create(ledger)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    try:
        ingest(paths, opened, options=IngestOptions(workers=1))
    except StillwatchError as error:
        print(error)


if __name__ == "__main__":
    mode, folder, *rest = sys.argv[1:]
    if mode == "steps":
        _steps(Path(folder), rest)
    elif mode == "plain":
        _plain(Path(folder), Path(rest[0]), int(rest[1]), rest[2:])
    else:
        _limited(Path(folder), int(rest[0]), rest[1:])
