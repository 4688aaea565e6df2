"""How often groups of innocent accounts look interchangeable or set apart: no more often than the p-value says, or not.

Groups are chosen in four ways: at random, which for accounts as active as each other is a matched group; with one
account that asks far more than the others; as the accounts nearest to one of them in the half of the hours that
proposes, the worst that a proposer can do; and as the proposers of a scan choose them. Shares are of all groups: one
that cannot be tested is not accused.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from benchmarks.sameness.people import Prompts, world
from stillwatch.arrays import F64, I64, Flags
from stillwatch.commands import Watcher, import_logs
from stillwatch.config import ProposalLimits
from stillwatch.engine import DuckDB
from stillwatch.evidence.build import build_case
from stillwatch.evidence.case import Case, Finding, Group
from stillwatch.evidence.harvest_intent import BELIEVED
from stillwatch.evidence.interchangeable import interchangeable
from stillwatch.evidence.set_apart import set_apart
from stillwatch.findings import Earlier
from stillwatch.handoffs import handoffs
from stillwatch.ingest import IngestOptions
from stillwatch.ledger import Ledger
from stillwatch.population import population
from stillwatch.proposals import propose
from stillwatch.proposals.overlap import distinct
from stillwatch.proposals.sameness import sameness
from stillwatch.proposals.sight import Sight
from stillwatch.range import TextMode, WorldSpec, build_world, scenario_named
from stillwatch.range.store import ORDINARY, World
from stillwatch.rollups import sum_exchanges
from stillwatch.trim import trimmed

LEVELS = (0.05, 0.01, 0.001)
TESTS: tuple[Callable[[Group, Case], Finding], ...] = (interchangeable, set_apart)
AT_RANDOM, ONE_LOUD, NEAREST, PROPOSED = "at random", "one loud", "nearest", "proposed"
MIXED = "mixed"
ACTIVITIES = ("20", "100", "1000", "10000", MIXED)
"""Exchanges of an account in the worlds of real prompts."""
BETWEEN = (12, 30, 100, 300, 1000, 100_000)
"""Exchanges between which people of the range count as equally active."""
MOSTLY = 0.9
"""Share of ordinary people from which a group proposed in the range is innocent; look-alikes may be one hand."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """P-values of groups of one sort, by test; not a number where there was not enough to test, shape (groups,)."""

    label: str
    exchanges: str
    size: str
    chosen: str
    p: Mapping[str, F64]


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is drawn: accounts of a world, worlds, groups of a sort in each, and members of a group."""

    accounts: int = 1200
    worlds: int = 5
    groups: int = 100
    members: tuple[int, ...] = (8, 30, 300)


def activity(name: str, count: int, rng: np.random.Generator) -> I64:
    """Return exchanges of `count` accounts: around a number (sigma of the logarithm 0.5), or `mixed`, 10 to 10,000."""
    if name == MIXED:
        return np.exp(rng.uniform(np.log(10), np.log(10_000), count)).astype(np.int64)
    return np.maximum(rng.lognormal(np.log(float(name)), 0.5, count), 2).astype(np.int64)


def composite(prompts: Prompts, sizes: Sizes, seed: int) -> Iterator[Drawn]:
    """Yield groups of people with favourites among real prompts, of each activity, size and choice."""
    for number, name in enumerate(ACTIVITIES):
        rng = np.random.default_rng([seed, number])
        found: dict[tuple[str, str], list[dict[str, list[float]]]] = {}
        for _ in range(sizes.worlds):
            nobody = np.empty(0, dtype=np.int64)
            case = world(prompts, activity(name, sizes.accounts, rng), nobody, rng)
            for size, chosen, groups in _chosen(case, np.arange(sizes.accounts), sizes, rng):
                found.setdefault((size, chosen), []).append(_p_values(case, groups))
            found.setdefault(("any", PROPOSED), []).append(_p_values(case, _balls(case)))
        for (size, chosen), parts in found.items():
            yield Drawn("real prompts", name, size, chosen, _together(parts))


def ranged(seeds: Iterable[int], sizes: Sizes, scale: float) -> Iterator[Drawn]:
    """Yield groups of ordinary people of innocent worlds of the range, look-alikes around them, likewise."""
    found: dict[tuple[str, str, str], list[dict[str, list[float]]]] = {}
    for seed in seeds:
        rng = np.random.default_rng(seed)
        with tempfile.TemporaryDirectory(prefix="sameness-") as folder:
            spec = WorldSpec(scenario=scenario_named("innocent"), scale=scale, text=TextMode.SHORT)
            with read(build_world(spec, Path(folder) / "world", seed), Path(folder) / "ledger") as (case, ordinary):
                for label, size, chosen, groups in _of_the_range(case, ordinary, sizes, rng):
                    found.setdefault((label, size, chosen), []).append(_p_values(case, groups))
    for (label, size, chosen), parts in found.items():
        yield Drawn("people of the range", label, size, chosen, _together(parts))


@contextmanager
def read(world: World, folder: Path) -> Iterator[tuple[Case, Flags]]:
    """Import a world and read it as a scan does; also say which accounts are ordinary people's, shape (accounts,)."""
    options = IngestOptions(accounts=(str(world.accounts),), workers=1)
    import_logs([str(world.exchanges)], folder, key=None, options=options, watcher=Watcher())
    ledger, truth = Ledger.open(folder), pq.read_table(world.truth, columns=["account_id", "kind"]).to_pydict()
    ordinary = {name for name, kind in zip(truth["account_id"], truth["kind"], strict=True) if kind == ORDINARY}
    with DuckDB(memory="4GB", threads=1) as engine:
        engine.attach(ledger.exchange_files(), ledger.accounts_table(), since=None, until=None)
        sum_exchanges(engine, intent_bits=BELIEVED)
        people = population(engine, ProposalLimits())
        case = build_case(engine, people, handoffs(engine, people), ProposalLimits())
        yield case, np.array([name in ordinary for name in people.ids])


def _of_the_range(
    case: Case, ordinary: Flags, sizes: Sizes, rng: np.random.Generator
) -> Iterator[tuple[str, str, str, Sequence[I64]]]:
    n = case.people.n
    for low, high in pairwise(BETWEEN):
        alike = np.flatnonzero(ordinary & (n >= low) & (n < high))
        yield from ((f"{low:g} to {high:g}", *sort) for sort in _chosen(case, alike, sizes, rng))
    sight = Sight(case.people, case.handoffs, case.limits, Earlier())
    bodies = [trimmed(one.accounts, sight.means, case.limits.least_exchanges) for one in propose(sight)]
    yield "any", "any", PROPOSED, [body for body in bodies if ordinary[body].mean() >= MOSTLY]


def _chosen(case: Case, among: I64, sizes: Sizes, rng: np.random.Generator) -> Iterator[tuple[str, str, Sequence[I64]]]:
    """Yield groups of the accounts `among`, by size and choice; no group is more than half of them."""
    of = case.people.means.proposing
    able = among[of.n[among] >= case.limits.least_exchanges]
    for size in sizes.members:
        if len(able) >= 2 * size:
            yield str(size), AT_RANDOM, [rng.choice(able, size, replace=False) for _ in range(sizes.groups)]
            yield str(size), ONE_LOUD, [_one_loud(able, of.n[able], size, rng) for _ in range(sizes.groups)]
            starts = rng.choice(able, sizes.groups)
            far = [((of.z[able] - of.z[start]) ** 2).sum(axis=1) for start in starts]
            yield str(size), NEAREST, [able[np.argpartition(d, size)[:size]] for d in far]


def _one_loud(able: I64, n: F64, size: int, rng: np.random.Generator) -> I64:
    """Return accounts of the quieter half and one of the loudest twentieth."""
    quiet, loud = able[n <= np.median(n)], able[n >= np.quantile(n, 0.95)]
    return np.concatenate([rng.choice(quiet, size - 1, replace=False), rng.choice(loud, 1)])


def _balls(case: Case) -> Sequence[I64]:
    sight = Sight(case.people, case.handoffs, case.limits, Earlier())
    return [trimmed(ball.accounts, sight.means, case.limits.least_exchanges) for ball in distinct(sameness(sight))]


def _p_values(case: Case, groups: Iterable[I64]) -> dict[str, list[float]]:
    found = [Group("g", np.sort(accounts), {}, "") for accounts in groups]
    return {test.__name__: [_known(test(group, case).p_value) for group in found] for test in TESTS}


def _known(p_value: float | None) -> float:
    return float("nan") if p_value is None else p_value


def _together(parts: Sequence[Mapping[str, list[float]]]) -> dict[str, F64]:
    return {test.__name__: np.array([p for part in parts for p in part[test.__name__]]) for test in TESTS}


def table(drawn: Iterable[Drawn]) -> Iterator[str]:
    """Yield the shares of groups with small p-values as Markdown."""
    heads = [f"{test.__name__} tested | {' | '.join(f'≤ {level:g}' for level in LEVELS)}" for test in TESTS]
    yield f"| accounts | exchanges | group | chosen | {' | '.join(heads)} |"
    yield "| --- " * (4 + len(TESTS) * (1 + len(LEVELS))) + "|"
    for sort in drawn:
        cells = [cell for test in TESTS for cell in _shares(sort.p[test.__name__])]
        yield f"| {sort.label} | {sort.exchanges} | {sort.size} | {sort.chosen} | {' | '.join(cells)} |"


def _shares(p: F64) -> list[str]:
    shares = [f"{(p <= level).mean():.1%}" if len(p) else "–" for level in LEVELS]
    return [f"{int((~np.isnan(p)).sum())} of {len(p)}", *shares]
