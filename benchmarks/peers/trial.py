"""One peer on one world: its own process, a folder without the truth, a limit on its time, and what it took."""

from __future__ import annotations

import enum
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measured import run
from benchmarks.peers import limited
from benchmarks.peers.accusations import FILE, Accusations, read
from benchmarks.peers.environments import python_of
from benchmarks.peers.peer import Peer
from stillwatch.errors import Refused, StillwatchError

GIVEN = ("exchanges.parquet", "accounts.parquet")
"""All that a peer is handed of a world."""
_CHILD = Path(__file__).with_name("child.py")


class Outcome(enum.StrEnum):
    """How a trial ended; none of them is an error of the benchmark."""

    FINISHED = limited.FINISHED
    STOPPED = limited.STOPPED
    FAILED = limited.FAILED
    NOT_INSTALLED = "not installed"


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of handing a world to a peer.

    Attributes:
        reason: why it failed, in its own last words; empty when it did not.
        seconds: wall clock, with the start of its process and its own reading of the world; None if it did not start.
        peak_megabytes: most memory that its processes held together, with some 7 MB of the one that watches the time.
        accusations: the last it gave; None when it gave none.
    """

    peer: str
    outcome: Outcome
    reason: str
    seconds: float | None
    peak_megabytes: float | None
    accusations: Accusations | None


def attempt(peer: Peer, world: Path, *, environments: Path, limit: float) -> Trial:
    """Run `peer` on the folder `world` for at most `limit` seconds.

    Raises:
        StillwatchError: `world` is not a world. Refused: `environments` is inside the repository.
    """
    missing = [name for name in GIVEN if not (world / name).is_file()]
    if missing:
        raise StillwatchError(
            f"no `{missing[0]}` in this folder",
            where=str(world),
            expected="a folder made by `stillwatch range build`",
            remedy="`stillwatch range build SCENARIO --out DIR`",
        )
    try:
        python = python_of(peer.requirements, environments)
    except Refused:
        raise
    except StillwatchError as error:
        return Trial(peer.name, Outcome.NOT_INSTALLED, str(error), None, None, None)
    with tempfile.TemporaryDirectory(prefix=f"peer-{peer.name}-") as folder:
        return _run(peer, hand_over(world, Path(folder) / "world"), Path(folder), python=python, limit=limit)


def hand_over(world: Path, folder: Path) -> Path:
    """Return the new folder `folder` with links to the two tables of `world` that a peer may see."""
    folder.mkdir()
    for name in GIVEN:
        (folder / name).symlink_to((world / name).resolve())
    return folder


def _run(peer: Peer, world: Path, folder: Path, *, python: Path, limit: float) -> Trial:
    out, report, log = folder / "out", folder / "report", folder / "log"
    out.mkdir()
    watched = [sys.executable, "-I", "-S", limited.__file__, str(limit), str(report), str(log)]
    took = run([*watched, str(python), "-P", "-s", str(_CHILD), peer.module, str(world), str(out)])
    outcome = Outcome(report.read_text(encoding="ascii"))
    return Trial(
        peer=peer.name,
        outcome=outcome,
        reason=_last_words(log) if outcome is Outcome.FAILED else "",
        seconds=took.seconds,
        peak_megabytes=took.peak_megabytes,
        accusations=read(out) if (out / FILE).exists() else None,
    )


def _last_words(log: Path) -> str:
    lines = [line.strip() for line in log.read_text(encoding="utf-8", errors="replace").splitlines()]
    return next((line for line in reversed(lines) if line), "ended without a word")
