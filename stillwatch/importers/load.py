"""A mixed pile of files becomes one stream of exchanges: recognise each, read the network logs first, join them in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import pyarrow as pa

from stillwatch.errors import NothingUsable, StillwatchError
from stillwatch.importers.head import read_head
from stillwatch.importers.importer import Head, Importer, Intake
from stillwatch.importers.network import Network, collect
from stillwatch.importers.records import is_json_lines
from stillwatch.importers.source import Run, Source, runs

UNRECOGNISED = "file of no known format"
UNREADABLE = "file that cannot be read"
EMPTY = "empty file"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Assigned:
    """A file and the importer that reads it."""

    source: Source
    importer: Importer


def assign(sources: Sequence[Source], intake: Intake, choose: Callable[[Source], Importer]) -> list[Assigned]:
    """Return the importer of each file; a file without one is counted and named, and left out.

    Args:
        choose: returns the importer of a file or raises `StillwatchError`.
    """
    assigned = []
    for source in sources:
        try:
            assigned.append(Assigned(source, choose(source)))
        except StillwatchError as error:
            _leave_out(source, error, intake)
    return assigned


def _leave_out(source: Source, error: StillwatchError, intake: Intake) -> None:
    reason = error.found if error.found in (UNRECOGNISED, EMPTY) else UNREADABLE
    intake.skips.add(reason, source.label)
    intake.notes.add(f"not read: {source.label}: {error.found}", source.label)


def choose_among(importers: Iterable[Importer], source: Source) -> Importer:
    """Return the first of `importers` that recognises `source`.

    Raises:
        StillwatchError: none does, or the file is empty or cannot be read.
    """
    head = read_head(source)
    if head == Head():
        raise StillwatchError(EMPTY, where=source.label)
    listed = tuple(importers)
    for importer in listed:
        if importer.sniff(head):
            return importer
    raise StillwatchError(
        UNRECOGNISED,
        where=source.label,
        expected=f"one of {', '.join(importer.name for importer in listed)}",
        remedy="name the format with `--from`, or the columns in a mapping file with `--map`",
    )


@dataclass(frozen=True, slots=True)
class Loaded:
    """A table of exchanges and the file it came from."""

    source: Source
    importer: Importer
    table: pa.Table


def load(assigned: Sequence[Assigned], intake: Intake) -> Iterator[Loaded]:
    """Yield the exchanges of all files, in the order of the files, network logs joined in.

    A file that turns out to be unreadable is counted and named, and the others go on.

    Raises:
        NothingUsable: there are network logs and nothing else to join them to.
    """
    network = read_network(assigned, intake)
    content = [one for one in assigned if not one.importer.network_only]
    if network is not None and not content:
        raise NothingUsable(
            "network logs alone hold neither accounts nor models",
            where=assigned[0].source.label,
            expected="a log with the same request ids in another format beside them",
        )
    joined = replace(intake, network=network)
    for one in content:
        for table in tables_of(one, joined):
            yield Loaded(one.source, one.importer, table)
    if network is not None:
        intake.notes.add("network rows without an exchange", "network logs", int((~network.used).sum()))


def read_network(assigned: Sequence[Assigned], intake: Intake) -> Network | None:
    """Return the rows of all network logs among the files, or None if there are none."""
    logs = [one for one in assigned if one.importer.network_only]
    return collect((table for one in logs for table in tables_of(one, intake)), intake.key, intake.notes)


def tables_of(one: Assigned, intake: Intake) -> Iterator[pa.Table]:
    """Yield the tables of one file; an error of the file is counted in place of its rest."""
    return _counting(one.importer.read(one.source, intake), one.source, intake)


def runs_of(one: Assigned, intake: Intake) -> Iterator[Run] | None:
    """Return the lines of one file in runs that can be read apart from each other; None if its rows hang together.

    An error of the file is counted in place of its rest.
    """
    if one.importer.reads_lines is None:
        return None
    try:
        apart = is_json_lines(one.source)
    except StillwatchError as error:
        _leave_out(one.source, error, intake)
        return iter(())
    return _counting(runs(one.source, intake.skips), one.source, intake) if apart else None


def _counting(found: Iterator[T], source: Source, intake: Intake) -> Iterator[T]:
    """Yield what is found in a file; an error of the file is counted in place of its rest."""
    try:
        yield from found
    except StillwatchError as error:
        _leave_out(source, error, intake)
