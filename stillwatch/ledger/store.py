"""A ledger on disk: opening, making and reading one. Writing is in `ledger/staging.py` and `ledger/commit.py`."""

from __future__ import annotations

import json
import os
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch import __version__
from stillwatch.errors import Refused
from stillwatch.keys import Key, load_key, make_key
from stillwatch.ledger.files import locked, storing, sync, write_whole
from stillwatch.ledger.reading import FORMAT, HEAD, AnyLedger, damaged_head, manifest_path, no_ledger, read_head

_KEY, _LOCK = "key", "lock"
_NEW = f"{_KEY}.new"
_UNFINISHED = {_LOCK, _KEY, _NEW, f"{HEAD}.new"}
"""What a ledger whose making was cut short consists of."""


@dataclass(frozen=True, slots=True)
class Ledger(AnyLedger):
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
        if not (folder / HEAD).exists():
            with storing(folder):
                folder.mkdir(parents=True, exist_ok=True)
                with locked(folder / _LOCK):
                    if not (folder / HEAD).exists():
                        _write_head(folder, _own_key(folder) if key_path is None else load_key(key_path))
        return cls.open(folder, key_path)

    def lock(self) -> AbstractContextManager[None]:
        """Hold the ledger alone among all processes, for the moments in which it changes."""
        return locked(self.folder / _LOCK)

    def holds(self, import_id: str) -> bool:
        """Return whether the source with this id was imported."""
        return self.manifest_path(import_id).exists()

    def place(self, path: str) -> Path:
        """Return where a file of the ledger is."""
        return self.folder / path

    def manifest_path(self, import_id: str) -> Path:
        """Return where the manifest of an import is, or would be."""
        return self.place(manifest_path(import_id))

    def import_ids(self) -> list[str]:
        """Return the ids of all imports, ascending."""
        return sorted(path.stem for path in self.place("imports").glob("*.json"))

    def text(self, path: str) -> str:
        """Return a file as text."""
        return self.place(path).read_text(encoding="utf-8")

    def has(self, path: str) -> bool:
        """Return whether there is such a file or folder."""
        return self.place(path).exists()

    def exchange_files(self) -> list[Path]:
        """Return the files with the sketches, by day and import."""
        return [self.place(path) for path in self._paths("exchanges")]

    def account_files(self) -> list[Path]:
        """Return the files with the accounts, by import."""
        return [self.place(path) for path in self._paths("accounts")]

    def account_rows(self, path: str) -> pa.Table:
        """Return the rows of a file of accounts."""
        return pq.read_table(self.place(path), partitioning=None)


def _read_head(folder: Path) -> str:
    """Return the fingerprint of the key of the ledger in `folder`."""
    try:
        text = (folder / HEAD).read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise no_ledger(folder) from error
    except (OSError, UnicodeDecodeError) as error:
        raise damaged_head(folder) from error
    return read_head(text, folder)


def _write_head(folder: Path, key: Key) -> None:
    head = {"format": FORMAT, "key": key.fingerprint, "made_by": __version__}
    write_whole(folder / HEAD, json.dumps(head, indent=2) + "\n", by_way_of=folder / f"{HEAD}.new")


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
    if HEAD in names:
        if taken:
            raise Refused("a ledger exists already", where=str(folder), remedy="open it, or name a new folder")
    elif names - _UNFINISHED:
        raise Refused(
            "the folder holds other things and no ledger",
            where=str(folder),
            expected="a ledger, or an empty or new folder",
            remedy="name a new folder",
        )
