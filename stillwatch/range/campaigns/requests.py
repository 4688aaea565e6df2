"""From conversations that begin to requests: turns, items, other models, second tries, other accounts, blocks."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from stillwatch.arrays import F64, I64, Flags
from stillwatch.range.campaigns.crew import Crew
from stillwatch.range.campaigns.operator import Campaign
from stillwatch.range.campaigns.wording import DECLINED, LATER, NEWEST, WEAKER, Script
from stillwatch.range.draw import DAY, HOUR, MICRO, spread
from stillwatch.range.events import HABIT, NONE, Events, concatenate, events, exchange_number, with_failures
from stillwatch.range.stage import Stage

_LONGEST = 60
"""Turns of the longest conversation of a program."""
_MOVES = 18 * HOUR
"""After this time the share of requests that changes to a new model has done so."""
_WANTED = -3
"""In `Events.brings`, until blocks are handed around: the block of another account."""
_HANDED_ON = (2 * 60 * MICRO, 12 * HOUR)
"""How old a block is at least and at most when another account brings it back."""
_TRY_AGAIN = (15 * MICRO, 5 * 60 * MICRO)
"""How soon a declined item is sent to another model, at least and at most."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Where requests are made: the campaign, its stage, its accounts and its recipes."""

    campaign: Campaign
    stage: Stage
    crew: Crew
    script: Script


@dataclass(frozen=True, slots=True)
class Order:
    """Conversations that begin, one entry each.

    Attributes:
        account, begin: position in the accounts, microseconds.
        tactic: position in the campaign's tactics.
        item: number of the first item that is handed out.
    """

    account: I64
    begin: I64
    tactic: I64
    item: int


def ordered(rng: np.random.Generator, order: Order, scene: Scene) -> Events:
    """Return the requests of `order`; conversations are numbered from 0."""
    campaign, crew = scene.campaign, scene.crew
    sent = _asked(rng, order, scene)
    tactic = order.tactic
    if not campaign.means.sticky and len(sent) > len(tactic):
        sent = _dealt(rng, sent, crew.cell)
    for repeated, wanted in ((_asked_again, "again"), (_tried_again, "refused")):
        if any(getattr(t, wanted) for t in campaign.tactics):
            sent, tactic = repeated(rng, sent, tactic, scene)
    if campaign.means.personas:
        sent = _unlisted(sent, order.item)
    sent = sent.take(_usable(sent, scene))
    presents = _each(scene, "presents")[tactic]
    if presents.any():
        brings = rng.random(len(sent)) < presents[sent.talk]
        sent = replace(sent, brings=np.where(brings, _WANTED, sent.brings))
    return with_failures(rng, sent, crew.accounts.errors)


def _usable(sent: Events, scene: Scene) -> Flags:
    """Return which requests fall on a day on which the campaign sends, and their accounts are still used."""
    campaign, crew = scene.campaign, scene.crew
    sends = np.array([*(campaign.phase(day).level > 0 for day in range(campaign.days)), False])
    day = np.clip((sent.ts - scene.stage.start) // DAY, 0, campaign.days)
    usable: Flags = sends[day] & (sent.ts >= crew.begins[sent.account]) & (sent.ts < crew.ends[sent.account])
    return usable


def _each(scene: Scene, name: str) -> F64:
    """Return the field `name` of every tactic."""
    return np.array([getattr(tactic, name) for tactic in scene.campaign.tactics], dtype=np.float64)


def _asked(rng: np.random.Generator, order: Order, scene: Scene) -> Events:
    """Return all turns of all conversations."""
    campaign, crew, script = scene.campaign, scene.crew, scene.script
    sent = _talked(rng, order, scene)
    talk, tactic = sent.talk, order.tactic if len(sent) == len(order.tactic) else order.tactic[sent.talk]
    form = np.where(sent.turn > 1, LATER, 0)
    if campaign.pivot:
        share = campaign.pivot * np.clip((order.begin - scene.stage.release) / _MOVES, 0.0, 1.0)
        form += NEWEST * (rng.random(len(order.begin)) < share)[talk]
    if (refused := _each(scene, "refused")).any():
        form[(sent.turn == 1) & (rng.random(len(sent)) < refused[tactic])] = DECLINED
    place = script.place[tactic, crew.cell[sent.account] % script.place.shape[1], form]
    item = np.arange(order.item, order.item + len(sent), dtype=np.int32)
    if not campaign.users:
        return replace(sent, recipe=place.astype(np.int16), item=item)
    of_users = _each(scene, "of_users")[tactic] > 0
    user = len(crew) + rng.integers(0, campaign.users, size=len(order.begin))
    return replace(
        sent,
        recipe=place.astype(np.int16),
        item=np.where(of_users, np.int32(HABIT), item),
        writer=np.where(of_users, user[talk], sent.account).astype(np.int32),
    )


def _talked(rng: np.random.Generator, order: Order, scene: Scene) -> Events:
    """Return who asks when: the first turns, and later ones after pauses."""
    turns = _each(scene, "turns")
    if (turns <= 1).all():
        return events(order.account, order.begin)
    lengths = np.minimum(rng.geometric(1.0 / turns[order.tactic]), _LONGEST)
    talk, place = spread(lengths)
    pauses = np.exp(rng.standard_normal(len(talk)) * 0.8) * _each(scene, "pause")[order.tactic][talk] + 1.0
    pauses[place == 0] = 0.0
    gone = np.cumsum(pauses)
    elapsed = gone - gone[np.cumsum(lengths) - lengths][talk]
    ts = order.begin[talk] + (elapsed * MICRO).astype(np.int64)
    return events(order.account[talk], ts, talk=talk, turn=place + 1)


def _dealt(rng: np.random.Generator, sent: Events, cell: I64) -> Events:
    """Return `sent` with each later turn under an account of the same cell that was busy shortly before."""
    where = cell[sent.account]
    order = np.argsort(sent.ts, kind="stable") if not where.any() else np.lexsort((sent.ts, where))
    rank = np.arange(len(order)) - rng.integers(1, 40, size=len(order))
    other = order[np.maximum(rank, 0)]
    deals = (sent.turn[order] > 1) & (where[other] == where[order])
    account = sent.account.copy()
    account[order[deals]] = sent.account[other[deals]]
    own = sent.writer == sent.account
    return replace(sent, account=account, writer=np.where(own, account, sent.writer))


def _asked_again(rng: np.random.Generator, sent: Events, tactic: I64, scene: Scene) -> tuple[Events, I64]:
    """Return `sent` with some first turns asked again by other accounts of the cell, and the tactic of each talk."""
    again = _each(scene, "again")[tactic]
    rows = np.flatnonzero((sent.turn == 1) & (rng.random(len(sent)) < again[sent.talk]))
    account, cell = sent.account[rows], scene.crew.cell[sent.account[rows]]
    order = np.lexsort((rng.random(len(rows)), cell))
    before = np.roll(order, 1)
    other = account.copy()
    other[order] = np.where(cell[before] == cell[order], account[before], account[order])
    waits = (np.exp(rng.normal(np.log(1.5), 0.8, size=len(rows))) * HOUR).astype(np.int64)
    more = replace(sent.take(rows), account=other, ts=sent.ts[rows] + waits, writer=other)
    return _appended(sent, more, tactic)


def _tried_again(rng: np.random.Generator, sent: Events, tactic: I64, scene: Scene) -> tuple[Events, I64]:
    """Return `sent` with what was declined sent to a weaker model, and the tactic of each talk."""
    cell, place = scene.crew.cell, scene.script.place
    variant = cell[sent.account] % place.shape[1]
    declined = place[tactic[sent.talk], variant, DECLINED]
    refused = _each(scene, "refused")[tactic[sent.talk]] > 0
    rows = np.flatnonzero(refused & (sent.recipe == declined))
    recipe = place[tactic[sent.talk[rows]], variant[rows], WEAKER].astype(np.int16)
    waits = rng.integers(*_TRY_AGAIN, size=len(rows))
    return _appended(sent, replace(sent.take(rows), ts=sent.ts[rows] + waits, recipe=recipe), tactic)


def _appended(sent: Events, more: Events, tactic: I64) -> tuple[Events, I64]:
    """Return `sent` and `more`, each of these a conversation of its own, and the tactic of each conversation."""
    talk = np.arange(len(tactic), len(tactic) + len(more))
    alone = replace(more, talk=talk, turn=np.ones(len(more), dtype=np.int16))
    return concatenate([sent, alone]), np.concatenate([tactic, tactic[more.talk]])


def _unlisted(sent: Events, first: int) -> Events:
    """Return `sent` in which only what is asked more than once is an item: personas choose what they ask."""
    place = np.maximum(sent.item - first, 0)
    once = np.bincount(place)[place] == 1
    return replace(sent, item=np.where(once, np.int32(HABIT), sent.item))


def handed_around(rng: np.random.Generator, sent: Events, scene: Scene) -> Events:
    """Return `sent` in which what wants the block of another account brings one back, or none when there is none."""
    wanting = np.flatnonzero(sent.brings == _WANTED)
    if not len(wanting):
        return sent
    _, first, back = np.unique(exchange_number(sent)[wanting], return_index=True, return_inverse=True)
    given = np.flatnonzero(_issues(sent, scene))
    given = given[np.argsort(sent.ts[given], kind="stable")]
    rows = wanting[first]
    at = _earlier(rng, sent.ts[given], sent.ts[rows])
    source = np.full(len(rows), NONE, dtype=np.int64)
    for step in range(3):
        found = (at >= step) & (source == NONE)
        other = given[at[found] - step]
        differs = sent.account[other] != sent.account[rows[found]]
        source[np.flatnonzero(found)[differs]] = exchange_number(sent)[other[differs]]
    brings = sent.brings.copy()
    brings[wanting] = source[back]
    return replace(sent, brings=brings)


def _earlier(rng: np.random.Generator, given: I64, ts: I64) -> I64:
    """Return for each of `ts` a position in the times `given`, about an hour before; -1 when there is none."""
    least, most = _HANDED_ON
    delay = np.clip(np.exp(rng.normal(np.log(HOUR), 1.0, size=len(ts))), least, most).astype(np.int64)
    at = np.searchsorted(given, ts - delay) - 1
    known = np.searchsorted(given, ts - least)
    any_known = (rng.random(len(ts)) * known).astype(np.int64) - (known == 0)
    return np.where(at < 0, any_known, at).astype(np.int64)


def _issues(sent: Events, scene: Scene) -> Flags:
    """Return which answers hand out a reasoning block."""
    thinks = np.array([recipe.thinks for recipe in scene.script.recipes])[sent.recipe]
    asked = np.where(thinks == HABIT, scene.crew.accounts.thinks[sent.account], thinks == 1)
    issues: Flags = asked & (sent.status == 200) & (sent.brings != _WANTED)
    return issues
