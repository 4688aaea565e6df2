"""People who have nothing to do with each other, and the programs that a few of them run.

Innocent people are imperfect: some share an address by chance, some have two accounts, some go on with a conversation
that somebody else made public.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from stillwatch.range.accounts import Accounts
from stillwatch.range.draw import DAY, HOUR, I64, Flags, Floats
from stillwatch.range.events import Events, events, joined
from stillwatch.range.populations.blocks import PERSON, HandOver, by_accounts, handed_on, some_of, there, visiting
from stillwatch.range.populations.wording import CLIENT_HEADS, CLIENT_TAILS
from stillwatch.range.recipes import CHAT, Recipe
from stillwatch.range.stage import Part, Stage, crowd

CLIENTS = 0.01
"""Share of accounts that are a program of an independent developer."""
CLIENT_MEDIAN, CLIENT_SIGMA = 60.0, 1.2
"""Requests a day of such a program: median, and standard deviation of the logarithm between programs."""
CLIENT_MOST = 10_000.0
BURSTS = 0.35
"""Shape of the gamma factor by which an hour of a program differs from the next; smaller is burstier."""
CLIENT_TEMPLATES = 96
"""Templates among the programs of a world, at most."""
LOAD = PERSON + CLIENTS * (CLIENT_MEDIAN * float(np.exp(CLIENT_SIGMA**2 / 2)) - PERSON)
"""Requests a day and account."""
TWO_ACCOUNTS = 0.015
"""Share of accounts that are somebody's second."""
SAME_ADDRESS = 0.02
"""Share of accounts at the address of somebody else, whom they do not know."""
IMPORTED = HandOver(share=0.001, wait=9 * 3_600.0, kept=0.3)
"""A conversation is made public, and somebody else goes on with it some hours later."""


def ordinary(stage: Stage, count: int) -> Part:
    """People who have nothing to do with each other; one account in a hundred is a program."""
    rng = stage.rng("ordinary")
    who = _imperfect(rng, crowd(stage, count))
    owner = _owners(rng, count)
    who = _second_accounts(rng, who, owner)
    program = (rng.random(count) < CLIENTS) & (owner == np.arange(count))
    rates = np.minimum(rng.lognormal(np.log(CLIENT_MEDIAN), CLIENT_SIGMA, size=count), CLIENT_MOST)
    who = replace(who, tempo=np.where(program, rates, who.tempo).astype(np.float32))
    recipes = (CHAT, *_programs(stage, int(program.sum())))
    way = np.where(program, 1 + (np.cumsum(program) - 1) % max(len(recipes) - 1, 1), 0)

    def make(rng: np.random.Generator, rows: I64) -> Events:
        talks = joined([_people(rng, stage, who, rows, program=program), _bursts(rng, stage, who, rows[program[rows]])])
        return replace(
            talks,
            writer=owner[talks.writer].astype(np.int32),
            recipe=way[talks.account].astype(np.int16),
        )

    return Part(who, recipes, by_accounts(stage, who, who.tempo, make))


def _imperfect(rng: np.random.Generator, who: Accounts) -> Accounts:
    """Return `who`, some of them at the address of another in the same country."""
    order = np.argsort(who.region, kind="stable")
    beside = np.empty(len(who), dtype=np.int64)
    beside[order] = np.roll(order, 1)
    same = (rng.random(len(who)) < SAME_ADDRESS) & (who.region == who.region[beside])
    homes, networks = who.homes.copy(), who.networks.copy()
    homes[same, 0], networks[same, 0] = who.homes[beside[same], 0], who.networks[beside[same], 0]
    return replace(who, homes=homes, networks=networks)


def _owners(rng: np.random.Generator, count: int) -> I64:
    """Return for each account the first account of the person who has it."""
    second = (rng.random(count) < 2 * TWO_ACCOUNTS) & (np.arange(count) % 2 == 1)
    return np.where(second, np.arange(count) - 1, np.arange(count)).astype(np.int64)


def _second_accounts(rng: np.random.Generator, who: Accounts, owner: I64) -> Accounts:
    """Return `who`, in which a second account has the device, the address and often the card of the first."""
    card = np.where(rng.random(len(who)) < 0.6, who.payment[owner], who.payment)
    shared = ("homes", "networks", "home_weights", "device", "region", "language", "client_fp", "agents", "updated",
              "access")  # fmt: skip
    return replace(who, payment=card, **{name: getattr(who, name)[owner] for name in shared})


def _programs(stage: Stage, count: int) -> tuple[Recipe, ...]:
    """Return a recipe for each of `count` programs, `CLIENT_TEMPLATES` at most, every one different."""
    lines = [head + tail for head in CLIENT_HEADS for tail in CLIENT_TAILS]
    taken = some_of(stage, "programs", lines, min(count, CLIENT_TEMPLATES))
    return tuple(
        Recipe(system=line, prompts="people") if k % 2 else Recipe(templates=(line + "\n\n{task}",), prompts="people")
        for k, line in enumerate(taken)
    )


def _people(rng: np.random.Generator, stage: Stage, who: Accounts, rows: I64, *, program: Flags) -> Events:
    """Return what the people among `rows` do."""
    rows = rows[~program[rows]]
    sent = visiting(rng, stage, who, rows)
    if not len(sent):
        return sent
    to = rows[rng.integers(0, len(rows), size=int(sent.talk.max()) + 1)]
    end = stage.start + stage.days * DAY
    return handed_on(rng, sent, to, IMPORTED, born=who.created_at, end=end)


def _bursts(rng: np.random.Generator, stage: Stage, who: Accounts, rows: I64) -> Events:
    """Return the requests of the programs at `rows`: round the clock, one hour far busier than the next, and within
    an hour close together."""
    level: Floats = rng.gamma(BURSTS, 1.0 / BURSTS, size=(len(rows), stage.days * 24)) * (who.tempo[rows, None] / 24.0)
    counts = rng.poisson(level)
    local, hour = (np.repeat(at.ravel(), counts.ravel()) for at in np.indices(counts.shape))
    width = rng.beta(1.0, 2.0, size=counts.shape)
    begin = rng.random(counts.shape) * (1.0 - width)
    inside = begin[local, hour] + width[local, hour] * rng.random(len(local))
    ts = stage.start + ((hour + inside) * HOUR).astype(np.int64)
    return there(events(rows[local], ts), who)
