"""What a candidate costs: proposers and evidence on populations of many sizes, made of one small world over and over.

    python -m benchmarks.evidence_cost [--scale 0.01] [--innocents 9] [--seed 42] [--copies 1 14 133] [--json]

A world of the letter is built, imported and summed once; then its accounts are taken as many times as `--copies` says.
Marks and traits that many accounts share are shared by all copies, other marks and traits are each copy's own, and
profiles are drawn anew within what their accounts vary. Groups of 5 to 5,000 accounts are put through the whole table:
half of them drawn at random, half of the same accounts of several copies, which are alike. Seconds are of the
processor, of all threads together: other work on the machine does not count.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from scipy import sparse

from benchmarks.measured import machine, run_stillwatch, show
from stillwatch.arrays import I64
from stillwatch.config import ProposalLimits
from stillwatch.engine import DuckDB
from stillwatch.evidence import EVIDENCE_TABLE, Kind
from stillwatch.evidence.build import build_case, case_of
from stillwatch.evidence.case import Case, Group
from stillwatch.evidence.harvest_intent import BELIEVED
from stillwatch.findings import Candidate, Earlier
from stillwatch.handoffs import Handoffs, handoffs
from stillwatch.ledger import Ledger
from stillwatch.likeness import Halves, Means
from stillwatch.population import UNKNOWN, Category, Incidence, Population, population
from stillwatch.proposals import PROPOSERS
from stillwatch.proposals.sight import Sight
from stillwatch.rollups import sum_exchanges

SIZES = (5, 20, 50, 100, 300, 1000, 5000)
"""Accounts of the groups."""
POPULAR = 0.01
"""Share of all accounts from which holders of a mark hold the same one in every copy."""
MANY = 100
"""Values from which those of a trait are each copy's own."""
LIMITS = ProposalLimits()


@dataclass(frozen=True, slots=True)
class World:
    """What a scan reads off the sums of a ledger."""

    people: Population
    moves: Handoffs
    hourly: sparse.csr_array


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds at one size.

    Attributes:
        gathering: what is computed once for all groups.
        proposing: by proposer; what several of them read is counted with the first.
        a_candidate: mean over all groups and kinds. by_kind: the same by kind, dearest first.
    """

    accounts: int
    gathering: float
    proposing: dict[str, float]
    a_candidate: float
    by_kind: dict[str, float]


def small_world(folder: Path, scale: float, innocents: float, seed: int) -> World:
    """Build, import and sum the world that is repeated."""
    world, ledger = folder / "world", folder / "ledger"
    made = ("--scale", str(scale), "--innocents", str(innocents), "--seed", str(seed), "--text", "short")
    run_stillwatch("range", "build", "letter-2026-06", *made, "--out", str(world))
    logs = (str(world / "exchanges.parquet"), "--accounts", str(world / "accounts.parquet"))
    run_stillwatch("import", *logs, "--ledger", str(ledger))
    found = Ledger.open(ledger)
    with DuckDB(memory="4GB", threads=2) as engine:
        engine.attach(found.exchange_files(), found.accounts_table(), since=None, until=None)
        sum_exchanges(engine, intent_bits=BELIEVED)
        people = population(engine, LIMITS)
        moves = handoffs(engine, people)
        return World(people, moves, build_case(engine, people, moves, LIMITS).hourly)


def repeated(world: World, copies: int, seed: int) -> World:
    """Return a population of so many copies of the accounts of `world`; the first is as it was."""
    people, size, rng = world.people, world.people.size, np.random.default_rng(seed)
    moves = dataclasses.replace(
        world.moves,
        source=_shifted(world.moves.source, copies, size),
        target=_shifted(world.moves.target, copies, size),
        motif=np.tile(world.moves.motif, copies),
        n=np.tile(world.moves.n, copies),
        exhibit=world.moves.exhibit * copies,
    )
    grown = Population(
        ids=tuple(f"{copy:04d}-{account}" for copy in range(copies) for account in people.ids),
        n=np.tile(people.n, copies),
        totals={name: np.tile(values, copies) for name, values in people.totals.items()},
        means=_halves(people.means, copies, rng),
        categories={name: _category(of, copies) for name, of in people.categories.items()},
        shared={kind: _incidence(of, copies) for kind, of in people.shared.items()},
        created_us=np.tile(people.created_us, copies),
        status_us=np.tile(people.status_us, copies),
    )
    return World(grown, moves, _rows(world.hourly, [world.hourly.indices] * copies, world.hourly.shape[1]))


def _shifted(values: I64, copies: int, by: int) -> I64:
    return np.asarray((np.tile(values.reshape(1, -1), (copies, 1)) + by * np.arange(copies)[:, None]).ravel())


def _halves(of: Halves, copies: int, rng: np.random.Generator) -> Halves:
    return Halves(*(_means(part, copies, rng) for part in (of.proposing, of.testing, of.overall)))


def _means(of: Means, copies: int, rng: np.random.Generator) -> Means:
    """Return the means of all copies; those of all but the first drawn within what each may err."""
    z, size = np.tile(of.z, (copies, 1)), len(of.n)
    z[size:] += rng.standard_normal(z[size:].shape) / np.sqrt(np.maximum(np.tile(of.n, copies)[size:, None], 1))
    again = (np.tile(of.n, copies), z, np.tile(of.varied, (copies, 1)), np.tile(of.freedom, copies))
    return Means(*again, of.columns)


def _category(of: Category, copies: int) -> Category:
    if len(of.values) < MANY:
        return Category(np.tile(of.codes, copies), of.values)
    codes = _shifted(of.codes, copies, len(of.values))
    codes[np.tile(of.codes, copies) == UNKNOWN] = UNKNOWN
    return Category(codes, tuple(f"{value} {copy}" for copy in range(copies) for value in of.values))


def _incidence(of: Incidence, copies: int) -> Incidence:
    popular = of.holders >= POPULAR * of.matrix.shape[0]
    common, own = int(popular.sum()), int((~popular).sum())
    first = np.where(popular, np.cumsum(popular) - 1, common + np.cumsum(~popular) - 1)[of.matrix.indices]
    step = np.where(popular, 0, own)[of.matrix.indices]
    matrix = _rows(of.matrix, (first + copy * step for copy in range(copies)), common + copies * own)
    marks = np.arange(matrix.shape[1])
    holders = np.bincount(matrix.indices, minlength=matrix.shape[1]).astype(np.int64)
    return Incidence(of.kind, matrix, holders, marks if of.marks.dtype.kind == "i" else marks.astype(np.str_))


def _rows(of: sparse.csr_array, columns: Iterator[I64] | list[I64], width: int) -> sparse.csr_array:
    """Return the rows of `of` under one another, once for each of `columns`."""
    parts = [np.asarray(part, dtype=np.int32) for part in columns]
    bounds = np.append(0, _shifted(of.indptr[1:], len(parts), of.nnz))
    out = sparse.csr_array(
        (np.tile(of.data.astype(np.int32), len(parts)), np.concatenate(parts), bounds),
        shape=(of.shape[0] * len(parts), width),
    )
    out.sort_indices()
    return out


def groups(people: Population, copies: int, seed: int) -> list[Group]:
    """Return groups of each size, drawn at random and made of accounts that are alike."""
    rng, found, size = np.random.default_rng(seed), [], people.size // copies
    for members in (members for members in SIZES if 4 * members <= people.size):
        drawn = rng.choice(people.size, members, replace=False)
        alike = int(rng.integers(size)) + np.arange(members) % (1 + members // copies)
        alike = (alike + size * (np.arange(members) % copies)) % people.size
        found += [np.unique(drawn), np.unique(alike)]
    return [Group(f"g-{i}", accounts.astype(np.int64), {}, "") for i, accounts in enumerate(found)]


def cost(world: World, copies: int, seed: int) -> Cost:
    """Measure proposers and evidence on one population."""
    begun = time.process_time()
    case = case_of(world.people, world.moves, world.hourly, LIMITS)
    first = groups(world.people, copies, seed)[-1]
    for kind in EVIDENCE_TABLE:
        kind.test(first, case)
    gathered = time.process_time() - begun
    chosen = groups(world.people, copies, seed)
    by_kind = {kind.kind: sum(_tested(kind, group, case) for group in chosen) / len(chosen) for kind in EVIDENCE_TABLE}
    sight = Sight(world.people, world.moves, LIMITS, Earlier())
    proposing = {proposer.__name__: _proposed(proposer, sight) for proposer in PROPOSERS}
    return Cost(
        accounts=world.people.size,
        gathering=gathered,
        proposing=proposing,
        a_candidate=sum(by_kind.values()),
        by_kind=dict(sorted(by_kind.items(), key=lambda item: -item[1])),
    )


def _tested(kind: Kind, group: Group, case: Case) -> float:
    begun = time.process_time()
    kind.test(group, case)
    return time.process_time() - begun


def _proposed(proposer: Callable[[Sight], list[Candidate]], sight: Sight) -> float:
    begun = time.process_time()
    proposer(sight)
    return time.process_time() - begun


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--scale", type=float, default=0.01)
    parser.add_argument("--innocents", type=float, default=9.0)
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--copies", type=int, nargs="+", default=[1, 14])
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        world = small_world(Path(folder), given.scale, given.innocents, given.seed)
    found = [cost(repeated(world, copies, given.seed), copies, given.seed) for copies in given.copies]
    if given.json:
        print(json.dumps({"machine": machine(), "costs": [asdict(each) for each in found]}, indent=2))
        return
    print(f"{machine()}; seconds of one core")
    names = ("gathering", *found[0].proposing, "a_candidate", *found[0].by_kind)
    flat = [{"gathering": c.gathering, **c.proposing, "a_candidate": c.a_candidate, **c.by_kind} for c in found]
    show([{"what": name, **{f"{c.accounts:,}": of[name] for c, of in zip(found, flat, strict=True)}} for name in names])


if __name__ == "__main__":
    main()
