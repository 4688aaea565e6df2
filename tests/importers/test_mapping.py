"""Tables of no known format are read through a mapping file."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillwatch.errors import StillwatchError
from stillwatch.importers import ColumnMap, Source, chosen, load_mapping, mapped
from tests.importers.reading import KEY, SAMPLES, at, history, intake, read, sample, written


def _mapping(folder: Path, text: str) -> ColumnMap:
    return load_mapping(Path(written(folder, "map.toml", text).path))


def test_the_sample_becomes_these_exchanges() -> None:
    counted = intake()
    first, second = read(sample("table.csv"), counted, mapped(load_mapping(SAMPLES / "table.toml")))
    assert first.pop("exchange_id").startswith("line:")
    assert second.pop("exchange_id").startswith("line:")
    assert first == {
        "ts": at(10, 0, 0.25),
        "account_id": "c-1",
        "model": "m-1",
        "key_id": KEY.text("sk-live-not-a-real-key-123456"),
        "access_path": "aggregator",
        "input_text": "Write a poem",
        "latency_ms": 120.5,
    }
    assert second == {
        "ts": at(10, 0, 1),
        "account_id": "c-2",
        "model": "m-1",
        "access_path": "aggregator",
        "input_text": "Write a song",
    }
    assert counted.skips.total == counted.notes.total == 0


NESTED = """
[columns]
exchange_id = "id"
ts = "meta.at"
account_id = "meta.who"
messages = "talk"
response = "got"

[constants]
model = "house-model"
"""


def test_paths_messages_and_answers_in_json_lines(tmp_path: Path) -> None:
    talk = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}, {"role": "user", "content": "c"}]
    record = {"id": "x", "meta": {"at": "2026-03-02T10:00:00Z", "who": 7}, "talk": json.dumps(talk), "got": "d"}
    source = written(tmp_path, "nested.jsonl", json.dumps(record))
    (row,) = read(source, intake(), mapped(_mapping(tmp_path, NESTED)))
    assert (row["account_id"], row["model"], row["turn"]) == ("7", "house-model", 2)
    assert (row["input_text"], row["output_text"]) == ("c", "d")
    assert row["prefix_hashes"] == [history(("user", "a"))]


def test_parquet_is_read_alike(tmp_path: Path) -> None:
    columns = '[columns]\nts = "t"\naccount_id = "a"\nmodel = "m"\n'
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"t": [1772445600], "a": ["x"], "m": ["m"]}), path)
    (row,) = read(Source(str(path), "t.parquet"), intake(), mapped(_mapping(tmp_path, columns)))
    assert (row["ts"], row["account_id"]) == (at(10, 0), "x")


def test_other_formats_beside_it_are_still_recognised() -> None:
    mapping = load_mapping(SAMPLES / "table.toml")
    assigned = chosen([sample("table.csv"), sample("openai.jsonl")], intake(), mapping=mapping)
    assert [one.importer.name for one in assigned] == ["map", "openai"]


def test_a_mapping_that_does_not_fit_says_what_it_found() -> None:
    importer = mapped(load_mapping(SAMPLES / "table.toml"))
    with pytest.raises(StillwatchError, match="does not fit"):
        read(sample("accounts.csv"), intake(), importer)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[columns", "cannot be read"),
        ("x = 1\n[columns]\nts='t'\naccount_id='a'\nmodel='m'", "`x` is not known"),
        ("[constants]\nmodel='m'", "no table `\\[columns\\]`"),
        ("[columns]\nts='t'\naccount_id='a'\nmodel='m'\ncolour='c'", "`colour` is no column"),
        ("[columns]\nts='t'\naccount_id='a'", "nothing is said of `model`"),
        ("[columns]\nts='t'\naccount_id=3\nmodel='m'", "`account_id` is not given as a name"),
        ("ts_unit='h'\n[columns]\nts='t'\naccount_id='a'\nmodel='m'", "`ts_unit` is none of"),
    ],
)
def test_a_wrong_mapping_is_refused_with_its_fault(tmp_path: Path, text: str, found: str) -> None:
    with pytest.raises(StillwatchError, match=found):
        _mapping(tmp_path, text)


def test_all_faults_of_a_mapping_are_named_together(tmp_path: Path) -> None:
    with pytest.raises(StillwatchError) as raised:
        _mapping(tmp_path, "[columns]\ncolour='c'\nflavour='f'")
    assert all(part in raised.value.found for part in ("`colour`", "`flavour`", "`ts`", "`account_id`", "`model`"))


def test_a_mapping_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StillwatchError, match="cannot be read"):
        load_mapping(tmp_path / "none.toml")
