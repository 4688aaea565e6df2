"""What holds for every campaign: the same bytes, bounded blocks, no request that cannot be, clear refusals."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from stillwatch.errors import StillwatchError
from stillwatch.range.campaigns import REPORTED, Campaign, Means, Phase, Pool, play, scaled
from stillwatch.range.draw import DAY
from stillwatch.range.events import HABIT, Events
from stillwatch.range.stage import BLOCK
from tests.range.campaigns.acting import CAMPAIGNS, Played, act, small, stage_of


def _same(one: Events, other: Events) -> bool:
    return all(np.array_equal(getattr(one, f.name), getattr(other, f.name)) for f in fields(Events))


@pytest.mark.parametrize("name", CAMPAIGNS)
def test_the_same_seed_gives_the_same_and_another_seed_another(name: str) -> None:
    first = small(name)
    again, other = act(first.campaign), act(first.campaign, seed=2)
    assert _same(first.sent, again.sent)
    assert first.part.recipes == again.part.recipes
    assert np.array_equal(first.accounts.number, again.accounts.number)
    assert not np.array_equal(first.accounts.number, other.accounts.number)
    assert not np.array_equal(first.sent.ts[:50], other.sent.ts[:50])


@pytest.mark.parametrize("campaign", REPORTED, ids=[c.id for c in REPORTED])
def test_at_full_scale_blocks_are_bounded_and_can_be_made_in_any_order(campaign: Campaign) -> None:
    part = play(campaign, stage_of(campaign))
    busy = part.blocks[int(len(part.blocks) * 0.62)]
    events = busy()
    assert 0 < len(events) < BLOCK
    assert events.talk.max() < 1 << 24
    assert _same(events, busy())


@pytest.mark.parametrize("name", CAMPAIGNS)
def test_every_request_can_be(name: str) -> None:
    played = small(name)
    sent, who = played.sent, played.accounts
    assert (sent.ts >= played.stage.start).all()
    assert (sent.ts < played.stage.start + (played.campaign.days + 1) * DAY).all()
    assert (sent.ts > who.created_at[sent.account]).all(), "nobody asks before the sign-up"
    retry = sent.ts > who.status_at[sent.account]
    assert retry.mean() < 0.001, "nor after a ban, but for the retries of the last minute"
    assert sent.turn.min() >= 1
    assert sent.recipe.max() < len(played.part.recipes)
    assert sent.writer.max() < len(who) + len(played.part.hidden)


@pytest.mark.parametrize("name", ["letter-2026-06", "injected-2026-07", "pivot-2026-02", "letter"])
def test_an_item_is_asked_once_unless_it_is_sent_again(name: str) -> None:
    played = small(name)
    asked = played.sent.take(played.sent.item != HABIT)
    once = np.unique(np.stack([asked.talk, asked.turn]), axis=1).shape[1]
    assert len(np.unique(asked.item)) == once


def test_an_item_that_is_asked_again_goes_to_another_account() -> None:
    played = small("spike-2026-07", accounts=400)
    item, _, account = np.unique(np.stack([played.sent.item, played.sent.talk, played.sent.account]), axis=1)
    second = np.flatnonzero(np.diff(item) == 0) + 1
    assert len(second) / len(np.unique(item)) == pytest.approx(0.1, abs=0.04)
    assert (account[second] != account[second - 1]).mean() > 0.9


def test_errors_and_retries_are_those_of_everybody() -> None:
    played = small("letter-2026-06", accounts=100)
    assert (played.sent.status != 200).mean() == pytest.approx(played.accounts.errors.mean(), rel=0.3)


def test_digits_below_the_second_say_nothing() -> None:
    for name in ("grader-2026-02", "injected-2026-07", "letter-2026-06"):
        digits = small(name, accounts=40).sent.ts % 1_000
        assert np.bincount(digits, minlength=1_000).std() < 3 * (len(digits) / 1_000) ** 0.5


def test_shrinking_keeps_load_days_and_spread() -> None:
    whole = CAMPAIGNS["letter-2026-06"]
    part = scaled(whole, 0.01)
    assert (part.accounts, part.exchanges, part.days) == (250, 288_000, 45)
    assert part.load() == pytest.approx(whole.load())
    assert scaled(CAMPAIGNS["hydra-2026-02"], 0.01).users == 600
    played = act(part)
    daily = np.bincount(played.day[played.own])
    assert daily.min() > 0.9 * daily.mean()


def test_a_scale_too_small_names_the_smallest() -> None:
    with pytest.raises(StillwatchError, match=r"scale 0\.0008 or more"):
        scaled(CAMPAIGNS["letter-2026-06"], 0.0001)
    assert scaled(CAMPAIGNS["letter-2026-06"], 0.0008).accounts == 20
    for scale in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(StillwatchError, match="or more"):
            scaled(CAMPAIGNS["letter-2026-06"], scale)


def test_a_world_shorter_than_the_campaign_is_refused() -> None:
    stage = replace(stage_of(CAMPAIGNS["letter"]), days=3)
    with pytest.raises(StillwatchError, match="7 days or more"):
        play(CAMPAIGNS["letter"], stage)


def test_a_campaign_of_ones_own_is_played_by_the_same_function() -> None:
    invented = replace(
        CAMPAIGNS["letter"],
        id="mine",
        accounts=50,
        exchanges=7_000,
        means=Means(clock="balancer", cover=0.5),
        pools=(Pool("first", 0.5, ends=3.0, banned=True), Pool("second", 0.5, begins=3.0)),
        phases=(Phase("slow", 0, 1.0), Phase("fast", 5, 3.0)),
    )
    played = act(invented)
    assert played.own.sum() == pytest.approx(7_000, rel=0.05)
    assert _share_of(played, 5, 7) == pytest.approx(6 / 11, abs=0.05)


def _share_of(played: Played, first: int, end: int) -> float:
    inside = (played.day >= first) & (played.day < end)
    return float((inside & played.own).sum() / played.own.sum())
