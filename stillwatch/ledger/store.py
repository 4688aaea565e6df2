"""A ledger on disk: opening, making and reading one. Writing is in `ledger/staging.py` and `ledger/commit.py`."""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import ValidationError

from stillwatch import __version__
from stillwatch.errors import NothingUsable, Refused, StillwatchError
from stillwatch.keys import Key, load_key, make_key
from stillwatch.ledger.accounts import latest
from stillwatch.ledger.content import content
from stillwatch.ledger.files import locked, storing, sync, write_whole
from stillwatch.ledger.manifest import KINDS, DataFile, Kind, Manifest, as_skips
from stillwatch.record import Skips

FORMAT = 2
"""Version of the layout and of what the columns of the sketches mean."""

_HEAD, _KEY, _LOCK = "ledger.json", "key", "lock"
_NEW = f"{_KEY}.new"
_UNFINISHED = {_LOCK, _KEY, _NEW, f"{_HEAD}.new"}
"""What a ledger whose making was cut short consists of."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """A folder of sketches that only grows.

    Attributes:
        folder: where it is.
        fingerprint: of the key its marks were made with.
        key: that key, or None where it is neither in the folder nor named; only an import needs it.
    """

    folder: Path
    fingerprint: str
    key: Key | None

    @classmethod
    def open(cls, folder: Path, key_path: Path | None = None) -> Self:
        """Return the ledger in `folder`; the key is read from `key_path`, else from the folder if it is there.

        Raises:
            Refused: it is of another format version, or its marks were made with another key.
            StillwatchError: there is no ledger, or the key cannot be read.
        """
        fingerprint = _read_head(folder)
        place = folder / _KEY if key_path is None else key_path
        key = None if key_path is None and not place.exists() else load_key(place)
        if key is not None and key.fingerprint != fingerprint:
            raise Refused(
                f"the key in `{place}` is not the one this ledger was made with",
                where=str(folder),
                expected=f"a key with the fingerprint `{fingerprint}`",
                remedy="name the key it was made with, or import into a new folder",
            )
        return cls(folder, fingerprint, key)

    @classmethod
    def create(cls, folder: Path, key: Key) -> Self:
        """Make an empty ledger for sketches made with `key`, which stays where it is.

        Raises:
            Refused: the folder holds something already.
            StillwatchError: it cannot be written.
        """
        _refuse_foreign(folder, taken=True)
        with storing(folder):
            folder.mkdir(parents=True, exist_ok=True)
            with locked(folder / _LOCK):
                _refuse_foreign(folder, taken=True)
                _write_head(folder, key)
        return cls(folder, key.fingerprint, key)

    @classmethod
    def open_or_create(cls, folder: Path, key_path: Path | None = None) -> Self:
        """Return the ledger in `folder`; make one if the folder is empty or absent.

        A new ledger takes the key in `key_path`; without it a random key is made and kept in the folder.

        Raises:
            Refused: the folder holds something else, another format version, or marks made with another key.
            StillwatchError: it cannot be written, or the key cannot be read.
        """
        _refuse_foreign(folder, taken=False)
        if not (folder / _HEAD).exists():
            with storing(folder):
                folder.mkdir(parents=True, exist_ok=True)
                with locked(folder / _LOCK):
                    if not (folder / _HEAD).exists():
                        _write_head(folder, _own_key(folder) if key_path is None else load_key(key_path))
        return cls.open(folder, key_path)

    def lock(self) -> AbstractContextManager[None]:
        """Hold the ledger alone among all processes, for the moments in which it changes."""
        return locked(self.folder / _LOCK)

    def holds(self, import_id: str) -> bool:
        """Return whether the source with this id was imported."""
        return self.manifest_path(import_id).exists()

    def manifest_path(self, import_id: str) -> Path:
        """Return where the manifest of an import is, or would be."""
        return self.folder / "imports" / f"{import_id}.json"

    def import_ids(self) -> list[str]:
        """Return the ids of all imports, ascending."""
        return sorted(path.stem for path in (self.folder / "imports").glob("*.json"))

    def manifest(self, import_id: str) -> Manifest:
        """Return one import.

        Raises:
            StillwatchError: its manifest was damaged.
        """
        path = self.manifest_path(import_id)
        try:
            return Manifest.model_validate_json(path.read_text(encoding="utf-8"))
        except (OSError, ValidationError, UnicodeDecodeError) as error:
            raise StillwatchError(
                "the manifest of an import cannot be read",
                where=str(path),
                expected="the file as the import wrote it",
                remedy="restore it from a copy, or import the sources again into a new folder",
            ) from error

    def manifests(self) -> list[Manifest]:
        """Return all imports, ascending by id.

        Raises:
            StillwatchError: a manifest was damaged.
        """
        return [self.manifest(import_id) for import_id in self.import_ids()]

    def exchange_files(self) -> list[Path]:
        """Return the files with the sketches, by day and import.

        Raises:
            StillwatchError: a manifest was damaged, or a file that it names is gone.
        """
        return self._files("exchanges")

    def account_files(self) -> list[Path]:
        """Return the files with the accounts, by import.

        Raises:
            StillwatchError: a manifest was damaged, or a file that it names is gone.
        """
        return self._files("accounts")

    def data_files(self, kind: Kind) -> list[DataFile]:
        """Return the files of one table by path. Those of a day whose folder was deleted are forgotten.

        Raises:
            StillwatchError: a manifest was damaged.
        """
        named = [file for manifest in self.manifests() if manifest.origin.kind == kind for file in manifest.files]
        folders = {parent: parent.is_dir() for parent in {(self.folder / file.path).parent for file in named}}
        kept = [file for file in named if folders[(self.folder / file.path).parent]]
        return sorted(kept, key=lambda file: file.path)

    def _files(self, kind: Kind) -> list[Path]:
        paths = [self.folder / file.path for file in self.data_files(kind)]
        gone = next((path for path in paths if not path.exists()), None)
        if gone is not None:
            raise StillwatchError(
                "a file of the ledger is gone",
                where=str(gone),
                expected="all files that an import wrote, or none of its day's folder",
                remedy="restore it from a copy, or delete the folder of the day",
            )
        return paths

    def accounts_table(self) -> pa.Table:
        """Return one row per known account, columns of `record.ACCOUNTS`, ascending by id.

        Raises:
            StillwatchError: a manifest was damaged, or a file that it names is gone.
        """
        return latest(pq.read_table(path, partitioning=None) for path in self.account_files())

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


def _read_head(folder: Path) -> str:
    """Return the fingerprint of the key of the ledger in `folder`."""
    place = folder / _HEAD
    try:
        head = json.loads(place.read_text(encoding="utf-8"))
        version, fingerprint, made_by = head["format"], str(head["key"]), head["made_by"]
    except FileNotFoundError as error:
        raise NothingUsable(
            "there is no ledger", where=str(folder), remedy=f"make one with `stillwatch import LOG --ledger {folder}`"
        ) from error
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise StillwatchError(
            "the file cannot be read",
            where=str(place),
            expected="what `stillwatch import` wrote",
            remedy="restore it from a copy, or import the sources again into a new folder",
        ) from error
    if version != FORMAT:
        raise Refused(
            f"the ledger has format version `{version}`, made by stillwatch {made_by}",
            where=str(folder),
            expected=f"format version `{FORMAT}`, as stillwatch {__version__} makes it",
            remedy="import the sources again into a new folder, or use the stillwatch that made it",
        )
    return fingerprint


def _write_head(folder: Path, key: Key) -> None:
    head = {"format": FORMAT, "key": key.fingerprint, "made_by": __version__}
    write_whole(folder / _HEAD, json.dumps(head, indent=2) + "\n", by_way_of=folder / f"{_HEAD}.new")


def _own_key(folder: Path) -> Key:
    """Return the key kept in `folder`; a new random one if there is none."""
    if not (folder / _KEY).exists():
        (folder / _NEW).unlink(missing_ok=True)
        make_key(folder / _NEW)
        sync(folder / _NEW)
        os.replace(folder / _NEW, folder / _KEY)
    return load_key(folder / _KEY)


def _refuse_foreign(folder: Path, *, taken: bool) -> None:
    """Refuse a folder with anything else in it; with `taken`, a ledger too.

    Raises:
        Refused: there is such a thing.
    """
    if folder.exists() and not folder.is_dir():
        raise Refused("a file is in the ledger's place", where=str(folder), remedy="name a new folder")
    names = set(os.listdir(folder)) if folder.exists() else set()
    if _HEAD in names:
        if taken:
            raise Refused("a ledger exists already", where=str(folder), remedy="open it, or name a new folder")
    elif names - _UNFINISHED:
        raise Refused(
            "the folder holds other things and no ledger",
            where=str(folder),
            expected="a ledger, or an empty or new folder",
            remedy="name a new folder",
        )
