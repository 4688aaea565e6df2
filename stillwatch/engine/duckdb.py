"""The engine that needs nothing but this machine."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa

from stillwatch.engine.base import Engine, Place
from stillwatch.engine.query import Query, Value, literal
from stillwatch.errors import NothingUsable, StillwatchError
from stillwatch.ledger import Ledger

MEMORY = "8GB"
"""What it may use before it spills, unless it is told."""


class DuckDB(Engine):
    """A database in a temporary folder that spills to disk within its memory limit."""

    def __init__(self, *, memory: str | None = None, threads: int | None = None, spill: Path | None = None) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="stillwatch-", dir=spill)
        self._connection = duckdb.connect(str(Path(self._folder.name) / "scan.duckdb"))
        self._connection.execute("set timezone = 'UTC'")
        self._connection.execute("set preserve_insertion_order = false")
        self._connection.execute(f"set temp_directory = '{self._folder.name}/spill'")
        self._connection.execute("set enable_progress_bar = false")
        self._set("memory_limit", MEMORY if memory is None else memory)
        if threads is not None:
            self._connection.execute(f"set threads = {int(threads)}")

    def _set(self, setting: str, value: str) -> None:
        try:
            self._connection.execute(f"set {setting} = '{value.replace(chr(39), '')}'")
        except duckdb.Error as error:
            raise StillwatchError(
                f"`{value}` is no amount of memory",
                where="--memory",
                expected="a number and a unit",
                remedy="`--memory 8GB`",
            ) from error

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
        with _told(name):
            self._connection.execute(
                f"create or replace temp view {name} as"
                f" select * from read_parquet({listed}, hive_partitioning = false) where {where}"
            )

    def view(self, query: Query, **values: Value) -> None:
        """Give the rows of `query` its name, in place of what had it; they are computed when they are read."""
        with _told(query.name):
            self._connection.execute(f"create or replace temp view {query.name} as {query.bind(**values)}")

    def hold(self, name: str) -> None:
        """Do nothing: the ledger is on this disk, where a copy of the rows would be too."""

    def write(self, name: str, path: Path) -> None:
        """Write the rows of a view or table to a Parquet file."""
        with _told(name):
            self._connection.execute(
                f"copy (select * from {name}) to {literal(str(path))} (format parquet, compression zstd)"
            )

    def load(self, name: str, table: pa.Table) -> None:
        """Copy an Arrow table into the engine under `name`, in place of one that was there."""
        self._connection.register("incoming", table)
        self._connection.execute(f"create or replace temp table {name} as select * from incoming")
        self._connection.unregister("incoming")

    def stage(self, query: Query, **values: Value) -> None:
        """Keep the rows of `query` as a temporary table under its name."""
        with _told(query.name):
            self._connection.execute(f"create or replace temp table {query.name} as {query.bind(**values)}")

    def rows(self, sql: str, *, name: str = "query") -> pa.Table:
        """Return the rows of a statement that is already bound."""
        with _told(name):
            return self._connection.sql(sql).to_arrow_table()

    def drop(self, name: str) -> None:
        """Forget a view: what reads it from now on fails."""
        self._connection.execute(f"drop view if exists {name}")

    def close(self) -> None:
        """Remove the database and its folder."""
        self._connection.close()
        self._folder.cleanup()


@contextmanager
def _told(name: str) -> Iterator[None]:
    """Turn what the engine says of memory and disk into errors that a user can act on."""
    try:
        yield
    except duckdb.OutOfMemoryException as error:
        raise StillwatchError(
            "the query does not fit into the memory it may use",
            where=f"query `{name}`",
            remedy="give `--memory` more, or scan a shorter time with `--since`",
        ) from error
    except duckdb.IOException as error:
        raise StillwatchError(
            f"the engine could not read or write: {str(error).splitlines()[0]}",
            where=f"query `{name}`",
            remedy="free disk space for temporary files, and check the ledger's folder",
        ) from error
