"""Exchanges as the tests of the sketch write them down: only what a case is about, the rest filled in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from stillwatch.keys import Key
from stillwatch.record import EXCHANGES
from stillwatch.sketch import Sketcher

KEY = Key(bytes(range(32)))
OTHER_KEY = Key(bytes(range(1, 33)))
NOON = dt.datetime(2026, 6, 1, 12, tzinfo=dt.UTC)

Row = Mapping[str, Any]


def exchanges(*rows: Row) -> pa.Table:
    """Return a table of the record with `rows`, whose missing columns are null, or unlike any other where required."""
    whole = [
        {"exchange_id": f"x{i}", "ts": NOON, "account_id": f"account-{i}", "model": "m"} | dict(row)
        for i, row in enumerate(rows)
    ]
    return pa.Table.from_pylist(whole, schema=EXCHANGES)


def prompts(texts: Sequence[str | None]) -> pa.Table:
    """Return exchanges whose newest turns are `texts`."""
    return exchanges(*({"input_text": text} for text in texts))


def sketched(table: pa.Table, key: Key = KEY) -> list[dict[str, Any]]:
    """Return the sketches of `table`, a dictionary each."""
    rows: list[dict[str, Any]] = Sketcher(key).sketch(table).to_pylist()
    return rows
