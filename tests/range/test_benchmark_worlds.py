"""The worlds of the two benchmarks, at a size that a test can afford."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from benchmarks import generation
from benchmarks.measured import run
from benchmarks.real_prompts import REAL, Composite, build, harvest
from benchmarks.throughput import LOGS, write_log
from stillwatch.errors import StillwatchError
from stillwatch.importers import Intake, Source, recognise
from stillwatch.keys import Key
from stillwatch.range.store import World
from stillwatch.record import ACCOUNTS, EXCHANGES, Skips, conform

SMALL = Composite(datasets="wrapped", campaign_accounts=60, innocent_accounts=900, innocent_exchanges=15_000, days=10)
real = pytest.mark.real
needs_real = pytest.mark.skipif(not REAL.exists(), reason="the real data is not beside this checkout")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return build(SMALL, tmp_path_factory.mktemp("composite") / "world", 1)


def _sides(world: World) -> tuple[pa.Table, pa.Table]:
    """Return the exchanges of the campaign and of everybody else."""
    truth, exchanges = pq.read_table(world.truth), pq.read_table(world.exchanges)
    members = truth.filter(pc.equal(truth["kind"], "campaign"))["account_id"].combine_chunks()
    mine = pc.is_in(exchanges["account_id"], members)
    return exchanges.filter(mine), exchanges.filter(pc.invert(mine))


@real
@needs_real
def test_every_distillation_row_is_sent_once_by_an_even_campaign(world: World) -> None:
    sent = _sides(world)[0].filter(pc.equal(_sides(world)[0]["status"], 200))
    rows = harvest(SMALL, REAL)
    once = pc.value_counts(sent["input_text"]).field("counts").to_numpy()
    assert sent.num_rows == pytest.approx(len(rows), rel=0.02)
    assert (once == 1).mean() > 0.99
    counts = sent.group_by("account_id").aggregate([("ts", "count")])["ts_count"].to_numpy()
    assert counts.std() < 1.3 * np.sqrt(counts.mean())


@real
@needs_real
def test_innocents_send_benign_rows_at_heavy_tailed_rates(world: World) -> None:
    sent = _sides(world)[1]
    known = pq.read_table(REAL / "prompts_benign.parquet", columns=["prompt"])["prompt"].cast(pa.string())
    assert pc.mean(pc.is_in(sent["input_text"], known.combine_chunks())).as_py() > 0.9
    counts = sent.group_by("account_id").aggregate([("ts", "count")])["ts_count"].to_numpy()
    assert counts.max() > 20 * np.median(counts)
    assert (sent["turn"].to_numpy() > 1).mean() > 0.15


@real
@needs_real
def test_nothing_but_behaviour_sets_the_sides_apart(world: World) -> None:
    campaign, others = _sides(world)
    for column in ("model", "client_fp", "access_path", "stream"):
        shares = [dict(t.group_by(column).aggregate([("ts", "count")]).to_pylist()[0]) for t in (campaign, others)]
        assert all(shares)
        assert set(campaign[column].unique().to_pylist()) <= set(others[column].unique().to_pylist()), column
    for column in ("session_id", "temperature", "max_tokens", "org_id"):
        nulls = [t[column].null_count / t.num_rows for t in (campaign, others)]
        assert abs(nulls[0] - nulls[1]) < 0.35, column
    accounts = pq.read_table(world.accounts)
    for column in ("payment_id", "device_id"):
        values = accounts[column].drop_null()
        assert pc.count_distinct(values).as_py() == len(values), column


@real
@needs_real
def test_no_address_is_under_two_accounts(world: World) -> None:
    held = pq.read_table(world.exchanges, columns=["ip", "account_id"]).group_by("ip")
    assert pc.max(held.aggregate([("account_id", "count_distinct")])["account_id_count_distinct"]).as_py() == 1


@real
@needs_real
def test_stripped_rows_are_bare_lines(tmp_path: Path) -> None:
    bare = harvest(replace(SMALL, strip=True), REAL)
    assert not pc.any(pc.match_substring(bare, "\n")).as_py()
    assert len(bare) > 50_000
    again = [build(replace(SMALL, innocents="iid"), tmp_path / name, 2) for name in ("a", "b")]
    assert again[0].exchanges.read_bytes() == again[1].exchanges.read_bytes()


def test_the_log_of_the_throughput_benchmark_is_lines_of_the_record(tmp_path: Path) -> None:
    log = write_log(tmp_path, 3_000, 1, LOGS["record"])
    rows = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    assert len(rows) == 3_000
    assert set(rows[0]) <= set(EXCHANGES.names)
    assert 900 < log.stat().st_size / len(rows) < 1_600
    assert conform(pq.read_table(tmp_path / "accounts.parquet"), ACCOUNTS).num_rows == 60
    assert not list(tmp_path.glob("part-*"))


def test_the_other_log_of_the_throughput_benchmark_is_what_litellm_writes(tmp_path: Path) -> None:
    source = Source(str(write_log(tmp_path, 3_000, 1, LOGS["litellm"])), "log")
    assert recognise(source).name == "litellm"
    counted = Intake(Key(bytes(32)), Skips(), Skips())
    rows = pa.concat_tables(recognise(source).read(source, counted))
    assert rows.num_rows == 3_000
    assert counted.skips.total == counted.notes.total == 0
    assert 800 < pc.mean(pc.utf8_length(rows["input_text"])).as_py() < 1_300
    accounts = pq.read_table(tmp_path / "accounts.parquet", columns=["account_id"])["account_id"]
    assert set(rows["account_id"].to_pylist()) <= set(accounts.to_pylist())


def test_a_world_is_built_by_the_public_command_and_measured(tmp_path: Path) -> None:
    found = generation.measure("sessions-2026-04", 0.02, text="none", seed=1, repeats=1, folder=tmp_path)
    assert found.exchanges > 50_000
    assert found.a_second == pytest.approx(found.exchanges / found.seconds, rel=0.01)
    assert 50 < found.bytes_each < 300
    assert list(tmp_path.iterdir()) == []


def test_the_peak_of_a_command_is_its_own_and_not_that_of_who_started_it() -> None:
    held = np.ones(40_000_000)
    ran = run((sys.executable, "-I", "-S", "-c", "print('done')"))
    assert held.sum() == 40_000_000
    assert ran.output == "done\n"
    assert 2 < ran.peak_megabytes < 100


def test_processor_time_counts_the_processes_that_a_command_starts() -> None:
    works = "import time; end = time.process_time() + 0.4\\nwhile time.process_time() < end: pass"
    both = f"import subprocess, sys; [subprocess.run([sys.executable, '-c', '{works}']) for _ in 'ab']"
    assert 0.8 < run((sys.executable, "-c", both)).processor_seconds < 3


def test_a_command_that_fails_is_not_measured() -> None:
    with pytest.raises(StillwatchError, match="exit code 3"):
        run((sys.executable, "-I", "-S", "-c", "raise SystemExit(3)"))


def test_the_peak_counts_the_processes_that_a_command_starts() -> None:
    holds = "import time; held = bytearray(60_000_000); time.sleep(0.8)"
    starts = f"subprocess.Popen([sys.executable, '-c', '{holds}'])"
    both = f"import subprocess, sys; [p.wait() for p in [{starts} for _ in 'ab']]"
    assert 120 < run((sys.executable, "-c", both)).peak_megabytes < 220
