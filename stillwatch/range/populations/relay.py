"""Account pools: ordinary developers who reach the model through somebody else's accounts.

A breach of terms and not distillation. What shows is mechanical: conversations go on under another account, the same
body fails over from account to account within seconds, the longest idle account serves next, and an account that met
an error is left alone for a fixed time.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace

import numpy as np

from stillwatch.arrays import I64
from stillwatch.range.accounts import AGENTS, Accounts, alike, draw_clients
from stillwatch.range.draw import DAY, HOUR, MICRO, Ints
from stillwatch.range.events import Events, concatenate
from stillwatch.range.habits import Habits, draw_habits, visits
from stillwatch.range.populations.blocks import PERSON, between, one_of, usable
from stillwatch.range.populations.wording import CODING_SESSION, RELAY_IDENTITIES
from stillwatch.range.recipes import CHAT, Recipe
from stillwatch.range.stage import Part, Stage, crowd, days_of

DEVELOPERS = 7
"""Developers to an account of the pool."""
RING = 20_000
"""Accounts that one gateway turns through, at most; a larger pool has several gateways."""
SWITCHES = 3
"""Accounts that a body fails on before another one serves it, at most."""
FAILS_AGAIN = 0.3
"""Chance that the next account fails as well."""
LOAD = DEVELOPERS * PERSON * 1.07
"""Requests a day and account, those that failed counted in."""
_STATUSES = np.array((429, 529, 503, 401, 403), dtype=np.int16)
_STATUS_SHARES = (0.55, 0.15, 0.1, 0.1, 0.1)
_SILENT = np.array((300, 600, 60, 1_800, 1_800), dtype=np.int64) * MICRO
"""How long a gateway leaves an account alone after each of the statuses."""
_THINKING = 0.7
"""Share of relays whose client asks for reasoning."""
_BUSY_DAY = 1.2
"""Requests on a working day, against an average one."""


@dataclass(frozen=True, slots=True)
class Gateway:
    """How one relay works.

    Attributes:
        sticky: share of conversations that stay with the account that began them.
        loose: how far the choice strays from the order of the ring, as a share of the ring: 0 for plain round robin,
            a little for the least recently used.
        failing: share of requests that fail on an account first.
        cools: whether an account is left alone after an error.
    """

    sticky: float
    loose: float
    failing: float
    cools: bool


def relay(stage: Stage, count: int) -> Part:
    """A relay in front of `count` accounts, and seven times as many developers behind it."""
    rings = np.array_split(np.arange(count), -(-count // RING))
    crowds = [functools.partial(_crowd, stage, k, len(ring) * DEVELOPERS) for k, ring in enumerate(rings)]
    cells = functools.lru_cache(maxsize=2)(lambda number: _cell(stage, crowds[number]()))
    windows = [
        (number, first, days)
        for number, ring in enumerate(rings)
        for first, days in days_of(stage, len(ring) * LOAD * _BUSY_DAY)
    ]
    gateway, pool = _gateway(stage), _pool(stage, count)

    def block(number: int, first: int, days: int) -> Events:
        rng, cell, ring = stage.rng("talk", number, first), cells(number), rings[number]
        habits = Habits(cell.habits.hours, cell.habits.days[:, first : first + days])
        sent = visits(rng, cell.who, habits, stage.start + first * DAY)
        sent = replace(sent, recipe=cell.recipe[sent.account], writer=sent.account + count + ring[0] * DEVELOPERS)
        served = failed_over(rng, _served(rng, gateway, sent, len(ring)), len(ring), failing=gateway.failing)
        if gateway.cools:
            served = cooled(served, len(ring))
        served = _open(served, pool.status_at[ring])
        served = replace(served, account=(served.account + ring[0]).astype(np.int32))
        return served.take(served.ts >= stage.start)

    return Part(
        pool,
        _recipes(stage),
        tuple(functools.partial(block, *window) for window in windows),
        hidden=np.concatenate([draw().language for draw in crowds]).astype(np.int8),
        roles=("pool",),
    )


@dataclass(frozen=True, slots=True)
class _Cell:
    """The developers of one gateway: who they are, when they work, and which recipe each of them uses."""

    who: Accounts
    habits: Habits
    recipe: Ints


def _gateway(stage: Stage) -> Gateway:
    return Gateway(
        sticky=one_of(stage, "sticky", (0.0, 0.2, 0.35, 0.6)),
        loose=one_of(stage, "loose", (0.0, 0.0, 0.06, 0.12)),
        failing=between(stage, "failing", 0.03, 0.07),
        cools=one_of(stage, "cools", (True, False)),
    )


def _crowd(stage: Stage, number: int, count: int) -> Accounts:
    """Return the developers behind the gateway `number`, as if each had an account of its own."""
    return crowd(replace(stage, name=f"{stage.name}/behind-{number}"), count)


def _cell(stage: Stage, who: Accounts) -> _Cell:
    rng = stage.rng("habits", len(who), int(who.number[0]))
    habits = draw_habits(rng, who, stage.start, stage.days)
    return _Cell(who, habits, rng.choice(3, size=len(who), p=[0.4, 0.35, 0.25]).astype(np.int16))


def _recipes(stage: Stage) -> tuple[Recipe, ...]:
    """Return what developers send: talk, a coding client's sessions, and talk that the relay dresses as a client's."""
    identity = one_of(stage, "identity", (*RELAY_IDENTITIES, None))
    coding = one_of(stage, "coding", CODING_SESSION)
    return (
        CHAT,
        Recipe(chats=True, system=coding, tools=1, document=1_800.0, prompts="people"),
        Recipe(chats=True, system=identity, prompts="people"),
    )


def _pool(stage: Stage, count: int) -> Accounts:
    """Return accounts that were bought, in several lots or one by one, and all show the same outdated client."""
    who = crowd(stage, count)
    rng = stage.rng("pool")
    age = rng.gamma(1.5, 90.0, size=count)
    if one_of(stage, "bought", ("in lots", "one by one")) == "in lots":
        lots = rng.gamma(1.5, 60.0, size=max(count // 40, 2))
        age = lots[rng.integers(0, len(lots), size=count)] + rng.random(count) * 2
    born = stage.start - HOUR - (age * DAY).astype(np.int64)
    exits = one_of(stage, "exits", ("own", "own", "few"))
    if exits == "few":
        shared = rng.integers(0, max(count // 60, 1), size=count)
        who = replace(who, homes=who.homes[shared], networks=who.networks[shared])
    return _outdated(rng, replace(usable(who, stage.start), created_at=born))


def _outdated(rng: np.random.Generator, who: Accounts) -> Accounts:
    """Return `who`, all with the tuple that the relay sends when it knows no better: a build long superseded."""
    agents, client_fp = draw_clients(rng, 2_000)
    tools = [k for k, name in enumerate(AGENTS) if name.startswith("vendor-cli/")]
    fits = np.flatnonzero(np.isin(agents[:, 0], tools))
    oldest = fits[np.argsort(agents[fits, 0], kind="stable")[: max(len(fits) // 10, 1)]]
    one = oldest[rng.integers(0, len(oldest))]
    same = {name: getattr(who, name)[0] for name in ("streams", "heat", "ceiling", "names_sessions")}
    same["thinks"] = rng.random() < _THINKING
    return alike(who, agents=agents[one, 0], client_fp=client_fp[one], access=0, **same)


def _served(rng: np.random.Generator, gateway: Gateway, sent: Events, count: int) -> Events:
    """Return `sent` under the accounts, 0 to `count` - 1, that the gateway chooses: the next in the ring, or for a
    conversation that is kept together the one that began it."""
    kept = (rng.random(int(sent.talk.max(initial=-1)) + 1) < gateway.sticky)[sent.talk]
    chosen = ~kept | (sent.turn == 1)
    order = np.argsort(sent.ts, kind="stable")
    rank = np.empty(len(sent), dtype=np.int64)
    rank[order] = np.cumsum(chosen[order]) + int(rng.integers(0, count))
    strays = (rng.random(len(sent)) * (1.0 + gateway.loose * count)).astype(np.int64)
    account = (rank + strays) % count
    began = account[sent.turn == 1]
    return replace(sent, account=np.where(kept, began[sent.talk], account).astype(np.int32))


def _open(sent: Events, until: I64) -> Events:
    """Return `sent` with the next in the ring in place of accounts that were closed or suspended meanwhile."""
    account = sent.account.copy()
    for _ in range(SWITCHES):
        gone = (sent.ts >= until[account]) & (sent.status < 400)
        account[gone] = (account[gone] + 1) % len(until)
    return replace(sent, account=account)


def failed_over(rng: np.random.Generator, sent: Events, count: int, *, failing: float) -> Events:
    """Return `sent`, accounts 0 to `count` - 1, with what went before: a share `failing` of the bodies met an error on
    one to three other accounts, each some seconds before the next."""
    failed = np.flatnonzero(rng.random(len(sent)) < failing)
    most = min(SWITCHES, count - 1)
    tries = np.minimum(rng.geometric(1.0 - FAILS_AGAIN, size=len(failed)), most)
    earlier = np.cumsum(rng.lognormal(0.4, 0.5, size=(len(failed), SWITCHES)) * MICRO, axis=1).astype(np.int64)
    parts = [sent]
    for back in range(most):
        rows = np.flatnonzero(tries > back)
        tried = sent.take(failed[rows])
        parts.append(
            replace(
                tried,
                ts=tried.ts - earlier[rows, back],
                account=((tried.account - 1 - back) % count).astype(np.int32),
                status=rng.choice(_STATUSES, size=len(rows), p=_STATUS_SHARES),
            )
        )
    return concatenate(parts)


def cooled(sent: Events, count: int) -> Events:
    """Return `sent`, accounts 0 to `count` - 1, so that an account that met an error is left alone for the time that
    belongs to its status: the next in the ring that is not serves, and nothing else is tried on it."""
    failed = sent.status >= 400
    if not failed.any():
        return sent
    errors = sent.take(failed)
    order, place = _by_account(errors)
    silent = _silence(errors.status)[order]
    same = errors.account[order][1:] == errors.account[order][:-1]
    meanwhile = np.append(False, same & (np.diff(errors.ts[order]) < silent[:-1]))
    rest = sent.take(~failed)
    account, moving = rest.account.copy(), np.arange(len(rest))
    for _ in range(SWITCHES):
        last = np.searchsorted(place, _place(account[moving], rest.ts[moving], errors), side="right") - 1
        known = (last >= 0) & (errors.account[order][last] == account[moving])
        until = errors.ts[order][last] + silent[last]
        moving = moving[known & (rest.ts[moving] < until)]
        account[moving] = (account[moving] + 1) % count
    return concatenate([replace(rest, account=account), errors.take(order[~meanwhile])])


def _silence(status: Ints) -> I64:
    silence: I64 = _SILENT[np.argmax(status[:, None] == _STATUSES, axis=1)]
    return silence


def _place(account: Ints, ts: I64, errors: Events) -> I64:
    """Return numbers that order by account and then by time."""
    place: I64 = (account.astype(np.int64) << 44) + (ts - int(errors.ts.min()))
    return place


def _by_account(errors: Events) -> tuple[I64, I64]:
    """Return the order of `errors` by account and time, and their places in it."""
    place = _place(errors.account, errors.ts, errors)
    order = np.argsort(place, kind="stable")
    return order, place[order]
