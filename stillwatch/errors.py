"""Errors that a user reads: where it happened, what was found, what was expected, what to try.

Every error that reaches a user is a `StillwatchError` and is rendered by `render()`, in one place and one
grammar: lower case, no full stop at the end, names in backticks. Nothing below `cli.py` ends the process.
"""

from __future__ import annotations

import enum
import errno
import os
import shutil
from pathlib import Path


class ExitCode(enum.IntEnum):
    """What the process exits with; the names are part of the stable contract."""

    OK = 0
    FAILED = 1
    """A run ended with an error that is neither of the two below."""
    NOTHING_USABLE = 2
    """Input was read and held nothing that could be used, or the command line was wrong."""
    REFUSED = 3
    """Something that exists must not be touched: another key, another format version, a foreign folder."""


class StillwatchError(Exception):
    """An error with a place, a finding, an expectation and a remedy.

    Args:
        found: what is wrong, as a clause.
        where: file, line, column or command; empty when there is no place.
        expected: what would have been right.
        remedy: what the user can try next.
    """

    exit_code = ExitCode.FAILED

    def __init__(self, found: str, *, where: str = "", expected: str = "", remedy: str = "") -> None:
        super().__init__(found)
        self.found = found
        self.where = where
        self.expected = expected
        self.remedy = remedy

    def __str__(self) -> str:
        return render(self)


class NothingUsable(StillwatchError):  # noqa: N818 - the name says what happened
    """Nothing in the input could be used."""

    exit_code = ExitCode.NOTHING_USABLE


class Refused(StillwatchError):  # noqa: N818
    """The run would mix or overwrite what must stay apart."""

    exit_code = ExitCode.REFUSED


def render(error: StillwatchError) -> str:
    """Return the text of an error, one clause a line."""
    head = f"{error.where}: {error.found}" if error.where else error.found
    lines = [head]
    if error.expected:
        lines.append(f"  expected: {error.expected}")
    if error.remedy:
        lines.append(f"  try: {error.remedy}")
    return "\n".join(lines)


_FULL = tuple(os.strerror(number) for number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG))


def disk_is_full(error: OSError | str) -> bool:
    """Return whether an error, or what a library made of one, says that no more can be put on a disk."""
    return any(words in str(error) for words in _FULL)


def no_room(folder: Path, reason: str) -> StillwatchError:
    """Return the error that a disk is full."""
    place = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    free = shutil.disk_usage(place).free
    return StillwatchError(
        f"cannot be written: {reason}",
        where=str(folder),
        expected=f"more room than the {free / 1e6:,.1f} MB that are free there",
        remedy="free disk space, or write to another disk; finished scans and the ledger are as they were",
    )
