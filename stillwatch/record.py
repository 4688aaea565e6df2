"""The record: the two tables everything starts from, and how a foreign table becomes one.

`EXCHANGES` has one row per model call, `ACCOUNTS` one per account. Null means *not known*, never zero. An importer
may leave out any nullable column; `conform` adds it as nulls, so that every later stage sees the whole schema.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field

import pyarrow as pa

TIMESTAMP = pa.timestamp("us", tz="UTC")
_STRINGS = pa.list_(pa.string())


def required(name: str, kind: pa.DataType) -> pa.Field:
    """Return a column that no row can do without."""
    return pa.field(name, kind, nullable=False)


EXCHANGES = pa.schema(
    [
        required("exchange_id", pa.string()),
        required("ts", TIMESTAMP),
        required("account_id", pa.string()),
        required("model", pa.string()),
        pa.field("org_id", pa.string()),
        pa.field("key_id", pa.string()),
        pa.field("end_user_id", pa.string()),
        pa.field("session_id", pa.string()),
        pa.field("ip", pa.string()),
        pa.field("asn", pa.int64()),
        pa.field("country", pa.string()),
        pa.field("user_agent", pa.string()),
        pa.field("client_fp", pa.string()),
        pa.field("access_path", pa.string()),
        pa.field("operation", pa.string()),
        pa.field("system_text", pa.string()),
        pa.field("input_text", pa.string()),
        pa.field("output_text", pa.string()),
        pa.field("turn", pa.int32()),
        pa.field("prefix_hashes", _STRINGS),
        pa.field("signatures_issued", _STRINGS),
        pa.field("signatures_presented", _STRINGS),
        pa.field("tools", _STRINGS),
        pa.field("tool_calls", _STRINGS),
        pa.field("tokens_in", pa.int64()),
        pa.field("tokens_out", pa.int64()),
        pa.field("tokens_cached", pa.int64()),
        pa.field("tokens_reasoning", pa.int64()),
        pa.field("max_tokens", pa.int64()),
        pa.field("temperature", pa.float64()),
        pa.field("choices", pa.int32()),
        pa.field("logprobs", pa.int32()),
        pa.field("stream", pa.bool_()),
        pa.field("reasoning", pa.bool_()),
        pa.field("finish_reason", pa.string()),
        pa.field("refused", pa.bool_()),
        pa.field("status", pa.int32()),
        pa.field("latency_ms", pa.float64()),
        pa.field("ttft_ms", pa.float64()),
    ]
)

ACCOUNTS = pa.schema(
    [
        required("account_id", pa.string()),
        pa.field("created_at", TIMESTAMP),
        pa.field("org_id", pa.string()),
        pa.field("email_domain", pa.string()),
        pa.field("email_shape", pa.string()),
        pa.field("payment_id", pa.string()),
        pa.field("payment_bin", pa.string()),
        pa.field("phone_prefix", pa.string()),
        pa.field("device_id", pa.string()),
        pa.field("signup_ip", pa.string()),
        pa.field("signup_asn", pa.int64()),
        pa.field("plan", pa.string()),
        pa.field("program", pa.string()),
        pa.field("verification", pa.string()),
        pa.field("declared_country", pa.string()),
        pa.field("status", pa.string()),
        pa.field("status_at", TIMESTAMP),
    ]
)

EARLIEST = dt.datetime(2015, 1, 1, tzinfo=dt.UTC)
"""A request older than this is taken for a broken clock; no model API was sold before."""
LATEST = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)
"""A request later than this is taken for a broken clock or a wrong unit."""


def required_columns(schema: pa.Schema) -> list[str]:
    """Return the names of the columns of `schema` that a row cannot do without."""
    return [f.name for f in schema if not f.nullable]


def conform(table: pa.Table | pa.RecordBatch, schema: pa.Schema) -> pa.Table:
    """Return `table` with exactly the columns of `schema`, in its order; absent ones become nulls.

    Raises:
        pa.ArrowInvalid: a value does not fit its column's type, or a required column is absent.
    """
    columns: list[pa.ChunkedArray | pa.Array] = []
    for column in schema:
        if column.name in table.schema.names:
            columns.append(table.column(column.name).cast(column.type))
        elif column.nullable:
            columns.append(pa.nulls(table.num_rows, column.type))
        else:
            raise pa.ArrowInvalid(f"column `{column.name}` is required")
    return pa.Table.from_arrays(columns, schema=schema)


@dataclass(slots=True)
class Skips:
    """What was not used, counted by reason, with the first place of each.

    The one mutable value of an import: every stage that drops a row says so here, and the sum is shown in the result.
    """

    counts: dict[str, int] = field(default_factory=dict)
    first: dict[str, str] = field(default_factory=dict)
    """Where each reason was met first, as `file:line` or `file`."""

    def add(self, reason: str, where: str, count: int = 1) -> None:
        """Count `count` rows not used for `reason`; keep `where` if it is the first place."""
        if count:
            self.counts[reason] = self.counts.get(reason, 0) + count
            self.first.setdefault(reason, where)

    def merge(self, others: Iterable[Skips]) -> None:
        """Add the counts of `others`, in their order."""
        for other in others:
            for reason, count in other.counts.items():
                self.add(reason, other.first[reason], count)

    @property
    def total(self) -> int:
        """How many rows were not used."""
        return sum(self.counts.values())
