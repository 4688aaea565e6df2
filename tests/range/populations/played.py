"""Groups of a population, played once for all tests that look at them."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stillwatch.arrays import I64
from stillwatch.range.accounts import NOBODY, Accounts
from stillwatch.range.draw import DAY
from stillwatch.range.events import Events, joined
from stillwatch.range.populations import POPULATIONS
from stillwatch.range.stage import Part, Population, Stage

START = 20_500 * DAY
BY_NAME = {population.name: population for population in POPULATIONS}


@dataclass(frozen=True, slots=True)
class Played:
    """A group and all it sent."""

    stage: Stage
    part: Part
    sent: Events

    @property
    def who(self) -> Accounts:
        """The accounts of the group."""
        return self.part.accounts


def usual_size(population: Population) -> int:
    """Return the accounts of a usual group."""
    return population.size or 600


def stage_of(name: str, *, days: int = 14, seed: int = 3) -> Stage:
    """Return a stage for the group `name`, on which a model comes out before half-time."""
    return Stage(seed, name, START, days, START + int(days * 0.45) * DAY)


@functools.lru_cache(maxsize=64)
def play(name: str, *, count: int = 0, days: int = 14, seed: int = 3) -> Played:
    """Return a group of the population `name`, of its usual size unless `count` says otherwise."""
    population = BY_NAME[name]
    stage = stage_of(f"{name}-1", days=days, seed=seed)
    part = population.act(stage, count or usual_size(population))
    return Played(stage, part, joined(block() for block in part.blocks))


def holders(values: npt.NDArray[np.generic]) -> int:
    """Return how many share the commonest value; NOBODY is none."""
    known = values[values != NOBODY]
    return int(np.unique(known, return_counts=True)[1].max(initial=0))


def changes(sent: Events) -> I64:
    """Return the rows of served requests whose conversation was under another account the turn before."""
    rows = np.flatnonzero(sent.status < 400)
    rows = rows[np.lexsort((sent.turn[rows], sent.talk[rows]))]
    follows = sent.talk[rows][1:] == sent.talk[rows][:-1]
    moved: I64 = rows[1:][follows & (sent.account[rows][1:] != sent.account[rows][:-1])]
    return moved


def per_account(played: Played) -> I64:
    """Return how many requests each account sent."""
    return np.bincount(played.sent.account, minlength=len(played.who))
