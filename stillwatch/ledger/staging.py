"""Where an import is prepared: a folder of its own beside the ledger's data, until everything in it is ready.

Sketches are collected in memory and, beyond `_ROOM` rows, spilled to Parquet parts by day. At the end each day is
sorted by account and time (in memory, or by DuckDB within its memory limit) and written as one file in its final form.
The folder is locked while its process lives; a later import removes the folders of processes that died.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from stillwatch.ledger.content import content
from stillwatch.ledger.files import storing, sync, try_lock_folder
from stillwatch.ledger.repeats import IdSet, numbers
from stillwatch.ledger.store import Ledger
from stillwatch.sketch.schema import SHINGLES, SKETCHES

_ROOM = 150_000
"""Sketches held in memory before they are spilled, about 100 MB."""
_GROUP = 65_536
"""Rows of one row group, and of one step of writing."""
_SORT_MEMORY = "512MB"
_ORDER = ["account_id", "ts", "exchange_id"]
_DAY_US = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Staged:
    """A finished data file that waits for its commit.

    Attributes:
        path: in the staging folder.
        day: YYYY-MM-DD in UTC; empty for accounts.
        content: number of its rows together (`ledger/content.py`).
    """

    path: Path
    day: str
    rows: int
    content: int


@contextlib.contextmanager
def staging_folder(ledger: Ledger) -> Iterator[Path]:
    """Yield a new folder beside the ledger's data, locked while this process lives; it is removed at the end.

    Folders of imports that were killed are removed on the way.

    Raises:
        StillwatchError: the folder cannot be made.
    """
    with storing(ledger.folder):
        folder = ledger.folder / "staging" / secrets.token_hex(8)
        with ledger.lock():
            _sweep(folder.parent)
            folder.mkdir(parents=True)
            handle = try_lock_folder(folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if handle is not None:
            os.close(handle)


def _sweep(parent: Path) -> None:
    """Remove the folders that no process holds."""
    for folder in parent.iterdir() if parent.exists() else ():
        handle = try_lock_folder(folder)
        if handle is not None:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(handle)


@dataclass(slots=True)
class FileWriter:
    """Writes one Parquet file in its final form: row groups of equal size, whatever the steps rows come in.

    Attributes:
        path: of the file.
        schema: of its rows.
        rows, content: of what was written.
    """

    path: Path
    schema: pa.Schema
    rows: int = 0
    content: int = 0
    _waiting: list[pa.Table] = field(default_factory=list)
    _file: pq.ParquetWriter | None = None

    def write(self, table: pa.Table) -> None:
        """Append the rows of `table`."""
        self._waiting.append(table)
        if sum(part.num_rows for part in self._waiting) >= _GROUP:
            ready = pa.concat_tables(self._waiting).combine_chunks()
            whole = ready.num_rows // _GROUP * _GROUP
            for start in range(0, whole, _GROUP):
                self._append(ready.slice(start, _GROUP))
            self._waiting = [ready.slice(whole)]

    def close(self, day: str = "") -> Staged:
        """Finish the file and make it durable; `day` is that of its exchanges."""
        rest = pa.concat_tables([self.schema.empty_table(), *self._waiting]).combine_chunks()
        if rest.num_rows or self._file is None:
            self._append(rest)
        self._writer().close()
        sync(self.path)
        return Staged(self.path, day, self.rows, self.content)

    def _append(self, table: pa.Table) -> None:
        self._writer().write_table(table, row_group_size=_GROUP)
        self.rows += table.num_rows
        self.content = (self.content + content(table)) % (1 << 64)

    def _writer(self) -> pq.ParquetWriter:
        if self._file is None:
            leaves = [_leaf(field) for field in self.schema]
            self._file = pq.ParquetWriter(
                self.path,
                self.schema,
                compression="zstd",
                use_dictionary=[name for name in leaves if name not in _ENCODED.keys() | _REPEATING],
                column_encoding={name: _ENCODED[name] for name in leaves if name in _ENCODED},
                store_schema=True,
            )
        return self._file


def _leaf(field: pa.Field) -> str:
    """Return the name of the column in the file that holds the values of `field`."""
    return f"{field.name}.list.element" if pa.types.is_list(field.type) else str(field.name)


_SPLIT = (
    "prompt_mark", "body_mark", *(f"shingle_{i}_mark" for i in range(SHINGLES)), "issued_marks.list.element",
    "presented_marks.list.element", "tokens_in", "tokens_out", "tokens_reasoning", "input_chars", "output_chars",
    "latency_ms", "ttft_ms",
)  # fmt: skip
_ENCODED = dict.fromkeys(_SPLIT, "BYTE_STREAM_SPLIT") | {"ts": "DELTA_BINARY_PACKED"}
"""Numbers that seldom come twice. Split into their bytes, those that are always zero take no room."""
_REPEATING = {
    "exchange_id", "account_id", "key_mark", "session_mark", "ip_mark", "head_mark", "tail_mark",
    "prefix_marks.list.element",
}  # fmt: skip
"""Values of which an account's rows, which stand together, have a few: compression finds them again by itself."""


@dataclass(slots=True)
class Spill:
    """The sketches of one source on their way into the ledger.

    Attributes:
        folder: where they are prepared; made if need be.
        repeats: sketches dropped because an earlier one of the same day has their id.
    """

    folder: Path
    repeats: int = 0
    _waiting: list[pa.Table] = field(default_factory=list)
    _rows: int = 0
    _parts: dict[str, list[Path]] = field(default_factory=dict)
    _spilled: int = 0

    def add(self, sketches: pa.Table) -> None:
        """Take the rows of `sketches` (of `SKETCHES`), in the order of the source.

        Raises:
            StillwatchError: they cannot be written.
        """
        self._waiting.append(sketches)
        self._rows += sketches.num_rows
        if self._rows >= _ROOM:
            with storing(self.folder):
                self._spill()

    def finish(self) -> list[Staged]:
        """Return the files of all days, ascending, sorted and without repeats.

        Raises:
            StillwatchError: they cannot be written.
        """
        with storing(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            if self._parts:
                self._spill()
                days = {day: _merged(paths, self.folder / "sort") for day, paths in sorted(self._parts.items())}
            else:
                days = {day: iter([_in_order(table)]) for day, table in sorted(_by_day(self._take()).items())}
            return [self._write(day, tables) for day, tables in days.items()]

    def _take(self) -> pa.Table:
        rows = pa.concat_tables([SKETCHES.empty_table(), *self._waiting]).combine_chunks()
        self._waiting, self._rows = [], 0
        return rows

    def _spill(self) -> None:
        for day, table in _by_day(self._take()).items():
            path = self.folder / f"{day}-part-{self._spilled:09d}.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(table, path, compression="lz4", use_dictionary=False, write_statistics=False)
            self._parts.setdefault(day, []).append(path)
            self._spilled += 1

    def _write(self, day: str, tables: Iterator[pa.Table]) -> Staged:
        writer, seen = FileWriter(self.folder / f"{day}.parquet", SKETCHES), IdSet()
        for table in tables:
            new = seen.take_new(numbers(table.column("exchange_id")))
            self.repeats += int((~new).sum())
            writer.write(table if new.all() else table.filter(pa.array(new)))
        for part in self._parts.get(day, []):
            part.unlink()
        return writer.close(day)


def _by_day(sketches: pa.Table) -> dict[str, pa.Table]:
    """Return the rows of each day of UTC; the order within a day is kept."""
    days = sketches.column("ts").cast(pa.int64()).to_numpy() // _DAY_US
    found = np.unique(days)
    if len(found) == 1:
        return {_name(found[0]): sketches}
    order = np.argsort(days, kind="stable")
    bounds = np.searchsorted(days[order], [*found, np.iinfo(np.int64).max])
    sketches = sketches.take(pa.array(order))
    return {_name(day): sketches.slice(a, b - a) for day, a, b in zip(found, bounds, bounds[1:], strict=False)}


def _name(day: np.int64) -> str:
    return str(np.datetime64(int(day), "D"))


def _in_order(sketches: pa.Table) -> pa.Table:
    """Return rows by account, time and id; equal ones in their order."""
    places = pa.array(np.arange(sketches.num_rows))
    numbered = sketches.select(_ORDER).append_column("place", places)
    keys = [(name, "ascending") for name in numbered.column_names]
    return sketches.take(pc.sort_indices(numbered, sort_keys=keys))


def _merged(parts: list[Path], scratch: Path) -> Iterator[pa.Table]:
    """Yield the rows of `parts` by account, time and id, equal ones in the order of the parts."""
    with duckdb.connect() as engine:
        engine.execute("set enable_progress_bar = false")
        engine.execute("set timezone = 'UTC'")
        engine.execute(f"set memory_limit = '{_SORT_MEMORY}'")
        engine.execute("set threads = 2")
        engine.execute("set temp_directory = ?", [str(scratch)])
        rows = engine.read_parquet([str(path) for path in parts], filename=True, file_row_number=True)
        rows = rows.order(f"{', '.join(_ORDER)}, filename, file_row_number")
        for batch in rows.to_arrow_reader(_GROUP):
            yield pa.Table.from_batches([batch]).select(SKETCHES.names).cast(SKETCHES)
