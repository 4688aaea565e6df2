"""One source from its bytes to a draft: identified, read, sketched, sorted, and not yet part of the ledger."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stillwatch.importers import Assigned, ColumnMap, Intake, Network, Source, by_name, mapped
from stillwatch.importers.load import UNREADABLE, tables_of
from stillwatch.keys import Key
from stillwatch.ledger import Draft, Ledger, Origin, Spill
from stillwatch.ledger.commit import REPEATED
from stillwatch.ledger.manifest import Kind
from stillwatch.record import Skips
from stillwatch.sketch import Sketcher

CHANGED = "file that changed while it was read"
MAPPED = "map"
"""Name of the importer that reads through a mapping."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Setup:
    """What every process of an import needs.

    Attributes:
        key: of the ledger.
        folder: the staging folder of this import.
        mapping: how foreign columns are named, if such a file was given.
        network: rows of network logs to join.
        network_id: digest of those logs; empty without any.
    """

    ledger: Ledger
    key: Key
    folder: Path
    mapping: ColumnMap | None = None
    network: Network | None = None
    network_id: str = ""


@dataclass(frozen=True, slots=True)
class Job:
    """One source to prepare: its number in the import, and what reads it."""

    number: int
    source: Source
    reader: str
    size: int


@dataclass(slots=True)
class Clock:
    """Seconds by stage, counted up while they pass."""

    seconds: dict[str, float] = field(default_factory=dict)

    def add(self, stage: str, seconds: float) -> None:
        """Count `seconds` towards `stage`."""
        self.seconds[stage] = self.seconds.get(stage, 0.0) + seconds

    def time(self, stage: str, work: Callable[..., T], *given: object) -> T:
        """Return what `work` returns for `given`, and count how long it took."""
        began = time.perf_counter()
        result = work(*given)
        self.add(stage, time.perf_counter() - began)
        return result

    def each(self, stage: str, items: Iterator[T]) -> Iterator[T]:
        """Yield `items`, and count how long it took to get them."""
        while (item := self.time(stage, next, items, None)) is not None:
            yield item


@dataclass(frozen=True, slots=True)
class Prepared:
    """What became of a job.

    Attributes:
        draft: ready for its commit; None if there is nothing to commit.
        already: the ledger has this source.
        skips, notes: what was not used, and what was repaired.
        joined: rows of the network logs that belong to its exchanges, ascending.
        rows: exchanges in the draft.
        timings: seconds by stage.
    """

    job: Job
    kind: Kind
    draft: Draft | None
    already: bool
    skips: Skips
    notes: Skips
    joined: npt.NDArray[np.int64]
    rows: int
    timings: Mapping[str, float]


Sketch = Callable[[Job, Intake, Clock], Iterator[pa.Table]]
"""Yields the sketches of the exchanges of a source, in its order, and counts what was not used and the time."""


def sketch_here(setup: Setup, sketcher: Sketcher) -> Sketch:
    """Return a `Sketch` that works in this process."""

    def sketch(job: Job, intake: Intake, clock: Clock) -> Iterator[pa.Table]:
        for table in clock.each("read", tables_of(assigned(job, setup), intake)):
            yield clock.time("sketch", sketcher.sketch, table)

    return sketch


def prepare(job: Job, setup: Setup, sketch: Sketch, *, on_rows: Callable[[int], None]) -> Prepared:
    """Read and sketch one source into files that wait for their commit.

    Args:
        on_rows: told the number of exchanges in each table.

    Raises:
        StillwatchError: the staging folder cannot be written.
    """
    try:
        before = _stamp(job.source)
        import_id = identity(job.source, _how(job, setup))
    except OSError as error:
        return _unreadable(job, error)
    if setup.ledger.holds(import_id):
        return _nothing(job, already=True, skips=Skips())
    origin = Origin(import_id=import_id, kind="exchanges", label=job.source.label, reader=job.reader, size=job.size)
    prepared = _staged(job, origin, setup, sketch=sketch, on_rows=on_rows)
    if _changed(job.source, before):
        changed = Skips()
        changed.add(CHANGED, job.source.label)
        return _nothing(job, already=False, skips=changed)
    return prepared


def _staged(job: Job, origin: Origin, setup: Setup, *, sketch: Sketch, on_rows: Callable[[int], None]) -> Prepared:
    intake = Intake(setup.key, Skips(), Skips(), setup.network)
    if setup.network is not None:
        setup.network.used[:] = False
    clock, spill = Clock(), Spill(setup.folder / f"{job.number:06d}")
    for sketches in sketch(job, intake, clock):
        on_rows(sketches.num_rows)
        clock.time("store", spill.add, sketches)
    files = clock.time("store", spill.finish)
    intake.skips.add(REPEATED, job.source.label, spill.repeats)
    rows = sum(file.rows for file in files)
    draft = Draft(origin, spill.folder, tuple(files), intake.skips, intake.notes) if rows else None
    used = np.empty(0, dtype=np.int64) if setup.network is None else np.flatnonzero(setup.network.used)
    return Prepared(
        job=job,
        kind="exchanges",
        draft=draft,
        already=False,
        skips=intake.skips,
        notes=intake.notes,
        joined=used,
        rows=rows,
        timings=clock.seconds,
    )


def assigned(job: Job, setup: Setup) -> Assigned:
    """Return the source of `job` with its importer: the one of that name, or the one that reads through the mapping."""
    mapping = setup.mapping if job.reader == MAPPED else None
    return Assigned(job.source, by_name(job.reader) if mapping is None else mapped(mapping))


def identity(source: Source, how: tuple[str, ...]) -> str:
    """Return 32 hex digits that follow from the bytes of `source` and from how it is read.

    Raises:
        OSError: the file cannot be read.
    """
    digest = hashlib.blake2b(json.dumps(how).encode(), digest_size=16)
    with open(source.path, "rb") as file:
        return hashlib.file_digest(file, lambda: digest).hexdigest()


def _how(job: Job, setup: Setup) -> tuple[str, ...]:
    mapping = setup.mapping if job.reader == MAPPED else None
    columns = (
        ""
        if mapping is None
        else json.dumps([dict(mapping.columns), dict(mapping.constants), mapping.scale], sort_keys=True, default=str)
    )
    return job.reader, columns, setup.network_id


def _stamp(source: Source) -> tuple[int, int]:
    """Return what changes when a file is written to."""
    status = os.stat(source.path)
    return status.st_size, status.st_mtime_ns


def _changed(source: Source, before: tuple[int, int]) -> bool:
    try:
        return _stamp(source) != before
    except OSError:
        return True


def _unreadable(job: Job, error: OSError) -> Prepared:
    skips, notes = Skips(), Skips()
    skips.add(UNREADABLE, job.source.label)
    notes.add(f"not read: {job.source.label}: {error.strerror}", job.source.label)
    return _nothing(job, already=False, skips=skips, notes=notes)


def _nothing(job: Job, *, already: bool, skips: Skips, notes: Skips | None = None) -> Prepared:
    return Prepared(
        job=job,
        kind="exchanges",
        draft=None,
        already=already,
        skips=skips,
        notes=Skips() if notes is None else notes,
        joined=np.empty(0, dtype=np.int64),
        rows=0,
        timings={},
    )
