"""People who have nothing to do with each other, and the services that a few of them run.

Innocent people are imperfect: some share an address by chance, some have two accounts, some go on with a conversation
that somebody else made public.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from stillwatch.arrays import I64, Flags
from stillwatch.range.accounts import Accounts
from stillwatch.range.draw import DAY
from stillwatch.range.events import Events, joined
from stillwatch.range.fits import JUDGED
from stillwatch.range.populations.blocks import PERSON, HandOver, by_accounts, handed_on, visiting
from stillwatch.range.populations.services import mean_rate, service_rates, service_recipes, service_sends
from stillwatch.range.recipes import CHAT
from stillwatch.range.stage import Part, Stage, crowd

LOAD = PERSON + JUDGED.api_share * (mean_rate() - PERSON)
"""Requests a day and account."""
TWO_ACCOUNTS = 0.015
"""Share of accounts that are somebody's second."""
SAME_ADDRESS = 0.02
"""Share of accounts at the address of somebody else, whom they do not know."""
IMPORTED = HandOver(share=0.001, wait=9 * 3_600.0, kept=0.3)
"""A conversation is made public, and somebody else goes on with it some hours later."""


def ordinary(stage: Stage, count: int) -> Part:
    """People who have nothing to do with each other; some of the accounts are services."""
    rng = stage.rng("ordinary")
    owner = _owners(rng, count)
    who = _second_accounts(rng, _imperfect(rng, crowd(stage, count)), owner)
    service = _services(rng, owner)
    who.tempo[service] = service_rates(rng, int(service.sum()))
    recipes = (CHAT, *service_recipes(stage, int(service.sum())))
    way = np.where(service, 1 + (np.cumsum(service) - 1) % max(len(recipes) - 1, 1), 0)

    def make(rng: np.random.Generator, rows: I64) -> Events:
        talks = _people(rng, stage, who, rows[~service[rows]])
        sent = joined([talks, service_sends(rng, stage, who, rows[service[rows]])])
        return replace(sent, writer=owner[sent.writer].astype(np.int32), recipe=way[sent.account].astype(np.int16))

    return Part(who, recipes, by_accounts(stage, who, who.tempo, make))


def _services(rng: np.random.Generator, owner: I64) -> Flags:
    """Return which accounts are services: of those that are nobody's second, as many as their share says."""
    first = np.flatnonzero(owner == np.arange(len(owner)))
    number = int(len(owner) * JUDGED.api_share + rng.random())
    service = np.zeros(len(owner), dtype=np.bool_)
    service[rng.choice(first, size=min(number, len(first)), replace=False)] = True
    return service


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


def _people(rng: np.random.Generator, stage: Stage, who: Accounts, rows: I64) -> Events:
    """Return what the people at `rows` do."""
    sent = visiting(rng, stage, who, rows)
    if not len(sent):
        return sent
    to = rows[rng.integers(0, len(rows), size=int(sent.talk.max()) + 1)]
    end = stage.start + stage.days * DAY
    return handed_on(rng, sent, to, IMPORTED, born=who.created_at, end=end)
