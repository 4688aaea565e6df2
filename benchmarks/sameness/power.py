"""What sameness alone sees of a pool: bare prompts, nothing in common, among people, by exchanges and accounts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from benchmarks.sameness.people import Prompts, world
from stillwatch.arrays import I64
from stillwatch.evidence.case import Case, Group
from stillwatch.evidence.interchangeable import interchangeable
from stillwatch.findings import Earlier
from stillwatch.proposals.overlap import distinct
from stillwatch.proposals.sameness import sameness
from stillwatch.proposals.sight import Sight
from stillwatch.trim import trimmed

SPEAKS = 0.001
"""P-value from which sameness counts as one of the two families that a verdict needs; see `FAMILY_COUNTS`."""
EXCHANGES = (3, 10, 30, 100, 300, 1000)
MEMBERS = (8, 30, 100, 300)
PURE = 0.5
"""Share of a group that must be the pool's for the pool to be found in it."""


@dataclass(frozen=True, slots=True)
class Power:
    """What was seen of pools of one size.

    Attributes:
        members: accounts of the pool. exchanges: of one of them, in the middle.
        told: share of pools that are called interchangeable when somebody points at them, p at most `SPEAKS`.
        found: share of a pool's accounts that are in groups which are proposed, mostly theirs, and called so; mean.
        wrong: groups called so of which most are not the pool's, over all worlds.
    """

    members: int
    exchanges: int
    told: float
    found: float
    wrong: int


def powers(prompts: Prompts, seed: int, *, people: int = 1000, worlds: int = 10) -> Iterator[Power]:
    """Yield what is seen of pools of each size, among `people` who ask 10 to 1,000 times each."""
    for members in MEMBERS:
        for exchanges in EXCHANGES:
            rng = np.random.default_rng([seed, members, exchanges])
            yield power(prompts, rng, members, exchanges, people=people, worlds=worlds)


def power(
    prompts: Prompts, rng: np.random.Generator, members: int, exchanges: int, *, people: int, worlds: int
) -> Power:
    """Return what is seen of pools of so many accounts and exchanges."""
    told, found, wrong = [], [], 0
    for _ in range(worlds):
        counts = np.exp(rng.uniform(np.log(10), np.log(1000), people)).astype(np.int64)
        each = np.maximum(rng.lognormal(np.log(exchanges), 0.3, members), 1).astype(np.int64)
        case = world(prompts, counts, each, rng)
        own = np.arange(people, people + members)
        told.append(_speaks(case, own))
        groups = [group for group in _bodies(case) if _speaks(case, group)]
        mine = [group for group in groups if (group >= people).mean() >= PURE]
        wrong += len(groups) - len(mine)
        found.append(len(np.intersect1d(own, np.concatenate(mine))) / members if mine else 0.0)
    return Power(members, exchanges, float(np.mean(told)), float(np.mean(found)), wrong)


def _speaks(case: Case, accounts: I64) -> bool:
    p_value = interchangeable(Group("g", accounts, {}, ""), case).p_value
    return p_value is not None and p_value <= SPEAKS


def _bodies(case: Case) -> list[I64]:
    sight = Sight(case.people, case.handoffs, case.limits, Earlier())
    return [trimmed(ball.accounts, sight.means, case.limits.least_exchanges) for ball in distinct(sameness(sight))]
