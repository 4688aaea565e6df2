"""Each innocent population shows what makes it hard to tell from a campaign."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from stillwatch.range.accounts import AGENTS, CLIENTS, NOBODY, PROGRAMS, clock_shifts
from stillwatch.range.draw import DAY, HOUR, I64, MICRO
from stillwatch.range.events import HABIT, NONE, Events, exchange_number
from stillwatch.range.fits import JUDGED
from stillwatch.range.populations.one_org import EXAMPLES, LABELS
from stillwatch.range.populations.relay import SWITCHES, cooled
from stillwatch.range.recipes import NEW
from tests.range.populations.played import BY_NAME, Played, play

ONE_ORG = ("enterprise_nat", "labelling_vendor", "saas", "aggregator", "nightly_batch", "agent_fleet",
           "inhouse_distillation", "red_team", "ci_fleet", "corporate_gateway")  # fmt: skip
UNRELATED = ("ordinary", "agent_prompt", "hackathon", "eval_harness", "privacy_vpn", "drift_monitors", "audit_trail")
LETTER = 26.0
"""Requests a day of an account of the quiet campaign."""


def _holders(values: npt.NDArray[np.generic]) -> int:
    """Return how many share the commonest value; NOBODY is none."""
    known = values[values != NOBODY]
    return int(np.unique(known, return_counts=True)[1].max(initial=0))


def _hours(played: Played) -> I64:
    return (played.sent.ts // HOUR) % 24


def _changes(sent: Events) -> I64:
    """Return the rows of served requests whose conversation was under another account the turn before."""
    rows = np.flatnonzero(sent.status < 400)
    rows = rows[np.lexsort((sent.turn[rows], sent.talk[rows]))]
    follows = sent.talk[rows][1:] == sent.talk[rows][:-1]
    moved: I64 = rows[1:][follows & (sent.account[rows][1:] != sent.account[rows][:-1])]
    return moved


def _single(sent: Events) -> bool:
    return bool(np.all(sent.turn == 1))


def _per_account(played: Played) -> I64:
    return np.bincount(played.sent.account, minlength=len(played.who))


@pytest.mark.parametrize("name", ONE_ORG)
def test_one_organisation_declares_itself_and_shares_one_card_and_one_domain(name: str) -> None:
    who = play(name).who
    assert _holders(who.org) == _holders(who.payment) == _holders(who.domain) == len(who)


@pytest.mark.parametrize("name", UNRELATED)
def test_unrelated_owners_share_no_organisation_and_hardly_a_card(name: str) -> None:
    who = play(name).who
    assert _holders(who.org) <= 2
    assert _holders(who.payment) <= 2


class TestOrdinary:
    def test_some_people_are_busier_than_any_account_of_the_quiet_campaign(self) -> None:
        played = play("ordinary", count=2_000)
        counts = _per_account(played)
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
        busiest = played.sent.take(played.sent.account == programs[np.argmax(_per_account(played)[programs])])
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
        moved = _changes(sent)
        assert 1e-5 < len(moved) / len(sent) < 5e-3


def _shared(values: npt.NDArray[np.generic]) -> float:
    """Return the share of entries that are not the only one of their value."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    return float((counts[place] > 1).mean())


class TestRelay:
    @pytest.fixture(params=[1, 2, 3, 4, 5])
    def relay(self, request: pytest.FixtureRequest) -> Played:
        seed: int = request.param
        return play("relay", count=60, seed=seed)

    def test_conversations_go_on_under_other_accounts(self, relay: Played) -> None:
        later = (relay.sent.turn > 1) & (relay.sent.status < 400)
        assert len(_changes(relay.sent)) > 0.3 * later.sum()

    def test_a_body_fails_over_within_seconds_to_another_account_and_is_served_once(self, relay: Played) -> None:
        sent = relay.sent
        served = sent.take(sent.status < 400)
        bodies = exchange_number(served)
        assert len(np.unique(bodies)) == len(bodies)
        failed = sent.take(sent.status >= 400)
        assert 0.02 < len(failed) / len(sent) < 0.12
        order = np.argsort(bodies)
        by = order[np.searchsorted(bodies[order], exchange_number(failed))]
        assert np.all(bodies[by] == exchange_number(failed))
        wait = (served.ts[by] - failed.ts) / MICRO
        assert np.all((wait > 0) & (wait < 60))
        assert np.all(served.account[by] != failed.account)
        assert np.unique(exchange_number(failed), return_counts=True)[1].max() <= SWITCHES

    def test_load_is_more_even_than_chance_over_accounts(self, relay: Played) -> None:
        """Counts of unrelated accounts spread by orders of magnitude; of a pool by less than half."""
        counts = _per_account(relay)
        assert counts.std() < 0.5 * counts.mean()
        people = _per_account(play("ordinary", count=600))
        assert people.std() > people.mean()

    def test_accounts_show_one_outdated_client(self, relay: Played) -> None:
        agents = np.unique(relay.who.agents)
        assert len(agents) == len(np.unique(relay.who.client_fp)) == 1
        newest = max(int(name.split("/1.")[1].split(".")[0]) for name in AGENTS if name.startswith("vendor-cli/"))
        assert int(AGENTS[agents[0]].split("/1.")[1].split(".")[0]) < newest - 15

    def test_an_account_serves_many_hidden_people_of_several_languages(self, relay: Played) -> None:
        hidden = relay.sent.writer - len(relay.who)
        assert np.all(hidden >= 0)
        assert len(np.unique(hidden[relay.sent.account == 0])) > 20
        assert len(np.unique(relay.part.hidden)) >= 5

    def test_accounts_have_nothing_in_common_on_paper(self, relay: Played) -> None:
        assert _holders(relay.who.org) <= 1
        assert _holders(relay.who.payment) <= 1


def test_a_relay_does_without_accounts_that_were_closed() -> None:
    played = play("relay", count=400, days=28)
    late = played.sent.ts >= played.who.status_at[played.sent.account]
    assert (played.who.status_at < played.stage.start + 28 * DAY).any()
    assert not late[played.sent.status < 400].any()


def test_relays_differ_in_how_they_choose_an_account() -> None:
    moves = [len(_changes(p.sent)) / (p.sent.turn > 1).sum() for p in (play("relay", seed=s) for s in range(1, 9))]
    assert max(moves) > min(moves) + 0.2


def test_after_an_error_an_account_of_some_relays_is_left_alone_for_a_fixed_time() -> None:
    shares = [_served_too_soon(play("relay", count=60, seed=seed).sent) for seed in range(1, 7)]
    assert min(shares) < 0.01
    assert max(shares) > 0.1


def _served_too_soon(sent: Events) -> float:
    """Return the share of 429s after which their account serves again within four minutes."""
    order = np.lexsort((sent.ts, sent.account))
    account, ts, status = sent.account[order], sent.ts[order], sent.status[order]
    limited = np.flatnonzero(status[:-1] == 429)
    soon = (account[limited + 1] == account[limited]) & (ts[limited + 1] - ts[limited] < 240 * MICRO)
    return float(soon.mean())


def test_without_errors_nothing_cools_down() -> None:
    sent = play("saas").sent
    good = sent.take(sent.status < 400)
    assert cooled(good, 40) is good


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
        assert _holders(who.domain) == _holders(who.homes[:, 0]) == len(who)
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
        assert _holders(played.who.homes[:, 0]) == 200
        share = np.sort(np.bincount(_hours(played), minlength=24))[::-1] / len(played.sent)
        assert share[:12].sum() > 0.6

    def test_a_thread_goes_on_under_a_colleague_with_the_reasoning_block_of_the_turn_before(self) -> None:
        sent = play("enterprise_nat", count=400).sent
        moved = _changes(sent)
        assert 0.005 < len(moved) / (sent.turn > 1).sum() < 0.06
        assert (sent.brings[moved] == HABIT).mean() > 0.7
        assert (sent.brings[moved] == NONE).any()

    def test_a_vendor_grades_finished_answers_all_day_above_the_rate_of_the_quiet_campaign(self) -> None:
        played = play("labelling_vendor", days=28)
        assert LABELS > LETTER
        assert all("{answer}" in template for r in played.part.recipes for template in r.templates)
        assert _single(played.sent)
        assert np.median(_per_account(played)) / 28 > LETTER

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
        moved = [len(_changes(play("aggregator", seed=seed).sent)) for seed in range(1, 9)]
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
        counts = _per_account(played)[old]
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
