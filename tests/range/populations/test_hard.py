"""Each innocent population shows what makes it hard to tell from a campaign."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from stillwatch.arrays import I64
from stillwatch.range.accounts import AGENTS, CLIENTS, PROGRAMS, clock_shifts
from stillwatch.range.draw import DAY, HOUR, MICRO
from stillwatch.range.events import HABIT, NONE, Events
from stillwatch.range.fits import JUDGED
from stillwatch.range.populations.one_org import EXAMPLES, LABELS
from stillwatch.range.recipes import NEW
from tests.range.populations.played import BY_NAME, Played, changes, holders, per_account, play

ONE_ORG = ("enterprise_nat", "labelling_vendor", "saas", "aggregator", "nightly_batch", "agent_fleet",
           "inhouse_distillation", "red_team", "ci_fleet", "corporate_gateway")  # fmt: skip
UNRELATED = ("ordinary", "agent_prompt", "hackathon", "eval_harness", "privacy_vpn", "drift_monitors", "audit_trail")
LETTER = 26.0
"""Requests a day of an account of the quiet campaign."""


def _hours(played: Played) -> I64:
    return (played.sent.ts // HOUR) % 24


def _single(sent: Events) -> bool:
    return bool(np.all(sent.turn == 1))


@pytest.mark.parametrize("name", ONE_ORG)
def test_one_organisation_declares_itself_and_shares_one_card_and_one_domain(name: str) -> None:
    who = play(name).who
    assert holders(who.org) == holders(who.payment) == holders(who.domain) == len(who)


@pytest.mark.parametrize("name", UNRELATED)
def test_unrelated_owners_share_no_organisation_and_hardly_a_card(name: str) -> None:
    who = play(name).who
    assert holders(who.org) <= 2
    assert holders(who.payment) <= 2


class TestOrdinary:
    def test_some_people_are_busier_than_any_account_of_the_quiet_campaign(self) -> None:
        played = play("ordinary", count=4_000)
        counts = per_account(played)
        assert (counts > 1.5 * LETTER * 14).sum() > 5
        assert np.quantile(counts, 0.95) > 5 * np.median(counts)

    def test_people_follow_up_and_programs_do_not(self) -> None:
        sent = play("ordinary", count=2_000).sent
        assert (sent.turn[sent.recipe == 0] > 1).mean() > 0.35
        assert _single(sent.take(sent.recipe > 0))

    def test_programs_work_round_the_clock_in_bursts_with_a_text_of_their_own(self) -> None:
        played = play("ordinary", count=8_000)
        programs = np.unique(played.sent.account[played.sent.recipe > 0])
        assert len(programs) == pytest.approx(JUDGED.api_share * 8_000, abs=1)
        texts = [(r.system, r.templates) for r in played.part.recipes[1:]]
        assert len(set(texts)) == len(texts) == len(programs)
        busiest = played.sent.take(played.sent.account == programs[np.argmax(per_account(played)[programs])])
        hourly = np.bincount((busiest.ts - played.stage.start) // HOUR, minlength=14 * 24)
        assert (hourly > 0).mean() > 0.5
        assert hourly.var() > 5 * hourly.mean()

    def test_some_people_have_two_accounts_and_write_alike_on_both(self) -> None:
        played = play("ordinary", count=8_000)
        other = np.flatnonzero(played.sent.writer != played.sent.account)
        pairs = np.unique(np.stack([played.sent.writer, played.sent.account])[:, other], axis=1).T
        assert 0.005 < len(pairs) / 8_000 < 0.03
        assert np.all(played.who.homes[pairs[:, 0], 0] == played.who.homes[pairs[:, 1], 0])

    def test_strangers_share_an_address_by_chance(self) -> None:
        homes = play("ordinary", count=8_000).who.homes[:, 0]
        assert 0.04 < _shared(homes) < 0.09

    def test_a_public_transcript_is_gone_on_with_by_somebody_else_hours_later(self) -> None:
        sent = play("ordinary", count=8_000).sent
        moved = changes(sent)
        assert 1e-5 < len(moved) / len(sent) < 5e-3


def _shared(values: npt.NDArray[np.generic]) -> float:
    """Return the share of entries that are not the only one of their value."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    return float((counts[place] > 1).mean())


class TestAgentPrompt:
    def test_one_system_prompt_and_one_wrapper_stand_over_most_accounts(self) -> None:
        played = play("agent_prompt", count=1_500)
        most = max(_accounts_with(played, system) for system in {r.system for r in played.part.recipes})
        assert most > 0.3 * 1_500
        first = played.sent.take(played.sent.turn == 1)
        wrapped = {k for k, r in enumerate(played.part.recipes) if r.templates != ("{task}",)}
        assert set(first.recipe.tolist()) <= wrapped
        assert len({played.part.recipes[k].templates for k in wrapped}) == 1

    def test_it_is_the_larger_group_at_any_scale(self) -> None:
        """In a world with ten innocent exchanges to one of a campaign at 26 a day and account."""
        population = BY_NAME["agent_prompt"]
        assert population.size == 0
        assert 10 * population.share / population.load > 1 / LETTER

    def test_its_users_run_the_same_client_in_many_builds(self) -> None:
        agents = [AGENTS[k] for k in np.unique(play("agent_prompt").who.agents)]
        assert len({name.split("/")[0] for name in agents}) == 1
        assert len(agents) > 20


def _accounts_with(played: Played, system: str | None) -> int:
    recipes = [k for k, r in enumerate(played.part.recipes) if r.system == system and system is not None]
    return len(np.unique(played.sent.account[np.isin(played.sent.recipe, recipes)]))


class TestClassroom:
    def test_a_class_shares_domain_address_and_programme(self) -> None:
        who = play("classroom").who
        assert holders(who.domain) == holders(who.homes[:, 0]) == len(who)
        assert {PROGRAMS[k] for k in who.program} == {"education"}

    def test_lessons_are_a_few_hours_of_the_week_and_every_week_has_its_assignment(self) -> None:
        played = play("classroom", days=28)
        hours = np.unique((played.sent.ts - played.stage.start) // HOUR % (7 * 24))
        assert len(hours) < 24
        assert len(np.unique(played.sent.recipe[played.sent.turn == 1])) >= 2

    def test_students_talk_back(self) -> None:
        assert (play("classroom").sent.turn > 1).mean() > 0.35


class TestHackathon:
    def test_the_burst_of_sign_ups_is_sharper_than_three_days(self) -> None:
        played = play("hackathon", days=12)
        assert len(played.who) == 120
        assert np.ptp(played.who.created_at) < 3 * HOUR

    def test_it_comes_back_every_fortnight_with_newcomers(self) -> None:
        created = np.sort(play("hackathon", days=45).who.created_at)
        assert (np.diff(created) > 13 * DAY).sum() == 2

    def test_most_is_sent_within_two_days(self) -> None:
        played = play("hackathon", days=12)
        opening = played.who.created_at.min()
        assert (played.sent.ts < opening + 2 * DAY).mean() > 0.75


class TestOneOrganisation:
    def test_an_enterprise_has_one_address_and_office_hours(self) -> None:
        played = play("enterprise_nat", count=200)
        assert holders(played.who.homes[:, 0]) == 200
        share = np.sort(np.bincount(_hours(played), minlength=24))[::-1] / len(played.sent)
        assert share[:12].sum() > 0.6

    def test_a_thread_goes_on_under_a_colleague_with_the_reasoning_block_of_the_turn_before(self) -> None:
        sent = play("enterprise_nat", count=400).sent
        moved = changes(sent)
        assert 0.005 < len(moved) / (sent.turn > 1).sum() < 0.06
        assert (sent.brings[moved] == HABIT).mean() > 0.7
        assert (sent.brings[moved] == NONE).any()

    def test_a_vendor_grades_finished_answers_all_day_above_the_rate_of_the_quiet_campaign(self) -> None:
        played = play("labelling_vendor", days=28)
        assert LABELS > LETTER
        assert all("{answer}" in template for r in played.part.recipes for template in r.templates)
        assert _single(played.sent)
        assert np.median(per_account(played)) / 28 > LETTER

    @pytest.mark.parametrize("seed", [1, 2, 3, 4])
    def test_a_vendor_keeps_the_office_hours_of_its_country(self, seed: int) -> None:
        played = play("labelling_vendor", seed=seed)
        local = (played.sent.ts + clock_shifts()[played.who.region[0]]) // HOUR % 24
        assert ((local >= 7) & (local < 19)).mean() > 0.65

    def test_a_product_has_one_system_prompt_and_unknown_visitors(self) -> None:
        played = play("saas")
        assert len({r.system for r in played.part.recipes}) == 1
        assert np.all(played.sent.writer >= len(played.who))
        assert len(np.unique(played.sent.writer)) > 10 * len(played.who)

    def test_half_of_an_aggregator_says_whose_question_it_is(self) -> None:
        played = play("aggregator")
        named = np.array([r.end_users for r in played.part.recipes])[played.sent.recipe]
        by_account = [set(named[played.sent.account == k].tolist()) for k in range(6)]
        assert by_account == [{True}, {False}] * 3
        assert min(len(np.unique(played.sent.writer[played.sent.account == k])) for k in range(6)) > 50

    def test_some_aggregators_spread_a_conversation_over_their_own_keys(self) -> None:
        moved = [len(changes(play("aggregator", seed=seed).sent)) for seed in range(1, 9)]
        assert min(moved) == 0
        assert max(moved) > 100

    def test_a_batch_is_single_turns_of_one_template_for_an_hour_or_two_a_night(self) -> None:
        played = play("nightly_batch")
        assert _single(played.sent)
        assert len(played.part.recipes) == len(played.part.recipes[0].templates) == 1
        assert len(np.unique(_hours(played))) <= 4
        assert len(np.unique((played.sent.ts - played.stage.start) // DAY)) >= 13

    def test_agents_are_interchangeable_and_never_sleep(self) -> None:
        played = play("agent_fleet", count=200)
        hourly = np.bincount(_hours(played), minlength=24)
        assert hourly.min() > 0.65 * hourly.max()
        old = played.who.created_at < played.stage.start
        counts = per_account(played)[old]
        assert counts.std() < 0.25 * counts.mean()
        assert played.sent.turn.max() > 12

    def test_build_machines_wake_together_and_in_some_companies_read_the_same(self) -> None:
        played = [play("ci_fleet", seed=seed) for seed in range(1, 6)]
        assert all(_woken_together(p.sent) > 0.7 for p in played)
        assert {bool(np.all(p.sent.item == HABIT)) for p in played} == {True, False}

    def test_a_gateway_gives_every_account_a_client_that_nobody_else_has(self) -> None:
        who = play("corporate_gateway").who
        assert {CLIENTS[k] for k in who.client_fp} == {"t13d0000inspect"}
        assert not np.isin(play("ordinary").who.client_fp, who.client_fp).any()

    def test_registered_programmes_say_so(self) -> None:
        assert {PROGRAMS[k] for k in play("inhouse_distillation").who.program} == {"model_training"}
        assert {PROGRAMS[k] for k in play("red_team").who.program} == {"red_team"}

    def test_distillation_with_consent_asks_what_a_campaign_asks_at_twice_its_rate(self) -> None:
        recipe = play("inhouse_distillation").part.recipes[0]
        assert recipe.prompts == "campaign"
        assert recipe.thinks == 1
        assert not recipe.harvest
        assert EXAMPLES > 2 * LETTER

    def test_the_red_team_tries_variants_and_is_mostly_refused(self) -> None:
        recipe = play("red_team").part.recipes[0]
        assert recipe.refusal >= 0.5
        assert len(recipe.templates) >= 3


def _woken_together(sent: Events) -> float:
    """Return the share of requests with another within fifteen seconds."""
    gaps = np.diff(np.sort(sent.ts)) / MICRO
    near = np.minimum(np.append(gaps, np.inf), np.append(np.inf, gaps))
    return float((near < 15).mean())


class TestSameText:
    def test_owners_run_the_same_items_within_a_day_of_a_release(self) -> None:
        played = play("eval_harness", days=14)
        runs = played.sent.take((played.sent.recipe > 0) & (played.sent.status == 200))
        first = runs.take(runs.recipe == 1)
        assert np.ptp(first.ts) < DAY
        assert len(np.unique(first.account)) > 0.8 * len(played.who)
        item = np.bincount(first.item).argmax()
        assert len(np.unique(first.account[first.item == item])) > 0.6 * len(played.who)

    def test_from_the_release_on_the_newest_model_is_examined(self) -> None:
        played = play("eval_harness", days=45)
        models = [r.models[NEW] for r in played.part.recipes[1:]]
        assert models == sorted(models)
        assert set(models) == {0.0, 1.0}

    def test_owners_of_a_benchmark_have_work_of_their_own(self) -> None:
        played = play("eval_harness")
        assert len(np.unique(played.sent.account[played.sent.recipe == 0])) > 0.7 * len(played.who)

    def test_monitors_ask_the_same_on_the_same_clock_and_half_of_them_the_same_list(self) -> None:
        played = play("drift_monitors", count=40)
        sent = played.sent.take(played.sent.status == 200)
        seconds = (sent.ts // MICRO) % 3_600
        assert (seconds < 60).mean() > 0.4
        common = np.unique(sent.account[sent.item < 24])
        assert 0.25 < len(common) / 40 < 0.75
        assert len(np.unique(sent.item[sent.account == common[0]])) <= 24

    def test_auditors_ask_for_the_derivation_in_most_conversations(self) -> None:
        played = play("audit_trail", count=100)
        first = played.sent.recipe[played.sent.turn == 1]
        assert 0.7 < first.mean() < 0.9
        assert all(r.thinks == 1 for r in played.part.recipes)


class TestVpn:
    def test_everybody_comes_from_a_dozen_addresses_of_one_network(self) -> None:
        who = play("privacy_vpn").who
        assert len(np.unique(who.homes)) < 20
        assert len(np.unique(who.networks)) == 1
        assert len(np.unique(who.client_fp)) > 30


class TestKeyMigration:
    @pytest.fixture
    def migrated(self) -> Played:
        return play("key_migration", count=200)

    def test_the_new_account_starts_when_the_old_one_of_its_organisation_stops(self, migrated: Played) -> None:
        sent, who = migrated.sent, migrated.who
        assert np.all(who.org[0::2] == who.org[1::2])
        assert len(np.unique(who.org)) == 100
        last, first = _last(sent, len(who))[0::2], _first(sent, len(who))[1::2]
        both = (last > 0) & (first < np.iinfo(np.int64).max)
        assert both.sum() > 70
        assert np.all(first[both] > last[both] - 600 * MICRO)

    def test_the_new_account_is_at_full_rate_at_once(self, migrated: Played) -> None:
        fresh = migrated.who.created_at > migrated.stage.start
        assert fresh.sum() == 100
        first = _first(migrated.sent, 200)[fresh]
        asked = first < np.iinfo(np.int64).max
        waited = (first - migrated.who.created_at[fresh])[asked] / HOUR
        assert np.median(waited) < 24
        assert migrated.part.accounts.tempo[fresh].mean() > 10

    def test_some_providers_set_a_deadline_that_many_meet_on_the_last_day(self) -> None:
        spans = [_middle(play("key_migration", count=120, seed=seed)) for seed in range(1, 9)]
        assert min(spans) < DAY
        assert max(spans) > 2 * DAY

    def test_an_odd_account_keeps_working(self) -> None:
        played = play("key_migration", count=7, days=28)
        last = played.sent.ts[played.sent.account == 6]
        assert last.min() < played.stage.start + 9 * DAY
        assert last.max() > played.stage.start + 19 * DAY


def _first(sent: Events, count: int) -> I64:
    first = np.full(count, np.iinfo(np.int64).max)
    np.minimum.at(first, sent.account, sent.ts)
    return first


def _last(sent: Events, count: int) -> I64:
    last = np.zeros(count, dtype=np.int64)
    np.maximum.at(last, sent.account, sent.ts)
    return last


def _middle(played: Played) -> float:
    """Return the time in which the middle half of the new accounts signed up."""
    born = played.who.created_at[1::2]
    return float(np.quantile(born, 0.75) - np.quantile(born, 0.25))
