"""Where SQL runs: staged tables in, account-sized Arrow tables out.

A `Query` is a named, short statement in the subset of SQL that DuckDB and Spark agree on (no approximate aggregates,
no engine hashes, no ordered `first`; see `docs/decisions/0001-duckdb-and-sqlglot.md`). sqlglot parses every query when
it is made, so that a typing error is found at import and not in the middle of a night's scan.
"""

from __future__ import annotations

import datetime as dt
import re
import tempfile
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb
import pyarrow as pa
import sqlglot

from stillwatch.errors import StillwatchError

Value = int | float | str | dt.datetime


@dataclass(frozen=True, slots=True)
class Query:
    """A named statement; `:name` stands for a value that `bind` fills in.

    Attributes:
        name: what it computes; with `Engine.stage`, the name of the table it makes.
        sql: one `select`.
    """

    name: str
    sql: str

    def __post_init__(self) -> None:
        """Parse the statement.

        Raises:
            sqlglot.errors.ParseError: it is not SQL.
        """
        sqlglot.parse_one(self.sql, read="duckdb")

    def bind(self, **values: Value) -> str:
        """Return the statement with every `:name` replaced by a literal, as it can be run again by a reader.

        Raises:
            KeyError: a placeholder has no value.
        """
        return _PLACE.sub(lambda place: _literal(values[place[1]]), textwrap.dedent(self.sql).strip())


_PLACE = re.compile(r"(?<![:\w]):([a-z_]+)")


class Engine:
    """A DuckDB database in a temporary folder that spills to disk within its memory limit.

    The views `exchanges` and `accounts` are the ledger; staged tables are temporary and go with the engine.
    """

    name = "duckdb"

    def __init__(self, *, memory: str = "8GB", threads: int | None = None, spill: Path | None = None) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="stillwatch-", dir=spill)
        self._connection = duckdb.connect(str(Path(self._folder.name) / "scan.duckdb"))
        self._connection.execute("set timezone = 'UTC'")
        self._connection.execute("set preserve_insertion_order = false")
        self._connection.execute(f"set temp_directory = '{self._folder.name}/spill'")
        self._connection.execute("set enable_progress_bar = false")
        self._set("memory_limit", memory)
        if threads is not None:
            self._connection.execute(f"set threads = {int(threads)}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()
        self._folder.cleanup()

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

    def attach(
        self, exchanges: Sequence[Path], accounts: pa.Table, *, since: Value | None, until: Value | None
    ) -> None:
        """Make the views `exchanges` and `accounts`, the first cut to `since <= ts < until`."""
        limits = [f"ts >= {_literal(since)}" if since is not None else "true"]
        limits.append(f"ts < {_literal(until)}" if until is not None else "true")
        self.read("exchanges", exchanges, where=" and ".join(limits))
        self.load("accounts", accounts)

    def read(self, name: str, files: Sequence[Path], *, where: str = "true") -> None:
        """Make the view `name` of the rows of some Parquet files, in place of one that was there."""
        listed = f"[{', '.join(_literal(str(path)) for path in files)}]"
        with _told(name):
            self._connection.execute(
                f"create or replace temp view {name} as"
                f" select * from read_parquet({listed}, hive_partitioning = false) where {where}"
            )

    def view(self, query: Query, **values: Value) -> None:
        """Give the rows of `query` its name, in place of what had it; they are computed when they are read."""
        with _told(query.name):
            self._connection.execute(f"create or replace temp view {query.name} as {query.bind(**values)}")

    def write(self, name: str, path: Path) -> None:
        """Write the rows of a view or table to a Parquet file."""
        with _told(name):
            self._connection.execute(
                f"copy (select * from {name}) to {_literal(str(path))} (format parquet, compression zstd)"
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

    def table(self, query: Query, **values: Value) -> pa.Table:
        """Return the rows of `query`; the caller orders them when order matters."""
        return self.rows(query.bind(**values), name=query.name)

    def rows(self, sql: str, *, name: str = "query") -> pa.Table:
        """Return the rows of a statement that is already bound."""
        with _told(name):
            return self._connection.sql(sql).to_arrow_table()

    def drop(self, name: str) -> None:
        """Forget a view: what reads it from now on fails."""
        self._connection.execute(f"drop view if exists {name}")


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


def _literal(value: Value) -> str:
    if isinstance(value, dt.datetime):
        return f"timestamptz '{value.astimezone(dt.UTC).strftime('%Y-%m-%d %H:%M:%S.%f+00')}'"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return repr(value)
