"""Starts a command, waits for it, and writes down what it and its own processes took: memory and processor time.

Run as a script of its own, with nothing imported but the standard library, since Linux counts what the starting
process held towards the peak of the started one. The peak is the greatest sum of proportional set sizes (a shared page
counts once) seen in samples ten times a second, and not less than the kernel's own figure for the largest process.
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

EVERY = 0.1
"""Seconds between samples."""


def held_by(process: int) -> int:
    """Return kilobytes held by a process and all that it started; 0 for one that has ended."""
    folder = Path(f"/proc/{process}")
    try:
        rollup = (folder / "smaps_rollup").read_text(encoding="ascii")
        children = [int(c) for task in (folder / "task").iterdir() for c in (task / "children").read_text().split()]
    except (OSError, ValueError):
        return 0
    own = sum(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    return own + sum(held_by(child) for child in children)


def watch(process: int, ended: threading.Event) -> list[int]:
    """Return a list whose one number grows to the peak of `process` until `ended` is set."""
    peak = [0]

    def look() -> None:
        while not ended.wait(EVERY):
            peak[0] = max(peak[0], held_by(process))

    threading.Thread(target=look, daemon=True).start()
    return peak


def main(told: int, command: list[str]) -> None:
    """Run `command`; write peak in kilobytes, processor time in ms and exit code to the open file `told`."""
    child = os.posix_spawn(command[0], command, os.environ)
    ended = threading.Event()
    peak = watch(child, ended)
    _, status, usage = os.wait4(child, 0)
    ended.set()
    worked = round(1000 * (usage.ru_utime + usage.ru_stime))
    os.write(told, f"{max(peak[0], usage.ru_maxrss)} {worked} {os.waitstatus_to_exitcode(status)}".encode())


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
