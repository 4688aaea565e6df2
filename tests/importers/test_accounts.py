"""The table of accounts."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillwatch.errors import NothingUsable, StillwatchError
from stillwatch.importers import read_accounts
from stillwatch.record import ACCOUNTS, Skips
from tests.importers.reading import SAMPLES, written


def test_the_sample_becomes_these_accounts() -> None:
    skips, notes = Skips(), Skips()
    table = read_accounts([str(SAMPLES / "accounts.csv")], skips, notes)
    assert table.schema == ACCOUNTS
    first, second = ({k: v for k, v in row.items() if v is not None} for row in table.to_pylist())
    assert first == {
        "account_id": "a1",
        "created_at": dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC),
        "email_domain": "example.org",
        "plan": "pro",
        "payment_id": "pay-1",
    }
    assert second == {"account_id": "a2", "email_domain": "example.net", "plan": "free"}
    assert skips.counts == {"no account_id": 1, "duplicate account_id": 1}
    assert notes.counts == {"unknown column `favourite` ignored": 1}


def test_files_of_all_kinds_make_one_table(tmp_path: Path) -> None:
    written(tmp_path, "1.jsonl", json.dumps({"account_id": "x", "signup_asn": 64500, "created_at": "soon"}))
    pq.write_table(pa.table({"account_id": ["y", "x"], "plan": ["pro", "free"]}), tmp_path / "2.parquet")
    skips, notes = Skips(), Skips()
    table = read_accounts([str(tmp_path)], skips, notes)
    assert table.column("account_id").to_pylist() == ["x", "y"]
    assert table.column("plan").to_pylist() == [None, "pro"]
    assert skips.counts == {"duplicate account_id": 1}
    assert notes.counts == {"unreadable created_at": 1}


def test_a_table_without_accounts_is_refused(tmp_path: Path) -> None:
    written(tmp_path, "x.csv", "name,age\nbo,3\n")
    with pytest.raises(StillwatchError, match="no column `account_id`"):
        read_accounts([str(tmp_path)], Skips())


def test_nothing_usable_is_said(tmp_path: Path) -> None:
    written(tmp_path, "x.jsonl", '{"plan": "pro"}')
    with pytest.raises(NothingUsable):
        read_accounts([str(tmp_path)], Skips())
