"""The coordination network toolkit, as both peers that are made of it use it: messages in, weighted links out.

A network's weight between two accounts is the number of messages of one that fall within the window of a message of
the other that matches. The toolkit counts it from either side; the greater count is taken.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from coordination_network_toolkit.preprocess import preprocess_csv_files  # type: ignore[import-not-found]
from duckdb import DuckDBPyConnection

from benchmarks.peers.accusations import Accusations
from benchmarks.peers.components import Link, components, scores_by_component

WINDOW = 60
"""Seconds: the default window that the toolkit's manual gives for every kind of network."""
LEAST_WEIGHT = 2
"""Messages: the default of `--min_edge_weight`."""
SMALLEST = 3
"""Accounts of a component that is accused; a pair is not a campaign."""
_LONGEST = 20_000
"""Characters of a prompt that are handed over; the toolkit reads CSV with a limit on the length of a field."""
_NOTHING = "''"


def load(connection: DuckDBPyConnection, scratch: Path, *, marks: str = _NOTHING) -> Path:
    """Return the toolkit's database with every exchange that has its prompt as a message.

    Args:
        marks: SQL over `exchanges` for what is given as the links of a message, separated by spaces.
    """
    messages, database = scratch / "messages.csv", scratch / "networks.db"
    connection.execute(f"""
        copy (
            select exchange_id, account_id, account_id as username, '' as repost_id,
                coalesce(prefix_hashes[-1], '') as reply_id, left(input_text, {_LONGEST}) as message,
                epoch_us(ts) / 1e6 as timestamp, {marks} as urls
            from exchanges where input_text is not null order by ts, exchange_id
        ) to '{messages}' (format csv, header)""")
    preprocess_csv_files(str(database), [str(messages)])
    messages.unlink()
    return database


def links(database: Path, network: str, compute: Callable[..., object], owners: dict[str, str]) -> list[Link]:
    """Return the links of one network between accounts of different owners, after `compute` has made it."""
    compute(str(database), WINDOW, n_threads=os.cpu_count() or 1, min_edge_weight=LEAST_WEIGHT)
    connection = sqlite3.connect(database)
    try:
        rows = connection.execute(
            f"select min(user_1, user_2), max(user_1, user_2), max(weight) from {network}_network "
            "where user_1 <> user_2 group by 1, 2"
        ).fetchall()
    finally:
        connection.close()
    return [(one, other, float(weight)) for one, other, weight in rows if owners[one] != owners[other]]


def strongest(networks: Iterable[Iterable[Link]]) -> list[Link]:
    """Return one link for every pair: the heaviest of all networks."""
    heaviest: dict[tuple[str, str], float] = {}
    for network in networks:
        for one, other, weight in network:
            heaviest[one, other] = max(weight, heaviest.get((one, other), 0.0))
    return [(one, other, weight) for (one, other), weight in sorted(heaviest.items())]


def owners_of(connection: DuckDBPyConnection) -> dict[str, str]:
    """Return the owner of every account that sent anything."""
    return dict(connection.execute("select distinct account_id, owner from exchanges").fetchall())


def accused(found: list[Link], *notes: str) -> Accusations:
    """Return the accounts of components that are large enough, at the toolkit's own least weight and at any other."""
    scores = scores_by_component(found, SMALLEST)
    groups = components(found, LEAST_WEIGHT)
    accounts = list(scores)
    values = np.array([scores[account] for account in accounts], dtype=np.float64)
    return Accusations(accounts, values, values >= LEAST_WEIGHT, [groups[account] for account in accounts], notes)
