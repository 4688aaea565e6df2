"""What a scan asks of an engine, whichever runs it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stillwatch.engine.query import Query, Value, literal
from stillwatch.ledger import AnyLedger
from stillwatch.memory import Plan

Whole = npt.NDArray[np.int64 | np.int32]
Place = Path | str
"""A file or folder: a path on this machine, or a URL that only a cluster reads."""


class Engine(ABC):
    """Runs queries. Their rows are the same on every engine, up to their order, and so are the types of the columns.

    The views `exchanges` and `accounts` are the ledger. What is made here goes with the engine, at the end of `with`.

    Attributes:
        plan: what this process may hold in memory, engine and all.
    """

    plan: Plan

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

    def columns(self, query: Query, **values: Value) -> dict[str, Whole]:
        """Return the columns of `query`, all of whole numbers, in the order of its rows.

        They are taken a part at a time, so that memory holds them once, in the width of their type.

        Raises:
            StillwatchError: they do not fit into memory.
        """
        parts: dict[str, list[Whole]] = {}
        for batch in self.batches(query, **values):
            self.plan.need(batch.nbytes, f"query `{query.name}`")
            for name in batch.schema.names:
                parts.setdefault(name, []).append(batch.column(name).to_numpy())
        return {name: np.concatenate(parts.pop(name)) for name in [*parts]}

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
    def batches(self, query: Query, **values: Value) -> Iterator[pa.RecordBatch]:
        """Yield the rows of `query`, in its order, a part at a time; at least one part, if only of no rows.

        Nothing else may be asked of the engine until the last part was taken.

        Raises:
            StillwatchError: as `rows`.
        """

    @abstractmethod
    def parts(self, size: int) -> int:
        """Return in how many parts a query is to be asked that holds `size` bytes, where it can be asked in parts."""

    @abstractmethod
    def rest(self) -> None:
        """Give back memory that no query needs any more."""

    @property
    @abstractmethod
    def spilled(self) -> int:
        """Most bytes that a query had on the disks of this machine for want of memory."""

    @abstractmethod
    def close(self) -> None:
        """Forget everything that was made here."""
