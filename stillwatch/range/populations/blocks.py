"""Ways to act that several populations share: people at ease, programs at work, users behind an account."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from stillwatch.arrays import F64, I64, Flags
from stillwatch.range.accounts import AGENTS, NEVER, Accounts, clock_shifts, draw_clients
from stillwatch.range.draw import DAY, HOUR, MICRO, Floats, Ints, days_of_week, spread
from stillwatch.range.events import NONE, Events, with_failures
from stillwatch.range.habits import HOURS, Habits, converse, draw_habits, moments, visits
from stillwatch.range.lexicon import TOPICS
from stillwatch.range.stage import Block, Stage, days_of, placed, shards_of

PERSON = 3.1
"""Requests a day of a person's account, on average over accounts and a world: measured on `habits.visits`. Loads of
populations are multiples of it."""
ENGINEERING = tuple(1.0 if name in ("code", "data") else 0.06 for name in TOPICS)
"""Weights of the topics of people who build software."""
OFFICE, EVENING, ALWAYS = HOURS
"""Weights of the local hours of a day."""
USER_FOLLOWS = 0.45
"""Chance that an end user behind an account follows a request up."""

Make = Callable[[np.random.Generator, I64], Events]
"""Makes the requests of the accounts at some positions."""
T = TypeVar("T")


def by_accounts(stage: Stage, who: Accounts, a_day: Floats | float, make: Make) -> tuple[Block, ...]:
    """Return blocks that each make the requests of some neighbouring accounts, with failures and retries.

    Args:
        a_day: requests expected of each account on a day.
        make: returns their requests; accounts are positions in `who`.
    """
    shards = shards_of(np.broadcast_to(np.asarray(a_day, dtype=np.float64) * stage.days, (len(who),)))

    def block(shard: int) -> Events:
        rng = stage.rng("talk", shard)
        return with_failures(rng, make(rng, shards[shard]), who.errors)

    return tuple(functools.partial(block, k) for k in range(len(shards)))


def visiting(rng: np.random.Generator, stage: Stage, who: Accounts, rows: I64) -> Events:
    """Return what the people at `rows` do of their own accord, see `habits.visits`."""
    some = who.take(rows)
    habits = draw_habits(rng, some, stage.start, stage.days)
    return placed(visits(rng, some, habits, stage.start), rows)


def one_of(stage: Stage, name: str, choices: Sequence[T]) -> T:
    """Return the one of `choices` that this group took for `name`."""
    return choices[int(stage.rng("choice", name).integers(0, len(choices)))]


def some_of(stage: Stage, name: str, choices: Sequence[T], count: int) -> tuple[T, ...]:
    """Return `count` different ones of `choices`, in the group's own order."""
    order = stage.rng("choice", name).permutation(len(choices))[:count]
    return tuple(choices[k] for k in order.tolist())


def between(stage: Stage, name: str, low: float, high: float) -> float:
    """Return a number between `low` and `high` that belongs to this group."""
    return float(stage.rng("choice", name).uniform(low, high))


def local_hours(who: Accounts, shape: F64) -> F64:
    """Return the weights `shape` of local hours as those of hours in UTC, where the first of `who` is."""
    return np.roll(shape, -int(clock_shifts()[who.region[0]] // HOUR))


def weekdays(stage: Stage, weekend: float) -> F64:
    """Return a weight for each day of the world: 1, or `weekend` on Saturday and Sunday."""
    return np.where(days_of_week(stage.start, stage.days) >= 5, weekend, 1.0)


def at_work(
    rng: np.random.Generator, stage: Stage, counts: Ints, *, hours: F64, weekend: float = 1.0
) -> tuple[I64, I64]:
    """Return account and time of `counts` requests of each account, by the hours of the day (UTC) and the days."""
    account, _ = spread(counts)
    one = Habits(hours=hours[None, :], days=weekdays(stage, weekend)[None, :])
    return account, moments(rng, one, np.zeros(len(account), dtype=np.int64), stage.start)


@dataclass(frozen=True, slots=True)
class HandOver:
    """How conversations go on under another account.

    Attributes:
        share: of conversations of two turns or more. wait: median seconds until somebody takes one up.
        kept: chance that the reasoning block of the turn before comes along.
    """

    share: float
    wait: float
    kept: float


def handed_on(rng: np.random.Generator, part: Events, to: I64, how: HandOver, *, born: I64, end: int) -> Events:
    """Return `part`, in which some conversations go on under another account from their second turn or a later one.

    Args:
        part: conversations numbered from 0, the turns of each in order.
        to: the account that would take each of them up.
        born: sign-up of every account; nobody takes up anything before.
        end: what would go on after this moment stays where it is.
    """
    if not len(part):
        return part
    first = np.flatnonzero(part.turn == 1)
    turns = np.diff(first, append=len(part))
    luck = rng.random((3, len(first)))
    cut = 2 + (luck[0] * (turns - 1)).astype(np.int64)
    delay = (rng.lognormal(np.log(how.wait), 1.0, size=len(first)) * MICRO).astype(np.int64)
    last = part.ts[first + turns - 1] + delay
    taken = (luck[1] < how.share) & (turns > 1) & (last < end) & (part.ts[first] > born[to])
    moved = taken[part.talk] & (part.turn >= cut[part.talk])
    bare = moved & (part.turn == cut[part.talk]) & (luck[2] > how.kept)[part.talk]
    account = np.where(moved, to[part.talk], part.account).astype(np.int32)
    return replace(
        part,
        ts=part.ts + np.where(moved, delay[part.talk], 0),
        account=account,
        writer=np.where(moved, account, part.writer).astype(np.int32),
        brings=np.where(bare, NONE, part.brings),
    )


def users_ask(
    rng: np.random.Generator, stage: Stage, who: Accounts, rows: I64, *, rate: float, users: int
) -> tuple[Events, I64]:
    """Return conversations of end users with the accounts at `rows`, and for each request which of its account's
    `users` asks; the first of them ask most. An account has `rate` conversations a day, on evenings most."""
    counts = rng.poisson(rate * stage.days, size=len(rows))
    local, begin = at_work(rng, stage, counts, hours=local_hours(who, EVENING))
    there = begin > who.created_at[rows[local]]
    local, begin = local[there], begin[there]
    user = (rng.random(len(local)) ** 1.5 * users).astype(np.int64)
    sent = converse(rng, local, begin, np.full(len(rows), USER_FOLLOWS))
    return placed(sent, rows), user[sent.talk]


def there(part: Events, who: Accounts) -> Events:
    """Return the single requests of `part` that come after their account's sign-up."""
    kept: Flags = part.ts > who.created_at[part.account]
    return part.take(kept)


def settled(stage: Stage, who: Accounts) -> Accounts:
    """Return `who` who all signed up before the world: those who did later, as much earlier as the world is long."""
    late = who.created_at > stage.start - DAY
    return replace(who, created_at=np.where(late, who.created_at - (stage.days + 1) * DAY, who.created_at))


def at_one_address(who: Accounts) -> Accounts:
    """Return `who`, all of them where the first of them is most of the time."""
    homes, networks = who.homes.copy(), who.networks.copy()
    homes[:, 0], networks[:, 0] = homes[0, 0], networks[0, 0]
    return replace(who, homes=homes, networks=networks)


def usable(who: Accounts, since: I64 | int) -> Accounts:
    """Return `who`, of whom none was closed before the moment `since`: those who were are still active."""
    closed = who.status_at <= since
    return replace(who, status=np.where(closed, 0, who.status).astype(who.status.dtype),
                   status_at=np.where(closed, NEVER, who.status_at))  # fmt: skip


def on_client(stage: Stage, who: Accounts, client: str) -> Accounts:
    """Return `who` with clients whose user agent begins with `client`, in as many versions as people have."""
    rng = stage.rng("clients", client)
    agents, client_fp = draw_clients(rng, 64 * 40)
    kind = np.array([name.startswith(client) for name in AGENTS])
    fits = np.flatnonzero(kind[agents[:, 0]])
    picked = fits[rng.integers(0, len(fits), size=len(who))]
    access = np.where(who.access == 1, 0, who.access).astype(who.access.dtype)
    return replace(who, agents=agents[picked], client_fp=client_fp[picked], access=access)


def by_days(stage: Stage, a_day: float, make: Callable[[np.random.Generator, int, int], Events]) -> tuple[Block, ...]:
    """Return blocks that each make the requests of all accounts on some days.

    Args:
        a_day: requests expected on a day. make: takes the first day and the number of days.
    """

    def block(first: int, days: int) -> Events:
        return make(stage.rng("talk", first), first, days)

    return tuple(functools.partial(block, first, days) for first, days in days_of(stage, a_day))
