"""How many values of each column of the record a ledger knows."""

from __future__ import annotations

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


def known_values(engine: Engine) -> dict[str, int]:
    """Return the number of known values by column of the record; lists count if they are not empty."""
    names = {name: SKETCHED.get(name, name) for name in EXCHANGES.names}
    columns = {name: kept for name, kept in names.items() if kept in SKETCHES.names}
    exchanges = Query("known_in_exchanges", f"select {_counts(columns)} from exchanges")
    accounts = Query("known_in_accounts", f"select {_counts({name: name for name in ACCOUNTS.names})} from accounts")
    found = engine.table(accounts).to_pylist()[0]
    return {**found, **{k: v + found.get(k, 0) for k, v in engine.table(exchanges).to_pylist()[0].items()}}


def _counts(columns: dict[str, str]) -> str:
    return ", ".join(
        f"count(case when len({kept}) > 0 then 1 end) as {name}"
        if kept in ("prefix_marks", "issued_marks", "presented_marks")
        else f"count({kept}) as {name}"
        for name, kept in columns.items()
    )
