"""How many values of each column of the record a ledger knows."""

from __future__ import annotations

from dataclasses import dataclass

from stillwatch.engine import Engine, Query
from stillwatch.record import ACCOUNTS


@dataclass(frozen=True, slots=True)
class Coverage:
    """Number of known values by column of the record."""

    exchanges: dict[str, int]
    accounts: dict[str, int]


KNOWN_IN_EXCHANGES = Query("known_in_exchanges", "select * from known")
KNOWN_IN_ACCOUNTS = Query(
    "known_in_accounts", f"select {', '.join(f'count({name}) as {name}' for name in ACCOUNTS.names)} from accounts"
)


def coverage(engine: Engine) -> Coverage:
    """Count the known values of the ledger whose sums `engine` has; lists count if they are not empty."""
    return Coverage(engine.table(KNOWN_IN_EXCHANGES).to_pylist()[0], engine.table(KNOWN_IN_ACCOUNTS).to_pylist()[0])
