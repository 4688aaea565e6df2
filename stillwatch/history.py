"""Who was ever a member of which campaign and when, and what it was known by: what a watch hands on from run to run.

A campaign is known by its accounts when it was last seen, also when that was many runs ago: a group that comes back
gets its id back. Its marks are remembered too, so that one that comes back on other accounts is tied to it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from stillwatch.errors import StillwatchError
from stillwatch.findings import HISTORY, MEMORY, Memory
from stillwatch.record import conform

HISTORY_FILE = "history.parquet"
MEMORY_FILE = "memory.parquet"

_WHO = ["campaign_id", "account_id"]


def read_history(run: Path) -> pa.Table:
    """Return the history that a run left in its folder.

    Raises:
        StillwatchError: it cannot be read.
    """
    return _read(run / HISTORY_FILE, HISTORY)


def read_memories(run: Path) -> dict[str, Memory]:
    """Return what each campaign was known by when it was last seen, as a run left it in its folder.

    Raises:
        StillwatchError: it cannot be read.
    """
    marks: dict[str, dict[str, set[str]]] = {}
    until: dict[str, int] = {}
    table = _read(run / MEMORY_FILE, MEMORY)
    for row in table.set_column(3, "until_ts", table.column("until_ts").cast(pa.int64())).to_pylist():
        marks.setdefault(row["campaign_id"], {}).setdefault(row["kind"], set()).add(row["mark"])
        until[row["campaign_id"]] = row["until_ts"]
    return {
        name: Memory({kind: frozenset(found) for kind, found in kinds.items()}, until[name])
        for name, kinds in marks.items()
    }


def memory_table(before: Mapping[str, Memory], now: Mapping[str, Memory]) -> pa.Table:
    """Return what campaigns are known by: as the last run saw them, with the marks that they had before."""
    rows = [
        {"campaign_id": name, "kind": kind, "mark": mark, "until_ts": (now.get(name) or before[name]).until}
        for name in sorted({*before, *now})
        for kind, mark in sorted(_marks(before.get(name)) | _marks(now.get(name)))
    ]
    return pa.Table.from_pylist(rows, MEMORY)


def _marks(memory: Memory | None) -> set[tuple[str, str]]:
    return set() if memory is None else {(kind, mark) for kind, marks in memory.marks.items() for mark in marks}


def _read(path: Path, schema: pa.Schema) -> pa.Table:
    try:
        return conform(pq.read_table(path, partitioning=None), schema)
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
