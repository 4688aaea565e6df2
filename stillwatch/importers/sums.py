"""Numbers that no request can have: a count or a time below nothing, or beyond anything ever sold."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stillwatch.importers.importer import Places
from stillwatch.record import Skips

SUMS = (
    "asn",
    "turn",
    "tokens_in",
    "tokens_out",
    "tokens_cached",
    "tokens_reasoning",
    "max_tokens",
    "choices",
    "logprobs",
    "latency_ms",
    "ttft_ms",
)
"""Columns of exchanges that count or measure something."""
MOST = 10**12
"""Larger than any of them ever is."""


def without_absurd(table: pa.Table, notes: Skips, places: Places) -> pa.Table:
    """Return `table` with null in the place of every number that is negative or above `MOST`, and note each."""
    for name in SUMS:
        column = table.column(name)
        if column.null_count == len(column):
            continue
        absurd = pc.fill_null(pc.or_(pc.less(column, 0), pc.greater(column, MOST)), False)
        rows = np.flatnonzero(absurd.to_numpy())
        if len(rows):
            notes.add(f"absurd number in {name}", places[int(rows[0])], len(rows))
            kept = pc.if_else(absurd, pa.scalar(None, column.type), column)
            table = table.set_column(table.schema.get_field_index(name), table.schema.field(name), kept)
    return table
