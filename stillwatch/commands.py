"""What the commands do, without the command line: each a few calls on the modules above, for programs to call too."""

from __future__ import annotations

import datetime as dt
import os
import platform
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from stillwatch import __version__
from stillwatch.config import ScanSettings
from stillwatch.engine import Engine, Place, open_engine
from stillwatch.errors import NothingUsable, Refused, StillwatchError, disk_is_full, no_room
from stillwatch.evidence import EVIDENCE_TABLE
from stillwatch.evidence.harvest_intent import BELIEVED
from stillwatch.findings import FORMAT, Earlier
from stillwatch.history import HISTORY_FILE, grouped, last_seen, read_history, read_memories
from stillwatch.importers import expand, load_mapping, read_accounts
from stillwatch.ingest import IngestOptions, IngestReport, Progress, ingest
from stillwatch.ingest.workers import EACH, cores
from stillwatch.inspection import Inspection, inspect
from stillwatch.keys import load_key
from stillwatch.ledger import AnyLedger, Ledger, as_skipped
from stillwatch.pipeline import Scan, scan
from stillwatch.range import WorldSpec, build_world
from stillwatch.record import Skips
from stillwatch.report.html import render_html
from stillwatch.report.result import Result, load_result
from stillwatch.report.scanfile import SCAN_FILE
from stillwatch.results import write_results
from stillwatch.rollups import sum_exchanges

_DRAFT = ".unfinished"
"""Below the folder of a scan: its results, until they are whole."""
_LIBRARIES = ("numpy", "pyarrow", "scikit-network", "scipy")


@dataclass(frozen=True, slots=True)
class Watcher:
    """Who is told how far a command is; by default nobody.

    Attributes:
        on_import: told of every part of an import. on_stage: told the name of each stage of a scan.
    """

    on_import: Callable[[Progress], None] = lambda _: None
    on_stage: Callable[[str], None] = lambda _: None


def inspect_logs(logs: Sequence[str], *, accounts: Sequence[str], name: str | None, mapping: Path | None) -> Inspection:
    """Return what the logs hold and which evidence can be had from them."""
    skips, notes = Skips(), Skips()
    table = read_accounts([*accounts], skips, notes) if accounts else None
    columns = load_mapping(mapping) if mapping else None
    found = inspect(expand([*logs]), kinds=EVIDENCE_TABLE, accounts=table, name=name, mapping=columns)
    found.skips.merge([skips])
    found.notes.merge([notes])
    return found


def import_logs(
    logs: Sequence[str], folder: Path, *, key: Path | None, options: IngestOptions, watcher: Watcher
) -> IngestReport:
    """Import logs into the ledger in `folder`, which is made if it is not there.

    An import that finds nothing usable, or is refused, leaves no new ledger behind.
    """
    if options.mapping is not None:
        load_mapping(options.mapping)
    if key is not None:
        load_key(key)
    fresh = not folder.exists()
    ledger = Ledger.open_or_create(folder, key)
    try:
        return ingest(logs, ledger, options=options, on_progress=watcher.on_import)
    except (NothingUsable, Refused):
        if fresh and not ledger.import_ids():
            shutil.rmtree(folder)
        raise


def scan_logs(
    logs: Sequence[str],
    out: Path,
    settings: ScanSettings,
    *,
    options: IngestOptions,
    known: Path | None = None,
    watcher: Watcher,
) -> Result:
    """Import logs into a ledger inside `out` and scan it; a ledger that an earlier scan left there is replaced.

    What can be wrong with the settings is found before anything is read.
    """
    check_out(out)
    expand([*logs])
    with _engine(settings) as engine:
        campaigns_of(known)
        options = replace(options, workers=options.workers or max(1, min(cores(), engine.plan.limit // EACH)))
    folder = out / "ledger"
    if folder.exists():
        Ledger.open(folder)
        shutil.rmtree(folder)
    fresh = not out.exists()
    try:
        import_logs(logs, folder, key=None, options=options, watcher=watcher)
    except NothingUsable:
        if fresh:
            out.rmdir()
        raise
    return scan_ledger(folder, out, settings, known=known, watcher=watcher)


def scan_ledger(place: Place, out: Path, settings: ScanSettings, *, known: Path | None, watcher: Watcher) -> Result:
    """Scan a ledger and leave tables, `scan.json` and `report.html` in `out`.

    Args:
        place: folder of the ledger, or a URL that the engine reads.
        known: folder of an earlier scan whose campaigns go on under their ids.

    Raises:
        NothingUsable: the ledger holds no exchange in the time asked for.
        Refused: `out` holds something that is not a scan.
    """
    check_out(out)
    earlier = campaigns_of(known)
    with _engine(settings) as engine:
        ledger = engine.ledger(place)
        digest = ledger.digest()
        files = ledger.exchange_files()
        if files:
            engine.attach(files, ledger.accounts_table(), since=settings.since, until=settings.until)
        if not files or not engine.rows("select 1 from exchanges limit 1").num_rows:
            raise NothingUsable(
                "no exchange in the time asked for", where=str(place), expected="at least one", remedy=_span(ledger)
            )
        sum_exchanges(engine, intent_bits=BELIEVED)
        found = scan(engine, settings, known=earlier, on_stage=watcher.on_stage)
        return leave_results(out, found, engine, scan_head(ledger, digest, found, settings))


def _engine(settings: ScanSettings) -> Engine:
    return open_engine(settings.engine, memory=settings.memory, threads=settings.threads, spill=settings.spill)


def leave_results(out: Path, found: Scan, engine: Engine, head: Mapping[str, Any]) -> Result:
    """Write tables, `scan.json` and `report.html` of a scan into `out`, in place of those of an earlier one.

    They are made beside their place: where the disk is full, what an earlier scan left is as it was.

    Raises:
        StillwatchError: the folder cannot be written.
    """
    draft, fresh = out / _DRAFT, not out.exists()
    try:
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        write_results(draft, found, engine, {**head, "versions": {**head["versions"], **engine.versions}})
        result = replace(load_result(draft), out=out.name or str(out))
        (draft / "report.html").write_text(render_html(result), encoding="utf-8")
        for path in sorted(draft.iterdir(), key=lambda path: path.name == SCAN_FILE):
            os.replace(path, out / path.name)
    except OSError as error:
        raise _unwritten(out, error) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
        if fresh and out.exists() and not any(out.iterdir()):
            out.rmdir()
    return result


def _unwritten(out: Path, error: OSError) -> StillwatchError:
    reason = error.strerror or str(error)
    if disk_is_full(error):
        return no_room(out, reason)
    return StillwatchError(f"cannot be written: {reason}", where=str(out), remedy="another `--out`")


def demo(out: Path, *, seed: int, watcher: Watcher) -> Result:
    """Build the demo world in `out`, import and scan it.

    Raises:
        Refused: `out` holds something that is not an earlier demo.
    """
    world = out / "world"
    if world.exists():
        if not (world / "world.json").exists():
            raise Refused("holds no world of an earlier demo", where=str(world), remedy="another `--out`")
        shutil.rmtree(world)
    build_world(WorldSpec(), world, seed)
    options = IngestOptions(accounts=(str(world / "accounts.parquet"),))
    return scan_logs([str(world / "exchanges.parquet")], out / "scan", ScanSettings(), options=options, watcher=watcher)


def check_out(out: Path) -> None:
    """Make sure that a scan may write into `out`.

    Raises:
        Refused: it is a file, or a folder with something in it that is not a scan.
    """
    if out.is_file() or (out.is_dir() and any(out.iterdir()) and not (out / "scan.json").exists() and not _begun(out)):
        raise Refused(
            "is not empty and holds no earlier scan",
            where=str(out),
            expected="a new or empty folder, or that of an earlier scan",
            remedy="another `--out`",
        )


def _begun(out: Path) -> bool:
    """Return whether a scan was begun here and not finished: nothing but a ledger of its own, and half a result."""
    names = {path.name for path in out.iterdir()} - {_DRAFT}
    return not names or (names == {"ledger"} and (out / "ledger" / "ledger.json").exists())


def campaigns_of(out: Path | None, muted: frozenset[str] = frozenset()) -> Earlier:
    """Return the campaigns that an earlier scan found; none without one.

    The folder of a watch knows of campaigns that earlier runs found, too, and what they were known by.

    Args:
        muted: campaigns by whose marks nobody is looked for.
    """
    if out is None:
        return Earlier()
    load_result(out)
    if (out / HISTORY_FILE).exists():
        return Earlier(last_seen(read_history(out)), read_memories(out), muted)
    return Earlier(grouped(pq.read_table(out / "members.parquet", columns=["campaign_id", "account_id"])), muted=muted)


def _span(ledger: AnyLedger) -> str:
    days = ledger.days()
    return f"this ledger has exchanges from {days[0]} to {days[-1]}" if days else "`stillwatch import` first"


def scan_head(ledger: AnyLedger, digest: str, found: Scan, settings: ScanSettings) -> Mapping[str, Any]:
    """Return what `scan.json` says of a scan beside what it found.

    Args:
        digest: of the ledger before it was read: an import that comes in the middle may be in what was found.
    """
    skipped = ledger.skips()
    totals = found.people.totals
    return {
        "format": FORMAT,
        "stillwatch": __version__,
        "finished_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "versions": {"python": platform.python_version()} | {name: version(name) for name in _LIBRARIES},
        "parameters": settings.model_dump(mode="json"),
        "ledger": {
            "digest": digest,
            "exchanges": int(found.people.n.sum()),
            "accounts": found.people.size,
            "first_ts": _iso(int(totals["first_us"].min())),
            "last_ts": _iso(int(totals["last_us"].max())),
        },
        "rows_read": ledger.rows + skipped.total,
        "skipped": [part.model_dump() for part in as_skipped(skipped)],
    }


def _iso(microseconds: int) -> str:
    return dt.datetime.fromtimestamp(microseconds / 1e6, dt.UTC).isoformat()
