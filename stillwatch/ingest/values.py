"""What an import is asked for and what it says at its end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from stillwatch.ledger import Skipped
from stillwatch.ledger.manifest import Kind


@dataclass(frozen=True, slots=True)
class IngestOptions:
    """How sources are read.

    Attributes:
        format: name of the importer of all files; None to recognise each.
        accounts: files, folders and globs with the table of accounts.
        mapping: TOML file that names the columns of a foreign table.
        keep_samples: real texts to keep per scaffold mark; 0 keeps none.
        workers: processes; None for one per core. The result does not depend on it.
    """

    format: str | None = None
    accounts: tuple[str, ...] = ()
    mapping: Path | None = None
    keep_samples: int = 0
    workers: int | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an import is.

    Attributes:
        files, files_done: sources in all, and those that are committed.
        size, size_done: the same in bytes.
        rows: exchanges read so far; with one process a file, those of finished files.
    """

    files: int
    files_done: int
    size: int
    size_done: int
    rows: int


@dataclass(frozen=True, slots=True)
class FileReport:
    """What became of one source.

    Attributes:
        label: the source as the user named it.
        reader: name of the importer.
        rows: exchanges or accounts that the ledger has from it.
        already: it was imported before, and nothing was done now.
        size: bytes.
        seconds: from its beginning to its commit, waiting included.
        skips: rows that were not used. notes: what was repaired in rows that were.
    """

    label: str
    kind: Kind
    reader: str
    rows: int
    already: bool
    size: int
    seconds: float
    skips: tuple[Skipped, ...]
    notes: tuple[Skipped, ...]


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What an import did.

    Attributes:
        files: one per source, accounts last.
        skips: what was not used, over all files and with the files that could not be read, by reason.
        notes: what was repaired or ignored, likewise.
        timings: seconds by stage (`read`, `sketch`, `store`), summed over processes, and `total` by the clock.
        samples: texts kept, because they were asked for.
    """

    files: tuple[FileReport, ...]
    skips: tuple[Skipped, ...]
    notes: tuple[Skipped, ...]
    timings: Mapping[str, float]
    samples: int = 0

    @property
    def rows(self) -> int:
        """Exchanges that were added."""
        return sum(file.rows for file in self.files if file.kind == "exchanges" and not file.already)

    @property
    def accounts(self) -> int:
        """Rows about accounts that were added."""
        return sum(file.rows for file in self.files if file.kind == "accounts" and not file.already)

    @property
    def already(self) -> int:
        """Sources that were imported before."""
        return sum(file.already for file in self.files)

    @property
    def size(self) -> int:
        """Bytes of all sources."""
        return sum(file.size for file in self.files)

    @property
    def seconds(self) -> float:
        """How long it took by the clock."""
        return self.timings["total"]
