"""When people ask: rates that differ by orders of magnitude, days and nights by region, conversations with pauses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stillwatch.range.draw import DAY, F64, HOUR, I64, MICRO, choose_rows, spread
from stillwatch.range.people import People, clock_shifts

_OFFICE = (2, 1, 1, 1, 1, 2, 4, 8, 16, 24, 27, 26, 20, 23, 27, 27, 25, 21, 15, 12, 11, 10, 7, 4)
_EVENING = (9, 5, 3, 2, 1, 1, 2, 4, 6, 8, 9, 10, 11, 11, 11, 12, 13, 15, 18, 22, 25, 26, 22, 15)
_ALWAYS = (1,) * 24
HOURS = np.array([_OFFICE, _EVENING, _ALWAYS], dtype=np.float64)
"""Shape of the local day: office hours, evenings, round the clock."""


@dataclass(frozen=True, slots=True)
class Visits:
    """Requests in order of account, conversation and turn, as far as time goes; fields as in `Traffic`."""

    account: I64
    ts: I64
    session: I64
    turn: I64


def visits(rng: np.random.Generator, people: People, start: int, days: int, *, longest: int = 12) -> Visits:
    """Return what unrelated people do in `days` days from `start`: none asks before it signed up.

    The number of conversations is Poisson about the account's tempo, turns are geometric in its `follows` with at
    most `longest`, pauses between turns are lognormal about 70 seconds; some accounts fall silent for good.
    """
    turns_each = 1.0 / (1.0 - np.minimum(people.follows, 0.85))
    counts = rng.poisson(people.tempo * days / turns_each)
    account, _ = spread(counts)
    begin = moments(rng, people, account, start, days=days)
    leaves = start + (days * DAY * rng.uniform(0.2, 8.0, size=len(people))).astype(np.int64)
    kept = (begin > people.created_at[account]) & (begin < leaves[account])
    return converse(rng, account[kept], begin[kept], people.follows, longest=longest)


def moments(rng: np.random.Generator, people: People, account: I64, start: int, *, days: int) -> I64:
    """Return a time for each entry of `account`: a day (weekends are quieter) and an hour of its own local day."""
    shape = rng.choice(3, size=len(people), p=[0.55, 0.35, 0.10])
    tilt = rng.gamma(3.0, 1.0, size=(len(people), 24))
    hour = choose_rows(rng, HOURS[shape] * tilt, account)
    weekday = (start // DAY + np.arange(days) + 3) % 7  # the epoch began on a Thursday; 0 is Monday
    day_shape = np.where(weekday[None, :] >= 5, np.where(shape == 0, 0.25, 0.95)[:, None], 1.0)
    day = choose_rows(rng, day_shape * rng.gamma(2.0, 1.0, size=(len(people), days)), account)
    inside = (rng.random(len(account)) * HOUR).astype(np.int64)
    shift = clock_shifts()[people.region[account]]
    return (start + day * DAY + (hour * HOUR - shift) % DAY + inside).astype(np.int64)


def converse(rng: np.random.Generator, account: I64, begin: I64, follows: F64, *, longest: int = 12) -> Visits:
    """Return the turns of conversations that begin at `begin`, each followed up with its account's chance."""
    turns = np.minimum(rng.geometric(1.0 - np.minimum(follows[account], 0.85)), longest).astype(np.int64)
    session, place = spread(turns)
    pauses = np.where(place > 0, rng.lognormal(np.log(70.0), 1.0, size=len(place)) + 2.0, 0.0)
    gone = np.cumsum(pauses)
    first = np.cumsum(turns) - turns
    elapsed = gone - gone[first][session]
    return Visits(account[session], begin[session] + (elapsed * MICRO).astype(np.int64), session, place + 1)
