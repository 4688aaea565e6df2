"""Files that survive a crash: locks, durable writes, and what a user reads when the disk refuses.

Locks are `flock` locks. They go with the process that holds them, so a killed import leaves none behind.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

import duckdb

from stillwatch.errors import StillwatchError


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock of the file `path`, which is made if need be, alone among all processes; wait for it."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def try_lock_folder(folder: Path) -> int | None:
    """Return an open handle that holds the lock of `folder`, or None if another process holds it or it is gone."""
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle


def sync(path: Path) -> None:
    """Make the content of a file, or the names in a folder, survive a loss of power."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_whole(path: Path, text: str, *, by_way_of: Path) -> None:
    """Write `text` to `path` whole or not at all; `by_way_of` is a name on the same file system."""
    with open(by_way_of, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(by_way_of, path)
    sync(path.parent)


@contextlib.contextmanager
def storing(folder: Path) -> Iterator[None]:
    """Turn what the system or the engine says about a write below `folder` into an error for the user.

    Raises:
        StillwatchError: the disk is full, a limit is reached, or a right is missing. What was committed is as it was.
    """
    try:
        yield
    except (OSError, duckdb.Error) as error:
        number = getattr(error, "errno", None)
        reason = os.strerror(number) if number else str(error).partition("\n")[0]
        raise StillwatchError(
            f"the ledger cannot be written: {reason}",
            where=str(folder),
            expected="a folder with room for the import, twice over while it runs, and the right to write there",
            remedy="free space or correct the rights, then import again; the ledger is as it was before this file",
        ) from error
