"""When people ask: at their rate, by day and night of their region, in conversations with pauses."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace

import numpy as np
import pytest
from scipy import stats

from stillwatch.arrays import I64
from stillwatch.range.accounts import Accounts, alike, clock_shifts, countries, draw_accounts
from stillwatch.range.draw import DAY, HOUR, MICRO, Ints, days_of_week, generator
from stillwatch.range.events import Events
from stillwatch.range.fits import PAUSE, TURNS_BRIEF
from stillwatch.range.habits import HOURS, LONGEST, Habits, converse, draw_habits, mean_turns, moments, visits

START = 20_605 * DAY  # a Monday
DAYS = 28
COUNT = 3_000
_LOCAL_NIGHT = (1, 2, 3, 4)


@dataclass(frozen=True, slots=True)
class Asked:
    """People, their habits and what they asked."""

    who: Accounts
    habits: Habits
    part: Events


@functools.cache
def _asked() -> Asked:
    """Four weeks of people who were all there before."""
    rng = generator(3, "habits")
    who = alike(draw_accounts(rng, COUNT, START, DAYS), created_at=START - 100 * DAY)
    habits = draw_habits(rng, who, START, DAYS)
    return Asked(who, habits, visits(rng, who, habits, START))


def _local_hours(who: Accounts, account: Ints, ts: I64) -> I64:
    return (ts + clock_shifts()[who.region[account]]) % DAY // HOUR


# --- rates ------------------------------------------------------------------------------------------------------------


def test_the_world_begins_on_a_monday() -> None:
    assert days_of_week(START, 1).tolist() == [0]


def test_people_ask_as_often_as_their_rate_says() -> None:
    """But for those who fall silent for good: at most one in ten of the requests that were to be expected."""
    made = _asked()
    counts = np.bincount(made.part.account, minlength=COUNT)
    assert counts.sum() == pytest.approx(made.habits.days.sum(), rel=0.03)
    assert 0.85 < made.habits.days.sum() / (made.who.tempo.sum() * DAYS) < 1.0
    assert stats.spearmanr(counts, made.who.tempo).statistic > 0.85


def test_rates_differ_by_orders_of_magnitude() -> None:
    counts = np.sort(np.bincount(_asked().part.account, minlength=COUNT))
    assert counts[-30:].mean() > 50 * counts[COUNT // 10]
    assert counts[-COUNT // 10 :].sum() > 0.3 * counts.sum()


def test_a_day_differs_from_the_next() -> None:
    made = _asked()
    busy = made.habits.days[made.who.tempo > 5]
    changes = np.diff(busy[:, :5], axis=1)  # a working week
    assert (np.abs(changes) > 0.1 * busy[:, :4]).mean() > 0.7


def test_some_fall_silent_for_good_and_do_not_come_back() -> None:
    days = _asked().habits.days
    silent = days[:, -1] == 0
    assert 0.05 < silent.mean() < 0.25
    last = DAYS - 1 - np.argmax(days[:, ::-1] > 0, axis=1)
    assert not any(days[k, last[k] + 1 :].any() for k in np.flatnonzero(silent))
    made = _asked().part
    assert np.all(made.ts[silent[made.account]] < START + (last[made.account[silent[made.account]]] + 1) * DAY + DAY)


def test_nobody_asks_before_the_sign_up() -> None:
    rng = generator(4, "born")
    who = draw_accounts(rng, 500, START, DAYS)
    who = replace(who, created_at=START + (np.arange(500) % DAYS) * DAY + 9 * HOUR)
    habits = draw_habits(rng, who, START, DAYS)
    part = visits(rng, who, habits, START)
    assert len(part) > 1_000
    assert np.all(part.ts > who.created_at[part.account])
    born = np.arange(500) % DAYS
    assert not any(habits.days[k, : born[k]].any() for k in range(500))


# --- hours ------------------------------------------------------------------------------------------------------------


def test_nights_are_quiet_where_people_live() -> None:
    made = _asked()
    hours = _local_hours(made.who, made.part.account, made.part.ts)
    share = np.bincount(hours, minlength=24) / len(hours)
    assert share[[*_LOCAL_NIGHT]].sum() < 0.08
    assert share[9:22].sum() > 0.7


@pytest.mark.parametrize(("here", "there"), [("US", "JP"), ("BR", "SG")])
def test_the_clock_is_that_of_the_region(here: str, there: str) -> None:
    made = _asked()
    peaks = []
    for name in (here, there):
        mine = made.who.region[made.part.account] == countries().index(name)
        angle = made.part.ts[mine] % DAY / DAY * 2 * np.pi
        peaks.append(np.angle(np.exp(1j * angle).mean()) * 12 / np.pi % 24)
    shifts = clock_shifts() // HOUR
    expected = (shifts[countries().index(there)] - shifts[countries().index(here)]) % 24
    assert abs((peaks[0] - peaks[1] - expected + 12) % 24 - 12) < 1.5


def test_offices_are_quiet_at_the_weekend_and_others_are_not() -> None:
    days = _asked().habits.days[:, :21]
    weekend = np.isin(np.arange(21) % 7, (5, 6))
    ratio = days[:, weekend].mean(axis=1) / np.maximum(days[:, ~weekend].mean(axis=1), 1e-9)
    here = days[:, -1] > 0
    assert 0.4 < (ratio[here] < 0.55).mean() < 0.7
    assert np.median(ratio[here & (ratio > 0.55)]) == pytest.approx(1.0, abs=0.1)


def test_the_shapes_of_the_day_have_a_night_but_for_the_one_without() -> None:
    assert HOURS.shape == (3, 24)
    for shape in HOURS[:2]:
        assert shape[[*_LOCAL_NIGHT]].max() < shape[9:22].min()
    assert set(HOURS[2]) == {1.0}


def test_moments_fall_on_days_and_hours_by_their_weights() -> None:
    hours = np.zeros((2, 24), dtype=np.float32)
    hours[0, 5], hours[1, [6, 7]] = 1.0, (1.0, 3.0)
    days = np.array([[0.0, 1.0, 0.0], [2.0, 0.0, 2.0]], dtype=np.float32)
    account = np.arange(8_000) % 2
    ts = moments(generator(1, "m"), Habits(hours, days), account, START) - START
    assert set(ts[account == 0] // HOUR) == {24 + 5}
    assert set(ts[account == 1] // HOUR) == {6, 7, 48 + 6, 48 + 7}
    assert (ts[account == 1] // HOUR % 24 == 7).mean() == pytest.approx(0.75, abs=0.03)
    assert stats.kstest(ts % HOUR / HOUR, "uniform").statistic < 0.02


# --- conversations ----------------------------------------------------------------------------------------------------


def test_turns_are_numbered_and_follow_each_other_in_time() -> None:
    part = _asked().part
    order = np.lexsort((part.turn, part.talk))
    talk, turn, ts, account = (field[order] for field in (part.talk, part.turn, part.ts, part.account))
    same = talk[1:] == talk[:-1]
    assert np.all(turn[1:][same] == turn[:-1][same] + 1)
    assert np.all(turn[np.flatnonzero(~same) + 1] == 1)
    assert np.all(ts[1:][same] > ts[:-1][same])
    assert np.array_equal(account[1:][same], account[:-1][same])
    assert turn.max() <= LONGEST
    assert np.array_equal(part.writer, part.account)


def test_conversations_are_as_long_as_they_were_fitted() -> None:
    """Beta-geometric: the mean over accounts of geometric lengths, each with the chance of its account."""
    law = stats.beta(TURNS_BRIEF.a, TURNS_BRIEF.b)
    follows = 1.0 - law.ppf((np.arange(40_000) + 0.5) / 40_000)
    part = converse(generator(2, "t"), np.arange(40_000), np.full(40_000, START), follows)
    lengths = np.bincount(part.talk)
    for turns in (1, 2, 5):
        chance = law.expect(lambda end, k=turns: 1 - (1 - end) ** k)
        assert (lengths <= turns).mean() == pytest.approx(chance, abs=0.01), turns


@pytest.mark.parametrize("follows", [0.0, 0.45, 0.85, 0.99])
@pytest.mark.parametrize("longest", [1, 3, 30, LONGEST])
def test_the_mean_of_turns_is_that_of_the_conversations(follows: float, longest: int) -> None:
    chances = np.full(20_000, follows)
    part = converse(generator(4, "t"), np.arange(20_000), np.full(20_000, START), chances, longest=longest)
    assert mean_turns(chances, longest) == pytest.approx(len(part) / 20_000, rel=0.03)


def test_pauses_are_the_fitted_ones() -> None:
    part = converse(generator(2, "p"), np.zeros(9_000, dtype=np.int64), np.full(9_000, START), np.array([0.5]))
    gaps = np.diff(part.ts)[np.diff(part.talk) == 0] / MICRO
    assert stats.kstest(np.log(gaps), stats.norm(np.log(PAUSE.median), PAUSE.sigma).cdf).statistic < 0.02


def test_a_limit_of_turns_is_kept() -> None:
    part = converse(generator(2, "p"), np.zeros(500, dtype=np.int64), np.full(500, START), np.array([0.99]), longest=3)
    assert part.turn.max() == 3
    assert (np.bincount(part.talk) == 3).mean() > 0.6


def test_who_asks_nothing_has_no_events() -> None:
    rng = generator(5, "none")
    who = alike(draw_accounts(rng, 5, START, DAYS), tempo=0.0)
    assert len(visits(rng, who, draw_habits(rng, who, START, DAYS), START)) == 0
