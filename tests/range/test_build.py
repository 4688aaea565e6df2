"""A world is whole, conforms to the record, comes out the same for a seed, and says what it is made of."""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from stillwatch.errors import Refused, StillwatchError
from stillwatch.importers import Intake, chosen, expand, load
from stillwatch.keys import Key
from stillwatch.range import DEMO, TextMode, WorldSpec, build, build_world, slices
from stillwatch.range.draw import DAY, MICRO
from stillwatch.range.populations import POPULATIONS
from stillwatch.range.store import CAMPAIGN, ORDINARY, RELAY, TRUTH
from stillwatch.record import ACCOUNTS, EXCHANGES, Skips, conform
from tests.range.conftest import Tables, in_memory

TINY = WorldSpec(scale=0.35, text=TextMode.SHORT, innocents=1.0)
FILES = ("exchanges.parquet", "accounts.parquet", "truth.parquet", "harvest.parquet", "world.json")


def test_both_tables_are_in_the_record_and_the_truth_in_its_own(small: Tables) -> None:
    assert conform(small.accounts, ACCOUNTS).schema == ACCOUNTS
    assert small.exchanges.column_names == EXCHANGES.names
    assert conform(small.exchanges, EXCHANGES).num_rows == small.exchanges.num_rows
    assert small.truth.schema == TRUTH


def test_required_columns_are_full_and_ids_are_unique(small: Tables) -> None:
    assert not any(small.exchanges[name].null_count for name in ("exchange_id", "ts", "account_id", "model"))
    assert pc.count_distinct(small.exchanges["exchange_id"]).as_py() == small.exchanges.num_rows
    assert pc.count_distinct(small.accounts["account_id"]).as_py() == small.accounts.num_rows


def test_truth_names_every_account_once(small: Tables) -> None:
    assert small.truth["account_id"].to_pylist() == small.accounts["account_id"].to_pylist()
    senders = set(small.exchanges["account_id"].unique().to_pylist())
    assert senders <= set(small.truth["account_id"].to_pylist())


def test_every_population_is_there_beside_the_campaigns(small: Tables) -> None:
    assert set(small.truth["kind"].to_pylist()) == {p.kind for p in POPULATIONS} | {CAMPAIGN}
    groups = small.truth.filter(pc.equal(small.truth["kind"], CAMPAIGN))["group_id"].unique().to_pylist()
    assert sorted(groups) == sorted(c.id for c in DEMO.campaigns)


def test_only_ordinary_accounts_have_no_group_and_only_campaigns_harvest(small: Tables) -> None:
    alone = small.truth.filter(pc.equal(small.truth["group_id"], ""))
    assert alone["kind"].unique().to_pylist() == [ORDINARY]
    harvests = small.truth.filter(pc.is_valid(small.truth["first_harvest_ts"]))
    assert harvests["kind"].unique().to_pylist() == [CAMPAIGN]
    assert harvests.num_rows > 0.9 * small.world.kinds[CAMPAIGN]


def test_the_first_harvest_is_a_request_of_that_account(small: Tables) -> None:
    first = small.exchanges.group_by("account_id").aggregate([("ts", "min")])
    both = small.truth.filter(pc.is_valid(small.truth["first_harvest_ts"])).join(first, "account_id")
    assert pc.all(pc.greater_equal(both["first_harvest_ts"], both["ts_min"])).as_py()


def test_harvest_names_the_requests_by_which_each_account_harvests(small: Tables) -> None:
    """Each is a request of the world, stands there once, and the first of an account is the moment the truth names."""
    harvest = pq.read_table(small.world.harvest)
    taken = harvest.join(small.exchanges.select(["exchange_id", "ts", "account_id"]), "exchange_id")
    assert taken.num_rows == harvest.num_rows == pc.count_distinct(harvest["exchange_id"]).as_py()
    first = taken.group_by("account_id").aggregate([("ts", "min")]).sort_by("account_id")
    told = small.truth.filter(pc.is_valid(small.truth["first_harvest_ts"])).sort_by("account_id")
    assert first["account_id"].to_pylist() == told["account_id"].to_pylist()
    assert first["ts_min"].to_pylist() == told["first_harvest_ts"].to_pylist()


def test_exchanges_lie_within_the_days_of_the_world_and_after_sign_up(small: Tables) -> None:
    known = json.loads((small.world.folder / "world.json").read_text(encoding="utf-8"))
    start = pa.scalar(known["start"]).cast(pa.timestamp("us", "UTC")).cast(pa.int64()).as_py()
    times = small.exchanges["ts"].cast(pa.int64())
    assert start <= pc.min(times).as_py() < start + DAY
    assert start + (DEMO.days - 1) * DAY < pc.max(times).as_py() < start + DEMO.days * DAY
    joined = small.exchanges.select(["account_id", "ts"]).join(
        small.accounts.select(["account_id", "created_at", "status_at"]), "account_id"
    )
    assert pc.all(pc.less(joined["created_at"], joined["ts"])).as_py()
    assert pc.all(pc.fill_null(pc.less(joined["ts"], joined["status_at"]), True)).as_py()
    assert joined["status_at"].null_count < joined.num_rows


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not(tmp_path: Path) -> None:
    worlds = [build_world(TINY, tmp_path / name, seed) for name, seed in (("a", 3), ("b", 3), ("c", 4))]
    for name in FILES:
        first, again, other = ((w.folder / name).read_bytes() for w in worlds)
        assert first == again, name
        assert first != other, name


def test_neither_threads_nor_disk_show_in_the_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = build_world(TINY, tmp_path / "a", 3)
    monkeypatch.setattr(build, "_threads", lambda: 1)
    monkeypatch.setattr(slices, "_HELD", 10_000)
    other = build_world(TINY, tmp_path / "b", 3)
    assert [(usual.folder / n).read_bytes() for n in FILES] == [(other.folder / n).read_bytes() for n in FILES]


def test_text_changes_texts_and_tokens_and_nothing_else(tmp_path: Path) -> None:
    bare, worded = (
        in_memory(build_world(replace(TINY, text=mode), tmp_path / mode.value, 3))
        for mode in (TextMode.NONE, TextMode.FULL)
    )
    for name in ("exchange_id", "ts", "account_id", "ip", "model", "session_id", "prefix_hashes", "status", "turn"):
        assert bare.exchanges[name].equals(worded.exchanges[name]), name
    assert bare.exchanges["input_text"].null_count == bare.exchanges.num_rows
    assert worded.exchanges["input_text"].null_count == 0
    assert worded.exchanges["output_text"].null_count < 0.2 * worded.exchanges.num_rows


def test_the_folder_says_how_it_was_built(tmp_path: Path) -> None:
    world = build_world(TINY, tmp_path / "w", 3)
    written = json.loads((world.folder / "world.json").read_text(encoding="utf-8"))
    assert (written["seed"], written["scale"], written["scenario"]) == (3, TINY.scale, "demo")
    assert sum(group["accounts"] for group in written["groups"]) <= world.n_accounts
    assert sum(written["shares"].values()) == pytest.approx(1.0, abs=1e-4)
    assert pq.read_metadata(world.exchanges).num_rows == world.n_exchanges
    assert sum(world.kinds.values()) == world.n_accounts
    assert sorted(p.name for p in world.folder.iterdir()) == sorted(FILES)


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep", encoding="utf-8")
    with pytest.raises(Refused, match="not an empty folder"):
        build_world(TINY, tmp_path, 1)
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


def test_a_build_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def stop(_rows: int, _expected: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_world(TINY, tmp_path / "w", 1, on_rows=stop)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_build_that_is_stopped_leaves_nothing(tmp_path: Path, number: int) -> None:
    typed = ("range", "build", "letter-2026-06", "--scale", "0.05", "--out", str(tmp_path / "w"))
    heeded = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"  # ignored in the background
    with subprocess.Popen(
        [sys.executable, "-c", f"{heeded}; from stillwatch.cli import main; main()", *typed],
        env={**os.environ, "PYTHONPATH": str(Path(build_file()).parents[2])}, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as build:  # fmt: skip
        try:
            deadline = time.monotonic() + 60
            while not any(tmp_path.glob(".w.*.part/*")) and time.monotonic() < deadline:
                time.sleep(0.05)
            assert build.poll() is None, "the build was over before it could be stopped"
            build.send_signal(number)
            assert build.wait(timeout=60) != 0
        finally:
            build.kill()
    assert list(tmp_path.iterdir()) == []


def build_file() -> str:
    """Return where the module under test lies."""
    return str(build.__file__)


def test_what_a_killed_build_left_is_removed_by_the_next(tmp_path: Path) -> None:
    gone = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    left = tmp_path / f".w.{int(gone.stdout)}.part"
    left.mkdir()
    (left / "exchanges.parquet").write_bytes(b"half")
    build_world(TINY, tmp_path / "w", 1)
    assert [p.name for p in tmp_path.iterdir()] == ["w"]


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"scale": 0.0}, "scale 0"),
        ({"scale": float("nan")}, "scale nan"),
        ({"scale": 0.001}, "accounts of"),
        ({"innocents": -1.0}, "-1.0 innocent"),
        ({"dials": {"clasroom": 2.0}}, "unknown population `clasroom`"),
        ({"dials": {"classroom": -2.0}}, "negative"),
        ({"rungs": ("paraphrased",)}, "paraphrase"),
    ],
)
def test_a_world_that_cannot_be_built_says_what_is_wrong(change: dict[str, object], found: str, tmp_path: Path) -> None:
    with pytest.raises(StillwatchError, match=found) as error:
        build_world(replace(TINY, **change), tmp_path / "w", 1)  # type: ignore[arg-type]
    assert error.value.expected or error.value.remedy
    assert not list(tmp_path.iterdir())


def test_a_world_is_imported_without_a_row_skipped_or_repaired(tmp_path: Path) -> None:
    world = build_world(TINY, tmp_path / "w", 3)
    intake = Intake(Key(b"k" * 32), Skips())
    read = sum(part.table.num_rows for part in load(chosen(list(expand([str(world.exchanges)])), intake), intake))
    assert read == world.n_exchanges
    assert (intake.skips.counts, intake.notes.counts) == ({}, {})


def test_relays_are_in_every_world(small: Tables) -> None:
    assert small.world.kinds[RELAY] >= 8
    assert MICRO == 1_000_000


@pytest.mark.parametrize("rungs", [(), ("bought-accounts",)])
def test_in_a_history_there_are_innocents_and_of_the_campaign_only_accounts_that_are_bought_later(
    rungs: tuple[str, ...], tmp_path: Path
) -> None:
    world = build_world(replace(TINY, history=3, rungs=rungs), tmp_path / "world", 5)
    begin = dt.datetime.fromisoformat(f"{TINY.scenario.start}T00:00:00+00:00")
    sent, truth = pq.read_table(world.exchanges), pq.read_table(world.truth)
    first = pc.min(sent.column("ts")).as_py()
    assert dt.timedelta(days=2) < begin - first <= dt.timedelta(days=3)
    assert pc.min(truth.column("first_harvest_ts")).as_py() >= begin
    early = sent.filter(pc.less(sent.column("ts"), pa.scalar(begin, sent.schema.field("ts").type)))
    kinds = (
        early.select(["account_id"]).join(truth.select(["account_id", "kind"]), "account_id").column("kind").to_pylist()
    )
    assert ("campaign" in kinds) == bool(rungs)
    assert kinds.count("ordinary") > 100
