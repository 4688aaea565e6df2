"""When the accounts of a campaign begin their conversations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from stillwatch.arrays import F64, I64, Flags
from stillwatch.range.campaigns.crew import Crew
from stillwatch.range.campaigns.operator import Clock
from stillwatch.range.draw import DAY, HOUR, MICRO, Floats, choose_rows, pick
from stillwatch.range.habits import Habits, draw_habits

_NIGHT = 1.0 + 1.5 * (np.abs(np.arange(24) - 8) < 8)
"""Hours (UTC) of an operator whose programs run day and night, with fewer hands at night."""
_WORKS, _TAKES_PART = 0.55, 0.55
"""Share of the rounds in which the pool works, and of its accounts in one of them when it is busiest."""


@dataclass(frozen=True, slots=True)
class Slot:
    """Some hours of one day: `begins` in microseconds, first hour and number of hours; `day` counts from the start."""

    day: int
    begins: int
    hour: int
    hours: int

    @property
    def start(self) -> int:
        """Microseconds at which its first hour begins."""
        return self.begins + self.hour * HOUR


@dataclass(frozen=True, slots=True)
class Roster:
    """What a clock needs to know of the accounts.

    Attributes:
        cell: number of each account's cell.
        hours: weights of the hours of the day in UTC, shape (accounts, 24), where they keep human hours.
        week: factor on each account's requests, shape (accounts, days), likewise.
        busiest: conversations on a day of an account that works, on the campaign's busiest day.
    """

    cell: I64
    hours: Floats
    week: Floats
    busiest: float


def human_roster(rng: np.random.Generator, crew: Crew, *, start: int, levels: F64) -> Roster:
    """Return the roster of a crew that keeps human hours, from `start` microseconds on; `levels` has the level of
    each day of the campaign, over which each account's factors average to 1."""
    habits = draw_habits(rng, crew.accounts, start, len(levels))
    week = tireless(rng, habits)
    sums = np.zeros((2, len(crew)))
    for day in np.flatnonzero(levels).tolist():
        works = levels[day] * crew.present(start + day * DAY)
        sums += works, works * week[:, day]
    mean = np.where(sums[0] > 0, sums[1] / np.maximum(sums[0], 1e-9), 1.0)
    return Roster(crew.cell, habits.hours, (week / mean[:, None]).astype(np.float32), 0.0)


def tireless(rng: np.random.Generator, habits: Habits) -> Floats:
    """Return requests on each day as in `habits`, but with none of the silence of those who have not signed up yet or
    lost interest: other days of the same person stand there."""
    there = habits.days > 0
    usual = habits.days.sum(axis=1, keepdims=True) / np.maximum(there.sum(axis=1, keepdims=True), 1)
    filled = np.maximum(usual, 1e-3) * rng.gamma(2.0, 0.5, size=habits.days.shape)
    return np.where(there, habits.days, filled).astype(np.float32)


def poisson(rng: np.random.Generator, a_day: F64, slot: Slot, table: Roster) -> tuple[I64, I64]:
    """Return account and time of conversations: Poisson about `a_day` of each account, fewer at night."""
    del table
    weights = _NIGHT[slot.hour : slot.hour + slot.hours]
    account = np.repeat(np.arange(len(a_day)), rng.poisson(a_day * (weights.sum() / _NIGHT.sum())))
    return account, _inside(rng, slot, pick(rng.random(len(account)), weights))


def human(rng: np.random.Generator, a_day: F64, slot: Slot, table: Roster) -> tuple[I64, I64]:
    """Return account and time of conversations at the hours, and on the days, of people of each account's region."""
    weights = table.hours[:, slot.hour : slot.hour + slot.hours]
    share = weights.sum(axis=1) / table.hours.sum(axis=1)
    account = np.repeat(np.arange(len(a_day)), rng.poisson(a_day * table.week[:, slot.day] * share))
    return account, _inside(rng, slot, choose_rows(rng, weights, account))


def balancer(rng: np.random.Generator, a_day: F64, slot: Slot, table: Roster) -> tuple[I64, I64]:
    """Return account and time of conversations that come as they come and each go to the account of a cell that has
    rested longest, but for the order in which earlier ones end."""
    working = np.flatnonzero(a_day > 0)
    account = working[np.lexsort((rng.random(len(working)), table.cell[working]))]
    sizes = np.bincount(table.cell[account])
    count = int(rng.poisson(a_day.sum() * slot.hours / 24)) if len(account) else 0
    ts = np.sort(slot.start + (rng.random(count) * slot.hours * HOUR).astype(np.int64))
    if not count:
        return np.empty(0, dtype=np.int64), ts
    cell = table.cell[account[rng.integers(0, len(account), size=count)]] if len(sizes) > 1 else 0 * ts
    order = np.argsort(cell, kind="stable") if len(sizes) > 1 else np.arange(count)
    rank = np.arange(count) - np.searchsorted(cell[order], cell[order])
    turn = rank + rng.integers(0, 1 << 30, size=len(sizes))[cell[order]] + rng.integers(0, 3, size=count)
    first = np.cumsum(sizes) - sizes
    return account[first[cell[order]] + turn % sizes[cell[order]]], ts[order]


def rounds(rng: np.random.Generator, a_day: F64, slot: Slot, table: Roster) -> tuple[I64, I64]:
    """Return account and time of conversations in rounds on a clock: while a cell works, most of its accounts take
    part in each, within seconds of each other."""
    period = int(_WORKS * _TAKES_PART * DAY / table.busiest)
    ticks = np.arange(-(-slot.start // period), -(-(slot.start + slot.hours * HOUR) // period)) * period
    working = np.flatnonzero(a_day > 0)
    chance = np.minimum(a_day[working] * (period / DAY / _WORKS), 1.0)
    at_work = _works(rng, len(ticks), int(table.cell.max()) + 1)
    taken = (rng.random((len(ticks), len(working))) < chance) & at_work[:, table.cell[working]]
    tick, member = np.nonzero(taken)
    wait = (rng.gamma(2.0, 1.4, size=len(tick)) * MICRO).astype(np.int64)
    account = working[member]
    return account, ticks[tick] + table.cell[account] * 611_953_000 % period + wait


def _works(rng: np.random.Generator, ticks: int, cells: int) -> Flags:
    """Return in which rounds each cell works, shape (ticks, cells): the same share of them, and any of them."""
    rank = np.argsort(np.argsort(rng.random((ticks, cells)), axis=0), axis=0)
    works: Flags = rank < np.floor(_WORKS * ticks + rng.random(cells))
    return works


def _inside(rng: np.random.Generator, slot: Slot, hour: I64) -> I64:
    times: I64 = slot.start + hour * HOUR + (rng.random(len(hour)) * HOUR).astype(np.int64)
    return times


Ticking = Callable[[np.random.Generator, F64, Slot, Roster], tuple[I64, I64]]
CLOCKS: Mapping[Clock, Ticking] = MappingProxyType(
    {"rounds": rounds, "balancer": balancer, "poisson": poisson, "human": human}
)
