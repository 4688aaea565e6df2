"""Where a world lies: the two tables of the record, the truth beside them, and the parameters it was built with."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch.arrays import Flags
from stillwatch.errors import Refused, StillwatchError
from stillwatch.record import EXCHANGES, TIMESTAMP, required

ORDINARY, CAMPAIGN, RELAY = "ordinary", "campaign", "relay"
"""Kinds of account; every other kind is the name of a look-alike."""

TRUTH = pa.schema(
    [
        required("account_id", pa.string()),
        required("group_id", pa.string()),  # empty for ordinary accounts
        required("kind", pa.string()),
        required("role", pa.string()),
        pa.field("first_harvest_ts", TIMESTAMP),  # null where nothing is harvested
    ]
)
HARVEST = pa.schema([required("exchange_id", pa.string())])
"""The requests whose answers are taken to train a model, one row each, in order of time."""
_AS_IT_IS = ("exchange_id", "ts", "latency_ms")
"""Columns that compression hardly makes smaller."""
_REPEATED = ("account_id", "org_id", "key_id", "ip", "ttft_ms")
"""Columns whose values come back within a row group: a dictionary takes half the bytes and no more time."""
_FEW_VALUES = ("turn", "max_tokens", "temperature", "choices", "logprobs", "status", "asn")
_COUNTS = ("ts", "tokens_in", "tokens_out", "tokens_cached", "tokens_reasoning")


@dataclass(frozen=True, slots=True)
class World:
    """A labelled world on disk.

    Attributes:
        folder: where the files below lie.
        exchanges, accounts, truth, harvest: the four Parquet files.
        n_exchanges, n_accounts: rows of the first two.
        kinds: accounts per kind.
    """

    folder: Path
    exchanges: Path
    accounts: Path
    truth: Path
    harvest: Path
    n_exchanges: int
    n_accounts: int
    kinds: Mapping[str, int]

    @classmethod
    def at(cls, folder: Path, *, exchanges: int, kinds: Mapping[str, int]) -> World:
        """Return the world in `folder`."""
        return cls(
            folder=folder,
            exchanges=folder / "exchanges.parquet",
            accounts=folder / "accounts.parquet",
            truth=folder / "truth.parquet",
            harvest=folder / "harvest.parquet",
            n_exchanges=exchanges,
            n_accounts=sum(kinds.values()),
            kinds=dict(sorted(kinds.items())),
        )


@contextmanager
def world_folder(out: Path) -> Iterator[Path]:
    """Give a hidden folder to build in, whose files come to `out` at the end, or nothing at all if it fails.

    It lies in `out` where that exists (it may be a mounted disk, or where the user stands), else beside it. What builds
    that were killed have left there is removed.

    Raises:
        Refused: `out` is a file, or a folder that is not empty.
        StillwatchError: the disk does not let us write, or is full.
    """
    try:
        half = _half_of(out.resolve())
        try:
            yield half
            _bring_out(half, out.resolve())
        finally:
            shutil.rmtree(half, ignore_errors=True)
    except OSError as error:
        raise StillwatchError(
            f"cannot be written: {error.strerror or error}",
            where=str(out),
            remedy="name a folder in a place that you may write to, on a disk with room",
        ) from error


def _half_of(out: Path) -> Path:
    home = out if out.is_dir() else out.parent
    for left in home.iterdir() if home.is_dir() else ():
        begun = re.fullmatch(rf"\.{re.escape(out.name)}\.(\d+)\.part", left.name)
        if begun and not _alive(int(begun[1])):
            shutil.rmtree(left)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise Refused("exists and is not an empty folder", where=str(out), remedy="name a new folder for the world")
    half = home / f".{out.name}.{os.getpid()}.part"
    half.mkdir(parents=True)
    return half


def _bring_out(half: Path, out: Path) -> None:
    """Move the files of a finished world to `out`, the parameters last."""
    if not out.exists():
        half.rename(out)
        return
    for file in sorted(half.iterdir()):
        file.rename(out / file.name)


def _alive(process: int) -> bool:
    """Return whether a process of this number runs."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@dataclass(frozen=True, slots=True)
class Parts:
    """Exchanges in several files, one after the other in time, for a disk that does not hold them all.

    Attributes:
        rows: of a file, at least; the last may have fewer.
        taken: told of each file when it is whole. What becomes of it is no longer the world's business.
    """

    rows: int
    taken: Callable[[Path], None]


class WorldWriter:
    """Writes the files of a world into a folder, exchanges first, in the order in which they come."""

    def __init__(self, folder: Path, parts: Parts | None = None) -> None:
        self._folder, self._parts = folder, parts
        self._path = folder / "exchanges.parquet"
        self._file: pq.ParquetWriter | None = None
        self._in_file = 0
        self._taken: pq.ParquetWriter | None = None
        self.rows = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for file in (self._file, self._taken):
            if file is not None:
                file.close()

    def write(self, batch: pa.RecordBatch, taken: Flags) -> None:
        """Append `batch`, one row group.

        Args:
            taken: which of its answers are taken to train a model, shape (rows,).
        """
        if self._taken is None:
            self._taken = pq.ParquetWriter(self._folder / "harvest.parquet", HARVEST, store_schema=False)
        if self._file is None:
            if self._parts is not None:
                self._path = self._folder / f"exchanges-{self.rows:012d}.parquet"
            self._file = _parquet(self._path, batch.schema)
        ids = batch.column("exchange_id").filter(pa.array(taken))
        self._taken.write_batch(pa.RecordBatch.from_arrays([ids], schema=HARVEST))
        named = pa.RecordBatch.from_arrays(batch.columns, schema=_named(batch.schema))
        self._file.write_batch(named, row_group_size=max(len(batch), 1))
        self.rows += len(batch)
        self._in_file += len(batch)
        if self._parts is not None and self._in_file >= self._parts.rows:
            self._end_part(self._parts)

    def _end_part(self, parts: Parts) -> None:
        if self._file is not None:
            self._file.close()
            self._file, self._in_file = None, 0
            parts.taken(self._path)

    def finish(self, accounts: pa.Table, truth: pa.Table, parameters: Mapping[str, object]) -> None:
        """Write what lies beside the exchanges."""
        if self._parts is not None:
            self._end_part(self._parts)
        pq.write_table(accounts, self._folder / "accounts.parquet")
        pq.write_table(truth, self._folder / "truth.parquet")
        text = json.dumps(parameters, indent=2, sort_keys=True, ensure_ascii=False)
        (self._folder / "world.json").write_text(text + "\n", encoding="utf-8")


def _named(schema: pa.Schema) -> pa.Schema:
    """Return `schema` with the record's promise of which columns are never null."""
    return pa.schema([pa.field(f.name, f.type, nullable=EXCHANGES.field(f.name).nullable) for f in schema])


def _parquet(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    """Open a file that reads as the record says, whatever columns are dictionaries in `schema`."""
    coded = [f.name for f in schema if pa.types.is_dictionary(f.type)]
    return pq.ParquetWriter(
        path,
        _named(schema),
        compression={name: "none" if name in _AS_IT_IS else "lz4" for name in schema.names},
        use_dictionary=[*coded, *_FEW_VALUES, *_REPEATED],
        column_encoding=dict.fromkeys(_COUNTS, "DELTA_BINARY_PACKED"),
        write_statistics=["ts"],
        store_schema=False,
    )
