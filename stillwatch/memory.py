"""What a process may hold in memory, how much of it goes to the engine, and how much was held at most.

The limit is of the whole process: the engine, the arrays of this side, the libraries themselves. An engine that spills
to disk gets what nobody else holds at that moment, less a margin; arrays cannot spill, so what they will take is asked
for before they are made.
"""

from __future__ import annotations

import os
import re
import resource
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from stillwatch.errors import NothingUsable, StillwatchError

SHARE = 0.75
"""Of the memory of the machine or container, where no limit is told: others live there too."""
MARGIN = 0.15
"""Of what is left for the engine, which it is not told of: rows on their way out of it, files that it decodes and
pages that it has freed and not yet returned are not in its own count."""
LEAST = 128_000_000
"""Bytes below which an engine is not let work: it would fail in the middle of a query, and say less."""

_UNITS = {"B": 1} | {
    f"{letter}{middle}B": base**power
    for middle, base in (("", 1000), ("I", 1024))
    for power, letter in enumerate("KMGT", start=1)
}
_AMOUNT = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]?I?B)", re.IGNORECASE)
_STATUS = Path("/proc/self/status")
_NO_LIMIT = 1 << 60
"""What the first version of control groups says where there is no limit is above this."""


def amount(text: str, *, where: str = "--memory") -> int:
    """Return the bytes that a text such as `8GB` or `512MiB` stands for.

    Raises:
        NothingUsable: it is no amount of memory.
    """
    found = _AMOUNT.fullmatch(text.strip())
    if found is None or not float(found[1]):
        raise NothingUsable(
            f"`{text}` is no amount of memory", where=where, expected="a number and a unit", remedy=f"`{where} 8GB`"
        )
    return int(float(found[1]) * _UNITS[found[2].upper()])


def written(size: float) -> str:
    """Return an amount as one may type it, rounded up to what is worth saying."""
    unit, name = (10**9, "GB") if size >= 10**10 else (10**6, "MB")
    return f"{-(-int(size) // unit)}{name}"


def machine(control: Path = Path("/sys/fs/cgroup"), groups: Path = Path("/proc/self/cgroup")) -> int:
    """Return the memory of this machine in bytes, or what its container may use of it.

    Args:
        control: where control groups are mounted. groups: which of them this process is in.
    """
    return min([os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"), *_limits(control, groups)])


def _limits(control: Path, groups: Path) -> Iterator[int]:
    """Yield the limits of the control groups of this process and of those above them, of either version."""
    lines = _text(groups).splitlines()
    for number, controllers, path in (line.split(":", 2) for line in lines if line.count(":") >= 2):
        if number == "0":
            mount, name = control, "memory.max"
        elif "memory" in controllers.split(","):
            mount, name = control / "memory", "memory.limit_in_bytes"
        else:
            continue
        place = mount / path.strip("/")
        for folder in (place, *place.parents):
            limit = _text(folder / name).strip()
            if limit.isdigit() and int(limit) < _NO_LIMIT:
                yield int(limit)
            if folder == mount:
                break


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""


def resident() -> int:
    """Return the bytes that this process has in memory; where the system does not say, the most it ever had."""
    return _status("VmRSS") or _most()


def peak() -> int:
    """Return the most bytes that this process ever had in memory."""
    return _status("VmHWM") or _most()


def peak_of_children() -> int:
    """Return the most bytes that one process had in memory which this one started and which has ended; 0 if none."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * _RUSAGE_UNIT


_RUSAGE_UNIT = 1 if sys.platform == "darwin" else 1024


def _most() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _RUSAGE_UNIT


def _status(name: str) -> int:
    """Return a line of the status of this process in bytes, 0 where there is none."""
    found = re.search(rf"^{name}:\s*(\d+) kB$", _text(_STATUS), re.MULTILINE)
    return int(found[1]) * 1024 if found else 0


@dataclass(frozen=True, slots=True)
class Plan:
    """How the memory of a process is divided.

    Attributes:
        limit: bytes that the whole process may have in memory.
        told: whether a person said so.
    """

    limit: int
    told: bool = True

    @classmethod
    def of(cls, memory: str | None) -> Plan:
        """Return the plan for a limit as a user writes it; without one, a share of the machine or container.

        Raises:
            StillwatchError: it is no amount of memory, or less than the program itself takes.
        """
        plan = cls(int(SHARE * machine()), told=False) if memory is None else cls(amount(memory))
        least = resident() + LEAST / (1 - MARGIN)
        if plan.limit < least:
            raise plan.too_little(least, "the program itself")
        return plan

    def room(self, engine: int = 0) -> int:
        """Return the bytes that an engine may use, of which it has `engine` now."""
        return int((self.limit - resident() + engine) * (1 - MARGIN))

    def need(self, size: float, what: str) -> None:
        """Make sure that `size` more bytes may be held.

        Raises:
            StillwatchError: they may not; it says how much would be enough for `what`.
        """
        if resident() + size > self.limit:
            pa.default_memory_pool().release_unused()
        held = resident()
        if held + size > self.limit:
            raise self.too_little(held + size, what)

    def too_little(self, size: float, what: str) -> StillwatchError:
        """Return the error that `what` would take the process to `size` bytes."""
        limit = written(self.limit)
        return StillwatchError(
            f"{what} would take this process to {written(size)} of memory, and it may use {limit}",
            where="--memory" if self.told else "memory",
            expected=f"`--memory` of {written(size)} or more"
            + ("" if self.told else f"; without it, {SHARE:.0%} of the machine or container, here {limit}"),
            remedy="more memory, or fewer days in one scan",
        )
