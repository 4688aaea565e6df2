"""Traces of one client behind several accounts: conversations, bodies and reasoning blocks that change account.

Three motifs: a conversation's history goes on under another account; a body that failed is sent again
under another account within a minute; a reasoning block handed to one account is brought back by another. Between
accounts of one declared organisation all three are ordinary, so those pairs are left out here, once for all readers;
so are failed bodies between accounts that ask the same anyhow, as monitors and benchmark runs do.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from stillwatch.arrays import I64
from stillwatch.engine import Engine, Query
from stillwatch.population import Population
from stillwatch.rollups import REACH, continued, failover

MOTIFS = ("continued", "failover", "displaced")
"""Names of the motifs, in the order of `Handoffs.motif`."""

CONTINUED = Query("continued", continued(summed=False))

FAILOVER = Query("failover", failover(summed=False))

ANYHOW = 0.1
"""Share of what each of two accounts asks, without what one handed to the other, that the other asks too: above it
nothing was handed over. Whole lists have more, and accounts of a pool have next to nothing."""
ANYHOW_LEAST = 3
"""Prompts; fewer in common are chance, or bodies that failed on a third account."""

HANDED_OVER = Query(
    "handed_over",
    f"""
    with tried as ({FAILOVER.sql}),
        asked as (select exchanges.account_id, prompt_mark, count(*) as n from exchanges
            join groups on groups.account_id = exchanges.account_id
            where groups.campaign_id = :group and prompt_mark is not null group by exchanges.account_id, prompt_mark),
        lists as (select account_id, sum(n) as n from asked group by account_id),
        alike as (select a.account_id as a, b.account_id as b, sum(a.n) as n from asked as a
            join asked as b on a.prompt_mark = b.prompt_mark and a.account_id <> b.account_id
            group by a.account_id, b.account_id),
        handed as (select least(source, target) as a, greatest(source, target) as b, sum(n) as n from tried
            group by least(source, target), greatest(source, target)),
        kept as (select alike.a, alike.b, alike.n - handed.n as n, lists.n - handed.n as asked from alike
            join handed on handed.a = least(alike.a, alike.b) and handed.b = greatest(alike.a, alike.b)
            join lists on lists.account_id = alike.a),
        anyhow as (select one.a as source, one.b as target from kept as one
            join kept as other on other.a = one.b and other.b = one.a
            where least(one.n, other.n) >= {ANYHOW_LEAST} and one.n > {ANYHOW} * one.asked
                and other.n > {ANYHOW} * other.asked)
    select tried.source, tried.target, tried.n, tried.exhibit from tried
        left join anyhow on anyhow.source = tried.source and anyhow.target = tried.target
    where anyhow.source is null""",
)
"""Fail-overs inside a group without those between accounts that ask the same anyhow."""

DISPLACED = Query(
    "displaced",
    """
    with issued as (select unnest(issued_marks) as mark, account_id from exchanges where len(issued_marks) > 0),
        presented as (select unnest(presented_marks) as mark, account_id, exchange_id
            from exchanges where len(presented_marks) > 0)
    select issued.account_id as source, presented.account_id as target, count(*) as n,
        min(presented.exchange_id) as exhibit
    from presented join issued on presented.mark = issued.mark
    where issued.account_id <> presented.account_id group by issued.account_id, presented.account_id""",
)
"""The motifs as a reader finds them again on the ledger; a scan reads the same pairs off the sums."""

LIMITS = REACH
"""How far each motif is followed."""

READ = tuple(
    Query(f"{name}_pairs", f"select source, target, n, exhibit from {name}") for name in ("moved", *MOTIFS[1:])
)
"""Pairs of accounts off the sums, in the order of `MOTIFS`."""


@dataclass(frozen=True, slots=True)
class Handoffs:
    """Ordered pairs of accounts with a motif between them; one row per pair and motif.

    Attributes:
        source, target: positions of accounts. motif: position in `MOTIFS`. n: how often. exhibit: an exchange id.
    """

    source: I64
    target: I64
    motif: I64
    n: I64
    exhibit: tuple[str, ...]

    def inside(self, flags: npt.NDArray[np.bool_], motif: str) -> I64:
        """Return the rows of one motif whose two accounts are both flagged; `flags` has shape (accounts,)."""
        found = flags[self.source] & flags[self.target] & (self.motif == MOTIFS.index(motif))
        return np.flatnonzero(found).astype(np.int64)


def handoffs(engine: Engine, people: Population) -> Handoffs:
    """Find all motifs between accounts that declared no common organisation and do not ask the same anyhow."""
    ids = pa.array(people.ids, pa.string())
    tables = []
    for motif, query in enumerate(READ):
        found = engine.table(query)
        tables.append(found.append_column("motif", pa.array(np.full(found.num_rows, motif))))
    rows = pa.concat_tables(tables).sort_by([("motif", "ascending"), ("source", "ascending"), ("target", "ascending")])
    ends = [np.asarray(pc.index_in(rows.column(end), value_set=ids).to_numpy()) for end in ("source", "target")]
    orgs = people.categories["declared"].codes
    apart = ~((orgs[ends[0]] == orgs[ends[1]]) & people.categories["declared"].known[ends[0]])
    failed = np.flatnonzero(np.asarray(rows.column("motif").to_numpy()) == MOTIFS.index("failover"))
    counts = np.asarray(rows.column("n").to_numpy(), dtype=np.int64)
    apart[failed] &= ~_anyhow(people, ends[0][failed], ends[1][failed], counts[failed])
    rows = rows.filter(pa.array(apart))
    return Handoffs(
        source=ends[0][apart].astype(np.int64),
        target=ends[1][apart].astype(np.int64),
        motif=np.asarray(rows.column("motif").to_numpy(), dtype=np.int64),
        n=np.asarray(rows.column("n").to_numpy(), dtype=np.int64),
        exhibit=tuple(rows.column("exhibit").to_pylist()),
    )


def _anyhow(people: Population, source: I64, target: I64, n: I64) -> npt.NDArray[np.bool_]:
    """Return which pairs of accounts ask the same beyond what was handed over, shape (pairs,)."""
    counts = people.shared["prompt"].matrix
    pair = np.minimum(source, target) * people.size + np.maximum(source, target)
    _, place = np.unique(pair, return_inverse=True)
    handed = np.bincount(place, weights=n)[place] if len(n) else n
    found = np.ones(len(source), dtype=np.bool_)
    for one, other in ((source, target), (target, source)):
        both = np.asarray(counts[one].multiply(counts[other] > 0).sum(axis=1)).ravel() - handed
        found &= (both >= ANYHOW_LEAST) & (both > ANYHOW * (people.totals["prompts"][one] - handed))
    return found
