"""A campaign on its stage: one function plays any of them.

Strategy: the days of a campaign are cut into slots (hours of one day) of which some form a block. In a slot a clock
says which accounts begin conversations when; each is given a tactic, its turns and its items; then follow the second
tries, the accounts that later turns are dealt to, the reasoning blocks that are brought back, and everybody's errors.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from stillwatch.arrays import F64, Flags
from stillwatch.errors import NothingUsable
from stillwatch.range.campaigns.clocks import CLOCKS, Roster, Slot, human_roster
from stillwatch.range.campaigns.crew import REPLACEMENT, Crew, enlist
from stillwatch.range.campaigns.disguise import covering, former_owners
from stillwatch.range.campaigns.operator import Campaign
from stillwatch.range.campaigns.requests import Order, Scene, handed_around, ordered
from stillwatch.range.campaigns.wording import write_script
from stillwatch.range.draw import DAY, HOUR, pick
from stillwatch.range.events import Events, joined
from stillwatch.range.stage import BLOCK, Block, Part, Stage

_HOURS = (24, 12, 8, 6, 4, 3, 2, 1)
"""Lengths of slots."""
_NOBODY = np.empty((0, 0), dtype=np.float32)
_REST = 1 / 12
"""Share of the circle by which the turn moves on a day, where accounts take turns."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """What all blocks of a campaign share.

    Attributes:
        scene: what is needed to fill an order.
        loads: requests on each day of an account that can work. working: share of these accounts that do.
        blocks: slots of each block, with the first number of its items.
    """

    scene: Scene
    table: Roster
    loads: F64
    working: F64
    blocks: tuple[tuple[tuple[Slot, int], ...], ...]


def play(campaign: Campaign, stage: Stage) -> Part:
    """Return what `campaign` adds to the world of `stage`, from its first day on.

    Raises:
        NothingUsable: the world is shorter than the campaign.
    """
    if stage.days < campaign.days:
        raise NothingUsable(
            f"a world of {stage.days} days is shorter than `{campaign.id}`",
            where="range",
            expected=f"{campaign.days} days or more",
        )
    crew = enlist(campaign, stage)
    plan = _planned(campaign, stage, crew)
    rng = stage.rng("users")
    roles = (*(pool.role for pool in campaign.pools), REPLACEMENT)
    blocks: list[Block] = [functools.partial(_block, plan, k) for k in range(len(plan.blocks))]
    if campaign.means.cover:
        blocks += covering(stage, crew, campaign.days, plan.scene.script.cover, loads=_covers(plan))
    if campaign.means.signup == "bought":
        blocks += former_owners(stage, crew, plan.scene.script.cover)
    return Part(
        crew.accounts,
        plan.scene.script.recipes,
        tuple(blocks),
        hidden=rng.choice(crew.accounts.language, size=campaign.users),
        roles=roles,
        role=crew.role,
    )


def _planned(campaign: Campaign, stage: Stage, crew: Crew) -> _Plan:
    present = np.array([crew.present(stage.start + day * DAY).sum() for day in range(campaign.days)])
    levels = np.array([campaign.phase(day).level for day in range(campaign.days)])
    loads = campaign.exchanges * levels / (levels @ present)
    working = np.minimum(loads / campaign.a_day, 1.0) if campaign.a_day else np.ones(campaign.days)
    starts = np.array([sum(_conversations(campaign, day)) for day in range(campaign.days)])
    busiest = float((starts * loads / np.where(working > 0, working, 1.0)).max())
    if campaign.means.clock == "human":
        table = human_roster(stage.rng("roster"), crew, start=stage.start, levels=levels)
    else:
        table = Roster(crew.cell, _NOBODY, _NOBODY, busiest)
    sends = np.array([sum(campaign.weights(day)) for day in range(campaign.days)])
    script = write_script(campaign, stage.name, int(crew.cell.max()) + 1)
    most = np.array([(crew.present(stage.start + day * DAY) > 0).sum() for day in range(campaign.days)])
    blocks = _cut(stage.start, sends * loads * present, sends * loads * most)
    return _Plan(Scene(campaign, stage, crew, script), table, loads, working, blocks)


def _conversations(campaign: Campaign, day: int) -> list[float]:
    """Return conversations of each tactic on `day`, to one request of the campaign's own."""
    return [w / tactic.sends for w, tactic in zip(campaign.weights(day), campaign.tactics, strict=True)]


def _cut(start: int, a_day: F64, most: F64) -> tuple[tuple[tuple[Slot, int], ...], ...]:
    """Return the blocks for `a_day` requests on each day, each about half a `BLOCK`; no two slots share an item, of
    which `most` are handed out on a day, about."""
    blocks: list[list[tuple[Slot, int]]] = [[]]
    held, item = 0.0, 0
    for day, total in enumerate(a_day.tolist()):
        hours = next((h for h in _HOURS if total * h / 24 <= BLOCK / 2), _HOURS[-1])
        for hour in range(0, 24, hours) if total else ():
            expected = total * hours / 24
            if held and held + expected > BLOCK / 2:
                blocks.append([])
                held = 0.0
            blocks[-1].append((Slot(day, start + day * DAY, hour, hours), item))
            held += expected
            item += int(most[day] * hours / 12 + 8 * expected**0.5) + 64
    return tuple(tuple(block) for block in blocks)


def _covers(plan: _Plan) -> F64:
    """Return how many requests each account sends as cover."""
    share = plan.scene.campaign.means.cover
    days = range(plan.scene.campaign.days)
    own = sum(plan.loads[day] * plan.scene.crew.present(plan.scene.stage.start + day * DAY) for day in days)
    covers: F64 = np.asarray(own * plan.scene.crew.load * share / (1.0 - share))
    return covers


def _block(plan: _Plan, index: int) -> Events:
    rng = plan.scene.stage.rng("harvest", index)
    sent = joined(_slot(plan, rng, slot, item) for slot, item in plan.blocks[index])
    return handed_around(rng, sent, plan.scene)


def _slot(plan: _Plan, rng: np.random.Generator, slot: Slot, item: int) -> Events:
    campaign, crew = plan.scene.campaign, plan.scene.crew
    weights = np.array(_conversations(campaign, slot.day))
    can = (crew.begins < slot.start + slot.hours * HOUR) & (crew.ends > slot.start)
    works = _works(plan, slot, can)
    share = crew.load[works].sum() / max(crew.load[can].sum(), 1e-12)
    a_day = np.where(works, crew.load * plan.loads[slot.day] / max(share, 1e-12), 0.0)
    account, begin = CLOCKS[campaign.means.clock](rng, a_day * weights.sum(), slot, plan.table)
    return ordered(rng, Order(account, begin, tactic=pick(rng.random(len(account)), weights), item=item), plan.scene)


def _works(plan: _Plan, slot: Slot, can: Flags) -> Flags:
    """Return which of the accounts that `can` work in `slot` do, because it is their turn."""
    place = np.where(can, (plan.scene.crew.turn + slot.day * _REST) % 1.0, 1.0)
    works: Flags = can & (place < max(plan.working[slot.day], place.min(initial=1.0) + 1e-9))
    return works
