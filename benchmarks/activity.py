"""Whether heavy or new accounts look guilty for being heavy or new: random innocent groups by activity and by age.

    python -m benchmarks.activity [--seeds N...] [--scale X] [--sizes N...] [--groups N] [--who ordinary|innocent]
                                  [--out FILE]

Builds innocent worlds on seeds that may be looked at, draws groups at random among accounts of one tenth by number of
exchanges, then of one tenth by date of creation, and puts them through every kind of evidence for guilt. Nothing holds
such a group together but its tenth, so that p <= 0.05 should come up once in twenty or less. A kind that tests the very
thing by which the group was drawn (`even_load` by activity, `signup_burst` by age) must speak, and is marked.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from benchmarks.measured import machine, show
from stillwatch.arrays import I64
from stillwatch.commands import Watcher, import_logs
from stillwatch.config import ProposalLimits
from stillwatch.engine import DuckDB
from stillwatch.evidence import EVIDENCE_TABLE
from stillwatch.evidence.build import build_case
from stillwatch.evidence.case import Case, Group
from stillwatch.evidence.harvest_intent import BELIEVED
from stillwatch.findings import Question
from stillwatch.handoffs import handoffs
from stillwatch.ingest import IngestOptions
from stillwatch.ledger import Ledger
from stillwatch.population import population
from stillwatch.range.build import build_world
from stillwatch.range.cast import WorldSpec
from stillwatch.range.render import TextMode
from stillwatch.range.scenarios import INNOCENT
from stillwatch.range.store import ORDINARY, RELAY
from stillwatch.rollups import sum_exchanges

LEVEL = 0.05
TENTHS = 10
GUILT = tuple(kind for kind in EVIDENCE_TABLE if kind.question is not Question.INNOCENCE)
TRAITS: Mapping[str, Callable[[Case], I64]] = {
    "activity": lambda case: case.people.n,
    "age": lambda case: -case.people.created_us,
}
"""What tenths are made of: the first holds the least active, or the newest accounts."""
ITSELF = {("activity", "even_load"), ("age", "signup_burst")}
"""Kinds that test what the groups were drawn by."""
ALL = "all"

Hits = dict[tuple[str, str, str], list[int]]
"""Groups with p <= 0.05, and groups, by trait, kind and tenth."""


@contextmanager
def innocent_case(seed: int, scale: float, folder: Path) -> Iterator[tuple[Case, Path]]:
    """Give what evidence is tested on in the innocent world of a seed, and the truth of that world."""
    world = build_world(WorldSpec(INNOCENT, scale, TextMode.SHORT), folder / "world", seed)
    options = IngestOptions(accounts=(str(world.accounts),))
    import_logs([str(world.exchanges)], folder / "ledger", key=None, options=options, watcher=Watcher())
    ledger = Ledger.open(folder / "ledger")
    with DuckDB(memory="4GB", threads=None) as engine:
        engine.attach(ledger.exchange_files(), ledger.accounts_table(), since=None, until=None)
        sum_exchanges(engine, intent_bits=BELIEVED)
        people = population(engine, ProposalLimits())
        yield build_case(engine, people, handoffs(engine, people), ProposalLimits()), world.truth


def innocents(case: Case, truth: Path, who: str) -> I64:
    """Return the places of the accounts that belong to nothing at all, or to no relay, ascending."""
    table = pq.read_table(truth, columns=["account_id", "kind"])
    kinds = dict(zip(table["account_id"].to_pylist(), table["kind"].to_pylist(), strict=True))
    of = np.array([kinds[account] for account in case.people.ids], dtype=np.str_)
    return np.flatnonzero(of == ORDINARY if who == ORDINARY else of != RELAY)


def tenths(values: I64, accounts: I64) -> dict[str, I64]:
    """Return `accounts` in ten parts of equal number by their value, and all of them."""
    order = accounts[np.argsort(values[accounts], kind="stable")]
    parts = {str(place + 1): part for place, part in enumerate(np.array_split(order, TENTHS))}
    return {**parts, ALL: accounts}


def count(case: Case, accounts: I64, *, sizes: Sequence[int], groups: int, seed: int) -> Hits:
    """Return how many of `groups` random groups of each size look guilty, by trait, kind and tenth."""
    rng = np.random.default_rng(seed)
    hits: Hits = {}
    for trait, values in TRAITS.items():
        for tenth, part in tenths(values(case), accounts).items():
            for _ in range(groups):
                for size in sizes:
                    drawn = np.sort(rng.choice(part, size, replace=False))
                    for kind, guilty in _guilty(case, drawn):
                        found = hits.setdefault((trait, kind, tenth), [0, 0])
                        found[0] += guilty
                        found[1] += 1
    return hits


def _guilty(case: Case, drawn: I64) -> Iterator[tuple[str, bool]]:
    group = Group("g-drawn", drawn, {}, "random")
    for kind in GUILT:
        p_value = kind.test(group, case).p_value
        yield kind.kind, p_value is not None and p_value <= LEVEL


def above(hits: int, groups: int) -> bool:
    """Return whether more groups look guilty than the level and three standard errors."""
    return bool(hits / groups > LEVEL + 3 * (LEVEL * (1 - LEVEL) / groups) ** 0.5)


def rows(hits: Hits, trait: str) -> list[dict[str, object]]:
    """Return the share of groups with p <= 0.05 in per cent, a row for each kind; `!` above chance."""
    found = []
    for kind in GUILT:
        row: dict[str, object] = {"kind": kind.kind + (" (itself)" if (trait, kind.kind) in ITSELF else "")}
        for tenth in (*map(str, range(1, TENTHS + 1)), ALL):
            guilty, groups = hits[trait, kind.kind, tenth]
            row[tenth] = f"{100 * guilty / groups:.1f}{'!' if above(guilty, groups) else ''}"
        found.append(row)
    return found


def main(arguments: list[str] | None = None) -> None:
    """Print a table by activity and one by age."""
    asked = _parser().parse_args(arguments)
    hits: Hits = {}
    for seed in asked.seeds:
        with (
            tempfile.TemporaryDirectory(prefix="stillwatch-activity-") as folder,
            innocent_case(seed, asked.scale, Path(folder)) as (case, truth),
        ):
            accounts = innocents(case, truth, asked.who)
            for key, found in count(case, accounts, sizes=asked.sizes, groups=asked.groups, seed=seed).items():
                before = hits.setdefault(key, [0, 0])
                hits[key] = [before[0] + found[0], before[1] + found[1]]
    groups = max(n for _, n in hits.values())
    print(f"{machine()}\n{asked.who} accounts, {groups} groups a tenth; per cent with p <= {LEVEL}")
    for trait, first in (("activity", "least active"), ("age", "newest")):
        print(f"\nby {trait}: 1 is the {first}; `!`: more than {LEVEL:.0%} and chance")
        show(rows(hits, trait))
    if asked.out:
        told = [{"trait": t, "kind": k, "tenth": n, "hits": h, "groups": g} for (t, k, n), (h, g) in hits.items()]
        asked.out.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.activity", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3], metavar="N", help="below 200")
    parser.add_argument("--scale", type=float, default=0.3, help="of the innocent world: millions of exchanges")
    parser.add_argument("--sizes", nargs="+", type=int, default=[8, 30], metavar="N")
    parser.add_argument("--groups", type=int, default=40, help="of each size, tenth and world")
    parser.add_argument("--who", choices=[ORDINARY, "innocent"], default=ORDINARY)
    parser.add_argument("--out", type=Path, help="write the counts as JSON")
    return parser


if __name__ == "__main__":
    main()
