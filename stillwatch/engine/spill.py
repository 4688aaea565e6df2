"""Where the engine puts what does not fit into memory: a folder of its own that goes with its process.

The folder is locked while the process lives. One that a killed process left behind, which may be many gigabytes, is
removed by the next that spills to the same place.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
from pathlib import Path

from stillwatch.errors import NothingUsable, StillwatchError
from stillwatch.ledger.files import try_lock_folder

_PREFIX = ".stillwatch-spill-"
_NAME = re.compile(re.escape(_PREFIX) + r"\w{8}")
DATABASE, SPILLED = "scan.duckdb", "spill"
"""What an engine makes in its folder: tables, and what it spills."""
LARGE = Path("/var/tmp")
"""For large temporary files, which in `/tmp` may lie in memory (file-hierarchy(7))."""


def usual_place() -> Path:
    """Return where to spill unless a user says: what the environment names, else the place for large files."""
    named = any(os.environ.get(name) for name in ("TMPDIR", "TEMP", "TMP"))
    return Path(tempfile.gettempdir()) if named or not os.access(LARGE, os.W_OK | os.X_OK) else LARGE


class SpillFolder:
    """A new folder, removed when it is closed.

    Attributes:
        path: where it is.
        room: bytes that were free on its disk when it was made.
    """

    def __init__(self, place: Path | None = None) -> None:
        """Make a folder in `place`.

        Raises:
            NothingUsable: there is no such folder.
            StillwatchError: nothing can be written there.
        """
        parent = usual_place() if place is None else place
        if not parent.is_dir():
            raise NothingUsable(
                "there is no such folder", where=f"--spill {parent}", expected="a folder on a disk with room"
            )
        try:
            _sweep(parent)
            self.path, self._handle = _locked(parent)
            self.room = shutil.disk_usage(self.path).free
        except OSError as error:
            raise StillwatchError(
                f"cannot be written: {error.strerror or error}",
                where=str(parent),
                expected="a folder for what does not fit into memory",
                remedy="`--spill FOLDER` on a disk with room",
            ) from error

    def close(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._handle)


def _locked(parent: Path) -> tuple[Path, int]:
    """Return a new folder and an open handle that holds its lock; one that another process swept meanwhile is made
    again."""
    while True:
        path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
        handle = try_lock_folder(path)
        if handle is not None and path.exists():
            return path, handle
        if handle is not None:
            os.close(handle)


def _sweep(parent: Path) -> None:
    """Remove folders of this user that no process holds, and that hold nothing but what an engine makes."""
    for path in filter(_is_ours, parent.iterdir()):
        handle = try_lock_folder(path)
        if handle is not None:
            shutil.rmtree(path, ignore_errors=True)
            os.close(handle)


def _is_ours(path: Path) -> bool:
    if not _NAME.fullmatch(path.name) or path.is_symlink():
        return False
    with contextlib.suppress(FileNotFoundError):
        mine = path.stat().st_uid == os.getuid()
        return mine and {child.name for child in path.iterdir()} <= {DATABASE, f"{DATABASE}.wal", SPILLED}
    return False
