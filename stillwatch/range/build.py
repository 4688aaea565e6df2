"""From a scenario to a labelled world on disk, in one pass over time and in memory that does not grow with it.

The flow: the cast (who plays, how many) -> parts (accounts, and blocks of events to be made) -> events in slices of
time -> rows of each slice -> one file. Blocks and slices are made by threads and used in order, so neither their
number nor their speed shows in the result.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TypeVar

import numpy as np
import pyarrow as pa

from stillwatch.arrays import I64, Flags
from stillwatch.range.accounts import Accounts, account_ids, account_table, join
from stillwatch.range.cast import Cast, Player, WorldSpec, cast, described
from stillwatch.range.draw import DAY, HOUR, generator
from stillwatch.range.events import Events, renumbered
from stillwatch.range.fill import Filler
from stillwatch.range.prompts import Prompts
from stillwatch.range.recipes import Recipe
from stillwatch.range.render import Writers, render
from stillwatch.range.slices import Packed, Slices, ordered
from stillwatch.range.stage import Block, Part
from stillwatch.range.store import ORDINARY, TRUTH, Parts, World, WorldWriter, world_folder

FORMAT = 4
"""Version of the generator: the same seed, specification and version give the same bytes, with the locked versions of
numpy, scipy and pyarrow on the same kind of processor."""
_TALKS = 1 << 24
"""Conversation numbers kept for one block."""
_NO_TIME = np.iinfo(np.int64).max


def build_world(
    spec: WorldSpec,
    out: Path,
    seed: int,
    *,
    on_rows: Callable[[int, float], None] | None = None,
    parts: Parts | None = None,
) -> World:
    """Build the world of `spec` in the new folder `out`: exchanges, accounts, truth (of accounts and of exchanges) and
    parameters.

    Args:
        on_rows: told how many rows are written and how many there will be.
        parts: whether exchanges are to come in several files, instead of one that the world keeps.

    Raises:
        StillwatchError: an unknown population or rung, or a scale that makes no world.
        Refused: `out` exists and is not an empty folder.
    """
    troupe = cast(spec, seed)
    with world_folder(out) as folder, ThreadPoolExecutor(_threads()) as pool:
        company = _assembled(troupe)
        slices = Slices(folder / "buckets", start=troupe.start, days=troupe.days, expected=troupe.expected)
        seen = _collected(pool, company, troupe, slices)
        accounts = _born_in_time(generator(seed, "births"), company.accounts, seen.first)
        with WorldWriter(folder, parts) as writer:
            for batch, taken in _rows(pool, slices, accounts, company=company, prompts=troupe.prompts):
                writer.write(batch, taken)
                if on_rows is not None:
                    on_rows(writer.rows, len(slices))
        truth = _truth(company, accounts, seen.harvested)
        writer.finish(account_table(accounts), truth, described(spec, troupe, company.sizes, version=FORMAT))
        kinds = Counter(truth["kind"].to_pylist())
    return World.at(out, exchanges=writer.rows, kinds=kinds)


@dataclass(frozen=True, slots=True)
class _Company:
    """All parts as one: accounts, recipes and writers numbered through.

    Attributes:
        group: position in `players` of each account. sizes: accounts of each player.
        blocks: what makes events, each with the numbers by which its accounts, writers and recipes are shifted.
    """

    troupe: Cast
    players: tuple[Player, ...]
    accounts: Accounts
    group: I64
    sizes: list[int]
    role: tuple[str, ...]
    recipes: tuple[Recipe, ...]
    writers: Writers
    blocks: tuple[tuple[Block, _Shift], ...]


@dataclass(frozen=True, slots=True)
class _Shift:
    """Where the numbers of one block begin; of its writers, the first `own` are accounts, the rest hidden."""

    account: int
    own: int
    hidden: int
    recipe: int
    talk: int


def _assembled(troupe: Cast) -> _Company:
    """Let every player make its part, and number all of them through: accounts first among the writers."""
    parts = [player.act(player.stage, player.count) for player in troupe.players]
    sizes = [len(part.accounts) for part in parts]
    total = sum(sizes)
    firsts = np.cumsum([0, *sizes]).tolist()
    hidden = (total + np.cumsum([0, *(len(part.hidden) for part in parts)])).tolist()
    recipes = np.cumsum([0, *(len(part.recipes) for part in parts)]).tolist()
    blocks: list[tuple[Block, _Shift]] = []
    for k, part in enumerate(parts):
        for block in part.blocks:
            talk = len(blocks) * _TALKS
            blocks.append((block, _Shift(firsts[k], sizes[k], hidden[k], recipes[k], talk)))
    accounts = join([part.accounts for part in parts])
    return _Company(
        troupe=troupe,
        players=troupe.players,
        accounts=accounts,
        group=np.repeat(np.arange(len(parts)), sizes),
        sizes=sizes,
        role=tuple(name for part in parts for name in _roles(part)),
        recipes=tuple(recipe for part in parts for recipe in part.recipes),
        writers=Writers(np.concatenate([accounts.language, *(part.hidden for part in parts)]).astype(np.int8)),
        blocks=tuple(blocks),
    )


def _roles(part: Part) -> list[str]:
    if part.role is None:
        return [part.roles[0]] * len(part.accounts)
    return [part.roles[k] for k in part.role.tolist()]


@dataclass(frozen=True, slots=True)
class _Seen:
    """First request, and first harvesting request, of each account in microseconds; `_NO_TIME` for none."""

    first: I64
    harvested: I64


def _collected(pool: ThreadPoolExecutor, company: _Company, troupe: Cast, slices: Slices) -> _Seen:
    """Make all blocks and put their events in order of time."""
    seen = _Seen(*(np.full(len(company.accounts), _NO_TIME) for _ in range(2)))
    harvests = np.array([recipe.harvest for recipe in company.recipes])
    ends = np.minimum(company.accounts.status_at, troupe.start + troupe.days * DAY)

    def made(item: tuple[Block, _Shift]) -> Events:
        block, shift = item
        part = _shifted(block(), shift)
        inside = (part.ts >= troupe.start) & (part.ts < ends[part.account])
        return part if inside.all() else part.take(np.flatnonzero(inside))

    for part in _in_order(pool, made, company.blocks):
        slices.add(part)
        np.minimum.at(seen.first, part.account, part.ts)
        taken = np.flatnonzero(harvests[part.recipe])
        np.minimum.at(seen.harvested, part.account[taken], part.ts[taken])
    return seen


def _shifted(part: Events, shift: _Shift) -> Events:
    own = part.writer < shift.own
    writer = np.where(own, part.writer + shift.account, part.writer - shift.own + shift.hidden)
    moved = replace(
        part,
        account=(part.account + shift.account).astype(np.int32),
        writer=writer.astype(np.int32),
        recipe=(part.recipe + shift.recipe).astype(np.int16),
    )
    return renumbered(moved, shift.talk)


def _rows(
    pool: ThreadPoolExecutor, slices: Slices, accounts: Accounts, *, company: _Company, prompts: Prompts | None
) -> Iterator[tuple[pa.RecordBatch, Flags]]:
    """Yield the rows of the world in order of time, and which of them are harvest."""
    seed, mode = company.troupe.seed, company.troupe.text
    filler = Filler(accounts, company.recipes, seed)
    harvests = np.array([recipe.harvest for recipe in company.recipes])

    def filled(item: tuple[int, Packed]) -> tuple[pa.RecordBatch, Flags]:
        first, run = item
        part = ordered(run)
        texts = render(part, company.recipes, company.writers, seed=seed, mode=mode, prompts=prompts)
        return filler.rows(part, texts, first=first), harvests[part.recipe]

    return _in_order(pool, filled, _numbered(slices.runs()))


def _numbered(runs: Iterator[Packed]) -> Iterator[tuple[int, Packed]]:
    """Yield each run with the number of events before it."""
    first = 0
    for run in runs:
        yield first, run
        first += len(run)


T = TypeVar("T")
R = TypeVar("R")


def _in_order(pool: ThreadPoolExecutor, work: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
    """Yield `work` of each item in order, a few of them ahead at a time."""
    source = iter(items)
    waiting: list[Future[R]] = [pool.submit(work, item) for item in islice(source, 2 * _threads())]
    while waiting:
        done = waiting.pop(0)
        result = done.result()
        waiting.extend(pool.submit(work, item) for item in islice(source, 1))
        yield result


def _threads() -> int:
    return min(os.cpu_count() or 1, 4)


def _born_in_time(rng: np.random.Generator, accounts: Accounts, first: I64) -> Accounts:
    """Return `accounts` who all signed up before their first request: for those drawn otherwise, by some hours."""
    before = (rng.lognormal(0.0, 1.5, size=len(accounts)) * HOUR).astype(np.int64)
    late = (accounts.created_at >= first) & (first != _NO_TIME)
    return replace(accounts, created_at=np.where(late, first - before, accounts.created_at))


def _truth(company: _Company, accounts: Accounts, harvested: I64) -> pa.Table:
    groups = pa.array(["" if p.kind == ORDINARY else p.name for p in company.players])
    kinds = pa.array([p.kind for p in company.players])
    at = pa.array(company.group)
    columns = [
        account_ids(accounts.number),
        groups.take(at),
        kinds.take(at),
        pa.array(company.role),
        pa.array(harvested, TRUTH.field("first_harvest_ts").type, mask=harvested == _NO_TIME),
    ]
    return pa.Table.from_arrays(columns, schema=TRUTH).sort_by("account_id")
