"""The account table of a ledger: one row per account, whichever imports told of it and in whatever order.

Of several rows for one account the one with the newest `status_at` counts; among equals the newest `created_at`;
then, so that the order of imports never matters, the one with the smallest row number (`ledger/content.py`).
"""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc

from stillwatch.keys import Key
from stillwatch.ledger.content import row_numbers
from stillwatch.record import ACCOUNTS

_NEVER = -(1 << 62)


def without_address(accounts: pa.Table, key: Key) -> pa.Table:
    """Return `accounts` with every `signup_ip` replaced by its keyed hash."""
    coded = accounts.column("signup_ip").combine_chunks().dictionary_encode()
    hashes = pa.array([key.text(address.strip()) for address in coded.dictionary.to_pylist()], pa.string())
    position = accounts.schema.get_field_index("signup_ip")
    return accounts.set_column(position, accounts.schema.field(position), hashes.take(coded.indices))


def latest(tables: Iterable[pa.Table]) -> pa.Table:
    """Return one row per account of `tables` (of `record.ACCOUNTS`), ascending by `account_id`."""
    every = pa.concat_tables([ACCOUNTS.empty_table(), *tables]).combine_chunks()
    ranked = pa.table(
        {
            "account_id": every.column("account_id"),
            "status": _micros(every.column("status_at")),
            "created": _micros(every.column("created_at")),
            "number": row_numbers(every),
        }
    )
    order = pc.sort_indices(
        ranked,
        sort_keys=[
            ("account_id", "ascending"),
            ("status", "descending"),
            ("created", "descending"),
            ("number", "ascending"),
        ],
    )
    ids = ranked.column("account_id").take(order).combine_chunks()
    first = pa.concat_arrays([pa.array([True] * min(1, len(ids)), pa.bool_()), pc.not_equal(ids[1:], ids[:-1])])
    return every.take(order.filter(first))


def _micros(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.fill_null(column.cast(pa.int64()), _NEVER)
