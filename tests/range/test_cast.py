"""Who plays: proportions as stated, dials, groups of uneven size, and shrinking that keeps what matters."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from stillwatch.errors import StillwatchError
from stillwatch.range.cast import Cast, WorldSpec, cast
from stillwatch.range.draw import DAY
from stillwatch.range.populations import POPULATIONS
from stillwatch.range.scenarios import SCENARIOS, scenario_named
from stillwatch.range.store import CAMPAIGN, ORDINARY

LETTER = WorldSpec(scenario_named("letter-2026-06"), scale=0.05)
LOAD = {p.name: p.load for p in POPULATIONS}


def _exchanges(troupe: Cast, kind: str) -> float:
    return sum(p.count * LOAD[kind] * troupe.days for p in troupe.players if p.kind == kind)


def test_the_innocent_outnumber_the_campaign_ten_to_one() -> None:
    troupe = cast(LETTER, 1)
    (campaign,) = troupe.campaigns
    assert (campaign.accounts, campaign.exchanges) == (1_250, 1_440_000)
    innocent = sum(_exchanges(troupe, p.name) for p in POPULATIONS)
    assert innocent == pytest.approx(10 * campaign.exchanges, rel=0.03)


def test_every_population_has_its_share_of_the_innocent_exchanges() -> None:
    troupe = cast(LETTER, 1)
    whole = sum(_exchanges(troupe, p.name) for p in POPULATIONS)
    for population in POPULATIONS:
        share = _exchanges(troupe, population.name) / whole
        assert share == pytest.approx(population.share, rel=0.1), population.name
    assert sum(p.share for p in POPULATIONS) == pytest.approx(1.0)


@pytest.mark.parametrize("scale", [0.01, 0.05, 0.3])
def test_shrinking_keeps_load_days_and_proportions(scale: float) -> None:
    troupe = cast(replace(LETTER, scale=scale), 1)
    (campaign,) = troupe.campaigns
    assert campaign.exchanges / campaign.accounts / troupe.days == pytest.approx(25.6, rel=0.01)
    assert troupe.days == 45
    assert troupe.expected == pytest.approx(11 * campaign.exchanges)


def test_a_dial_makes_a_population_dominate_and_leaves_ordinary_people_a_quarter() -> None:
    troupe = cast(replace(LETTER, dials={"classroom": 200.0}), 1)
    shares = troupe.shares
    assert shares["classroom"] > 0.6
    assert shares[ORDINARY] == pytest.approx(0.25)
    assert sum(shares.values()) == pytest.approx(1.0)


def test_a_population_dialled_to_zero_is_not_there() -> None:
    troupe = cast(replace(LETTER, dials={"saas": 0.0}), 1)
    assert "saas" not in {p.kind for p in troupe.players}


def test_groups_grow_in_number_and_in_size() -> None:
    few, many = (cast(replace(LETTER, scale=s), 1) for s in (0.01, 0.5))
    for kind in ("classroom", "enterprise_nat", "saas"):
        small, large = ([p.count for p in t.players if p.kind == kind] for t in (few, many))
        assert len(large) > len(small) >= 1
        assert max(large) > max(small)
        assert max(large) > 2 * min(large)


def test_names_of_groups_differ_and_name_their_population() -> None:
    troupe = cast(LETTER, 1)
    assert max(Counter(p.name for p in troupe.players).values()) == 1
    assert all(p.name.startswith(p.kind) for p in troupe.players if p.kind != CAMPAIGN)


def test_the_popular_prompt_has_more_accounts_than_the_campaign() -> None:
    troupe = cast(LETTER, 1)
    counts = Counter[str]()
    for player in troupe.players:
        counts[player.kind] += player.count
    assert counts["agent_prompt"] > counts[CAMPAIGN]


def test_a_world_of_innocents_has_no_campaign() -> None:
    troupe = cast(WorldSpec(scenario_named("innocent"), scale=0.1), 1)
    assert not troupe.campaigns
    assert troupe.expected == pytest.approx(100_000)


@pytest.mark.parametrize("scenario", [s.name for s in SCENARIOS])
def test_every_scenario_can_be_cast_at_full_scale(scenario: str) -> None:
    troupe = cast(WorldSpec(scenario_named(scenario)), 1)
    assert troupe.expected > 100_000
    assert {p.kind for p in POPULATIONS} <= {p.kind for p in troupe.players}


def test_a_scenario_that_is_misspelt_is_answered_with_the_nearest() -> None:
    with pytest.raises(StillwatchError, match="unknown scenario `leter-2026-06`") as error:
        scenario_named("leter-2026-06")
    assert "did you mean `letter-2026-06`?" in error.value.remedy


# --- history ----------------------------------------------------------------------------------------------------------


def test_history_is_more_days_of_the_same_innocents_and_leaves_the_campaign_as_it_is() -> None:
    without, later = cast(LETTER, 1), cast(replace(LETTER, history=10), 1)
    assert later.start == without.start - 10 * DAY
    assert (later.days, later.release) == (without.days + 10, without.release)
    assert later.campaigns == without.campaigns
    assert [(p.name, p.count) for p in later.players] == [(p.name, p.count) for p in without.players]
    campaign, crowd = later.players[0].stage, later.players[-1].stage
    assert (campaign.start, campaign.days) == (without.start, without.days)
    assert (crowd.start, crowd.days) == (campaign.whole.start, campaign.whole.days) == (later.start, later.days)
    innocent = without.expected - without.campaigns[0].exchanges
    assert later.expected - without.expected == pytest.approx(innocent * 10 / without.days)


@pytest.mark.parametrize("days", [-1, 100_000])
def test_a_history_that_makes_no_world_is_refused(days: int) -> None:
    with pytest.raises(StillwatchError, match="days of history"):
        cast(replace(LETTER, history=days), 1)
