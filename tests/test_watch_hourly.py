"""A watch every hour: the verdicts of a scan of the whole ledger, and a fast motif told within an hour."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from stillwatch.range import TextMode, WorldSpec, build_world, scenario_named
from tests.small_world import done, members, parquet_bytes, stillwatch, verdicts

HOUR = dt.timedelta(hours=1)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Reasoning blocks saved under one account and presented under another, after five days of innocents."""
    spec = WorldSpec(scenario_named("replay-2026-07"), 0.004, TextMode.SHORT, innocents=1.0, history=5)
    return build_world(spec, tmp_path_factory.mktemp("hourly") / "world", 57).folder


def _begin(world: Path) -> dt.datetime:
    begin: dt.datetime = pc.min(pq.read_table(world / "truth.parquet").column("first_harvest_ts")).as_py()
    return begin


def _parts(world: Path, folder: Path, hours: int) -> list[Path]:
    """Write the exchanges before the first harvest, and those of each of the hours after it, to files."""
    sent = pq.read_table(world / "exchanges.parquet")
    ends = [_begin(world) + n * HOUR for n in range(hours + 1)]
    paths, before = [], None
    for number, end in enumerate(ends):
        rows = pc.less(sent.column("ts"), pa.scalar(end, sent.schema.field("ts").type))
        new = rows if before is None else pc.and_not(rows, before)
        before = rows
        paths.append(folder / f"hour-{number}.parquet")
        pq.write_table(sent.filter(new), paths[-1])
    return paths


def _facts(ledger: Path, out: Path) -> Any:
    return json.loads(done(stillwatch("watch", "--ledger", ledger, "--out", out, "--once", "--json")).out)


def _found(world: Path, out: Path, until: dt.datetime, called: tuple[str, ...]) -> float:
    """Return the share of the campaign's accounts that had begun and are members under one of these verdicts."""
    truth = pq.read_table(world / "truth.parquet").to_pylist()
    begun = {row["account_id"] for row in truth if row["first_harvest_ts"] and row["first_harvest_ts"] < until}
    named = [members(out)[campaign] for campaign, said in verdicts(out).items() if said in called]
    return len(begun & frozenset[str]().union(*named)) / len(begun)


def test_every_hour_it_leaves_what_a_scan_leaves_and_tells_a_fast_motif_after_one(world: Path, tmp_path: Path) -> None:
    ledger, out, known = tmp_path / "ledger", tmp_path / "watch", tmp_path / "none"
    parts = _parts(world, tmp_path, 3)
    for hour, part in enumerate(parts):
        accounts = ("--accounts", world / "accounts.parquet") if hour == 0 else ()
        done(stillwatch("import", part, *accounts, "--ledger", ledger))
        days = _facts(ledger, out)["days_read"]
        assert hour == 0 or len(days) == 1, "the past is not read again"
        earlier = ("--known", known) if hour else ()
        done(stillwatch("scan", "--ledger", ledger, "--out", tmp_path / f"scan-{hour}", *earlier))
        assert parquet_bytes(out / "latest") == parquet_bytes(tmp_path / f"scan-{hour}")
        known = (out / "latest").resolve()
        if hour:
            called = ("distillation_campaign",) if hour > 1 else ("distillation_campaign", "coordinated")
            assert _found(world, out / "latest", _begin(world) + hour * HOUR, called) >= 0.5, hour
