"""Unrelated people whom an event, an address or a duty makes look alike."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from stillwatch.arrays import F64, I64, Flags
from stillwatch.range.accounts import NOBODY, Accounts, alike
from stillwatch.range.draw import DAY, HOUR, MICRO
from stillwatch.range.events import Events
from stillwatch.range.habits import converse, mean_turns
from stillwatch.range.populations.blocks import (
    PERSON,
    at_one_address,
    between,
    by_accounts,
    one_of,
    settled,
    some_of,
    usable,
    visiting,
)
from stillwatch.range.populations.wording import AUDITS, STARTER_KITS
from stillwatch.range.recipes import CHAT, Recipe
from stillwatch.range.stage import Part, Stage, crowd, placed

HACKATHON_LOAD = 1.8
"""Requests a day and account."""
KEY_MIGRATION_LOAD = (2 * PERSON + 6) / 2
"""Requests a day and account: twice a person's rate and some more, half of the time."""
_EVERY = 14
"""Days from one hackathon of a series to the next."""
_LASTS = 40 * HOUR
_RETURNS = 0.4
"""How much somebody takes part in a later hackathon of the series, against the first."""
_GOES_ON = 0.15
"""Share of conversations about a project that come after the hackathon."""
_ASKED = 0.8
"""Share of an auditor's conversations that ask for the reasoning."""
_VPN_NETWORK = 4_200_111_111
_VPN_BLOCK = 0x2D5F


def hackathon(stage: Stage, count: int) -> Part:
    """A series of hackathons, one a fortnight: newcomers sign up within the same hour and work two days and nights,
    each on a project of their own."""
    rng = stage.rng("hackathon")
    openings = _openings(stage)
    joins = rng.integers(0, len(openings), size=count)
    born = openings[joins] + (rng.gamma(2.0, between(stage, "queue", 4.0, 12.0), size=count) * 60 * MICRO).astype(
        np.int64
    )
    who = alike(replace(_at_the_venue(stage, crowd(stage, count)), created_at=born),
                program=one_of(stage, "program", (0, 0, -1)), plan=1, payment=NOBODY, verification=2)  # fmt: skip
    who = usable(who, born)
    kit = rng.random(count) < between(stage, "kits", 0.2, 0.6)
    recipes = (CHAT, Recipe(chats=True, system=one_of(stage, "kit", STARTER_KITS), prompts="people"))
    wanted = _talks(rng, stage, joins, len(openings)) / mean_turns(who.follows)[:, None]

    def make(rng: np.random.Generator, rows: I64) -> Events:
        counts = rng.poisson(wanted[rows])
        local, event = (np.repeat(at.ravel(), counts.ravel()) for at in np.indices(counts.shape))
        begin = _moments(rng, stage, np.maximum(openings[event], born[rows[local]]))
        sent = converse(rng, local, begin, who.follows[rows])
        return replace(placed(sent, rows), recipe=kit[rows[sent.account]].astype(np.int16))

    blocks = by_accounts(stage, who, HACKATHON_LOAD, make)
    return Part(who, recipes, blocks, roles=("participant",))


def _openings(stage: Stage) -> I64:
    """Return when the hackathons of the series open, all of them over before the world ends where it is long enough."""
    number = max(-(-(stage.days - 3) // _EVERY), 1)
    latest = stage.days - 2.0 - _EVERY * (number - 1)
    first = between(stage, "opening", min(0.3, latest), max(min(latest, 12.0), 0.0))
    hour = np.floor(max(first, 0.0) * 24.0)
    moments: I64 = (stage.start + hour * HOUR + np.arange(number) * _EVERY * DAY).astype(np.int64)
    return moments


def _at_the_venue(stage: Stage, who: Accounts) -> Accounts:
    """Return `who` at the address of the venue, unless the hackathon is held online."""
    if one_of(stage, "place", ("venue", "venue", "online")) == "online":
        return who
    return at_one_address(who)


def _talks(rng: np.random.Generator, stage: Stage, joins: I64, number: int) -> F64:
    """Return the requests expected of each account in each hackathon: some work far more than others, and what all of
    them send in the world is the load, whatever its length."""
    place = np.arange(number)[None, :]
    weight = np.where(place == joins[:, None], 1.0, np.where(place > joins[:, None], _RETURNS, 0.0))
    weight *= rng.gamma(1.5, 1 / 1.5, size=len(joins))[:, None]
    level: F64 = weight * (HACKATHON_LOAD * stage.days * len(joins) / weight.sum())
    return level


def _moments(rng: np.random.Generator, stage: Stage, opening: I64) -> I64:
    """Return a time in the forty hours from each opening, or for those who go on with their project any later time."""
    during = opening + MICRO * 60 + (rng.beta(1.1, 1.6, size=len(opening)) * _LASTS).astype(np.int64)
    left = np.maximum(stage.start + stage.days * DAY - opening - _LASTS, 0)
    after = opening + _LASTS + (rng.random(len(opening)) * left).astype(np.int64)
    return np.where((rng.random(len(opening)) < _GOES_ON) & (left > 0), after, during)


def privacy_vpn(stage: Stage, count: int) -> Part:
    """Customers of one VPN: a dozen exit addresses in one hosting network, nothing else in common."""
    rng = stage.rng("exits")
    number = int(rng.integers(8, 20)) + count // 3_000
    exits = ((_VPN_BLOCK << 16) + rng.choice(65_000, size=number, replace=False)).astype(np.uint32)
    who = crowd(stage, count)
    who = replace(who, homes=exits[rng.integers(0, number, size=who.homes.shape)],
                  home_weights=np.ones_like(who.home_weights))  # fmt: skip
    who = alike(who, networks=_VPN_NETWORK)
    return Part(who, (CHAT,), by_accounts(stage, who, who.tempo, lambda rng, rows: visiting(rng, stage, who, rows)))


def audit_trail(stage: Stage, count: int) -> Part:
    """Auditors and officials who ask for the reasoning behind every answer, as their rules demand."""
    who = crowd(stage, count)
    recipes = (
        Recipe(chats=True, language=0, thinks=1, prompts="people"),
        Recipe(some_of(stage, "duty", AUDITS, 2), chats=True, language=0, thinks=1, prompts="people"),
    )

    def make(rng: np.random.Generator, rows: I64) -> Events:
        sent = visiting(rng, stage, who, rows)
        asked = (sent.turn == 1) & (rng.random(len(sent)) < _ASKED)
        return replace(sent, recipe=asked.astype(np.int16))

    return Part(who, recipes, by_accounts(stage, who, who.tempo, make))


def key_migration(stage: Stage, count: int) -> Part:
    """Customers who replace an account by a new one in the middle of the world: the new one starts at full rate and the
    old one falls silent. The last of an odd number of accounts has nothing to replace."""
    who = usable(settled(stage, crowd(stage, count)), stage.start + stage.days * DAY)
    heir: Flags = np.arange(count) % 2 == 1
    old = np.arange(count) // 2 * 2
    paired = np.append(heir[1:], False) | heir
    switch = _switches(stage, count)[old]
    made = switch - (stage.rng("made").lognormal(-1.0, 1.0, size=count) * HOUR).astype(np.int64)
    same = ("homes", "networks", "home_weights", "agents", "updated", "client_fp", "access", "models", "adopts",
            "region", "language", "plan", "domain", "issuer", "follows")  # fmt: skip
    who = replace(who, **{name: getattr(who, name)[old] for name in same})
    own = stage.rng("company").integers(1, 1 << 63, size=count, dtype=np.uint64)[old]
    who = replace(who, org=own, payment=np.where(who.payment[old] == NOBODY, own, who.payment[old]),
                  tempo=(who.tempo[old] * 2 + 6).astype(np.float32),
                  created_at=np.where(heir, made, who.created_at))  # fmt: skip

    def make(rng: np.random.Generator, rows: I64) -> Events:
        sent = visiting(rng, stage, who, rows)
        turn = heir[sent.account] == (sent.ts >= switch[sent.account])
        begun = _whole(sent, turn | ~paired[sent.account])
        return replace(begun, writer=old[begun.account].astype(np.int32))

    return Part(who, (CHAT,), by_accounts(stage, who, who.tempo / 2, make))


def _switches(stage: Stage, count: int) -> I64:
    """Return when each customer changes over: at any time, or all of them within the last day before a deadline."""
    rng = stage.rng("switch")
    if one_of(stage, "deadline", (True, False)):
        share = between(stage, "day", 0.35, 0.65) - rng.beta(1.0, 3.0, size=count) / stage.days
    else:
        share = rng.uniform(0.3, 0.7, size=count)
    moments: I64 = stage.start + (share * stage.days * DAY).astype(np.int64)
    return moments


def _whole(sent: Events, kept: Flags) -> Events:
    """Return the turns of `sent` that are `kept`, but nothing of conversations whose first turn is not."""
    begun = kept[np.flatnonzero(sent.turn == 1)]
    return sent.take(kept & begun[sent.talk])
