"""Running the public command as a child process, and what it took."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from stillwatch.errors import StillwatchError

_STARTER = str(Path(__file__).with_name("starter.py"))
_COMMAND = (sys.executable, "-c", "from stillwatch.cli import main; main()")


@dataclass(frozen=True, slots=True)
class Run:
    """A command that ended well, with what it and its processes took.

    Attributes:
        seconds: by the clock.
        peak_megabytes: most memory they held together.
        processor_seconds: summed over cores; on a busy machine this says more than the clock.
    """

    output: str
    seconds: float
    peak_megabytes: float
    processor_seconds: float


def run_stillwatch(*arguments: str) -> Run:
    """Run `stillwatch` with `arguments` and wait for it; see `run`."""
    return run((*_COMMAND, *arguments))


def run(command: Sequence[str]) -> Run:
    """Run `command` and wait for it.

    It is started by a process of its own that holds next to nothing; see `starter`.

    Raises:
        StillwatchError: it ended with another exit code than 0.
    """
    read_end, write_end = os.pipe()
    begun = time.perf_counter()
    starter = [sys.executable, "-I", "-S", _STARTER, str(write_end), *command]
    ended = subprocess.run(starter, stdout=subprocess.PIPE, text=True, pass_fds=(write_end,), check=False)
    seconds = time.perf_counter() - begun
    os.close(write_end)
    with os.fdopen(read_end, encoding="ascii") as told:
        peak, worked, code = (int(number) for number in (told.read() or "0 0 -1").split())
    if code or ended.returncode:
        raise StillwatchError(f"exit code {code or ended.returncode}", where=" ".join(command))
    return Run(ended.stdout, seconds, peak / 1024, worked / 1000)


def together(runs: Sequence[Run]) -> Run:
    """Return what commands took that ran one after the other."""
    return Run(
        output="".join(run.output for run in runs),
        seconds=sum(run.seconds for run in runs),
        peak_megabytes=max(run.peak_megabytes for run in runs),
        processor_seconds=sum(run.processor_seconds for run in runs),
    )


def machine() -> str:
    """Return the processor, the number of usable cores and the memory of this machine, in one line."""
    cores = len(os.sched_getaffinity(0))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{_processor()}, {cores} cores, {memory:.0f} GiB, Python {platform.python_version()}"


def _processor() -> str:
    names = Path("/proc/cpuinfo")
    if names.exists():
        for line in names.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.machine()


def show(rows: Sequence[Mapping[str, object]]) -> None:
    """Print `rows`, which have the same keys, as one table."""
    table = Table(box=None)
    for name in rows[0]:
        table.add_column(name.replace("_", " "), justify="right")
    for row in rows:
        table.add_row(*("-" if v is None else f"{v:.3g}" if isinstance(v, float) and v < 10 else
                        f"{v:.0f}" if isinstance(v, float) else str(v) for v in row.values()))  # fmt: skip
    Console(width=max(120, 14 * len(rows[0]))).print(table)
