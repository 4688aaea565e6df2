"""Starts a command and ends it, with all that it started, when its time is up.

    python -I -S limited.py SECONDS REPORT LOG COMMAND...

Run as a script of its own that holds next to nothing, since its memory counts with that of the command. What the
command prints goes to LOG. REPORT gets one word: `finished`, `stopped` or `failed`.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

EVERY = 0.05
"""Seconds between looks."""
FINISHED, STOPPED, FAILED = "finished", "stopped", "failed"


def _ended(process: int) -> bool:
    """Return whether `process` has ended, and leave it there, so that its number stays its own."""
    return os.waitid(os.P_PID, process, os.WEXITED | os.WNOWAIT | os.WNOHANG) is not None


def _surroundings() -> dict[str, str]:
    """Return the environment of the command: no modules of somebody else's, and the same order of sets every time."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | {"PYTHONHASHSEED": "0"}


def main(seconds: float, report: Path, log: Path, command: list[str]) -> None:
    """Run `command` for at most `seconds`; write to `report` how it ended."""
    with log.open("wb") as told:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=told,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=_surroundings(),
        )
    until = time.monotonic() + seconds
    try:
        while not _ended(child.pid) and time.monotonic() < until:
            time.sleep(EVERY)
        stopped = not _ended(child.pid)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
    report.write_text(STOPPED if stopped else FAILED if child.returncode else FINISHED, encoding="ascii")


if __name__ == "__main__":
    main(float(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4:])
