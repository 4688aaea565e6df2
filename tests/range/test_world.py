"""A world is whole, conforms to the record, comes out the same for a seed, and says what it is made of."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from stillwatch.errors import Refused, StillwatchError
from stillwatch.importers import Intake, chosen, expand, load
from stillwatch.keys import Key
from stillwatch.range import ALL, DEMO, SCENARIOS, WorldSpec, build_world, world_tables
from stillwatch.range.draw import DAY
from stillwatch.range.store import CAMPAIGN, RELAY, TRUTH, Tables
from stillwatch.record import ACCOUNTS, EXCHANGES, Skips, conform

TINY = WorldSpec(name="tiny", days=3, scale=0.03)

LOOKALIKES = {
    "agent_prompt", "classroom", "hackathon", "enterprise_nat", "labelling_vendor", "saas", "aggregator",
    "eval_harness", "nightly_batch", "agent_fleet", "privacy_vpn", "drift_monitors", "key_migration",
    "inhouse_distillation", "red_team", "ci_fleet", "corporate_gateway", "audit_trail",
}  # fmt: skip


def _accounts_by_kind(world: Tables) -> dict[str, int]:
    counts = world.truth.group_by("kind").aggregate([("account_id", "count")])
    return dict(zip(counts["kind"].to_pylist(), counts["account_id_count"].to_pylist(), strict=True))


def test_both_tables_conform_to_the_record_and_the_truth_to_its_own(small: Tables) -> None:
    assert conform(small.accounts, ACCOUNTS).schema == ACCOUNTS
    assert conform(small.exchanges, EXCHANGES).num_rows == small.exchanges.num_rows
    assert small.truth.schema == TRUTH
    assert set(small.exchanges.column_names) <= set(EXCHANGES.names)


def test_required_columns_are_full_and_ids_are_unique(small: Tables) -> None:
    assert not any(small.exchanges[name].null_count for name in ("exchange_id", "ts", "account_id", "model"))
    assert pc.count_distinct(small.exchanges["exchange_id"]).as_py() == small.exchanges.num_rows
    assert pc.count_distinct(small.accounts["account_id"]).as_py() == small.accounts.num_rows


def test_truth_names_every_account_once(small: Tables) -> None:
    assert small.truth["account_id"].to_pylist() == small.accounts["account_id"].to_pylist()
    senders = set(small.exchanges["account_id"].unique().to_pylist())
    assert senders <= set(small.truth["account_id"].to_pylist())


def test_every_lookalike_is_there_beside_two_campaigns_and_a_relay(small: Tables) -> None:
    kinds = _accounts_by_kind(small)
    assert set(kinds) == LOOKALIKES | {"ordinary", CAMPAIGN, RELAY}
    groups = small.truth.filter(pc.equal(small.truth["kind"], CAMPAIGN))["group_id"].unique().to_pylist()
    assert sorted(groups) == ["grader", "letter"]


def test_shares_are_as_the_table_of_scenarios_says(small: Tables) -> None:
    kinds = _accounts_by_kind(small)
    usual = {s.kind: s.accounts for s in SCENARIOS if s.kind != CAMPAIGN}
    assert all(abs(kinds[kind] - 0.3 * accounts) < 1.5 for kind, accounts in usual.items())
    assert kinds["agent_prompt"] > kinds[CAMPAIGN] == 78


def test_only_ordinary_accounts_have_no_group(small: Tables) -> None:
    alone = small.truth.filter(pc.equal(small.truth["group_id"], ""))
    assert alone["kind"].unique().to_pylist() == ["ordinary"]


def test_the_demonstration_has_the_stated_size() -> None:
    accounts = sum(s.accounts for s in SCENARIOS)
    assert DEMO.scenarios == ALL
    assert 2_700 <= accounts <= 3_100


def test_exchanges_lie_within_the_days_of_the_world_and_after_sign_up(small: Tables) -> None:
    times = small.exchanges["ts"].cast(pa.int64())
    low, high = pc.min(times).as_py(), pc.max(times).as_py()
    assert DEMO.start - DAY / 24 < low < high < DEMO.start + (DEMO.days + 0.5) * DAY
    born = small.accounts.select(["account_id", "created_at"])
    joined = small.exchanges.select(["account_id", "ts"]).join(born, "account_id")
    assert pc.all(pc.less(joined["created_at"], joined["ts"])).as_py()


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not(tmp_path: Path) -> None:
    worlds = [build_world(TINY, tmp_path / name, seed) for name, seed in (("a", 3), ("b", 3), ("c", 4))]
    for name in ("exchanges.parquet", "accounts.parquet", "truth.parquet", "world.json"):
        first, again, other = ((w.folder / name).read_bytes() for w in worlds)
        assert first == again
        assert first != other


def test_the_folder_says_how_it_was_built(tmp_path: Path) -> None:
    world = build_world(TINY, tmp_path / "w", 3)
    written = json.loads((world.folder / "world.json").read_text(encoding="utf-8"))
    assert (written["seed"], written["scale"], written["days"]) == (3, TINY.scale, TINY.days)
    assert pq.read_metadata(world.exchanges).num_rows == world.n_exchanges
    assert sum(world.kinds.values()) == world.n_accounts


def test_leaving_a_scenario_out_leaves_the_accounts_of_the_others_as_they_were() -> None:
    some = WorldSpec(days=3, scale=0.03, scenarios=("ordinary", "letter"))
    assert set(world_tables(some, 3).accounts["account_id"].to_pylist()) <= set(
        world_tables(TINY, 3).accounts["account_id"].to_pylist()
    )


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep", encoding="utf-8")
    with pytest.raises(Refused, match="not empty"):
        build_world(TINY, tmp_path, 1)
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(
    ("spec", "found"),
    [
        (WorldSpec(scenarios=("ordinary", "letters")), "unknown scenario `letters`"),
        (WorldSpec(scale=0.0), "scale 0"),
        (WorldSpec(days=1), "1 days"),
        (WorldSpec(scenarios=()), "0 scenarios"),
    ],
)
def test_a_world_that_cannot_be_built_says_what_is_wrong(spec: WorldSpec, found: str, tmp_path: Path) -> None:
    with pytest.raises(StillwatchError, match=found):
        build_world(spec, tmp_path / "w", 1)
    assert not (tmp_path / "w").exists()


def test_a_world_is_imported_without_a_row_skipped_or_repaired(tmp_path: Path) -> None:
    world = build_world(TINY, tmp_path / "w", 3)
    intake = Intake(Key(b"k" * 32), Skips())
    read = sum(part.table.num_rows for part in load(chosen(list(expand([str(world.exchanges)])), intake), intake))
    assert read == world.n_exchanges
    assert (intake.skips.counts, intake.notes.counts) == ({}, {})
