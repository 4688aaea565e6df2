"""When people ask: rates that differ by orders of magnitude, days and nights by region, conversations with pauses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stillwatch.arrays import I64
from stillwatch.range.accounts import Accounts, clock_shifts
from stillwatch.range.draw import DAY, HOUR, MICRO, Floats, Ints, choose_rows, days_of_week, spread
from stillwatch.range.events import Events, events
from stillwatch.range.fits import DAY as DAYS
from stillwatch.range.fits import HABIT, PAUSE, SWING, TURNS_BRIEF
from stillwatch.range.laws import draw_factors, draw_kappas, draw_pauses, hour_weights

_OFFICE = (2, 1, 1, 1, 1, 2, 4, 8, 16, 24, 27, 26, 20, 23, 27, 27, 25, 21, 15, 12, 11, 10, 7, 4)
_EVENING = (9, 5, 3, 2, 1, 1, 2, 4, 6, 8, 9, 10, 11, 11, 11, 12, 13, 15, 18, 22, 25, 26, 22, 15)
HOURS = np.array([_OFFICE, _EVENING, (1,) * 24], dtype=np.float64)
"""Shape of the local day: office hours, evenings, round the clock. Judged: no public trace holds persons."""
_SHAPES = (0.55, 0.35, 0.10)
"""Shares of these shapes among people."""
_WEEKEND = 0.25
"""Traffic of an office on a day of the weekend, against a working day."""
LONGEST = TURNS_BRIEF.longest
"""Turns after which a person begins a new conversation."""
MOST_FOLLOWS = 0.85
"""Chance of a follow-up, at most: the few who would hardly ever stop are held to it."""


@dataclass(frozen=True, slots=True)
class Habits:
    """When each of some accounts is at work.

    Attributes:
        hours: weights of the hours of the day in UTC, shape (accounts, 24).
        days: requests expected on each day of the world, shape (accounts, days); zero before the sign-up and after the
            account fell silent for good.
    """

    hours: Floats
    days: Floats


def draw_habits(rng: np.random.Generator, who: Accounts, start: int, days: int) -> Habits:
    """Return the habits of unrelated people in the `days` days from `start` (midnight UTC).

    Some fall silent for good. A day differs from the next, and an hour lastingly from the shape of the day, by
    factors that were fitted to real clients (`fits.DAY`, `fits.HABIT`); who works round the clock has more or less of
    a night as those clients have (`fits.SWING`).
    """
    count = len(who)
    shape = rng.choice(3, size=count, p=_SHAPES)
    local = HOURS[shape] * draw_factors(rng, HABIT, count, 24)
    always = np.flatnonzero(shape == 2)
    local[always] *= hour_weights(draw_kappas(rng, SWING, len(always)), rng.uniform(0.0, 24.0, size=len(always)))
    ahead = (clock_shifts() // HOUR)[who.region]
    hours = np.take_along_axis(local, (np.arange(24)[None, :] + ahead[:, None]) % 24, axis=1)
    quiet = np.where((days_of_week(start, days) >= 5)[None, :] & (shape == 0)[:, None], _WEEKEND, 1.0)
    week = (5 + 2 * _WEEKEND) / 7
    level = who.tempo / np.where(shape == 0, week, 1.0)
    daily = quiet * draw_factors(rng, DAYS, count, days) * level[:, None]
    leaves = rng.uniform(0.2, 8.0, size=count) * days
    born = (who.created_at - start) / DAY
    day = np.arange(days)[None, :]
    present = np.clip(leaves[:, None] - day, 0, 1) * np.clip(day + 1 - born[:, None], 0, 1)
    return Habits(hours.astype(np.float32), (daily * present).astype(np.float32))


def visits(rng: np.random.Generator, who: Accounts, habits: Habits, start: int) -> Events:
    """Return what the accounts do on the days of `habits`, which begin at `start`.

    Conversations are Poisson about the day's expectation, turns geometric in the account's `follows` with at most
    `LONGEST`. None asks before it signed up.
    """
    counts = rng.poisson(habits.days.sum(axis=1) / mean_turns(who.follows))
    account, _ = spread(counts)
    begin = moments(rng, habits, account, start)
    kept = begin > who.created_at[account]
    return converse(rng, account[kept], begin[kept], who.follows)


def mean_turns(follows: Floats | float, longest: int = LONGEST) -> Floats:
    """Return the turns that a conversation of `converse` has on average: the mean of a geometric law that is cut."""
    stays = np.minimum(follows, MOST_FOLLOWS)
    return (1.0 - stays**longest) / (1.0 - stays)


def moments(rng: np.random.Generator, habits: Habits, account: Ints, start: int) -> I64:
    """Return a time for each entry of `account`, on a day and at an hour by its habits."""
    day = choose_rows(rng, habits.days + np.float32(1e-12), account)
    hour = choose_rows(rng, habits.hours, account)
    inside = (rng.random(len(account)) * HOUR).astype(np.int64)
    return (start + day * DAY + hour * HOUR + inside).astype(np.int64)


def converse(rng: np.random.Generator, account: Ints, begin: I64, follows: Floats, *, longest: int = LONGEST) -> Events:
    """Return the turns of conversations that begin at `begin`, each followed up with its account's chance; pauses
    between turns are those of `fits.PAUSE`."""
    stays = np.minimum(follows[account], MOST_FOLLOWS)
    turns = np.minimum(rng.geometric(1.0 - stays), longest).astype(np.int64)
    talk, place = spread(turns)
    pauses = np.where(place > 0, draw_pauses(rng, PAUSE, len(place)), 0.0)
    gone = np.cumsum(pauses)
    elapsed = gone - gone[np.cumsum(turns) - turns][talk]
    ts = begin[talk] + (elapsed * MICRO).astype(np.int64)
    return events(account[talk], ts, talk=talk, turn=place + 1)
