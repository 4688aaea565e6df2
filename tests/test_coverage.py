"""How full a ledger is, counted beside the tables it was made of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from stillwatch.coverage import Coverage, coverage
from stillwatch.engine import DuckDB
from stillwatch.evidence.harvest_intent import BELIEVED
from stillwatch.ledger import Ledger
from stillwatch.record import ACCOUNTS, EXCHANGES
from stillwatch.rollups import SKETCHED, sum_exchanges
from stillwatch.sketch.schema import SKETCHES
from tests.small_world import Scanned, bare, done, stillwatch, write_lines


def _coverage(folder: Path) -> Coverage:
    ledger = Ledger.open(folder)
    with DuckDB(memory="1GB", threads=1) as engine:
        engine.attach(ledger.exchange_files(), ledger.accounts_table(), since=None, until=None)
        sum_exchanges(engine, intent_bits=BELIEVED)
        return coverage(engine)


def _known(rows: list[dict[str, Any]], names: list[str]) -> dict[str, int]:
    """Count values; an empty list is none."""
    return {name: sum(row.get(name) is not None and row.get(name) != [] for row in rows) for name in names}


def test_it_counts_what_the_tables_hold(few: Scanned) -> None:
    found = _coverage(few.ledger)
    exchanges, accounts = (
        pq.read_table(few.world / f"{name}.parquet").to_pylist() for name in ("exchanges", "accounts")
    )
    assert found.accounts == _known(accounts, ACCOUNTS.names)
    assert found.exchanges == _known(exchanges, list(found.exchanges))


def test_every_column_of_the_record_that_a_ledger_keeps_is_counted(few: Scanned) -> None:
    found = _coverage(few.ledger)
    assert set(found.accounts) == set(ACCOUNTS.names)
    assert set(found.exchanges) == {name for name in EXCHANGES.names if SKETCHED.get(name, name) in SKETCHES.names}


def test_columns_kept_under_another_name_exist_on_both_sides() -> None:
    assert set(SKETCHED) <= set(EXCHANGES.names)
    assert set(SKETCHED.values()) <= set(SKETCHES.names)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("ip", "10.0.0.1"),
        ("signatures_issued", ["s"]),
        ("prefix_hashes", ["p"]),
        ("tools", ["search"]),
        ("system_text", "Be brief."),
        ("reasoning", False),
        ("logprobs", 0),
        ("tokens_in", 0),
    ],
)
def test_a_value_is_known_and_its_absence_is_not(tmp_path: Path, column: str, value: object) -> None:
    empty: object = [] if isinstance(value, list) else None
    log = write_lines(tmp_path / "log.jsonl", [bare(1, **{column: value}), bare(2, **{column: empty}), bare(3)])
    done(stillwatch("import", log, "--ledger", tmp_path / "ledger"))
    found = _coverage(tmp_path / "ledger").exchanges
    assert (found[column], found["account_id"]) == (1, 3)


def test_without_a_table_of_accounts_nothing_of_them_is_known(tmp_path: Path) -> None:
    done(stillwatch("import", write_lines(tmp_path / "a.jsonl", [bare(1)]), "--ledger", tmp_path / "ledger"))
    assert set(_coverage(tmp_path / "ledger").accounts.values()) == {0}
