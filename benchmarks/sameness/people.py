"""Accounts as the profiles of what they ask: people with favourites among real prompts, and a pool fed from one list.

A composite: the prompts are real (`../shared/real`), who asks which is ours. A person has favourite topics, keeps to
one of them for about half of what is asked within an hour, and asks anything now and then; an account of a pool is
dealt bare Alpaca instructions. Nothing else is known of anybody. The sums are those that `profiles.py` asks for in SQL.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from scipy import sparse

from benchmarks.assembled import sketched
from benchmarks.real_prompts import Composite, Favourites, favourites, harvest
from stillwatch.arrays import F64, I64
from stillwatch.config import ProposalLimits
from stillwatch.evidence.case import Case
from stillwatch.handoffs import Handoffs
from stillwatch.likeness import means
from stillwatch.others import Rates
from stillwatch.population import Population
from stillwatch.profiles import Profiles
from stillwatch.rollups.sums import PROFILE_COLUMNS
from stillwatch.sketch.schema import TOPIC_WIDTH

HOURS = 240
"""Ten days."""
TASTES = 4000
"""People whose favourites are drawn; worlds take theirs from among them."""
ANYTHING = 0.15
"""Share of requests that are about no favourite, as in `benchmarks.real_prompts`."""
SITTING = 0.5
"""Share of requests that keep to the topic of their hour."""


@dataclass(frozen=True, slots=True)
class Prompts:
    """What people, who have tastes, and a pool can ask, as numbers of a profile, shape (prompts, columns)."""

    human: F64
    bare: F64
    liked: Favourites


def read_prompts(real: Path, seed: int, bare: int = 20_000) -> Prompts:
    """Return the human prompts with the tastes of people, and at most `bare` Alpaca instructions."""
    rng = np.random.default_rng([seed, 0])
    rows = pq.read_table(real / "prompts_benign.parquet", columns=["dataset", "prompt"])
    prompts = rows["prompt"].combine_chunks().cast(pa.string())
    human = sketched(prompts.to_pylist())
    known = human["topic_0"].is_valid()
    prompts, human = prompts.filter(known), human.filter(known)
    liked = favourites(rng, prompts, rows["dataset"].combine_chunks().filter(known.combine_chunks()), TASTES)
    lines = harvest(Composite(strip=True), real)
    some = sketched(lines.take(pa.array(rng.choice(len(lines), bare, replace=False))).to_pylist())
    return Prompts(numbers(human), numbers(some.filter(some["topic_0"].is_valid())), liked)


def numbers(sketches: pa.Table) -> F64:
    """Return the columns of a profile of each sketch, all of which have topics, shape (prompts, columns)."""
    out = np.zeros((sketches.num_rows, len(PROFILE_COLUMNS)))
    for i in range(TOPIC_WIDTH):
        out[:, i] = sketches[f"topic_{i}"].to_numpy()
    out[:, TOPIC_WIDTH] = np.round(16 * np.log2(1 + pc.cast(sketches["input_chars"], pa.float64()).to_numpy()))
    return out


def world(prompts: Prompts, counts: I64, pool: I64, rng: np.random.Generator) -> Case:
    """Return people who ask `counts` times each and, after them, accounts of one pool that ask `pool` times each."""
    half = rng.integers(0, 2, HOURS)
    tastes = rng.choice(len(prompts.liked.topics), len(counts), replace=len(counts) > len(prompts.liked.topics))
    parts = []
    for person, count in zip(tastes.tolist(), counts.tolist(), strict=True):
        hour = rng.integers(0, HOURS, count)
        parts.append(summed(prompts.human[_asked(prompts, person, hour, rng)], hour, half))
    for count in pool.tolist():
        hour = rng.integers(0, HOURS, count)
        parts.append(summed(prompts.bare[rng.integers(0, len(prompts.bare), count)], hour, half))
    return case_of(joined(parts), np.concatenate([counts, pool]))


def _asked(prompts: Prompts, person: int, hour: I64, rng: np.random.Generator) -> I64:
    liked, count = prompts.liked, len(hour)
    weights = liked.weights[person]
    of_hour = rng.choice(len(weights), HOURS, p=weights)
    slot = np.where(rng.random(count) < SITTING, of_hour[hour], rng.choice(len(weights), count, p=weights))
    topic = liked.topics[person, slot]
    size = np.maximum(np.diff(liked.bounds)[topic], 1)
    place = np.minimum(liked.bounds[topic] + (rng.random(count) * size).astype(np.int64), len(liked.rows) - 1)
    anything = rng.integers(0, len(prompts.human), count)
    return np.where(rng.random(count) < ANYTHING, anything, liked.rows[place])


def summed(values: F64, hour: I64, half: I64) -> Profiles:
    """Return the sums of one account, by the half of each hour; see `profiles.Profiles`."""
    order = np.argsort(hour, kind="stable")
    hours, starts, n = np.unique(hour[order], return_index=True, return_counts=True)
    blocks = np.add.reduceat(values[order], starts, axis=0)
    out = [[x.sum(axis=0) for x in _terms(n[half[hours] == h], blocks[half[hours] == h])] for h in (0, 1)]
    return Profiles(*(np.array([a, b])[:, None] for a, b in zip(*out, strict=True)))


def _terms(n: I64, blocks: F64) -> tuple[F64, ...]:
    counts = n.astype(np.float64)
    return counts, np.ones(len(n)), counts**2, blocks, blocks**2, counts[:, None] * blocks


def joined(parts: list[Profiles]) -> Profiles:
    """Return the sums of some accounts as those of a population."""
    names = ("n", "blocks", "nn", "sums", "ss", "ns")
    return Profiles(*(np.concatenate([getattr(part, name) for part in parts], axis=1) for name in names))


def case_of(profiles: Profiles, n: I64) -> Case:
    """Return what the tests of sameness read, for accounts of whom nothing but a profile is known."""
    size, nobody = len(n), np.empty(0, dtype=np.int64)
    people = Population(
        ids=tuple(f"{i:06d}" for i in range(size)),
        n=n,
        totals={},
        means=means(profiles),
        categories={},
        shared={},
        created_us=np.full(size, -1),
        status_us=np.full(size, -1),
    )
    nothing = sparse.csr_array((size, 1), dtype=np.int64)
    return Case(
        people=people,
        handoffs=Handoffs(nobody, nobody, nobody, nobody, ()),
        habits={},
        hourly=nothing,
        own_time=np.zeros(size),
        templated=Rates(np.zeros(size)),
        limits=ProposalLimits(),
    )
