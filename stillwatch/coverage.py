"""How many values of each column of the record a ledger knows."""

from __future__ import annotations

from dataclasses import dataclass

from stillwatch.engine import Engine, Query
from stillwatch.record import ACCOUNTS, EXCHANGES
from stillwatch.sketch.schema import SKETCHES

SKETCHED = {
    "key_id": "key_mark",
    "end_user_id": "end_user_mark",
    "session_id": "session_mark",
    "ip": "ip_mark",
    "system_text": "system_chars",
    "input_text": "input_chars",
    "output_text": "output_chars",
    "prefix_hashes": "prefix_marks",
    "signatures_issued": "issued_marks",
    "signatures_presented": "presented_marks",
    "tools": "tools_mark",
}
"""Columns of the record that the ledger keeps under another name."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """Number of known values by column of the record."""

    exchanges: dict[str, int]
    accounts: dict[str, int]


def coverage(engine: Engine) -> Coverage:
    """Count the known values of the ledger that `engine` is attached to; lists count if they are not empty."""
    names = {name: SKETCHED.get(name, name) for name in EXCHANGES.names}
    kept = {name: column for name, column in names.items() if column in SKETCHES.names}
    exchanges = Query("known_in_exchanges", f"select {_counts(kept)} from exchanges")
    accounts = Query("known_in_accounts", f"select {_counts({name: name for name in ACCOUNTS.names})} from accounts")
    return Coverage(engine.table(exchanges).to_pylist()[0], engine.table(accounts).to_pylist()[0])


def _counts(columns: dict[str, str]) -> str:
    return ", ".join(f"count({_known(kept)}) as {name}" for name, kept in columns.items())


def _known(column: str) -> str:
    if column in ("prefix_marks", "issued_marks", "presented_marks"):
        return f"case when len({column}) > 0 then 1 end"
    return "case when tool_calls > 0 then 1 end" if column == "tool_calls" else column
