"""One case of the standard set: build the world, import it, scan it at growing moments, score the scans."""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from stillwatch import commands
from stillwatch.config import ScanSettings
from stillwatch.ingest import IngestOptions
from stillwatch.range.build import build_world
from stillwatch.range.scoring import Score, score
from stillwatch.range.store import World
from stillwatch.trials.carried import Carried, carried
from stillwatch.trials.cases import Case
from stillwatch.trials.shapes import SHAPES, WHOLE, Shape

_FIRST = 0.12
"""Share of the world's days that lie before the first cut-off."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What one case gave: its score, what the last scan held for each planted campaign, and the seconds of building,
    importing and the last scan."""

    case: Case
    score: Score
    exchanges: int
    seconds: tuple[float, float, float]
    carried: tuple[Carried, ...] = ()


def run_case(case: Case, folder: Path, *, watcher: commands.Watcher) -> Trial:
    """Run `case` in the new folder `folder` and leave world, ledger and scans there."""
    world, ledger, seconds = laid(case, folder, watcher=watcher)
    scans = []
    until_when = looks(world.truth, case.looks) if case.looks else cut_offs(world.folder, case.cut_offs)
    for number, until in enumerate(until_when):
        last = time.perf_counter()
        scans.append(folder / f"scan-{number + 1}")
        commands.scan_ledger(ledger, scans[-1], ScanSettings(until=until), known=None, watcher=watcher)
    last = time.perf_counter() - last
    held = carried(world.truth, scans[-1])
    return Trial(case, score(world.truth, *scans), world.n_exchanges, (*seconds, last), held)


def laid(case: Case, folder: Path, *, watcher: commands.Watcher) -> tuple[World, Path, tuple[float, float]]:
    """Build the world of `case` in the new folder `folder` and import it; return its ledger and the seconds of both."""
    begun = time.perf_counter()
    world = build_world(case.spec(), folder / "world", case.seed)
    built = time.perf_counter()
    ledger, shape = folder / "ledger", SHAPES[case.shape]
    log = world.exchanges
    if case.looks or case.shape != WHOLE:
        until = looks(world.truth, case.looks)[-1] if case.looks else None
        log = _seen(log, folder / "seen.parquet", columns=shape.exchanges, until=until)
    accounts = (str(_accounts(world.accounts, folder, shape)),) if shape.accounts else ()
    options = IngestOptions(accounts=accounts)
    commands.import_logs([str(log)], ledger, key=None, options=options, watcher=watcher)
    return world, ledger, (built - begun, time.perf_counter() - built)


def _seen(exchanges: Path, to: Path, *, columns: frozenset[str], until: dt.datetime | None) -> Path:
    """Write some columns of the exchanges before a moment to a file of their own, a part of the file at a time."""
    log = pq.ParquetFile(exchanges)
    names = [name for name in log.schema_arrow.names if name in columns]
    with pq.ParquetWriter(to, pa.schema([log.schema_arrow.field(name) for name in names])) as writer:
        for batch in log.iter_batches(columns=names):
            if until is not None:
                moment = pa.scalar(until, batch.schema.field("ts").type)
                batch = batch.filter(pc.less(batch.column("ts"), moment))
            writer.write_batch(batch)
    return to


def _accounts(accounts: Path, folder: Path, shape: Shape) -> Path:
    """Return the table of accounts, without organisations where the exchanges have none."""
    table = pq.read_table(accounts)
    if shape.organisations or "org_id" not in table.schema.names:
        return accounts
    pq.write_table(table.drop_columns(["org_id"]), folder / "seen-accounts.parquet")
    return folder / "seen-accounts.parquet"


def looks(truth: Path, hours: Sequence[float]) -> list[dt.datetime]:
    """Return the moments so many hours after the first harvest of a world."""
    harvests = pq.read_table(truth, columns=["first_harvest_ts"], partitioning=None)
    first = pc.min(harvests.column("first_harvest_ts")).as_py()
    return [first + dt.timedelta(hours=after) for after in hours]


def cut_offs(world: Path, count: int) -> list[dt.datetime | None]:
    """Return `count` growing moments of a world, whole hours, later ones further apart; None for its end."""
    known = json.loads((world / "world.json").read_text(encoding="utf-8"))
    start, hours = dt.datetime.fromisoformat(known["start"]), known["days"] * 24
    ratio = _FIRST ** (1 / max(count - 1, 1))
    early = [start + dt.timedelta(hours=round(hours * ratio**k)) for k in range(count - 1, 0, -1)]
    return [*early, None]
