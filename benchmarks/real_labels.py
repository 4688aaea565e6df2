"""Accounts of a real network with a real label: how well our linkage finds those that belonged to one hand.

Hop is a payment network; a third of its accounts were struck from a payout because a few people held them
(`../shared/real`, see its README). First use stands for sign-up, the volume for the load, and an address that sent to
an account or got from it for an instrument. Nothing is fitted: the scores are bits of `signup_burst`, `even_load` and
`shared_instrument`, as a scan would count them, of the groups that an account is in; its best group counts.

    python -m benchmarks.real_labels

What proposes a group cannot also accuse it: of accounts first used one after the other the volume is tested, of those
with volumes next to one another the time, of the communities of `rare_marks` both. The labels were made from the same
transfers: figures with the graph are circular, those of time and volume are not.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from scipy import sparse

from benchmarks.measured import machine
from benchmarks.real_prompts import REAL
from benchmarks.resampled import Flags, auc
from stillwatch.arrays import F64, I64
from stillwatch.config import ProposalLimits
from stillwatch.evidence import EVIDENCE_TABLE, FAMILY_COUNTS, Kind
from stillwatch.evidence.case import Case, Group
from stillwatch.findings import Earlier
from stillwatch.handoffs import Handoffs
from stillwatch.likeness import means
from stillwatch.others import Rates
from stillwatch.population import OF_ACCOUNTS, Incidence, Population
from stillwatch.profiles import Profiles
from stillwatch.proposals.rare_marks import rare_marks
from stillwatch.proposals.sight import Sight
from stillwatch.rollups import MARKS

SIZES = (8, 30)
"""Accounts of a run: the sizes at which `tests/evidence/test_calibration.py` holds levels."""
BURST = 600
"""Seconds to either side in which the first uses of others are counted, for the baseline of one feature."""
TIME, VOLUME, GRAPH = "signup_burst", "even_load", "shared_instrument"


@dataclass(frozen=True, slots=True)
class Hop:
    """The accounts, and between whom something was sent.

    Attributes:
        first: seconds of first use. volume: US dollars. sybil: the label. All of shape (accounts,).
        cluster: the smallest group of the label; accounts in none are clusters of their own, shape (accounts,).
        links: 1 where one account sent to another, CSR, shape (accounts, accounts).
        partners: 1 where an account dealt with an address, itself included, CSR, shape (accounts, addresses).
    """

    first: I64
    volume: F64
    sybil: Flags
    cluster: I64
    links: sparse.csr_array
    partners: sparse.csr_array


def read_hop(real: Path, most: int | None = None) -> Hop:
    """Return the accounts of Hop, the `most` first in order of their ids."""
    accounts = pq.read_table(real / "hop_accounts.parquet").sort_by("account").slice(0, most)
    edges = pq.read_table(real / "hop_edges.parquet", columns=["from", "to"])
    ids = accounts["account"].combine_chunks()
    ends = [edges[side].combine_chunks() for side in ("from", "to")]
    addresses = pc.unique(pa.concat_arrays([ids, *ends]))
    rows = [_places(end, ids) for end in ends]
    columns = [_places(end, addresses) for end in ends]
    count = len(ids)
    group = accounts["smallest_group"].to_numpy()
    return Hop(
        first=accounts["first_ts"].to_numpy(),
        volume=accounts["volume_usd"].to_numpy(),
        sybil=accounts["sybil"].to_numpy(),
        cluster=np.where(group < 0, -1 - np.arange(count), group),
        links=_ones(rows[0], rows[1], (count, count)),
        partners=_ones(
            np.concatenate([*rows, np.arange(count)]),
            np.concatenate([columns[1], columns[0], np.arange(count)]),
            (count, len(addresses)),
        ),
    )


def _places(values: pa.Array, among: pa.Array) -> I64:
    return np.asarray(pc.fill_null(pc.index_in(values, value_set=among), -1).to_numpy(), dtype=np.int64)


def _ones(rows: I64, columns: I64, shape: tuple[int, int]) -> sparse.csr_array:
    known = (rows >= 0) & (columns >= 0)
    ones = np.ones(int(known.sum()), dtype=np.int64)
    out = sparse.csr_array((ones, (rows[known], columns[known])), shape=shape)
    out.sum_duplicates()
    out.data[:] = 1
    return out


def as_population(hop: Hop) -> Population:
    """Return the accounts as a scan would see them, all else unknown: every dollar is an exchange of one day."""
    count, moment = len(hop.first), hop.first * 1_000_000
    holders = np.bincount(hop.partners.indices, minlength=hop.partners.shape[1])
    held = sparse.csr_array(hop.partners[:, np.flatnonzero(holders >= 2)])
    none_at_all = np.empty(0, dtype=np.int64)
    nothing = Incidence("", sparse.csr_array((count, 0), dtype=np.int64), none_at_all, none_at_all)
    marks = Incidence("payment_id", held, holders[holders >= 2].astype(np.int64), np.flatnonzero(holders >= 2))
    unknown = np.full(count, -1, dtype=np.int64)
    none = np.zeros((2, count))
    return Population(
        ids=tuple(f"{i:06d}" for i in range(count)),
        n=np.rint(hop.volume).astype(np.int64),
        totals={"first_us": moment, "last_us": moment},
        means=means(Profiles(none, none, none, *(np.zeros((2, count, 0)) for _ in range(3)))),
        categories={},
        shared={**dict.fromkeys((*MARKS, *OF_ACCOUNTS), nothing), "payment_id": marks},
        created_us=moment,
        status_us=unknown,
    )


def as_case(people: Population) -> Case:
    """Return what the evidence functions read of `people`, of whom no exchange is known."""
    nobody = np.empty(0, dtype=np.int64)
    hourly = sparse.csr_array((people.size, 1), dtype=np.int64)
    moves = Handoffs(nobody, nobody, nobody, nobody, ())
    return Case(
        people=people,
        handoffs=moves,
        habits={},
        hourly=hourly,
        own_time=np.zeros(people.size),
        templated=Rates(np.zeros(people.size)),
        limits=ProposalLimits(),
    )


def in_order(values: F64 | I64, size: int) -> Iterator[I64]:
    """Yield every run of `size` accounts in order of `values`, each half a run after the last."""
    order = np.argsort(values, kind="stable")
    for start in range(0, max(len(order) - size, 0) + 1, size // 2):
        yield np.sort(order[start : start + size])


def joined(case: Case) -> Iterator[I64]:
    """Yield the communities of accounts that dealt with the same few addresses."""
    sight = Sight(case.people, case.handoffs, case.limits, Earlier())
    yield from (candidate.accounts for candidate in rare_marks(sight))


def scores(groups: Iterable[I64], case: Case, kinds: tuple[str, ...]) -> F64:
    """Return the bits of each account's best group, 0 for one that is in none."""
    out = np.full(case.people.size, -np.inf)
    tests = [kind for kind in EVIDENCE_TABLE if kind.kind in kinds]
    for accounts in groups:
        group = Group("g", accounts, {}, "")
        bits = sum(_bits(kind, group, case) for kind in tests)
        out[accounts] = np.maximum(out[accounts], bits)
    return np.where(np.isfinite(out), out, 0.0)


def _bits(kind: Kind, group: Group, case: Case) -> float:
    """Return the bits of one kind within its cap; what is about a part of the group counts for that part."""
    found = kind.test(group, case)
    return min(found.bits, kind.cap) * (found.share if found.bits > 0 else 1.0)


def baselines(hop: Hop) -> dict[str, F64]:
    """Return one score per feature, larger is more guilty."""
    order = np.sort(hop.first)
    crowd = np.searchsorted(order, hop.first + BURST, "right") - np.searchsorted(order, hop.first - BURST, "left")
    label = sparse.csgraph.connected_components(hop.links, directed=False)[1]
    return {
        f"first uses within {BURST // 60} minutes": crowd.astype(np.float64),
        "low volume": -hop.volume,
        "size of the connected component": np.bincount(label)[label].astype(np.float64),
    }


def linkage(hop: Hop) -> dict[str, F64]:
    """Return our scores by what they are made of."""
    case = as_case(as_population(hop))
    runs = scores((g for size in SIZES for g in in_order(hop.first, size)), case, (VOLUME,))
    tiers = scores((g for size in SIZES for g in in_order(hop.volume, size)), case, (TIME,))
    graph = list(joined(case))
    joint = scores(graph, case, (TIME, VOLUME))
    return {
        "volume, of accounts first used one after the other": runs,
        "time, of accounts with volumes next to one another": tiers,
        "time and volume (both)": runs + tiers,
        "graph: time and volume of its communities": joint,
        "graph: addresses shared inside its communities": scores(graph, case, (GRAPH,)),
        "graph, time and volume (all)": runs + tiers + scores(graph, case, (TIME, VOLUME, GRAPH)),
    }


def table(hop: Hop) -> Iterator[str]:
    """Yield the AUC of every score as Markdown, with its 95 % interval over clusters."""
    yield "| score | AUC | interval | sybil accounts with 4.4 bits | others |"
    yield "| --- | --- | --- | --- | --- |"
    for owner, found in (("one feature", baselines(hop)), ("stillwatch", linkage(hop))):
        for name, score in found.items():
            area = auc(score, hop.sybil, hop.cluster)
            shares = [f"{(score[side] >= FAMILY_COUNTS).mean():.1%}" for side in (hop.sybil, ~hop.sybil)]
            told = shares if owner == "stillwatch" else ["", ""]
            yield f"| {owner}: {name} | {area.estimate:.3f} | {area.low:.3f} to {area.high:.3f} | {' | '.join(told)} |"


def main(arguments: list[str] | None = None) -> None:
    """Run the benchmark as asked on the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--real", type=Path, default=REAL, help="folder of the real data")
    parser.add_argument("--accounts", type=int, help="only so many accounts")
    asked = parser.parse_args(arguments)
    hop = read_hop(asked.real, asked.accounts)
    print(f"{machine()}\n{len(hop.first):,} accounts, {int(hop.sybil.sum()):,} of them sybil\n")
    print("\n".join(table(hop)))


if __name__ == "__main__":
    main()
