"""The engine that needs nothing but this machine."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa

from stillwatch.engine.base import Engine, Place
from stillwatch.engine.query import Query, Value, literal
from stillwatch.engine.spill import DATABASE, SPILLED, SpillFolder
from stillwatch.errors import NothingUsable, StillwatchError, disk_is_full, no_room
from stillwatch.ledger import Ledger
from stillwatch.memory import LEAST, MARGIN, Plan, amount, resident, written

_PART = 1 << 16
"""Rows that are taken at a time."""
_SLACK = 0.05
"""Share of its limit that the rest of the process may have taken from an engine before it is told."""
_FULL = "max_temp_directory_size"
"""What is said of a disk that has no room for what a query spills; of one that is full the system says so itself."""


class DuckDB(Engine):
    """A database in a folder of its own that spills to disk within its memory limit."""

    def __init__(
        self,
        *,
        memory: str | None = None,
        plan: Plan | None = None,
        threads: int | None = None,
        spill: Path | None = None,
    ) -> None:
        """Open an empty database.

        Args:
            memory: what the engine may use, whatever else this process holds; without it, what the plan leaves it.
            plan: for the whole process; without one a share of the machine or container.
            threads: as many as cores without it.
            spill: folder in which its own is made; without it, where large temporary files belong.

        Raises:
            NothingUsable, StillwatchError: memory, plan or folder will not do.
        """
        self._own = None if memory is None else amount(memory)
        self.plan = plan or Plan.of(None)
        self._folder, self._spilled = SpillFolder(spill), 0
        self._connection = self._connected()
        self._connection.execute("set timezone = 'UTC'")
        self._connection.execute("set preserve_insertion_order = false")
        self._connection.execute(f"set temp_directory = {literal(str(self._folder.path / SPILLED))}")
        self._connection.execute("set enable_progress_bar = false")
        self._connection.execute("set enable_profiling = 'no_output'")
        self._connection.execute("set profiling_coverage = 'ALL'")
        if threads is not None:
            self._connection.execute(f"set threads = {int(threads)}")
        self._limit = 0
        self._allow(self.plan.room() if self._own is None else self._own)

    def _connected(self) -> duckdb.DuckDBPyConnection:
        try:
            return duckdb.connect(str(self._folder.path / DATABASE))
        except duckdb.Error as error:
            self._folder.close()
            raise self._told(str(error), "begin", None) from error

    def _allow(self, size: int) -> None:
        """Set what the engine may use; what it holds and does not use goes back to the system."""
        self._connection.execute(f"set memory_limit = '{size}B'")
        self._limit = size

    def _used(self) -> int:
        """Return the bytes that the engine counts as its own, which its tables are the rest of after a query."""
        return int(self._connection.execute("select sum(memory_usage_bytes) from duckdb_memory()").fetchall()[0][0])

    def parts(self, size: int) -> int:
        """Return into how many parts `size` falls of what it may use now: not every query spills in time."""
        return max(1, -(-size // (self._own or self.plan.room(self._used()))))

    def rest(self) -> None:
        """Give back memory that no query needs any more."""
        self._allow(self._limit)

    def _divide(self, name: str) -> None:
        """Let the engine use what nobody else in this process holds.

        Raises:
            StillwatchError: that is too little to work with.
        """
        if self._own is not None or self._limit * (1 - _SLACK) <= self.plan.room(self._used()) <= self._limit:
            return
        self.rest()
        room = self.plan.room(self._used())
        if room < LEAST:
            raise self.plan.too_little(resident() + LEAST / (1 - MARGIN), f"query `{name}`")
        self._allow(room)

    @contextmanager
    def _asked(self, name: str, target: Path | None = None) -> Iterator[None]:
        """Divide memory anew for a query, note what it spilled, and say what went wrong so that a user can act on it.

        Args:
            target: file that it writes.

        Raises:
            StillwatchError: memory or disk did not suffice.
        """
        self._divide(name)
        try:
            yield
        except (duckdb.OutOfMemoryException, duckdb.IOException, OSError) as error:
            raise self._told(str(error), name, target) from error
        told = self._connection.get_profiling_information(format="json")
        self._spilled = max(self._spilled, json.loads(told or "{}").get("system", {}).get("peak_temp_dir_size", 0))

    def _told(self, text: str, name: str, target: Path | None) -> StillwatchError:
        """Return what a user reads in place of `text`, which the engine said."""
        first, where = text.partition("\n")[0].rstrip("."), f"query `{name}`"
        if target is not None and str(target) in text and disk_is_full(text):
            return no_room(target.parent, first)
        if _FULL in text or disk_is_full(text):
            return StillwatchError(
                f"no room is left for what does not fit into memory: {first}",
                where=f"{self._folder.path.parent}, {where}",
                expected=f"more than the {written(self._folder.room)} that were free there",
                remedy="free space, `--spill FOLDER` on another disk, or more `--memory`; the ledger is as it was",
            )
        if text.startswith("Out of Memory"):
            return StillwatchError(
                f"the query does not fit into the {written(self._limit)} that were left for the engine",
                where=where,
                remedy="give `--memory` more, or scan a shorter time with `--since`",
            )
        return StillwatchError(
            f"the engine could not read or write: {first}",
            where=where,
            remedy="free disk space for temporary files, and check the ledger's folder",
        )

    @property
    def spilled(self) -> int:
        """Most bytes that a query had on disk for want of memory."""
        return self._spilled

    @property
    def versions(self) -> Mapping[str, str]:
        """Version of DuckDB."""
        return {"duckdb": duckdb.__version__}

    def ledger(self, place: Place) -> Ledger:
        """Return the ledger in a folder of this machine."""
        if isinstance(place, str):
            raise NothingUsable(
                "DuckDB reads no ledger at a URL",
                where=place,
                expected="a folder of this machine",
                remedy="`--engine spark://HOST:PORT`, which reads what the cluster reads",
            )
        return Ledger.open(place)

    def read(self, name: str, files: Sequence[Place], *, where: str = "true") -> None:
        """Make the view `name` of the rows of some Parquet files, in place of one that was there."""
        listed = f"[{', '.join(literal(str(path)) for path in files)}]"
        with self._asked(name):
            self._connection.execute(
                f"create or replace temp view {name} as"
                f" select * from read_parquet({listed}, hive_partitioning = false) where {where}"
            )

    def view(self, query: Query, **values: Value) -> None:
        """Give the rows of `query` its name, in place of what had it; they are computed when they are read."""
        with self._asked(query.name):
            self._connection.execute(f"create or replace temp view {query.name} as {query.bind(**values)}")

    def hold(self, name: str) -> None:
        """Do nothing: the ledger is on this disk, where a copy of the rows would be too."""

    def write(self, name: str, path: Path) -> None:
        """Write the rows of a view or table to a Parquet file."""
        with self._asked(name, path):
            self._connection.execute(
                f"copy (select * from {name}) to {literal(str(path))} (format parquet, compression zstd)"
            )

    def load(self, name: str, table: pa.Table) -> None:
        """Copy an Arrow table into the engine under `name`, in place of one that was there."""
        with self._asked(name):
            self._connection.register("incoming", table)
            self._connection.execute(f"create or replace temp table {name} as select * from incoming")
            self._connection.unregister("incoming")

    def stage(self, query: Query, **values: Value) -> None:
        """Keep the rows of `query` as a temporary table under its name."""
        with self._asked(query.name):
            self._connection.execute(f"create or replace temp table {query.name} as {query.bind(**values)}")

    def rows(self, sql: str, *, name: str = "query") -> pa.Table:
        """Return the rows of a statement that is already bound."""
        with self._asked(name):
            return self._connection.sql(sql).to_arrow_table()

    def batches(self, query: Query, **values: Value) -> Iterator[pa.RecordBatch]:
        """Yield the rows of `query`, in its order, a part at a time."""
        with self._asked(query.name):
            reader = self._connection.sql(query.bind(**values)).to_arrow_reader(_PART)
            yield pa.RecordBatch.from_pylist([], reader.schema)
            yield from reader

    def drop(self, name: str) -> None:
        """Forget a view: what reads it from now on fails."""
        self._connection.execute(f"drop view if exists {name}")

    def close(self) -> None:
        """Remove the database and its folder."""
        self._connection.close()
        self._folder.close()
