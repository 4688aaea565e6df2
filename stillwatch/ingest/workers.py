"""Sources prepared by several processes, in the order of the sources, with the same result as by one.

With at least as many sources as processes each process prepares one source after the other. With fewer, this process
cuts sources into runs of lines and writes, and the others read and sketch the runs. Of a source whose rows hang
together this process reads the rows too, and the others sketch them, table by table.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing import connection
from multiprocessing.synchronize import Event
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stillwatch.errors import StillwatchError
from stillwatch.importers import Intake
from stillwatch.importers.load import runs_of, tables_of
from stillwatch.importers.source import Run
from stillwatch.ingest.prepare import Clock, Job, Prepared, Setup, Sketch, assigned, prepare, sketch_here
from stillwatch.record import Skips
from stillwatch.sketch import Sketcher

WORTH_IT = 24 * 1024 * 1024
"""Bytes of sources from which it pays to start processes."""
EACH = 1_000_000_000
"""Bytes of memory that a process of an import takes, whatever the size of its sources."""
_AHEAD = 2
"""Pieces of work per process that are under way or wait to be taken."""

T = TypeVar("T")


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def prepared(jobs: Sequence[Job], setup: Setup, *, workers: int, on_rows: Callable[[int], None]) -> Iterator[Prepared]:
    """Yield what becomes of `jobs`, in their order.

    Raises:
        StillwatchError: the staging folder cannot be written, or a process was killed.
    """
    if workers <= 1 or sum(job.size for job in jobs) < WORTH_IT:
        here = sketch_here(setup, Sketcher(setup.key))
        yield from (prepare(job, setup, here, on_rows=on_rows) for job in jobs)
        return
    with _pool(workers, setup) as pool:
        if len(jobs) >= workers:
            for done in _in_order((partial(pool.submit, _prepare_there, job) for job in jobs), workers):
                on_rows(done.rows)
                yield done
        else:
            there = _sketch_there(pool, setup, workers)
            yield from (prepare(job, setup, there, on_rows=on_rows) for job in jobs)


@contextmanager
def _pool(workers: int, setup: Setup) -> Iterator[ProcessPoolExecutor]:
    """Yield processes that know `setup`; work not yet begun is dropped on leaving, work begun is given up."""
    context = multiprocessing.get_context("spawn")
    give_up = context.Event()
    pool = ProcessPoolExecutor(workers, context, initializer=_begin, initargs=(setup, give_up))
    try:
        yield pool
    except BrokenProcessPool as error:
        raise StillwatchError(
            "a process of the import was killed",
            where="import",
            expected=f"{EACH // 1_000_000:,} MB of memory for each process",
            remedy="import with fewer processes (`--workers 1`), or with more memory",
        ) from error
    finally:
        give_up.set()
        pool.shutdown(cancel_futures=True)


def _in_order(submits: Iterable[Callable[[], Future[T]]], workers: int) -> Iterator[T]:
    """Yield the results of work in its order, with a bounded number of pieces under way."""
    waiting: deque[Future[T]] = deque()
    for submit in submits:
        waiting.append(submit())
        if len(waiting) >= _AHEAD * workers:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


@dataclass(frozen=True, slots=True)
class _Read:
    """What became of a run of lines in another process.

    Attributes:
        tables: of sketches.
        joined: rows of the network logs that belong to its exchanges.
        seconds: by stage.
    """

    tables: list[pa.Table]
    skips: Skips
    notes: Skips
    joined: npt.NDArray[np.int64]
    seconds: dict[str, float]


def _sketch_there(pool: ProcessPoolExecutor, setup: Setup, workers: int) -> Sketch:
    """Return a `Sketch` that works in the processes of `pool`."""

    def sketch(job: Job, intake: Intake, clock: Clock) -> Iterator[pa.Table]:
        one = assigned(job, setup)
        runs = runs_of(one, intake)
        if runs is not None:
            submits = (partial(pool.submit, _read_there, job, run) for run in clock.each("read", runs))
            for read in _in_order(submits, workers):
                _count(read, intake, clock)
                yield from read.tables
        else:
            tables = tables_of(one, intake)
            sketched = (partial(pool.submit, _sketch_timed, table) for table in clock.each("read", tables))
            for sketches, seconds in _in_order(sketched, workers):
                clock.add("sketch", seconds)
                yield sketches

    return sketch


def _count(read: _Read, intake: Intake, clock: Clock) -> None:
    intake.skips.merge([read.skips])
    intake.notes.merge([read.notes])
    if intake.network is not None:
        intake.network.used[read.joined] = True
    for stage, seconds in read.seconds.items():
        clock.add(stage, seconds)


@dataclass(frozen=True, slots=True)
class _Here:
    """What a process of an import was told at its start."""

    setup: Setup
    sketcher: Sketcher
    give_up: Event


_here: _Here | None = None


def _begin(setup: Setup, give_up: Event) -> None:
    """Begin a process: it leaves interrupts to its parent and ends when its parent is gone."""
    global _here
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _here = _Here(setup, Sketcher(setup.key), give_up)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def _told() -> _Here:
    if _here is None:
        raise StillwatchError("a process of the import was not told what to do", where="import")
    return _here


def _prepare_there(job: Job) -> Prepared:
    told = _told()
    here = sketch_here(told.setup, told.sketcher)
    return prepare(job, told.setup, here, on_rows=lambda _: _stop_if(told.give_up))


def _stop_if(give_up: Event) -> None:
    if give_up.is_set():
        raise StillwatchError("the import was given up", where="import")


def _read_there(job: Job, run: Run) -> _Read:
    told = _told()
    one, network = assigned(job, told.setup), told.setup.network
    if one.importer.reads_lines is None:
        raise StillwatchError(f"`{job.reader}` does not read lines apart from each other", where=job.source.label)
    if network is not None:
        network.used[:] = False
    intake, clock = Intake(told.setup.key, Skips(), Skips(), network), Clock()
    tables = clock.each("read", one.importer.reads_lines(run, job.source, intake))
    return _Read(
        tables=[clock.time("sketch", told.sketcher.sketch, table) for table in tables],
        skips=intake.skips,
        notes=intake.notes,
        joined=np.empty(0, dtype=np.int64) if network is None else np.flatnonzero(network.used),
        seconds=clock.seconds,
    )


def _sketch_timed(table: pa.Table) -> tuple[pa.Table, float]:
    began = time.perf_counter()
    return _told().sketcher.sketch(table), time.perf_counter() - began
