"""Each population shows what it is there to show: the campaigns their marks, the look-alikes what makes them hard."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from stillwatch.range import SCENARIOS
from stillwatch.range.store import Tables


def _accounts(world: Tables, group: str) -> pa.Table:
    return world.accounts.filter(pc.equal(world.truth["group_id"], group))


def _exchanges(world: Tables, group: str) -> pa.Table:
    names = _accounts(world, group)["account_id"].combine_chunks()
    return world.exchanges.filter(pc.is_in(world.exchanges["account_id"], names))


def _holders(table: pa.Table, column: str) -> int:
    """Return how many accounts share the commonest value of `column`."""
    counts = table.group_by(column).aggregate([("account_id", "count_distinct")])
    counts = counts.filter(counts[column].is_valid())
    return pc.max(counts["account_id_count_distinct"]).as_py() or 0


def _follow_ups(table: pa.Table) -> float:
    return float((table["turn"].to_numpy() > 1).mean())


def _hours_apart(values: pa.ChunkedArray) -> npt.NDArray[np.float64]:
    return np.diff(np.sort(values.cast(pa.int64()).to_numpy())) / 3.6e9


def test_the_quiet_campaign_sends_26_a_day_single_turns_and_shares_nothing_but_text(small: Tables) -> None:
    sent, accounts = _exchanges(small, "letter"), _accounts(small, "letter")
    assert 20 < sent.num_rows / accounts.num_rows / 7 < 28
    assert _follow_ups(sent) == 0
    assert _holders(accounts, "payment_id") == _holders(accounts, "device_id") == 1
    assert _holders(sent, "ip") <= 2
    assert len(set(pc.utf8_slice_codeunits(sent["input_text"], 0, 150).to_pylist())) == 1
    assert pc.count_distinct(sent["input_text"]).as_py() > 0.95 * sent.num_rows


def test_the_loud_campaign_is_in_step_shares_cards_and_brings_back_blocks_of_others(small: Tables) -> None:
    sent, accounts = _exchanges(small, "grader"), _accounts(small, "grader")
    assert 2 <= _holders(accounts, "payment_id") <= 10
    assert np.ptp(accounts["created_at"].cast(pa.int64()).to_numpy()) < 3 * 86_400e6
    gaps = _hours_apart(sent["ts"])
    assert (gaps < 15 / 3600).mean() > 0.8
    assert _displaced(sent) > 0.03


def _displaced(table: pa.Table) -> float:
    """Return the share of requests that bring back a reasoning block which another account got."""
    owner: dict[str, str] = {}
    for account, blocks in zip(table["account_id"].to_pylist(), table["signatures_issued"].to_pylist(), strict=True):
        owner.update(dict.fromkeys(blocks, account))
    brought = zip(table["account_id"].to_pylist(), table["signatures_presented"].to_pylist(), strict=True)
    moved = [any(owner.get(b, account) != account for b in blocks) for account, blocks in brought]
    return sum(moved) / len(moved)


def test_ordinary_people_keep_their_reasoning_blocks_to_themselves(small: Tables) -> None:
    sent = _exchanges(small, "")
    assert _displaced(sent) == 0
    assert pc.sum(pc.list_value_length(sent["signatures_presented"])).as_py() > 100


def test_conversations_go_on_under_other_accounts_of_a_relay_and_nowhere_else(small: Tables) -> None:
    assert _wandering(_exchanges(small, "relay")) > 0.2
    assert _wandering(_exchanges(small, "enterprise_nat")) == 0


def _wandering(table: pa.Table) -> float:
    """Return the share of conversations of two turns or more that more than one account has had a part in."""
    first = pc.list_element(table.filter(pc.greater(table["turn"], 1))["prefix_hashes"], 0)
    later = table.filter(pc.greater(table["turn"], 1)).append_column("first", first)
    counts = later.group_by("first").aggregate([("account_id", "count_distinct")])
    return float((counts["account_id_count_distinct"].to_numpy() > 1).mean())


def test_a_relay_fails_over_with_the_same_body_within_seconds(small: Tables) -> None:
    sent = _exchanges(small, "relay")
    failed = sent.filter(pc.greater_equal(sent["status"], 400))
    good = sent.filter(pc.less(sent["status"], 400)).select(["input_text", "account_id", "ts"])
    pairs = failed.select(["input_text", "account_id", "ts"]).join(
        good, "input_text", right_suffix="_2", join_type="inner"
    )
    wait = pc.subtract(pairs["ts_2"].cast(pa.int64()), pairs["ts"].cast(pa.int64())).to_numpy() / 1e6
    elsewhere = pc.not_equal(pairs["account_id"], pairs["account_id_2"]).to_numpy()
    assert ((wait > 0) & (wait < 30) & elsewhere).sum() > 0.5 * failed.num_rows


@pytest.mark.parametrize(
    "group",
    ["enterprise_nat", "labelling_vendor", "saas", "nightly_batch", "agent_fleet", "ci_fleet", "corporate_gateway",
     "inhouse_distillation", "red_team", "aggregator"],
)  # fmt: skip
def test_one_organisation_declares_itself(small: Tables, group: str) -> None:
    accounts = _accounts(small, group)
    assert accounts["org_id"].null_count == 0
    assert _holders(accounts, "org_id") == _holders(accounts, "payment_id") == accounts.num_rows


@pytest.mark.parametrize("group", ["agent_prompt", "eval_harness", "drift_monitors", "privacy_vpn", "hackathon"])
def test_unrelated_owners_share_no_organisation_and_no_card(small: Tables, group: str) -> None:
    accounts = _accounts(small, group)
    assert _holders(accounts, "org_id") <= 1
    assert _holders(accounts, "payment_id") <= 1


def test_the_popular_agent_has_more_accounts_under_one_prompt_than_the_campaign(small: Tables) -> None:
    assert _accounts(small, "agent_prompt").num_rows > _accounts(small, "letter").num_rows
    assert _holders(_exchanges(small, "agent_prompt"), "system_text") > 0.3 * _accounts(small, "agent_prompt").num_rows


def test_the_hackathon_has_the_sharper_sign_up_burst(small: Tables) -> None:
    spread = [np.ptp(_accounts(small, g)["created_at"].cast(pa.int64()).to_numpy()) for g in ("hackathon", "grader")]
    assert spread[0] < spread[1] / 10


def test_the_classroom_shares_domain_address_and_template_and_talks_back(small: Tables) -> None:
    accounts, sent = _accounts(small, "classroom"), _exchanges(small, "classroom")
    assert pc.count_distinct(accounts["email_domain"]).as_py() == 1
    assert _holders(sent, "ip") > 0.5 * accounts.num_rows
    assert _follow_ups(sent) > 0.35


def test_owners_of_the_evaluation_run_the_same_items_within_a_day(small: Tables) -> None:
    sent = _exchanges(small, "eval_harness")
    assert _holders(sent, "input_text") == _accounts(small, "eval_harness").num_rows


def test_the_new_account_of_a_migration_starts_when_the_old_one_stops(small: Tables) -> None:
    sent = _exchanges(small, "key_migration")
    spans = sent.group_by(["org_id", "account_id"]).aggregate([("ts", "min"), ("ts", "max")])
    spans = spans.sort_by([("org_id", "ascending"), ("ts_min", "ascending")]).to_pylist()
    pairs = [(a, b) for a, b in itertools.pairwise(spans) if a["org_id"] == b["org_id"]]
    assert pairs
    assert all(old["ts_max"] < new["ts_max"] and old["ts_max"] <= new["ts_min"] for old, new in pairs)


def test_registered_programmes_say_so(small: Tables) -> None:
    assert _accounts(small, "inhouse_distillation")["program"].unique().to_pylist() == ["model_training"]
    assert _accounts(small, "red_team")["program"].unique().to_pylist() == ["red_team"]


def test_the_red_team_is_refused_often(small: Tables) -> None:
    refused = _exchanges(small, "red_team")["refused"].to_numpy().mean()
    assert refused > 0.4 > 10 * _exchanges(small, "")["refused"].to_numpy().mean()


def test_ordinary_rates_have_a_heavy_tail_that_reaches_beyond_the_campaign(small: Tables) -> None:
    counts = _exchanges(small, "").group_by("account_id").aggregate([("ts", "count")])["ts_count"].to_numpy()
    assert counts.max() > 1.5 * 26 * 7
    assert np.quantile(counts, 0.95) > 6 * np.median(counts)
    assert _follow_ups(_exchanges(small, "")) > 0.3


def test_ordinary_people_ask_again(small: Tables) -> None:
    sent = _exchanges(small, "")
    sent = sent.filter(pc.equal(sent["status"], 200))
    pairs = sent.group_by(["account_id", "input_text"]).aggregate([("ts", "count")])
    assert 0.01 < (pairs["ts_count"].to_numpy() > 1).mean() < 0.15


def test_errors_are_followed_by_the_clients_own_retry(small: Tables) -> None:
    sent = _exchanges(small, "")
    failed = sent.filter(pc.greater_equal(sent["status"], 429))
    bodies = set(zip(failed["account_id"].to_pylist(), failed["input_text"].to_pylist(), strict=True))
    good = sent.filter(pc.less(sent["status"], 400))
    later = set(zip(good["account_id"].to_pylist(), good["input_text"].to_pylist(), strict=True))
    assert 0.4 < len(bodies & later) / len(bodies) < 0.9


def test_a_conversation_lists_the_hashes_of_its_earlier_turns(small: Tables) -> None:
    earlier = pc.list_value_length(small.exchanges["prefix_hashes"]).to_numpy()
    assert (earlier == small.exchanges["turn"].to_numpy() - 1).all()


def test_the_page_lists_every_population_with_its_size() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "concepts" / "range.md").read_text(encoding="utf-8")
    missing = [s.name for s in SCENARIOS if f"| `{s.name}` | {s.accounts:,} |" not in page]
    assert not missing
