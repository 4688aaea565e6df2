"""Our own record is accepted as it is, in every container, whole or without nullable columns."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillwatch.errors import StillwatchError
from stillwatch.importers import Source, by_name, recognise
from stillwatch.record import EXCHANGES, conform
from tests.importers.reading import KEY, Rows, at, intake, read, sample, written

MINIMAL = {"exchange_id": ["e1", "e2"], "account_id": ["a1", "a2"], "model": ["m", "m"]}


def _parquet(folder: Path, columns: dict[str, object], **options: int) -> Source:
    path = folder / "own.parquet"
    pq.write_table(pa.table(columns), path, **options)
    return Source(str(path), "own.parquet")


def test_json_lines() -> None:
    counted = intake()
    first, second = read(sample("stillwatch.jsonl"), counted)
    assert first == {
        "exchange_id": "e1",
        "ts": at(10, 0, 0.25),
        "account_id": "a1",
        "model": "m",
        "org_id": "o",
        "ip": "203.0.113.1",
        "system_text": "Sys",
        "input_text": "Hi",
        "output_text": "",
        "turn": 1,
        "prefix_hashes": [],
        "tools": ["t"],
        "tokens_in": 3,
        "temperature": 0.5,
        "stream": True,
        "refused": False,
        "status": 200,
        "latency_ms": 12.5,
    }
    assert second == {"exchange_id": "e2", "ts": at(10, 0, 1), "account_id": "a2", "model": "m"}
    assert counted.skips.total == 0
    assert counted.notes.counts == {"unknown column `colour` ignored": 1}
    assert counted.notes.first == {"unknown column `colour` ignored": "stillwatch.jsonl:1"}


def test_csv() -> None:
    counted = intake()
    first, second = read(sample("stillwatch.csv"), counted)
    assert first == {
        "exchange_id": "e1",
        "ts": at(10, 0, 0.25),
        "account_id": "a1",
        "model": "m",
        "input_text": 'Hi, "you"\nthere',
        "tools": ["t"],
        "tokens_in": 3,
        "temperature": 0.5,
        "stream": True,
    }
    assert second == {"exchange_id": "e2", "ts": at(10, 0, 1), "account_id": "a2", "model": "m"}
    assert counted.notes.counts == {"unknown column `colour` ignored": 1}


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_csv_with_another_separator(tmp_path: Path, separator: str) -> None:
    rows = ["exchange_id,ts,account_id,model,input_text", 'e1,2026-03-02T10:00:00Z,a,m,"one, two"']
    content = "\n".join(rows).replace(", ", "#").replace(",", separator).replace("#", ", ")
    (row,) = read(written(tmp_path, "x.csv", content), intake())
    assert (row["exchange_id"], row["input_text"]) == ("e1", "one, two")


def test_parquet_of_the_whole_record_comes_back_unchanged(tmp_path: Path) -> None:
    source = sample("stillwatch.jsonl")
    (table,) = by_name("stillwatch").read(source, intake())
    path = tmp_path / "whole.parquet"
    pq.write_table(table, path)
    (again,) = by_name("stillwatch").read(Source(str(path), "whole.parquet"), intake())
    assert again.equals(table)


@pytest.mark.parametrize(
    "moments",
    [
        [at(10, 0), at(10, 1)],
        [at(10, 0).replace(tzinfo=None), at(10, 1).replace(tzinfo=None)],
        ["2026-03-02T10:00:00Z", "2026-03-02T12:01:00+02:00"],
        [1772445600, 1772445660],
        [1772445600000, 1772445660000],
    ],
    ids=["with a zone", "without", "text", "seconds", "milliseconds"],
)
def test_parquet_with_times_of_any_kind(tmp_path: Path, moments: list[object]) -> None:
    rows = read(_parquet(tmp_path, MINIMAL | {"ts": moments}), intake())
    assert [row["ts"] for row in rows] == [at(10, 0), at(10, 1)]


def test_parquet_is_read_in_parts_and_numbered_through(tmp_path: Path) -> None:
    count = 1000
    columns = {
        "exchange_id": [f"e{i}" for i in range(count)],
        "account_id": ["a"] * count,
        "model": ["m"] * count,
        "ts": [at(10, 0)] * (count - 1) + [dt.datetime(1999, 1, 1, tzinfo=dt.UTC)],
    }
    counted = intake()
    rows = read(_parquet(tmp_path, columns, row_group_size=300), counted)
    assert len(rows) == count - 1
    assert counted.skips.first == {"absurd timestamp": f"own.parquet:{count}"}


def test_parquet_with_dictionaries_and_narrow_numbers(tmp_path: Path) -> None:
    columns = MINIMAL | {
        "ts": [at(10, 0), at(10, 1)],
        "ip": pa.array(["x", None]).dictionary_encode(),
        "tokens_in": pa.array([1, 2], type=pa.uint16()),
        "status": pa.array([200, 429], type=pa.int16()),
        "temperature": pa.array([0.5, None], type=pa.float32()),
        "tools": pa.array([["t"], []], type=pa.large_list(pa.large_string())),
    }
    first, second = read(_parquet(tmp_path, columns), intake())
    assert (first["ip"], first["tokens_in"], first["status"], first["temperature"]) == ("x", 1, 200, 0.5)
    assert (first["tools"], second["tools"]) == (["t"], [])


def _missing(folder: Path, name: str) -> Source:
    if name.endswith("parquet"):
        return _parquet(folder, {"exchange_id": ["e"], "colour": ["red"]})
    return written(folder, name, "exchange_id,colour\ne,red\n")


@pytest.mark.parametrize("name", ["own.parquet", "own.csv"])
def test_a_table_without_required_columns_is_named_with_all_of_them(tmp_path: Path, name: str) -> None:
    source = _missing(tmp_path, name)
    with pytest.raises(StillwatchError, match="no column `ts`, `account_id`, `model`"):
        read(source, intake(), by_name("stillwatch"))
    assert recognise(source).name == "stillwatch"


def test_a_secret_in_the_place_of_an_id_is_hashed(tmp_path: Path) -> None:
    secret = "sk-live-0123456789abcdef"
    columns = MINIMAL | {"ts": [at(10, 0)] * 2, "key_id": [secret, None], "user_agent": ["ua", f"Bearer {secret}"]}
    counted = intake()
    rows = read(_parquet(tmp_path, columns), counted)
    assert rows[0]["key_id"] == KEY.text(secret)
    assert rows[1]["user_agent"] == KEY.text(f"Bearer {secret}")
    assert counted.notes.counts == {"secret hashed in key_id": 1, "secret hashed in user_agent": 1}


def test_what_conform_accepts_is_accepted(tmp_path: Path) -> None:
    table = conform(pa.table(MINIMAL | {"ts": [at(10, 0)] * 2}), EXCHANGES)
    path = tmp_path / "c.parquet"
    pq.write_table(table, path)
    rows: Rows = read(Source(str(path), "c.parquet"), intake())
    assert [row["exchange_id"] for row in rows] == ["e1", "e2"]
