"""The table of accounts, from Parquet, JSON Lines or CSV."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from stillwatch.errors import NothingUsable
from stillwatch.importers.importer import Intake
from stillwatch.importers.own import read_record
from stillwatch.importers.source import expand
from stillwatch.keys import Key
from stillwatch.record import ACCOUNTS, Skips


def read_accounts(paths: Sequence[str], skips: Skips, notes: Skips | None = None) -> pa.Table:
    """Return the accounts in the files, folders and globs `paths`, one row per account, in the order of the files.

    Of an account that occurs again the first row is kept; the others are counted.

    Raises:
        StillwatchError: a file cannot be read, or is a table without `account_id`.
        NothingUsable: no file holds a usable row.
    """
    intake = Intake(Key(bytes(32)), skips, Skips() if notes is None else notes)
    seen: set[str] = set()
    parts = [
        _first_rows(table, seen, source.label, skips)
        for source in expand(paths)
        for table in read_record(source, intake, ACCOUNTS)
    ]
    if not parts:
        raise NothingUsable(
            "no account in it can be used",
            where=", ".join(paths),
            expected="rows with `account_id`",
            remedy="look at the columns with `stillwatch inspect`",
        )
    return pa.concat_tables(parts)


def _first_rows(table: pa.Table, seen: set[str], label: str, skips: Skips) -> pa.Table:
    """Return the rows of accounts not in `seen`, which grows by them."""
    fresh = []
    for name in table.column("account_id").to_pylist():
        fresh.append(name not in seen)
        seen.add(name)
    skips.add("duplicate account_id", label, len(fresh) - sum(fresh))
    return table if all(fresh) else table.filter(pa.array(fresh))
