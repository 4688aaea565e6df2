"""What a scan asks of an engine, whichever runs it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa

from stillwatch.engine.query import Query, Value, literal
from stillwatch.ledger import AnyLedger

Place = Path | str
"""A file or folder: a path on this machine, or a URL that only a cluster reads."""


class Engine(ABC):
    """Runs queries. Their rows are the same on every engine, up to their order, and so are the types of the columns.

    The views `exchanges` and `accounts` are the ledger. What is made here goes with the engine, at the end of `with`.
    """

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def attach(
        self, exchanges: Sequence[Place], accounts: pa.Table, *, since: Value | None, until: Value | None
    ) -> None:
        """Make the views `exchanges` and `accounts`, the first cut to `since <= ts < until`."""
        limits = [f"ts >= {literal(since)}" if since is not None else "true"]
        limits.append(f"ts < {literal(until)}" if until is not None else "true")
        self.read("exchanges", exchanges, where=" and ".join(limits))
        self.load("accounts", accounts)

    def table(self, query: Query, **values: Value) -> pa.Table:
        """Return the rows of `query`; the caller orders them when order matters."""
        return self.rows(query.bind(**values), name=query.name)

    @property
    @abstractmethod
    def versions(self) -> Mapping[str, str]:
        """Version of what runs the queries, by name."""

    @abstractmethod
    def ledger(self, place: Place) -> AnyLedger:
        """Return the ledger at a path, or at a URL that the engine reads.

        Raises:
            NothingUsable: there is no ledger, or the engine reads no URL.
            Refused, StillwatchError: as `Ledger.open`.
        """

    @abstractmethod
    def read(self, name: str, files: Sequence[Place], *, where: str = "true") -> None:
        """Make the view `name` of the rows of some Parquet files, in place of one that was there."""

    @abstractmethod
    def load(self, name: str, table: pa.Table) -> None:
        """Copy an Arrow table into the engine under `name`, in place of one that was there."""

    @abstractmethod
    def view(self, query: Query, **values: Value) -> None:
        """Give the rows of `query` its name, in place of what had it; they are computed when they are read."""

    @abstractmethod
    def hold(self, name: str) -> None:
        """Say that a view is read more than once; where computing it again is dear, its rows are kept."""

    @abstractmethod
    def rows(self, sql: str, *, name: str = "query") -> pa.Table:
        """Return the rows of a statement that is already bound.

        Raises:
            StillwatchError: memory, disk or the cluster did not suffice; it says what to do.
        """

    @abstractmethod
    def close(self) -> None:
        """Forget everything that was made here."""
