"""What an importer is, and what it is given besides its source."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import pyarrow as pa

from stillwatch.importers.network import Network
from stillwatch.importers.source import Run, Source
from stillwatch.keys import Key
from stillwatch.record import Skips

Json = dict[str, Any]
"""A parsed JSON object. Its values may be anything: a reader looks before it uses one."""


class Row(NamedTuple):
    """One row on its way into the record.

    Attributes:
        line: where it begins in its source, counted from 1.
        size: bytes it took there, as a bound for memory.
        values: by column name, of any type; a column that is absent is null. `REQUEST_ID` may be among them.
    """

    line: int
    size: int
    values: Json


class Places(Protocol):
    """Where the rows of a table come from, as a user reads it, by position."""

    def __getitem__(self, position: int, /) -> str: ...


REQUEST_ID = "request_id"
"""Key of a row under which a reader gives the id that the network knows the call by, where it is not `exchange_id`."""


@dataclass(frozen=True, slots=True)
class Intake:
    """What every reader is given besides its source.

    Attributes:
        key: makes hashes of what must not be stored.
        skips: rows not used, by reason.
        notes: what was repaired, ignored or replaced by null in rows that were used, by reason; never rows.
        network: rows of network logs to complete the exchanges with.
    """

    key: Key
    skips: Skips
    notes: Skips = field(default_factory=Skips)
    network: Network | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """What the beginning of a source looks like; exactly one of the fields is filled in a readable file.

    Attributes:
        columns: names of the columns of a Parquet file.
        values: the first JSON objects, of JSON Lines, of an array or of one whole document.
        header: the first row of a comma-separated file.
        texts: the first lines of any other text.
    """

    columns: tuple[str, ...] = ()
    values: tuple[Json, ...] = ()
    header: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()

    @property
    def names(self) -> frozenset[str]:
        """Names of the columns of a table, or of the fields of the first JSON objects."""
        return frozenset(self.columns or self.header or [name for value in self.values for name in value])


@dataclass(frozen=True, slots=True)
class Importer:
    """One log format.

    Attributes:
        name: what `--from` takes and what the section in `docs/log-formats.md` is called.
        title: the format in words.
        recognises: tells the format from the beginning of a file.
        reads: yields tables of `record.EXCHANGES` (of `network.NETWORK` if `network_only`).
        network_only: knows addresses and times but neither account nor model; completes other sources.
        reads_lines: yields the tables of some lines of a source of JSON Lines, where no row depends on other lines;
            what `reads` yields of such a source is what this yields of its lines in order.
    """

    name: str
    title: str
    recognises: Callable[[Head], bool]
    reads: Callable[[Source, Intake], Iterator[pa.Table]]
    network_only: bool = False
    reads_lines: Callable[[Run, Source, Intake], Iterator[pa.Table]] | None = None

    def sniff(self, head: Head) -> bool:
        """Return whether a file that begins like `head` is of this format."""
        return self.recognises(head)

    def read(self, source: Source, intake: Intake) -> Iterator[pa.Table]:
        """Yield the rows of `source` in tables of bounded size.

        Duplicate ids are left in: the ledger drops and counts them.

        Raises:
            StillwatchError: the file cannot be read, or is not of this format at all.
        """
        return self.reads(source, intake)
