"""The scan of small labelled worlds: what it finds, whom it leaves alone, and what may not change its answer."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from scipy import sparse

from stillwatch.config import ProposalLimits
from stillwatch.keys import make_key
from stillwatch.proposals.communities import communities
from stillwatch.range import TextMode, WorldSpec, build_world, lexicon, scenario_named, sentences
from stillwatch.range.campaigns import Campaign
from stillwatch.range.scoring import Score, score
from tests.small_world import (
    FEW,
    SEED,
    Scanned,
    campaign_of,
    done,
    parquet_bytes,
    populations,
    rows,
    scan_world,
    stillwatch,
    stillwatch_process,
    verdicts,
)

LEAST_RECALL = 0.9
"""Share of a campaign's accounts that must be members."""


@pytest.fixture(scope="module")
def scored(everyone: Scanned) -> Score:
    return score(everyone.world / "truth.parquet", everyone.out)


@pytest.mark.parametrize(
    ("population", "verdict"),
    [("letter", "distillation_campaign"), ("grader", "distillation_campaign"), ("relay", "pooled_access")],
)
def test_it_finds_what_is_hidden_and_calls_it_what_it_is(everyone: Scanned, population: str, verdict: str) -> None:
    name = campaign_of(everyone.world, everyone.out, population)
    assert verdicts(everyone.out)[name] == verdict


@pytest.mark.parametrize("population", ["letter", "grader", "relay"])
def test_nearly_all_accounts_of_a_campaign_are_members(scored: Score, population: str) -> None:
    (found,) = [group for group in scored.groups if group.group_id == population]
    assert found.recall >= LEAST_RECALL


def test_it_accuses_no_look_alike_and_nobody_innocent(scored: Score) -> None:
    assert (scored.campaigns, scored.innocent_named) == (3, 0)


def test_every_member_of_a_campaign_belongs_to_it(everyone: Scanned) -> None:
    for _, parts in populations(everyone.world, everyone.out).values():
        assert len(parts) == 1


def test_look_alikes_are_among_the_groups_looked_at_and_cleared(everyone: Scanned) -> None:
    cleared = {row["campaign_id"] for row in rows(everyone.out, "cleared")}
    tested = [row for row in rows(everyone.out, "groups") if row["campaign_id"] in cleared]
    group = {a: g for a, g in _truth(everyone.world).items() if g}
    assert {"saas", "agent_prompt", "enterprise_nat"} <= {group.get(row["account_id"]) for row in tested}


def _truth(world: Path) -> dict[str, str]:
    table = pq.read_table(world / "truth.parquet")
    return dict(zip(table["account_id"].to_pylist(), table["group_id"].to_pylist(), strict=True))


def test_nobody_is_accused_on_the_evidence_of_a_stronger_campaign(few: Scanned) -> None:
    groups = [(verdict, set(parts)) for verdict, parts in populations(few.world, few.out).values()]
    assert sorted(groups) == [("distillation_campaign", {"grader"}), ("pooled_access", {"relay"})]


def test_a_world_of_ordinary_people_and_look_alikes_alone_has_no_campaign(tmp_path: Path) -> None:
    spec = WorldSpec(scenario_named("innocent"), scale=0.02, text=TextMode.SHORT, dials={"relay": 0.0})
    found = scan_world(build_world(spec, tmp_path / "world", SEED).folder, tmp_path)
    assert found.said.json["campaigns"] == []


def test_pools_that_are_alike_and_most_of_a_world_are_named_one_by_one(tmp_path: Path) -> None:
    spec = WorldSpec(scenario_named("innocent"), scale=0.05, text=TextMode.SHORT, dials={"relay": 36.0})
    found = scan_world(build_world(spec, tmp_path / "world", 62).folder, tmp_path)
    named = [(verdict, set(parts)) for verdict, parts in populations(found.world, found.out).values()]
    assert sorted(named) == [("pooled_access", {"relay-1"}), ("pooled_access", {"relay-2"})]


@pytest.mark.parametrize(
    ("dials", "scale", "seed"),
    [({"eval_harness": 48.7}, 0.05, 52), ({"eval_harness": 20.0, "drift_monitors": 50.0}, 0.1, 85)],
    ids=["owners of two benchmarks", "owners and monitors"],
)
def test_independent_owners_of_one_list_are_no_campaign_though_they_are_most_of_a_world(
    dials: dict[str, float], scale: float, seed: int, tmp_path: Path
) -> None:
    spec = WorldSpec(scenario_named("innocent"), scale=scale, text=TextMode.SHORT, dials=dials)
    found = scan_world(build_world(spec, tmp_path / "world", seed).folder, tmp_path)
    assert [verdict for verdict, _ in populations(found.world, found.out).values()] == ["pooled_access"]


# --- same input, same bytes -------------------------------------------------------------------------------------------


def test_the_number_of_threads_does_not_show(few: Scanned, tmp_path: Path) -> None:
    for threads in (1, 5):
        out = tmp_path / str(threads)
        done(stillwatch("scan", "--ledger", few.ledger, "--out", out, "--threads", threads))
        assert parquet_bytes(out) == parquet_bytes(few.out)


def test_order_of_rows_files_containers_names_and_keys_do_not_show(few: Scanned, tmp_path: Path) -> None:
    make_key(tmp_path / "other.key")
    logs, accounts = _otherwise_written(few.world, tmp_path / "logs")
    arguments = (logs, "--accounts", accounts, "--ledger", tmp_path / "ledger", "--key", tmp_path / "other.key")
    assert done(stillwatch("import", *arguments, "--json")).json["skipped"] == []
    done(stillwatch("scan", "--ledger", tmp_path / "ledger", "--out", tmp_path / "out"))
    assert parquet_bytes(tmp_path / "out") == parquet_bytes(few.out)


def _otherwise_written(world: Path, folder: Path) -> tuple[Path, Path]:
    """Write a world again: rows in another order, in three files of three containers; accounts as CSV."""
    exchanges, accounts = (_shuffled(pq.read_table(world / f"{name}.parquet")) for name in ("exchanges", "accounts"))
    folder.mkdir()
    third = exchanges.num_rows // 3
    pq.write_table(exchanges.slice(2 * third), folder / "a-last.parquet", row_group_size=500)
    _write_json_lines(exchanges.slice(0, third), folder / "z-first.jsonl.gz")
    pq.write_table(exchanges.slice(third, third), folder / "middle.parquet", compression="gzip")
    pa.csv.write_csv(accounts, folder.parent / "people.csv")
    return folder, folder.parent / "people.csv"


def _shuffled(table: pa.Table) -> pa.Table:
    return table.take(np.random.default_rng(1).permutation(table.num_rows))


def _write_json_lines(table: pa.Table, path: Path) -> None:
    with gzip.open(path, "wt", encoding="utf-8") as file:
        for row in table.to_pylist():
            file.write(json.dumps({**row, "ts": row["ts"].isoformat()}, ensure_ascii=False) + "\n")


def test_neither_the_working_directory_nor_the_seed_of_hashes_nor_the_zone_shows(few: Scanned, tmp_path: Path) -> None:
    (tmp_path / "ledger").symlink_to(few.ledger)
    environment = {"PYTHONHASHSEED": "4242", "TZ": "Asia/Kathmandu", "LC_ALL": "C"}
    done(stillwatch_process("scan", "--ledger", "ledger", "--out", "out", cwd=tmp_path, environment=environment))
    assert parquet_bytes(tmp_path / "out") == parquet_bytes(few.out)
    assert _without_times(tmp_path / "out") == _without_times(few.out)


def test_communities_do_not_depend_on_what_was_computed_before() -> None:
    size = 300
    links = sparse.random_array((size, size), density=0.02, rng=5)
    graph = sparse.csr_array(((links + links.T) * 1_000).astype(np.int64))
    seen = {tuple(group.tobytes() for group in communities(graph, ProposalLimits())) for _ in range(30)}
    assert len(seen) == 1


def _without_times(out: Path) -> dict[str, object]:
    """Return `scan.json` but for what may differ between two equal runs."""
    said: dict[str, object] = json.loads((out / "scan.json").read_text("utf-8"))
    return {name: value for name, value in said.items() if name not in ("timings", "finished_at", "memory")}


# --- country and language are no evidence -----------------------------------------------------------------------------


_GUILTY = ("letter", "grader", "relay")


def test_changing_every_country_changes_nothing(few: Scanned, tmp_path: Path) -> None:
    """Not even where all that is guilty comes from one country, and all else from another."""
    world = tmp_path / "world"
    world.mkdir()
    group = _truth(few.world)
    for name, columns in (("exchanges", ["country"]), ("accounts", ["declared_country", "phone_prefix"])):
        table = pq.read_table(few.world / f"{name}.parquet")
        guilty = [group[account] in _GUILTY for account in table["account_id"].to_pylist()]
        for column in columns:
            values = pa.array(["XA" if one else "XB" for one in guilty])
            assert not pc.any(pc.equal(table[column], values)).as_py()
            table = table.set_column(table.schema.get_field_index(column), column, values)
        pq.write_table(table, world / f"{name}.parquet")
    assert parquet_bytes(scan_world(world, tmp_path).out) == parquet_bytes(few.out)


_IN_CHINESE = (
    "请你担任公正的评分员。阅读问题和候选答案，逐条按照评分标准打分，并在给出每一项分数之前写出打分背后的推理过程。"
    "\n\n【问题】\n{task}\n\n【候选答案】\n{answer}\n\n【评分标准】\n正确性 0-5，完整性 0-5，清晰度 0-5"
    "\n\n最后用 JSON 对象给出各项分数。",
    "下面是一个已经写好的答案。请逐步还原得出这个答案的完整内部推理过程，就像在写答案之前思考的那样。\n\n【答案】\n{answer}",
)
"""The wrappers of the campaign, said in Chinese."""
_LANGUAGES = lexicon.LANGUAGES


def _in_chinese(campaign: Campaign) -> Campaign:
    tactics = [
        replace(tactic, recipe=replace(tactic.recipe, templates=(text,)))
        for tactic, text in zip(campaign.tactics, _IN_CHINESE, strict=True)
    ]
    return replace(campaign, tactics=tuple(tactics))


@pytest.mark.parametrize(
    "languages",
    [
        pytest.param(("zh", "en", *_LANGUAGES[2:]), id="Chinese and English change places"),
        pytest.param(("zh",) * len(_LANGUAGES), id="everybody writes Chinese"),
    ],
)
def test_a_world_in_another_language_gives_the_same_verdicts(
    few: Scanned, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, languages: tuple[str, ...]
) -> None:
    monkeypatch.setattr(sentences, "LANGUAGES", languages)
    scenario = replace(FEW.scenario, campaigns=tuple(_in_chinese(c) for c in FEW.scenario.campaigns))
    world = build_world(replace(FEW, scenario=scenario), tmp_path / "world", SEED).folder
    assert _is_chinese(world, "grader")
    found = scan_world(world, tmp_path)
    assert _found(found) == _found(few)


def _is_chinese(world: Path, population: str) -> bool:
    group = _truth(world)
    table = pq.read_table(world / "exchanges.parquet", columns=["account_id", "input_text"]).to_pylist()
    texts = [row["input_text"] for row in table if group[row["account_id"]] == population]
    return all(sum("一" <= c <= "鿿" for c in text) > len(text) / 2 for text in texts[:50])


def _found(scanned: Scanned) -> set[tuple[str, str, int]]:
    """Return the verdict, the population and the number of members of each campaign."""
    parts = populations(scanned.world, scanned.out).values()
    return {(verdict, population, n) for verdict, counts in parts for population, n in counts.items()}
