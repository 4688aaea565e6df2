"""Every reported campaign shows its disclosed numbers and its tactics when it is played small."""

from __future__ import annotations

import json
import re
from dataclasses import asdict

import numpy as np
import pytest

from stillwatch.range.campaigns import REPORTED, Campaign
from stillwatch.range.campaigns.wording import worded
from stillwatch.range.draw import DAY, HOUR, MICRO
from stillwatch.range.events import HABIT, TURNS, exchange_number
from stillwatch.range.recipes import CHAT, NEW, OLD, SMALL
from stillwatch.range.render import TextMode, Writers, render
from tests.range.campaigns.acting import CAMPAIGNS, small

DISCLOSED = {
    "grader-2026-02": (None, 150_000, None),
    "agentic-2026-02": (None, 3_400_000, None),
    "pivot-2026-02": (None, 13_000_000, None),
    "hydra-2026-02": (20_000, None, None),
    "letter-2026-06": (25_000, 28_800_000, 45),
    "injected-2026-07": (None, 151_000_000, 92),
    "replay-2026-07": (5_380, 23_000_000, 92),
    "cleaner-2026-07": (273, 3_400_000, 17),
    "sessions-2026-04": (1_500, 400_000, 20),
    "spike-2026-07": (4_000, 16_000, None),
}
"""Accounts, exchanges and days, where they were stated."""
A_DAY = {"letter-2026-06": 26, "replay-2026-07": 46, "sessions-2026-04": 400_000 / 1_500 / 20, "spike-2026-07": 2}


def test_all_campaigns_of_the_ledger_are_there_with_the_numbers_that_were_stated() -> None:
    assert [campaign.id for campaign in REPORTED] == list(DISCLOSED)
    for campaign in REPORTED:
        played = (campaign.accounts, campaign.exchanges, campaign.days)
        assert all(b in (None, a) for a, b in zip(played, DISCLOSED[campaign.id], strict=True)), campaign.id


@pytest.mark.parametrize("name", CAMPAIGNS)
def test_a_small_campaign_has_its_accounts_its_exchanges_and_its_days(name: str) -> None:
    played = small(name, accounts=100)
    assert len(played.accounts) >= played.campaign.accounts >= 60
    assert played.own.sum() == pytest.approx(played.campaign.exchanges, rel=0.05)
    working = [day for day in range(played.campaign.days) if played.campaign.phase(day).level]
    assert sorted(set(played.day.tolist())) == working


@pytest.mark.parametrize("name", A_DAY)
def test_the_load_of_an_account_is_what_was_reported(name: str) -> None:
    played = small(name, accounts=100)
    days = sum(bool(played.campaign.phase(day).level) for day in range(played.campaign.days))
    assert played.own.sum() / 100 / days == pytest.approx(A_DAY[name], rel=0.05)


@pytest.mark.parametrize("campaign", CAMPAIGNS.values(), ids=CAMPAIGNS)
def test_a_campaign_says_what_was_disclosed_and_what_is_assumed_and_can_be_written_down(campaign: Campaign) -> None:
    assert campaign.disclosed
    assert campaign.assumed
    assert json.loads(json.dumps(asdict(campaign)))["accounts"] == campaign.accounts


@pytest.mark.parametrize("campaign", REPORTED, ids=[c.id for c in REPORTED])
def test_what_a_program_asks_has_two_wordings_and_another_one_in_every_cell(campaign: Campaign) -> None:
    for tactic in campaign.tactics:
        if tactic.of_users:
            continue
        texts = (tactic.recipe.system,) if tactic.recipe.system else tactic.recipe.templates
        assert len(texts) >= 2 or tactic.recipe.system
        assert all("{task}" in text for text in tactic.recipe.templates)
        assert len({tuple(worded(text, number) for text in texts) for number in range(64)}) == 64
        assert not any(re.search(r"\[\[|\]\]", worded(text, 7)) for text in texts)


def test_grader_is_in_step_and_shares_cards() -> None:
    played = small("grader-2026-02", accounts=100)
    first = played.sent.take(played.sent.status == 200)
    gaps = np.diff(np.sort(first.ts)).astype(np.float64) / MICRO
    assert (gaps < 2.0).mean() > 0.8, "requests come in rounds of seconds"
    assert np.quantile(gaps, 0.999) > 300, "and nothing between the rounds"
    cards = np.unique(played.accounts.payment, return_counts=True)[1]
    assert 2 <= cards.mean() <= 6


def test_agentic_takes_several_paths_and_turns_to_reasoning_traces() -> None:
    played = small("agentic-2026-02")
    assert len(set(played.accounts.access.tolist())) == 4
    traces = played.tactic == "reasoning traces"
    assert traces[played.day < 40].mean() == 0
    assert traces[played.day >= 40].mean() == pytest.approx(0.7, abs=0.05)
    assert (played.sent.turn[played.day < 40] > 3).mean() > 0.3
    early = played.sent.take((played.day < 40) & (played.sent.turn > 1))
    assert _accounts_a_talk(early.talk, early.account) > 2, "conversations are dealt out"


def _accounts_a_talk(talk: np.ndarray, account: np.ndarray) -> float:
    pairs = np.unique(np.stack([talk, account]), axis=1)
    return float(np.unique(pairs[0], return_counts=True)[1].mean())


def test_pivot_moves_nearly_half_of_its_traffic_within_a_day_of_the_release() -> None:
    played = small("pivot-2026-02", accounts=200)
    newest = played.models()[:, NEW] == 1
    since = (played.sent.ts - played.stage.release) / HOUR
    assert newest[since < 0].sum() == 0
    assert newest[(since > 24) & (since < 96)].mean() == pytest.approx(0.48, abs=0.03)


def test_hydra_mixes_customers_in_and_replaces_what_is_banned() -> None:
    played = small("hydra-2026-02", accounts=100)
    customers = played.sent.writer >= len(played.accounts)
    assert customers.mean() == pytest.approx(2 / 3, abs=0.03)
    assert not (customers & played.harvesting).any()
    assert set(played.sent.account[customers]) == set(played.sent.account[played.harvesting])
    banned = played.accounts.status_at[played.sent.account]
    assert (played.sent.ts < banned).all()
    assert played.part.role is not None
    fresh = np.flatnonzero(played.part.role == played.part.roles.index("replacement"))
    assert len(fresh) == pytest.approx(28, abs=15)
    bans = played.accounts.status_at[played.accounts.status == 1]
    for account in fresh.tolist():
        first = played.sent.ts[played.sent.account == account].min(initial=np.iinfo(np.int64).max)
        born = played.accounts.created_at[account]
        assert born < first
        assert ((bans < first) & (bans > born - DAY)).any(), "it signs up when another one was banned"


def test_letter_asks_small_models_for_long_work() -> None:
    played = small("letter-2026-06")
    assert (played.models()[:, [0, 3, 4, 5]] == 0).all()
    assert "long-horizon engineering" in played.tactic
    assert _accounts_a_talk(played.sent.talk, played.sent.account) == pytest.approx(1, abs=0.01)


def test_injected_puts_one_prompt_into_every_request_and_goes_on_in_a_second_pool() -> None:
    played = small("injected-2026-07")
    systems = {recipe.system for recipe in played.part.recipes if recipe.words.endswith("every request")}
    assert len(systems) == 1
    assert {t for r in played.part.recipes if r.words.endswith("every request") for t in r.templates} == {"{task}"}
    role = np.array(played.part.roles)[played.part.role][played.sent.account]
    daily = np.bincount(played.day[played.own])
    scale = played.campaign.accounts / 10_000
    assert daily.max() == pytest.approx(3_000_000 * scale, rel=0.05)
    at_peak = played.sent.account[played.own & (played.day == 58)]
    assert len(set(at_peak)) == 3_500 * scale
    assert len(at_peak) / len(set(at_peak)) == pytest.approx(857, rel=0.05)
    assert len(set(played.sent.account[played.day < 62])) == 5_000 * scale, "accounts take turns"
    assert set(role[played.day < 62]) == {"pool-1"}
    assert set(role[played.day > 62]) == {"pool-2"}
    assert daily[63] == pytest.approx(daily[70], rel=0.1), "within a day the second pool carries it"
    others = played.tactic == "requests of other labs on the same accounts"
    assert others[role == "pool-2"].mean() == pytest.approx(0.25, abs=0.03)
    assert not others[role == "pool-1"].any()
    assert (played.accounts.status[played.part.role == 0] == 1).all()


def test_replay_presents_reasoning_blocks_that_another_account_was_given_before() -> None:
    played = small("replay-2026-07")
    sent, numbers = played.sent, exchange_number(played.sent)
    presents = np.flatnonzero(played.tactic == "presenting blocks of other sessions")
    brought = sent.brings[presents]
    assert (brought >= 0).mean() > 0.98
    answered = np.flatnonzero(sent.status == 200)
    giver = dict(zip(numbers[answered].tolist(), answered.tolist(), strict=True))
    for row, number in zip(presents[brought >= 0][::50].tolist(), brought[brought >= 0][::50].tolist(), strict=True):
        source = giver[number]
        assert sent.account[source] != sent.account[row]
        assert played.recipe("thinks")[source] == 1
        assert MICRO < sent.ts[row] - sent.ts[source] < DAY
    assert (sent.brings[played.tactic == "collecting reasoning blocks"] == HABIT).all()


def test_cleaner_sends_what_was_declined_to_a_weaker_model_within_minutes() -> None:
    played = small("cleaner-2026-07")
    sent, words = played.sent, [recipe.words for recipe in played.part.recipes]
    declined = np.flatnonzero(played.recipe("refusal") == 1.0)
    weaker = np.flatnonzero(played.models()[:, [SMALL, OLD]].sum(axis=1) == 1)
    assert len(declined) / len(sent) == pytest.approx(0.12 / 1.12, abs=0.01)
    second = {int(sent.item[row]): row for row in weaker[::-1].tolist()}
    missing = 0
    for row in declined.tolist():
        again = second.get(int(sent.item[row]))
        if again is None:
            missing += 1
            continue
        assert sent.account[again] == sent.account[row]
        assert -20 * MICRO < sent.ts[again] - sent.ts[row] < 6 * 60 * MICRO
        assert words[sent.recipe[again]] == words[sent.recipe[row]], "so that the text is the same"
    assert missing < 0.01 * len(declined)


def test_what_cleaner_sends_to_the_weaker_model_says_the_same() -> None:
    played = small("cleaner-2026-07")
    declined = np.flatnonzero(played.recipe("refusal") == 1.0)[:20]
    rows = np.flatnonzero(np.isin(played.sent.item, played.sent.item[declined]))
    writers = Writers(played.accounts.language.astype(np.int8))
    texts = render(played.sent.take(rows), played.part.recipes, writers, seed=1, mode=TextMode.SHORT, prompts=None)
    by_item: dict[int, set[str]] = {}
    for item, text in zip(played.sent.item[rows].tolist(), texts.input.to_pylist(), strict=True):
        by_item.setdefault(item, set()).add(text)
    assert len(rows) >= 2 * len(by_item)
    assert {len(said) for said in by_item.values()} == {1}


def test_cleaner_has_282_requests_a_day_in_the_median_account() -> None:
    played = small("cleaner-2026-07", accounts=273)
    counts = np.bincount(played.sent.account) / played.campaign.days
    assert np.median(counts) == pytest.approx(282, rel=0.1)
    assert counts.mean() == pytest.approx(733, rel=0.05)


def test_sessions_are_conversations_of_many_people_replayed_in_seconds() -> None:
    played = small("sessions-2026-04", accounts=100)
    assert (played.sent.writer >= len(played.accounts)).all()
    assert len(set(played.sent.writer.tolist())) > 1_000
    assert played.recipe("chats").all()
    assert played.harvesting.all()
    order = np.lexsort((played.sent.turn, played.sent.talk))
    pauses = np.diff(played.sent.ts[order])[np.diff(played.sent.talk[order]) == 0]
    assert np.median(pauses) < 15 * MICRO
    assert len(played.sent) / len(np.unique(played.sent.talk)) == pytest.approx(4, rel=0.1)


def test_spike_lasts_two_days_of_three_weeks() -> None:
    played = small("spike-2026-07", accounts=400)
    assert set(played.day.tolist()) == {13, 14}
    assert "manipulated conversations" in played.tactic


def test_the_letter_of_the_demonstration_shares_nothing_but_its_wrapper() -> None:
    played = small("letter", accounts=200)
    assert played.sent.turn.max() == 1
    assert len({recipe.templates for recipe in played.part.recipes if recipe is not CHAT and recipe != CHAT}) == 1
    paid = played.accounts.payment[played.accounts.payment > 0]
    assert len(set(paid.tolist())) == len(paid)


def test_the_grader_of_the_demonstration_brings_back_blocks_of_others() -> None:
    played = small("grader", accounts=60)
    brought = played.sent.brings[played.sent.brings >= 0]
    assert len(brought) / len(played.sent) == pytest.approx(1 / 12, abs=0.02)
    assert (brought < (played.sent.talk.max() + 1) * TURNS).all()
    born = played.accounts.created_at
    assert np.ptp(born) < 3 * DAY
