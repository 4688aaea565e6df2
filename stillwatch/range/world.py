"""From a specification to a labelled world on disk."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from stillwatch.errors import StillwatchError
from stillwatch.range.draw import HOUR, MICRO, generator
from stillwatch.range.people import People, account_table, join
from stillwatch.range.scenarios import SCENARIOS
from stillwatch.range.scene import Part, Scenario, Stage
from stillwatch.range.store import CAMPAIGN, ORDINARY, TRUTH, Tables, World, write_world
from stillwatch.range.traffic import Traffic, concatenate, exchange_table, shifted, span_of
from stillwatch.record import TIMESTAMP

ALL = tuple(s.name for s in SCENARIOS)
FORMAT = 1
"""Version of the generator: the same seed, specification and version give the same bytes."""


@dataclass(frozen=True, slots=True)
class WorldSpec:
    """What a world holds.

    Attributes:
        name: for the reader.
        start: first day, microseconds since the epoch at midnight UTC.
        days: length.
        scenarios: names of the populations, see `SCENARIOS`.
        scale: accounts of each population against its usual number; at least two of each. Rates stay as they are.
    """

    name: str = "demo"
    start: int = 1_780_272_000 * MICRO
    days: int = 7
    scenarios: tuple[str, ...] = ALL
    scale: float = 1.0


DEMO = WorldSpec()
"""The world of `make demo`: a week, about 2,900 accounts, two campaigns, a relay and every look-alike."""


def build_world(spec: WorldSpec, out: Path, seed: int) -> World:
    """Build the world of `spec` in the new folder `out`: exchanges, accounts, truth and parameters.

    Raises:
        StillwatchError: an unknown scenario, no ordinary people, or a scale or length that is not positive.
        Refused: `out` exists and is not empty.
    """
    return write_world(out, world_tables(spec, seed), {**asdict(spec), "seed": seed, "generator": FORMAT})


def world_tables(spec: WorldSpec, seed: int) -> Tables:
    """Return the world of `spec` in memory; see `build_world`."""
    chosen = _chosen(spec)
    parts = []
    for scenario in chosen:
        stage = Stage(generator(seed, scenario.name), spec.start, spec.days)
        parts.append(scenario.act(stage, max(round(scenario.accounts * spec.scale), 2)))
    people = join([p.people for p in parts])
    accounts = np.cumsum([0] + [len(p.people) for p in parts]).tolist()
    spans = np.cumsum([0] + [span_of(p.traffic) for p in parts]).tolist()
    traffic = concatenate(shifted(p.traffic, a, s) for p, a, s in zip(parts, accounts, spans, strict=False))
    people = _born_in_time(generator(seed, "births"), people, traffic)
    exchanges = exchange_table(generator(seed, "records"), people, traffic)
    return Tables(exchanges, account_table(people), _truth(chosen, parts, people, traffic))


def _born_in_time(rng: np.random.Generator, people: People, traffic: Traffic) -> People:
    """Return `people` who all signed up before their first request: for those drawn otherwise, by some hours."""
    first = np.full(len(people), np.iinfo(np.int64).max)
    np.minimum.at(first, traffic.account, traffic.ts)
    before = (rng.lognormal(0.0, 1.5, size=len(people)) * HOUR).astype(np.int64)
    early = people.created_at >= first
    return replace(people, created_at=np.where(early, first - before, people.created_at))


def _chosen(spec: WorldSpec) -> list[Scenario]:
    unknown = sorted(set(spec.scenarios) - set(ALL))
    if unknown:
        raise StillwatchError(f"unknown scenario `{unknown[0]}`", where="range", expected="one of " + ", ".join(ALL))
    if spec.scale <= 0 or spec.days < 2 or not spec.scenarios:
        raise StillwatchError(
            f"a world of scale {spec.scale}, {spec.days} days and {len(spec.scenarios)} scenarios cannot be built",
            where="range",
            expected="a positive scale, two days or more, one scenario or more",
        )
    return [s for s in SCENARIOS if s.name in spec.scenarios]


def _truth(chosen: list[Scenario], parts: list[Part], people: People, traffic: Traffic) -> pa.Table:
    names = np.concatenate([p.people.account_id for p in parts])
    sizes = [len(p.people) for p in parts]
    group = np.repeat(["" if s.kind == ORDINARY else s.name for s in chosen], sizes)
    kind = np.repeat([s.kind for s in chosen], sizes)
    role = np.concatenate([p.role for p in parts])
    first = np.full(len(people), np.iinfo(np.int64).max)
    np.minimum.at(first, traffic.account, traffic.ts)
    harvested = pa.array(first, TIMESTAMP, mask=(kind != CAMPAIGN) | (first == np.iinfo(np.int64).max))
    columns = [pa.array(c) for c in (names, group, kind, role)]
    order = pa.array(np.argsort(names, kind="stable"))
    return pa.Table.from_arrays([c.take(order) for c in [*columns, harvested]], schema=TRUTH)
