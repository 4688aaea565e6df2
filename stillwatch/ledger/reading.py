"""What a ledger says of itself, wherever its files are: in a folder of this machine or beyond a URL."""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
from pydantic import ValidationError

from stillwatch import __version__
from stillwatch.errors import NothingUsable, Refused, StillwatchError
from stillwatch.ledger.accounts import latest
from stillwatch.ledger.content import content
from stillwatch.ledger.manifest import KINDS, DataFile, Kind, Manifest, as_skips
from stillwatch.record import Skips

FORMAT = 2
"""Version of the layout and of what the columns of the sketches mean."""

HEAD = "ledger.json"


class AnyLedger(ABC):
    """A ledger to be read. Its files have the names that `ledger/__init__.py` lists, below `place("")`."""

    fingerprint: str
    """Of the key its marks were made with."""

    @abstractmethod
    def place(self, path: str) -> Path | str:
        """Return where a file of the ledger is: a path of this machine, or a URL."""

    @abstractmethod
    def import_ids(self) -> list[str]:
        """Return the ids of all imports, ascending."""

    @abstractmethod
    def text(self, path: str) -> str:
        """Return a file as text.

        Raises:
            OSError: it cannot be read.
            UnicodeDecodeError: it is no text.
        """

    @abstractmethod
    def has(self, path: str) -> bool:
        """Return whether there is such a file, or a folder with anything in it."""

    @abstractmethod
    def account_rows(self, path: str) -> pa.Table:
        """Return the rows of a file of accounts."""

    def manifest(self, import_id: str) -> Manifest:
        """Return one import.

        Raises:
            StillwatchError: its manifest was damaged.
        """
        path = manifest_path(import_id)
        try:
            return Manifest.model_validate_json(self.text(path))
        except (OSError, ValidationError, UnicodeDecodeError) as error:
            raise StillwatchError(
                "the manifest of an import cannot be read",
                where=str(self.place(path)),
                expected="the file as the import wrote it",
                remedy="restore it from a copy, or import the sources again into a new folder",
            ) from error

    def manifests(self) -> list[Manifest]:
        """Return all imports, ascending by id.

        Raises:
            StillwatchError: a manifest was damaged.
        """
        return [self.manifest(import_id) for import_id in self.import_ids()]

    def exchange_files(self) -> Sequence[Path | str]:
        """Return the files with the sketches, by day and import.

        Raises:
            StillwatchError: a manifest was damaged, or a file that it names is gone.
        """
        return [self.place(path) for path in self._paths("exchanges")]

    def data_files(self, kind: Kind) -> list[DataFile]:
        """Return the files of one table by path. Those of a day whose folder was deleted are forgotten.

        Raises:
            StillwatchError: a manifest was damaged.
        """
        named = [file for manifest in self.manifests() if manifest.origin.kind == kind for file in manifest.files]
        folders = {folder: self.has(folder) for folder in {_folder(file.path) for file in named}}
        kept = [file for file in named if folders[_folder(file.path)]]
        return sorted(kept, key=lambda file: file.path)

    def _paths(self, kind: Kind) -> list[str]:
        paths = [file.path for file in self.data_files(kind)]
        gone = next((path for path in paths if not self.has(path)), None)
        if gone is not None:
            raise StillwatchError(
                "a file of the ledger is gone",
                where=str(self.place(gone)),
                expected="all files that an import wrote, or none of its day's folder",
                remedy="restore it from a copy, or delete the folder of the day",
            )
        return paths

    def accounts_table(self) -> pa.Table:
        """Return one row per known account, columns of `record.ACCOUNTS`, ascending by id.

        Raises:
            StillwatchError: a manifest was damaged, or a file that it names is gone.
        """
        return latest(self.account_rows(path) for path in self._paths("accounts"))

    def days(self) -> list[str]:
        """Return the days that have exchanges, as YYYY-MM-DD in UTC, ascending."""
        return sorted({file.day for file in self.data_files("exchanges")})

    @property
    def rows(self) -> int:
        """Exchanges in the ledger."""
        return sum(file.rows for file in self.data_files("exchanges"))

    @property
    def size(self) -> int:
        """Bytes of all data files."""
        return sum(file.size for kind in KINDS for file in self.data_files(kind))

    def skips(self) -> Skips:
        """Return the rows of all imports that were not used, by reason; the first place is that of the first id."""
        return as_skips(part for manifest in self.manifests() for part in manifest.skips)

    def notes(self) -> Skips:
        """Return what was repaired in rows that were used, by reason."""
        return as_skips(part for manifest in self.manifests() for part in manifest.notes)

    def digest(self) -> str:
        """Return 32 hex digits that follow from the key and the rows alone: equal content, equal digest.

        Order, time and number of imports do not matter, nor which of two imports brought a row that both had.
        """
        files = self.data_files("exchanges")
        rows, total = sum(file.rows for file in files), sum(int(file.content, 16) for file in files)
        parts = (FORMAT, self.fingerprint, rows, total % (1 << 64), content(self.accounts_table()))
        return hashlib.blake2b(json.dumps(parts).encode(), digest_size=16).hexdigest()


def manifest_path(import_id: str) -> str:
    """Return where the manifest of an import is, or would be."""
    return f"imports/{import_id}.json"


def read_head(text: str, where: Path | str) -> str:
    """Return the fingerprint of the key of the ledger at `where`, whose head says `text`.

    Raises:
        Refused: it is of another format version.
        StillwatchError: it was damaged.
    """
    try:
        head = json.loads(text)
        version, fingerprint, made_by = head["format"], str(head["key"]), head["made_by"]
    except (ValueError, TypeError, KeyError) as error:
        raise damaged_head(where) from error
    if version != FORMAT:
        raise Refused(
            f"the ledger has format version `{version}`, made by stillwatch {made_by}",
            where=str(where),
            expected=f"format version `{FORMAT}`, as stillwatch {__version__} makes it",
            remedy="import the sources again into a new folder, or use the stillwatch that made it",
        )
    return fingerprint


def damaged_head(where: Path | str) -> StillwatchError:
    """Return the error that the head of the ledger at `where` cannot be read."""
    return StillwatchError(
        "the file cannot be read",
        where=f"{where}/{HEAD}",
        expected="what `stillwatch import` wrote",
        remedy="restore it from a copy, or import the sources again into a new folder",
    )


def no_ledger(where: Path | str) -> NothingUsable:
    """Return the error that there is no ledger at `where`."""
    return NothingUsable(
        "there is no ledger", where=str(where), remedy=f"make one with `stillwatch import LOG --ledger {where}`"
    )


def _folder(path: str) -> str:
    return path.rpartition("/")[0]
