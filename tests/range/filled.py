"""Rows that were filled in, and the events they came from."""

from __future__ import annotations

import functools
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from stillwatch.arrays import I64
from stillwatch.range.accounts import NEVER, Accounts, alike, draw_accounts
from stillwatch.range.draw import DAY, generator
from stillwatch.range.events import Events, events, with_failures
from stillwatch.range.fill import Filler
from stillwatch.range.habits import draw_habits, visits
from stillwatch.range.recipes import CHAT, Recipe
from stillwatch.range.render import Texts

SEED = 11
START = 20_600 * DAY
DAYS = 20
OPENINGS = 40_000
TOOLED = Recipe(tools=1, refusal=0.2)
THINKS, THINKS_NOT = Recipe(thinks=1), Recipe(thinks=0)
PASSED_ON = Recipe(end_users=True)
GIVEN = Recipe(heat=0.3, models=(0.0, 3.0, 0.0, 1.0, 0.0, 0.0), reply=2_000.0, document=9_000.0)
RECIPES = (CHAT, TOOLED, THINKS, THINKS_NOT, PASSED_ON, GIVEN)
DRAWN = ("ip", "asn", "model", "temperature", "tokens_out", "tokens_cached", "tokens_reasoning",
         "tool_calls", "finish_reason", "refused", "latency_ms", "ttft_ms")  # fmt: skip
"""Columns of noise: what they say of one request may follow from the slice it is in."""


@dataclass(frozen=True, slots=True)
class Filled:
    """Events, who they belong to, and the rows they became."""

    who: Accounts
    part: Events
    rows: pa.RecordBatch

    def column(self, name: str) -> np.ndarray[Any, Any]:
        """Return a column as an array, lists and texts as objects."""
        return np.array([*self.rows[name].to_pylist(), None], dtype=object)[:-1]

    def numbers(self, name: str) -> np.ndarray[Any, Any]:
        """Return a column of numbers that is never null."""
        assert not self.rows[name].null_count
        return np.asarray(self.rows[name].to_numpy(zero_copy_only=False))

    def known(self, name: str) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Return where a column is not null."""
        return np.asarray(self.rows[name].is_valid().to_numpy(zero_copy_only=False))


def people(count: int = 500) -> Accounts:
    """Return unrelated people, half of whom take up the newest model in the middle of the world."""
    who = draw_accounts(generator(SEED, "who"), count, START, DAYS)
    adopts = np.where(np.arange(count) % 2, START + DAYS // 2 * DAY, NEVER)
    return replace(who, adopts=adopts)


def without_text(count: int) -> Texts:
    """Return no text for `count` requests."""
    none = pa.nulls(count, pa.string())
    return Texts(none, none, none)


def in_order(part: Events) -> Events:
    """Return `part` in order of time."""
    return part.take(np.argsort(part.ts, kind="stable"))


def filled(who: Accounts, part: Events, recipes: tuple[Recipe, ...] = RECIPES, first: int = 0) -> Filled:
    """Return the rows of `part`, of which `first` come before in the world."""
    rows = Filler(who, recipes, SEED).rows(part, without_text(len(part)), first=first)
    return Filled(who, part, rows)


@functools.cache
def chatter() -> Filled:
    """Three weeks of people in conversation, each conversation by one of `RECIPES`."""
    who = people()
    rng = generator(SEED, "talk")
    part = visits(rng, who, draw_habits(rng, who, START, DAYS), START)
    part = replace(part, recipe=(part.talk % len(RECIPES)).astype(np.int16))
    part = with_failures(rng, part, who.errors + 0.05)
    return filled(who, in_order(part))


@functools.cache
def openings() -> Filled:
    """Single requests of one account that follow every habit."""
    who = alike(people(1), ceiling=0, thinks=False)
    part = events(np.zeros(OPENINGS, dtype=np.int64), START + np.arange(OPENINGS, dtype=np.int64))
    return filled(who, part, (replace(CHAT, refusal=0.0),))


def bodies(numbers: I64) -> dict[int, list[int]]:
    """Return the rows of each body by its number."""
    found: dict[int, list[int]] = defaultdict(list)
    for row, number in enumerate(numbers.tolist()):
        found[number].append(row)
    return found
