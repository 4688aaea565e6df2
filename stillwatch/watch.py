"""`stillwatch watch`: a scan again whenever the ledger has changed, reading the exchanges of new days only.

    OUT/RUN/…            what a scan leaves, and `history.parquet`; RUN is the moment it began, in UTC
    OUT/latest           a link to the newest run, replaced in one step when it is whole

A run without its history was cut short; the next one removes it.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from stillwatch import __version__
from stillwatch.commands import Watcher, campaigns_of, leave_results, scan_head
from stillwatch.config import ScanSettings
from stillwatch.engine import DEFAULT, DuckDB
from stillwatch.errors import NothingUsable, Refused, StillwatchError
from stillwatch.evidence.harvest_intent import BELIEVED
from stillwatch.findings import HISTORY, Memory
from stillwatch.follow import Change, Sighting, changes
from stillwatch.history import HISTORY_FILE, MEMORY_FILE, extended, memory_table, read_history, read_memories
from stillwatch.ledger import Ledger
from stillwatch.memory import Plan
from stillwatch.pipeline import scan
from stillwatch.report.result import Result, load_result
from stillwatch.report.scanfile import read_scan
from stillwatch.report.wording import count
from stillwatch.rollups import Taken, kept_sums

LATEST = "latest"
_LINK = ".latest"
_RUN = re.compile(r"\d{8}T\d{6}\.\d{3}Z")


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a watch.

    Attributes:
        folder: what it left.
        taken: days that it read, and days whose sums were kept.
        changes: what became of campaigns since the run before.
        seconds: from beginning to end.
    """

    folder: Path
    result: Result
    taken: Taken
    changes: tuple[Change, ...]
    seconds: float


def watch_ledger(
    folder: Path,
    out: Path,
    settings: ScanSettings,
    *,
    keep: int,
    watcher: Watcher,
    muted: frozenset[str] = frozenset(),
) -> Run | None:
    """Scan the ledger in `folder` if it is not as the last run saw it; return None if it is.

    Args:
        out: folder of the runs.
        keep: how many runs stay in it.
        muted: campaigns that a person called a false alarm: nobody is looked for by their marks.

    Raises:
        NothingUsable: there is no ledger, or no exchange in it, or the settings name another engine than DuckDB.
        Refused: `out` holds something else, or another run is at work on the ledger.
        StillwatchError: something cannot be read or written; the ledger and finished runs are as they were.
    """
    begun, at = time.perf_counter(), dt.datetime.now(dt.UTC)
    if settings.engine != DEFAULT:
        raise NothingUsable(
            "sums are kept in files of DuckDB",
            where=f"--engine {settings.engine}",
            expected=f"`{DEFAULT}` for a watch",
            remedy="`stillwatch scan --known RUN-BEFORE` on a cluster reads everything and follows the same campaigns",
        )
    ledger = Ledger.open(folder)
    earlier = _last_run(out)
    digest = ledger.digest()
    if earlier is not None and _seen(earlier, digest, settings):
        return None
    if not ledger.rows:
        raise NothingUsable("the ledger has no exchange", where=str(folder), remedy="`stillwatch import` first")
    known = campaigns_of(earlier, muted)
    with DuckDB(plan=Plan.of(settings.memory), threads=settings.threads, spill=settings.spill) as engine:
        engine.load("accounts", ledger.accounts_table())
        watcher.on_stage("new days")
        with kept_sums(engine, ledger, intent_bits=BELIEVED) as taken, _writing(out):
            spent = {"new days": round(time.perf_counter() - begun, 3)}
            files = ledger.exchange_files()
            found = scan(engine, settings, known=known, on_stage=watcher.on_stage, files=files)
            found = replace(found, timings={**spent, **found.timings})
            run = out / (at.strftime("%Y%m%dT%H%M%S.") + f"{at.microsecond // 1000:03d}Z")
            days = {"days": {"read": list(taken.read), "kept": len(taken.kept)}}
            result = leave_results(run, found, engine, {**scan_head(ledger, digest, found, settings), **days})
            now = _sightings(result)
            before = {} if earlier is None else {c.group_id: str(c.verdict) for c in load_result(earlier).campaigns}
            _publish(out, run, earlier, now, (found.memories, at))
            _forget(out, keep)
    return Run(run, result, taken, changes(known.accounts, before, now), time.perf_counter() - begun)


def _sightings(result: Result) -> dict[str, Sighting]:
    """Return the campaigns of a run by id."""
    return {
        campaign.group_id: Sighting(
            str(campaign.verdict),
            frozenset(member.account_id for member in campaign.members),
            campaign.regrown_from,
            campaign.regrown,
        )
        for campaign in result.campaigns
    }


def lines(run: Run | None) -> list[str]:
    """Return one line for a run, and one for each campaign that is not as it was."""
    if run is None:
        return ["nothing new in the ledger"]
    ledger, days = run.result.scan.ledger, run.taken
    first = (
        f"{run.folder.name}: {count(len(run.result.campaigns), 'campaign', 'campaigns')} in "
        f"{ledger.exchanges or 0:,} exchanges of {ledger.accounts or 0:,} accounts, "
        f"{count(len(days.read), 'day', 'days')} read and {len(days.kept)} kept, "
        f"{run.seconds:.1f} s, {run.folder.parent / LATEST}"
    )
    return [first, *(change.text for change in run.changes)]


def facts(run: Run | None) -> dict[str, Any]:
    """Return the same for a machine."""
    if run is None:
        return {"run": None, "changes": []}
    return {
        "run": str(run.folder),
        "seconds": round(run.seconds, 3),
        "days_read": list(run.taken.read),
        "days_kept": len(run.taken.kept),
        "campaigns": {campaign.group_id: str(campaign.verdict) for campaign in run.result.campaigns},
        "changes": [
            {"campaign_id": change.campaign_id, "kinds": [str(kind) for kind in change.kinds], "text": change.text}
            for change in run.changes
        ],
    }


def _last_run(out: Path) -> Path | None:
    """Return the folder of the last whole run in `out`, if there is one; remove what a killed one left.

    Raises:
        Refused: there is something else in `out`.
    """
    if not out.exists():
        return None
    strange = [out.name] if out.is_file() else [p.name for p in out.iterdir() if not _is_ours(p)]
    if strange:
        raise Refused(
            f"holds `{min(strange)}`, which no watch left there",
            where=str(out),
            expected="a new or empty folder, or that of an earlier watch",
            remedy="another `--out`",
        )
    runs = _runs(out)
    latest = out / (os.readlink(out / LATEST) if (out / LATEST).is_symlink() else "")
    return latest if latest in runs else max(runs, default=None)


def _is_ours(path: Path) -> bool:
    return _RUN.fullmatch(path.name) is not None or (path.name in (LATEST, _LINK) and path.is_symlink())


def _runs(out: Path) -> list[Path]:
    """Return the folders of whole runs."""
    return [path for path in out.iterdir() if _RUN.fullmatch(path.name) and (path / HISTORY_FILE).exists()]


def _seen(run: Path, digest: str, settings: ScanSettings) -> bool:
    """Return whether a run saw the ledger as it is, in the same way."""
    scanned = read_scan(run)
    asked = json.loads(json.dumps(settings.model_dump(mode="json")))
    return (scanned.ledger.digest, scanned.stillwatch, scanned.parameters) == (digest, __version__, asked)


@contextmanager
def _writing(out: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StillwatchError(
            f"cannot be written: {error.strerror or error}",
            where=str(out),
            remedy="another `--out`, or free disk space; finished runs and the ledger are as they were",
        ) from error


def _publish(
    out: Path,
    run: Path,
    earlier: Path | None,
    now: dict[str, Sighting],
    known_by: tuple[Mapping[str, Memory], dt.datetime],
) -> None:
    """Write what campaigns are known by, and the history, which makes the run whole, and let `latest` lead to it."""
    memories, at = known_by
    before = {} if earlier is None else read_memories(earlier)
    pq.write_table(memory_table(before, memories), run / MEMORY_FILE, compression="zstd", store_schema=False)
    history = HISTORY.empty_table() if earlier is None else read_history(earlier)
    table = extended(history, {campaign: seen.accounts for campaign, seen in now.items()}, at)
    draft = run / f".{HISTORY_FILE}"
    pq.write_table(table, draft, compression="zstd", store_schema=False)
    os.replace(draft, run / HISTORY_FILE)
    (out / _LINK).unlink(missing_ok=True)
    (out / _LINK).symlink_to(run.name)
    os.replace(out / _LINK, out / LATEST)


def _forget(out: Path, keep: int) -> None:
    """Remove runs that were cut short, and of the whole ones all but the newest."""
    whole = sorted(_runs(out))
    for path in out.iterdir():
        if _RUN.fullmatch(path.name) and path not in whole[-keep:] and path.name != os.readlink(out / LATEST):
            shutil.rmtree(path)
