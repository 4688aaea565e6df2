"""A world's two tables as DuckDB sees them: what every peer that starts from exchanges begins with."""

from __future__ import annotations

from pathlib import Path

import duckdb

NORMAL = r"trim(regexp_replace(lower(input_text), '\s+', ' ', 'g'))"
"""SQL for a prompt as peers compare it: lower case, one space between words."""
SCAFFOLD_WORDS = 8
"""Words at the head and at the tail of a prompt that stand for its scaffold."""


def connect(world: Path) -> duckdb.DuckDBPyConnection:
    """Return a connection with the views `exchanges` and `accounts` of the folder `world`.

    Both have a column `owner`: the declared organisation, else the account itself. Peers that link accounts do not
    count what two accounts of one owner share: an organisation's own accounts are linked by its own word.
    """
    connection = duckdb.connect()
    connection.execute("set enable_progress_bar = false")
    connection.execute("set timezone = 'UTC'")
    exchanges, accounts = (_quoted(world / name) for name in ("exchanges.parquet", "accounts.parquet"))
    connection.execute(
        f"create view accounts as select *, coalesce(org_id, account_id) as owner from read_parquet({accounts})"
    )
    connection.execute(
        f"""create view exchanges as
        select e.*, coalesce(a.owner, e.account_id) as owner
        from read_parquet({exchanges}) as e
        left join (select account_id, owner from accounts) as a using (account_id)"""
    )
    return connection


def head_of(text: str) -> str:
    """Return SQL for the first words of the SQL expression `text`."""
    return f"array_to_string(string_split({text}, ' ')[:{SCAFFOLD_WORDS}], ' ')"


def tail_of(text: str) -> str:
    """Return SQL for the last words of the SQL expression `text`."""
    return f"array_to_string(string_split({text}, ' ')[-{SCAFFOLD_WORDS}:], ' ')"


def has_text(connection: duckdb.DuckDBPyConnection) -> bool:
    """Return whether any exchange has its prompt."""
    return bool(connection.execute("select 1 from exchanges where input_text is not null limit 1").fetchall())


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
