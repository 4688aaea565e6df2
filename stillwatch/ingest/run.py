"""The import on one page: recognise, read, sketch, commit, one source at a time in the order they were named."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from stillwatch.errors import NothingUsable, StillwatchError
from stillwatch.importers import IMPORTERS, Assigned, Intake, chosen, expand, load_mapping
from stillwatch.importers.load import read_network
from stillwatch.importers.source import Source, unreadable
from stillwatch.ingest.accounts import prepare_accounts
from stillwatch.ingest.prepare import Clock, Job, Prepared, Setup, identity
from stillwatch.ingest.samples import keep_samples
from stillwatch.ingest.values import FileReport, IngestOptions, IngestReport, Progress
from stillwatch.ingest.workers import cores, prepared
from stillwatch.keys import Key
from stillwatch.ledger import Ledger, as_skipped, as_skips, commit, staging_folder, sweep
from stillwatch.ledger.commit import KNOWN
from stillwatch.ledger.repeats import SeenIds
from stillwatch.record import Skips


def ingest(
    paths: Sequence[str],
    ledger: Ledger,
    *,
    options: IngestOptions | None = None,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> IngestReport:
    """Import files, folders and globs into `ledger`, each file whole or not at all, each file once.

    A file that cannot be read or recognised is counted and left out; the others go on.

    Args:
        paths: logs of any mix of formats.
        ledger: opened with its key.
        options: how to read them.
        on_progress: told how far the import is, after every file and, with few files, every few thousand rows.

    Raises:
        NothingUsable: no file held a usable exchange, or a file of accounts no account.
        StillwatchError: the ledger cannot be written, its key is elsewhere, or an option names what does not exist.
            Files committed until then stay.
    """
    options = options or IngestOptions()
    clock, intake = Clock(), Intake(_key(ledger), Skips(), Skips())
    began = time.perf_counter()
    mapping = None if options.mapping is None else load_mapping(options.mapping)
    assigned = chosen(expand([*map(str, paths)]), intake, name=options.format, mapping=mapping)
    network = clock.time("read", read_network, assigned, intake)
    sweep(ledger)
    with staging_folder(ledger) as folder:
        setup = Setup(ledger, intake.key, folder, mapping, network, _network_id(assigned))
        jobs = _jobs(assigned)
        accounts = prepare_accounts(expand(list(options.accounts)), setup, first=len(jobs))
        run = _Run(setup, jobs, clock, intake, on_progress)
        run.commit_all(options.workers or cores())
        _refuse_nothing(run, paths)
        for one in accounts:
            run.take(one)
        samples = keep_samples(jobs, setup, each=options.keep_samples) if options.keep_samples else 0
    clock.add("total", time.perf_counter() - began)
    return run.report(samples)


@dataclass(slots=True)
class _Run:
    """One import under way.

    Attributes:
        joined: which rows of the network logs belong to an exchange.
    """

    setup: Setup
    jobs: list[Job]
    clock: Clock
    intake: Intake
    on_progress: Callable[[Progress], None]
    reports: list[FileReport] = field(default_factory=list)
    seen: SeenIds = field(default_factory=SeenIds)
    rows: int = 0

    def commit_all(self, workers: int) -> None:
        """Prepare all sources and commit each as its turn comes."""
        network = self.setup.network
        joined = np.zeros(0 if network is None else len(network.marks), dtype=np.bool_)
        self._tell()
        for one in prepared(self.jobs, self.setup, workers=workers, on_rows=self._read):
            self.take(one)
            joined[one.joined] = True
        if not any(report.already for report in self.reports):
            self.intake.notes.add("network rows without an exchange", "network logs", int((~joined).sum()))

    def take(self, one: Prepared) -> None:
        """Commit what was prepared, and report it."""
        for stage, seconds in one.timings.items():
            self.clock.add(stage, seconds)
        began = time.perf_counter()
        manifest = None if one.draft is None else commit(self.setup.ledger, one.draft, self.seen)
        shutil.rmtree(self.setup.folder / f"{one.job.number:06d}", ignore_errors=True)
        spent = time.perf_counter() - began
        self.clock.add("store", spent)
        already = one.already or (one.draft is not None and manifest is None)
        self.reports.append(
            FileReport(
                label=one.job.source.label,
                kind=one.kind,
                reader=one.job.reader,
                rows=0 if manifest is None else manifest.rows,
                already=already,
                size=one.job.size,
                seconds=spent + sum(one.timings.values()),
                skips=as_skipped(one.skips) if manifest is None else manifest.skips,
                notes=as_skipped(one.notes),
            )
        )
        self._tell()

    def _read(self, rows: int) -> None:
        self.rows += rows
        self._tell()

    def _tell(self) -> None:
        done = [report for report in self.reports if report.kind == "exchanges"]
        size, size_done = sum(job.size for job in self.jobs), sum(report.size for report in done)
        self.on_progress(Progress(len(self.jobs), len(done), size, size_done, self.rows))

    def report(self, samples: int) -> IngestReport:
        """Return what was done."""
        skips = [*as_skipped(self.intake.skips), *(part for report in self.reports for part in report.skips)]
        notes = [*as_skipped(self.intake.notes), *(part for report in self.reports for part in report.notes)]
        return IngestReport(
            files=tuple(self.reports),
            skips=as_skipped(as_skips(skips)),
            notes=as_skipped(as_skips(notes)),
            timings={stage: round(seconds, 3) for stage, seconds in self.clock.seconds.items()},
            samples=samples,
        )


def _key(ledger: Ledger) -> Key:
    if ledger.key is None:
        raise StillwatchError(
            "the key is not in the ledger's folder",
            where=str(ledger.folder),
            expected=f"the key with the fingerprint `{ledger.fingerprint}`",
            remedy="name its file with `--key`",
        )
    return ledger.key


def _jobs(assigned: Sequence[Assigned]) -> list[Job]:
    """Return the files that hold exchanges as jobs.

    Raises:
        NothingUsable: there are network logs and nothing else to join them to.
    """
    content = [one for one in assigned if not one.importer.network_only]
    if assigned and not content:
        raise NothingUsable(
            "network logs alone hold neither accounts nor models",
            where=assigned[0].source.label,
            expected="a log with the same request ids in another format beside them",
        )
    return [Job(i, one.source, one.importer.name, _size(one.source)) for i, one in enumerate(content)]


def _size(source: Source) -> int:
    try:
        return os.stat(source.path).st_size
    except OSError:
        return 0


def _network_id(assigned: Sequence[Assigned]) -> str:
    """Return a digest of the network logs among the files, whatever their order; empty without any."""
    logs = [one for one in assigned if one.importer.network_only]
    try:
        ids = sorted(identity(one.source, (one.importer.name,)) for one in logs)
    except OSError as error:
        raise unreadable(logs[0].source, error) from error
    return hashlib.blake2b("".join(ids).encode(), digest_size=16).hexdigest() if ids else ""


def _refuse_nothing(run: _Run, paths: Sequence[str]) -> None:
    """Refuse an import in which nothing was usable, with the commonest reasons.

    Raises:
        NothingUsable: paths were named, and no file held an exchange that the ledger has now.
    """
    if not paths or any(report.rows or report.already or _all_known(report) for report in run.reports):
        return
    report = run.report(0)
    commonest = sorted(report.skips, key=lambda part: (-part.count, part.reason))[:3]
    unread = [part for part in report.notes if part.reason.startswith("not read")][:3]
    reasons = "; ".join(f"{part.reason} ({part.count}, first in {part.first})" for part in (*commonest, *unread))
    raise NothingUsable(
        f"no exchange can be used: {reasons}" if reasons else "no exchange can be used",
        where=", ".join(map(str, paths)),
        expected=f"exchanges in one of the formats {', '.join(importer.name for importer in IMPORTERS)}",
        remedy="look at the files with `stillwatch inspect`, name the format with `--from` or the columns with `--map`",
    )


def _all_known(report: FileReport) -> bool:
    return any(part.reason == KNOWN for part in report.skips)
