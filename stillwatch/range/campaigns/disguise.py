"""What accounts of a campaign send that is not its own: cover, and what their former owners asked."""

from __future__ import annotations

import functools
from dataclasses import replace

import numpy as np

from stillwatch.arrays import F64, I64
from stillwatch.range.campaigns.clocks import tireless
from stillwatch.range.campaigns.crew import Crew
from stillwatch.range.draw import DAY
from stillwatch.range.events import Events, with_failures
from stillwatch.range.habits import draw_habits, visits
from stillwatch.range.stage import Block, Stage, placed, shards_of


def covering(stage: Stage, crew: Crew, days: int, recipe: int, *, loads: F64) -> list[Block]:
    """Return blocks in which accounts chat as people do while the operator uses them: `loads` requests of each."""
    shards = shards_of(loads)

    def block(shard: int) -> Events:
        rng, rows = stage.rng("cover", shard), shards[shard]
        some = crew.accounts.take(rows)
        habits = draw_habits(rng, some, stage.start, days)
        works = [crew.present(stage.start + day * DAY)[rows] for day in range(days)]
        shape = tireless(rng, habits) * np.maximum(np.stack(works, axis=1), 1e-9)
        habits = replace(habits, days=shape * (loads[rows] / shape.sum(axis=1))[:, None])
        return _chatted(rng, crew, rows, visits(rng, some, habits, stage.start), recipe)

    return [functools.partial(block, k) for k in range(len(shards))]


def former_owners(stage: Stage, crew: Crew, recipe: int) -> list[Block]:
    """Return blocks in which those who had the accounts before chat, from the first day of the world until the
    operator takes over."""
    world = stage.whole
    until = np.clip((crew.begins - world.start) / DAY, 0.0, world.days)
    shards = shards_of(crew.accounts.tempo * until)

    def block(shard: int) -> Events:
        rng, rows = stage.rng("owners", shard), shards[shard]
        some = crew.accounts.take(rows)
        asked = visits(rng, some, draw_habits(rng, some, world.start, world.days), world.start)
        return _chatted(rng, crew, rows, asked.take(asked.ts < crew.begins[rows][asked.account]), recipe, before=True)

    return [functools.partial(block, k) for k in range(len(shards))]


def _chatted(
    rng: np.random.Generator, crew: Crew, rows: I64, asked: Events, recipe: int, *, before: bool = False
) -> Events:
    """Return what was `asked` by accounts at `rows`, in the operator's time unless it was `before`."""
    if not before:
        inside = (asked.ts >= crew.begins[rows][asked.account]) & (asked.ts < crew.ends[rows][asked.account])
        asked = asked.take(inside)
    asked = replace(asked, recipe=np.full(len(asked), recipe, dtype=np.int16))
    return placed(with_failures(rng, asked, crew.accounts.errors[rows]), rows)
