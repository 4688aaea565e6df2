"""Who was ever a member of which campaign, and when: what a watch hands on from run to run.

A campaign is known by its accounts when it was last seen, also when that was many runs ago: a group that comes back
gets its id back.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from stillwatch.errors import StillwatchError
from stillwatch.findings import HISTORY
from stillwatch.record import conform

HISTORY_FILE = "history.parquet"

_WHO = ["campaign_id", "account_id"]


def read_history(run: Path) -> pa.Table:
    """Return the history that a run left in its folder.

    Raises:
        StillwatchError: it cannot be read.
    """
    path = run / HISTORY_FILE
    try:
        return conform(pq.read_table(path, partitioning=None), HISTORY)
    except (OSError, pa.ArrowException) as error:
        raise StillwatchError(
            "the history of the campaigns cannot be read",
            where=str(path),
            expected="the file as `stillwatch watch` wrote it",
            remedy="delete this run's folder; the run before it goes on",
        ) from error


def last_seen(history: pa.Table) -> dict[str, frozenset[str]]:
    """Return the accounts of each campaign at the last run that saw it, by id."""
    last = history.group_by("campaign_id").aggregate([("last_run_ts", "max")])
    place = pc.index_in(history.column("campaign_id"), value_set=last.column("campaign_id").combine_chunks())
    return grouped(history.filter(pc.equal(history.column("last_run_ts"), last.column("last_run_ts_max").take(place))))


def grouped(members: pa.Table) -> dict[str, frozenset[str]]:
    """Return the accounts of each campaign of a table with `campaign_id` and `account_id`."""
    found: dict[str, set[str]] = {}
    for campaign, account in zip(*(members.column(name).to_pylist() for name in _WHO), strict=True):
        found.setdefault(campaign, set()).add(account)
    return {campaign: frozenset(accounts) for campaign, accounts in found.items()}


def extended(history: pa.Table, now: Mapping[str, frozenset[str]], at: dt.datetime) -> pa.Table:
    """Return `history` with the members of the campaigns of a run that ended `at`, by campaign and account."""
    seen = [(campaign, account) for campaign in now for account in now[campaign]]
    fresh = pa.Table.from_arrays(
        [
            pa.array([campaign for campaign, _ in seen], pa.string()),
            pa.array([account for _, account in seen], pa.string()),
            *[pa.array([at] * len(seen), HISTORY.field("last_run_ts").type)] * 2,
        ],
        schema=HISTORY,
    )
    both = pa.concat_tables([history, fresh]).group_by(_WHO)
    merged = both.aggregate([("first_run_ts", "min"), ("last_run_ts", "max")])
    return merged.rename_columns(HISTORY.names).cast(HISTORY).sort_by([(name, "ascending") for name in _WHO])
