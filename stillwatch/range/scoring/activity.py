"""Who sent how much until when: counted off the exchanges of a world by the engine, which spills to disk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch.arrays import I64, Flags
from stillwatch.engine import DuckDB, Query
from stillwatch.errors import StillwatchError
from stillwatch.range.scoring.truth import NEVER, Truth
from stillwatch.range.store import CAMPAIGN

_TOTALS = Query("totals", "select bucket, sum(n) as n, max(last_us) as last_us from activity group by bucket")
_GUILTY = Query(
    "of_the_guilty",
    """
    select activity.account_id, activity.bucket, activity.n, activity.harvested
    from activity join harvest on harvest.account_id = activity.account_id""",
)
_EVERYBODY = Query(
    "of_everybody",
    """
    select account_id, min(first_us) as first_us, sum(case when bucket < :last then n else 0 end) as n
    from activity group by account_id""",
)


@dataclass(frozen=True, slots=True)
class Activity:
    """Exchanges of a world, by account and cut-off.

    Attributes:
        first_us: first exchange of each account, `NEVER` for none, shape (accounts,).
        start_us: from when an account counts as harvesting: `NEVER` for those that do not; of a relay its first
            exchange, shape (accounts,).
        n: exchanges of each account before the last cut-off, shape (accounts,).
        harvested: exchanges since `start_us` of the accounts in `places`, before each cut-off and in all, shape
            (campaign and relay accounts, cut-offs + 1).
        places: positions of the accounts of campaigns and relays, ascending.
        seen: exchanges of all accounts before each cut-off and in all, shape (cut-offs + 1,).
        last_us: the last exchange of the world.
    """

    first_us: I64
    start_us: I64
    n: I64
    harvested: I64
    places: I64
    seen: I64
    last_us: int

    def active(self, until: int) -> Flags:
        """Return which accounts sent something before a moment, shape (accounts,)."""
        return self.first_us < until

    def harvesting(self, until: int) -> Flags:
        """Return which accounts had begun to harvest, or to relay, before a moment, shape (accounts,)."""
        return (self.start_us < until) & (self.first_us < until)


def harvest_start(truth: Truth) -> I64:
    """Return from when each account counts as harvesting, in microseconds; 0 means from its first exchange.

    Relays harvest nothing; what they are accused of begins with their first exchange. The same holds for a campaign
    of which the truth does not say when any of its accounts began.
    """
    start = truth.harvest_us.copy()
    for group in truth.groups:
        if group.kind != CAMPAIGN or (start[group.accounts] == NEVER).all():
            start[group.accounts] = 0
    start[truth.innocent] = NEVER
    return start


def read_activity(truth: Truth, cut_offs: Sequence[int], *, memory: str) -> Activity | None:
    """Return the activity of the world of `truth`; None when `exchanges.parquet` does not lie beside it.

    Args:
        cut_offs: microseconds, ascending.

    Raises:
        StillwatchError: the exchanges cannot be read, or hold accounts that the truth does not know.
    """
    path = truth.path.with_name("exchanges.parquet")
    if not path.exists():
        return None
    _check(path)
    start, places = harvest_start(truth), truth.guilty
    harvest = pa.table({"account_id": truth.ids.take(pa.array(places)), "start_us": start[places]})
    with DuckDB(memory=memory) as engine:
        engine.attach([path], harvest, since=None, until=None)
        engine.load("harvest", harvest)
        engine.stage(_activity(cut_offs))
        totals, guilty = engine.table(_TOTALS), engine.table(_GUILTY)
        everybody = engine.table(_EVERYBODY, last=len(cut_offs))
    who = _known(truth, everybody["account_id"].combine_chunks(), path)
    first = np.full(len(truth), NEVER)
    first[who] = everybody["first_us"].to_numpy()
    n = np.zeros(len(truth), dtype=np.int64)
    n[who] = everybody["n"].to_numpy()
    seen = np.zeros(len(cut_offs) + 1, dtype=np.int64)
    seen[totals["bucket"].to_numpy()] = totals["n"].to_numpy()
    return Activity(
        first_us=first,
        start_us=np.where(start == 0, first, start),
        n=n,
        harvested=_harvested(truth, places, guilty, buckets=len(seen)),
        places=places,
        seen=np.cumsum(seen),
        last_us=int(totals["last_us"].to_numpy().max()),
    )


def _activity(cut_offs: Sequence[int]) -> Query:
    """Return the one query that reads the exchanges: an exchange is in bucket k if k cut-offs lie at or before it."""
    bucket = " + ".join(["0", *(f"case when epoch_us(ts) >= {cut} then 1 else 0 end" for cut in cut_offs)])
    return Query(
        "activity",
        f"""
    select exchanges.account_id, {bucket} as bucket, count(*) as n, min(epoch_us(ts)) as first_us,
        max(epoch_us(ts)) as last_us,
        count(case when epoch_us(ts) >= coalesce(harvest.start_us, 0) then 1 end) as harvested
    from exchanges left join harvest on harvest.account_id = exchanges.account_id
    group by exchanges.account_id, {bucket}""",
    )


def _check(path: Path) -> None:
    try:
        schema = pq.read_schema(path)
        rows = pq.read_metadata(path).num_rows
    except (pa.ArrowException, OSError) as error:
        raise _no_exchanges(path, str(error).splitlines()[0]) from error
    if not rows:
        raise _no_exchanges(path, "holds no exchange")
    for name, right in (("account_id", pa.types.is_string), ("ts", pa.types.is_timestamp)):
        if name not in schema.names or not right(schema.field(name).type):
            raise _no_exchanges(path, f"has no column `{name}` of the record's type")


def _no_exchanges(path: Path, found: str) -> StillwatchError:
    return StillwatchError(
        found,
        where=str(path),
        expected="the exchanges of the world in the record",
        remedy="build the world again, or move this file away to score accounts alone",
    )


def _known(truth: Truth, accounts: pa.Array, path: Path) -> I64:
    places = truth.places(accounts)
    strangers = int((places < 0).sum())
    if strangers:
        raise StillwatchError(
            f"{strangers} of {len(accounts)} accounts with exchanges are not in the truth",
            where=str(path),
            expected="truth and exchanges of one world",
            remedy="keep the files of a world together, or build it again with `stillwatch range build`",
        )
    return places


def _harvested(truth: Truth, places: I64, rows: pa.Table, *, buckets: int) -> I64:
    counts = np.zeros((len(places), buckets), dtype=np.int64)
    where = np.searchsorted(places, truth.places(rows["account_id"].combine_chunks()))
    counts[where, rows["bucket"].to_numpy()] = rows["harvested"].to_numpy()
    return np.asarray(counts.cumsum(axis=1))
