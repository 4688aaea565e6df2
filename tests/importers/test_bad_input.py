"""Every kind of bad input: the good rows come through, the bad ones are counted by reason with the first place."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillwatch.importers import Intake, Source, by_name, chosen, expand, load
from stillwatch.importers.source import LONGEST_LINE
from tests.importers.reading import SAMPLES, at, intake, read, written

OWN = by_name("stillwatch")


def record(name: str, **more: object) -> str:
    """Return a line of our own record."""
    row = {"exchange_id": name, "ts": "2026-03-02T10:00:00Z", "account_id": "a", "model": "m", **more}
    return json.dumps(row, ensure_ascii=False)


def _read(folder: Path, *lines: str | bytes) -> tuple[list[str], Intake]:
    """Return the ids of the rows of a file with `lines`, and what was counted."""
    raw = b"\n".join(line if isinstance(line, bytes) else line.encode() for line in lines)
    counted = intake()
    rows = read(written(folder, "log.jsonl", raw), counted, OWN)
    return [row["exchange_id"] for row in rows], counted


def test_truncated_json(tmp_path: Path) -> None:
    ids, counted = _read(tmp_path, record("e1"), record("e2")[:-9], record("e3"))
    assert ids == ["e1", "e3"]
    assert (counted.skips.counts, counted.skips.first) == ({"broken JSON": 1}, {"broken JSON": "log.jsonl:2"})


def test_a_file_cut_off_in_its_last_line(tmp_path: Path) -> None:
    ids, counted = _read(tmp_path, record("e1"), record("e2")[:30])
    assert ids == ["e1"]
    assert counted.skips.counts == {"broken JSON": 1}


def test_a_line_that_is_json_but_no_object(tmp_path: Path) -> None:
    ids, counted = _read(tmp_path, record("e1"), "[1, 2]", "17")
    assert ids == ["e1"]
    assert counted.skips.counts == {"not a JSON object": 2}


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("exchange_id", None, "no exchange_id"),
        ("exchange_id", "", "no exchange_id"),
        ("exchange_id", {"x": 1}, "wrong type in exchange_id"),
        ("account_id", ["a"], "wrong type in account_id"),
        ("account_id", True, "wrong type in account_id"),
        ("model", 1.5, "wrong type in model"),
        ("ts", None, "no ts"),
        ("ts", "yesterday", "unreadable ts"),
        ("ts", {"s": 1}, "wrong type in ts"),
        ("ts", False, "wrong type in ts"),
    ],
)
def test_wrong_types_in_required_columns_cost_the_row(tmp_path: Path, column: str, value: object, reason: str) -> None:
    ids, counted = _read(tmp_path, record("e1"), record("e2", **{column: value}))
    assert ids == ["e1"]
    assert (counted.skips.counts, counted.skips.first) == ({reason: 1}, {reason: "log.jsonl:2"})


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("tokens_in", "many"),
        ("tokens_in", 1.5),
        ("tokens_in", 2**80),
        ("turn", 2**40),
        ("temperature", "warm"),
        ("temperature", True),
        ("stream", "perhaps"),
        ("stream", 7),
        ("tools", "t"),
        ("tools", [["t"]]),
        ("prefix_hashes", {"a": 1}),
        ("input_text", ["x"]),
        ("ip", 1.25),
    ],
)
def test_wrong_types_in_nullable_columns_cost_the_value(tmp_path: Path, column: str, value: object) -> None:
    counted = intake()
    source = written(tmp_path, "log.jsonl", record("e1") + "\n" + record("e2", **{column: value}))
    rows = read(source, counted, OWN)
    assert [row["exchange_id"] for row in rows] == ["e1", "e2"]
    assert column not in rows[1]
    assert counted.skips.total == 0
    reason = f"wrong type in {column}"
    assert (counted.notes.counts, counted.notes.first) == ({reason: 1}, {reason: "log.jsonl:2"})


def test_numbers_written_as_text_are_numbers(tmp_path: Path) -> None:
    line = record("e1", tokens_in="12", temperature="0.5", stream="true", account_id=17)
    (row,) = read(written(tmp_path, "log.jsonl", line), intake(), OWN)
    assert (row["tokens_in"], row["temperature"], row["stream"], row["account_id"]) == (12, 0.5, True, "17")


@pytest.mark.parametrize(
    "moment",
    [
        "1970-01-01T00:00:00Z",
        "2014-12-31T23:59:59Z",
        "2100-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        0,
        -5,
        1e18,  # nanoseconds, of the year 2001
        10**30,
    ],
)
def test_absurd_timestamps(tmp_path: Path, moment: object) -> None:
    ids, counted = _read(tmp_path, record("e1"), record("e2", ts=moment))
    assert ids == ["e1"]
    assert counted.skips.counts == {"absurd timestamp": 1}
    assert counted.skips.first == {"absurd timestamp": "log.jsonl:2"}


def test_mixed_time_zones_and_units_are_one_time(tmp_path: Path) -> None:
    moments: list[object] = [
        "2026-03-02T10:00:00Z",
        "2026-03-02T11:00:00+01:00",
        "2026-03-02 05:00:00-0500",
        "2026-03-02T10:00:00",
        "2026-03-02 10:00:00 UTC",
        "2026-03-02T10:00:00.000000000Z",
        1772445600,
        1772445600.0,
        "1772445600",
        1772445600000,
        1772445600000000,
        1772445600000000000,
    ]
    counted = intake()
    content = "\n".join(record(f"e{i}", ts=moment) for i, moment in enumerate(moments))
    rows = read(written(tmp_path, "log.jsonl", content), counted, OWN)
    assert [row["ts"] for row in rows] == [at(10, 0)] * len(moments)
    assert counted.notes.counts == {"time without a zone taken as UTC": 1}
    assert counted.notes.first == {"time without a zone taken as UTC": "log.jsonl:4"}


def test_duplicate_ids_are_left_to_the_ledger_which_counts_them(tmp_path: Path) -> None:
    ids, counted = _read(tmp_path, record("e1"), record("e1"))
    assert ids == ["e1", "e1"]
    assert counted.skips.total == 0


def test_an_empty_file_is_counted_and_named(tmp_path: Path) -> None:
    written(tmp_path, "a.jsonl", b"")
    written(tmp_path, "b.jsonl", b"\n \n")
    written(tmp_path, "c.jsonl", record("e1"))
    counted = intake()
    assert [one.source.label for one in chosen(expand([str(tmp_path)]), counted)] == [str(tmp_path / "c.jsonl")]
    assert counted.skips.counts == {"empty file": 2}
    assert f"not read: {tmp_path / 'b.jsonl'}: empty file" in counted.notes.counts


def test_null_bytes_are_removed_and_noted(tmp_path: Path) -> None:
    ids, counted = _read(tmp_path, record("e1"), record("e2").encode().replace(b'"m"', b'"m\0\0"'), b"\0\0\0")
    assert ids == ["e1", "e2"]
    assert counted.notes.counts == {"null bytes removed": 2}
    assert counted.notes.first == {"null bytes removed": "log.jsonl:2"}


def test_escaped_null_bytes_do_no_harm(tmp_path: Path) -> None:
    ids, _ = _read(tmp_path, record("e1", input_text="a\0b"))
    assert ids == ["e1"]


def test_a_prompt_of_ten_megabytes_passes(tmp_path: Path) -> None:
    text = "long " * 2_000_000
    (row,) = read(written(tmp_path, "log.jsonl", record("e1", input_text=text)), intake(), OWN)
    assert row["input_text"] == text


def test_a_line_beyond_all_measure_is_dropped_and_counted(tmp_path: Path) -> None:
    monster = b"x" * (LONGEST_LINE + 2)
    ids, counted = _read(tmp_path, record("e1"), monster, record("e3"))
    assert ids == ["e1", "e3"]
    assert counted.skips.counts == {"line longer than 64 MB": 1}
    assert counted.skips.first == {"line longer than 64 MB": "log.jsonl:2"}


def test_invalid_utf8_is_replaced_and_noted(tmp_path: Path) -> None:
    counted = intake()
    lines = record("e1").encode() + b"\n" + record("e2", input_text="caf#").encode().replace(b"#", b"\xe9")
    rows = read(written(tmp_path, "log.jsonl", lines), counted, OWN)
    assert [row.get("input_text") for row in rows] == [None, "caf�"]
    assert counted.notes.first == {"invalid UTF-8 replaced": "log.jsonl:2"}


def test_half_a_surrogate_pair_is_replaced_and_noted(tmp_path: Path) -> None:
    line = record("e1", input_text="#").replace("#", "\\ud83d")
    counted = intake()
    (row,) = read(written(tmp_path, "log.jsonl", line), counted, OWN)
    assert row["input_text"] == "?"
    assert counted.notes.counts == {"invalid UTF-8 replaced": 1}


def test_half_a_surrogate_pair_in_an_id(tmp_path: Path) -> None:
    ids, _ = _read(tmp_path, record("e#").replace("#", "\\ud83d"))
    assert ids == ["e?"]


def test_json_nested_too_deep_is_broken(tmp_path: Path) -> None:
    ids, counted = _read(tmp_path, record("e1"), "[" * 100_000, record("e3"))
    assert ids == ["e1", "e3"]
    assert counted.skips.counts == {"broken JSON": 1}


def test_endless_numbers_are_no_numbers(tmp_path: Path) -> None:
    line = record("e1", temperature=0, tokens_in=0).replace('"tokens_in": 0', '"tokens_in": Infinity')
    (row,) = read(written(tmp_path, "log.jsonl", line.replace('"temperature": 0', '"temperature": NaN')), intake(), OWN)
    assert "tokens_in" not in row
    assert "temperature" not in row


def _gzip_of(*lines: str) -> bytes:
    return gzip.compress("\n".join(lines).encode(), mtime=0)


def test_gzip_and_zstd_are_opened_by_what_they_are_not_by_name(tmp_path: Path) -> None:
    written(tmp_path, "a.log", _gzip_of(record("e1"), record("e2")))
    with pa.CompressedOutputStream(str(tmp_path / "b.log"), "zstd") as file:
        file.write(record("e3").encode())
    counted = intake()
    assert [row["exchange_id"] for s in expand([str(tmp_path)]) for row in read(s, counted)] == ["e1", "e2", "e3"]


def test_gzip_of_several_members_is_read_to_the_end(tmp_path: Path) -> None:
    raw = _gzip_of(record("e1"), "") + _gzip_of(record("e2"))
    rows = read(written(tmp_path, "log.gz", raw), intake())
    assert [row["exchange_id"] for row in rows] == ["e1", "e2"]


@pytest.mark.parametrize("codec", ["gzip", "zstd"])
def test_a_compressed_file_that_is_cut_off_gives_what_it_has(tmp_path: Path, codec: str) -> None:
    path = tmp_path / "log"
    with pa.CompressedOutputStream(str(path), codec) as file:
        for i in range(20_000):
            file.write((record(f"e{i}", input_text=f"{i * 7919 % 99_991}") + "\n").encode())
    raw = path.read_bytes()
    path.write_bytes(raw[: len(raw) * 3 // 4])
    counted = intake()
    rows = read(Source(str(path), "log"), counted, OWN)
    assert 5_000 < len(rows) < 20_000
    assert counted.skips.counts["rest of a damaged compressed file"] == 1


def test_a_folder_of_mixed_formats(tmp_path: Path) -> None:
    """Each file is recognised on its own; what nobody knows is counted and named; the rest comes through."""
    for path in SAMPLES.iterdir():
        shutil.copy(path, tmp_path / path.name)
    written(tmp_path, "notes.txt", "Dear diary\nnothing happened\n")
    pq.write_table(pa.table({"exchange_id": ["x"]}), tmp_path / "short.parquet")
    (tmp_path / ".hidden").write_text("{")
    counted = intake()
    found: dict[str, int] = {}
    for one in load(chosen(expand([str(tmp_path)]), counted), counted):
        found[one.importer.name] = found.get(one.importer.name, 0) + one.table.num_rows
    assert found == {
        "anthropic": 2,
        "bedrock": 3,
        "claude-code": 3,
        "langfuse": 2,
        "litellm": 2,
        "openai": 2,
        "otel": 3,
        "stillwatch": 4,
    }
    assert counted.skips.counts["file of no known format"] == 4  # accounts, table, its mapping, the diary
    assert counted.skips.counts["file that cannot be read"] == 1
    assert any("short.parquet: no column `ts`" in note for note in counted.notes.counts)
    assert any("notes.txt" in note for note in counted.notes.counts)


def test_a_parquet_file_that_is_none(tmp_path: Path) -> None:
    written(tmp_path, "x.parquet", b"PAR1 and then nothing of the kind PAR1")
    counted = intake()
    assert chosen(expand([str(tmp_path)]), counted) == []
    assert counted.skips.counts == {"file that cannot be read": 1}


def test_a_csv_row_of_another_width(tmp_path: Path) -> None:
    content = "exchange_id,ts,account_id,model\ne1,2026-03-02T10:00:00Z,a,m\ne2,2026-03-02T10:00:00Z,a\n\n"
    counted = intake()
    rows = read(written(tmp_path, "x.csv", content), counted)
    assert [row["exchange_id"] for row in rows] == ["e1"]
    assert counted.skips.first == {"CSV row of another width": "x.csv:3"}


def test_an_array_with_a_broken_element_loses_that_element(tmp_path: Path) -> None:
    content = "[\n" + ",\n".join((record("e1"), record("e2")[:-4], record("e3"))) + "\n]\n"
    counted = intake()
    rows = read(written(tmp_path, "x.json", content), counted, OWN)
    assert [row["exchange_id"] for row in rows] == ["e1", "e3"]
    assert (counted.skips.counts, counted.skips.first) == ({"broken JSON": 1}, {"broken JSON": "x.json:3"})


def test_a_document_spread_over_many_lines(tmp_path: Path) -> None:
    documents = [json.dumps(json.loads(record(f"e{i}", tools=["t"])), indent=2) for i in range(3)]
    for name, content in (("a.json", "\n".join(documents)), ("b.json", f"[{','.join(documents)}]")):
        assert [row["exchange_id"] for row in read(written(tmp_path, name, content), intake())] == ["e0", "e1", "e2"]


def test_one_account_with_half_of_the_traffic_is_just_rows(tmp_path: Path) -> None:
    ids, counted = _read(tmp_path, *(record(f"e{i}", account_id="big" if i % 2 else f"a{i}") for i in range(1000)))
    assert len(ids) == 1000
    assert counted.skips.total == 0


def test_a_hundred_unknown_columns_are_named_and_no_more(tmp_path: Path) -> None:
    _, counted = _read(tmp_path, record("e1", **{f"column {i:04}": 1 for i in range(300)}))
    assert len(counted.notes.counts) == 101
    assert "further unknown columns ignored" in counted.notes.counts


def test_times_keep_their_microseconds(tmp_path: Path) -> None:
    line = record("e1", ts="2026-03-02T10:00:00.123456+00:00")
    (row,) = read(written(tmp_path, "log.jsonl", line), intake(), OWN)
    moment: Any = row["ts"]
    assert moment == at(10, 0) + dt.timedelta(microseconds=123_456)
