"""Reading JSON Lines a block at a time gives what reading line by line gives."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stillwatch.importers import Intake, by_name
from stillwatch.importers.columns import tables
from stillwatch.importers.importer import Row
from stillwatch.importers.jsonblock import parts, read_block
from stillwatch.importers.records import records
from stillwatch.importers.source import Run
from stillwatch.record import EXCHANGES
from tests.importers.reading import SCALARS, intake, written

PLAIN = {"exchange_id": "e", "ts": "2026-03-02T10:00:00.5Z", "account_id": "a", "model": "m"}


def _lines(*rows: dict[str, Any]) -> bytes:
    return "\n".join(map(json.dumps, rows)).encode()


@pytest.mark.parametrize(
    "moments",
    [
        ["2026-03-02T10:00:00.5Z", "2026-03-02T10:00:00+05:30"],
        [1772445600, 1772445601],
        [1772445600.25, 1772445601.5],
        [1772445600250, 1772445601000],
        [1772445600250000999, 1772445601000000000],
    ],
)
def test_plain_rows_are_read_whole(moments: list[object]) -> None:
    raw = _lines(*(PLAIN | {"ts": moment} for moment in moments))
    assert read_block(raw, EXCHANGES, unknown=False) is not None


@pytest.mark.parametrize(
    "row",
    [
        PLAIN | {"tokens_in": "12"},
        PLAIN | {"tokens_in": 1.5},
        PLAIN | {"turn": 2**40},
        PLAIN | {"ts": "2026-03-02T10:00:00"},
        PLAIN | {"tools": [1]},
        PLAIN | {"colour": "red"},
    ],
)
def test_what_is_not_plain_is_left_to_a_closer_look(row: dict[str, Any]) -> None:
    assert read_block(_lines(PLAIN, row), EXCHANGES, unknown=False) is None


@pytest.mark.parametrize("raw", [b"", b"\n", b"{}\n", b"{}{}", b'{"a":1', b"\0", b"\xff"])
def test_lines_that_are_not_one_object_each_are_left_to_a_closer_look(raw: bytes) -> None:
    assert read_block(_lines(PLAIN) + b"\n" + raw, EXCHANGES, unknown=True) is None


def test_an_unknown_column_may_change_its_type_from_block_to_block(tmp_path: Path) -> None:
    text = "x" * 60_000
    colours: list[Any] = [None, 1, "red", {"a": 1}, {"b": [2]}]
    found = [PLAIN | {"exchange_id": f"e{i}", "input_text": text, "colour": colours[i // 150]} for i in range(750)]
    counted = intake()
    source = written(tmp_path, "log.jsonl", _lines(*found))
    ids = [name for t in by_name("stillwatch").read(source, counted) for name in t.column("exchange_id").to_pylist()]
    assert ids == [f"e{i}" for i in range(750)]
    assert counted.notes.counts == {"unknown column `colour` ignored": 1}


@given(st.lists(st.binary(max_size=30).filter(lambda line: b"\n" not in line), min_size=1, max_size=2000))
@settings(max_examples=30, deadline=None)
def test_parts_are_the_lines_again(lines: list[bytes]) -> None:
    found = list(parts(Run(5, b"\n".join(lines))))
    assert b"\n".join(part.raw for part in found) == b"\n".join(lines)
    assert [part.first for part in found] == [
        5 + sum(p.raw.count(b"\n") + 1 for p in found[:i]) for i in range(len(found))
    ]


values = st.one_of(
    *SCALARS,
    st.lists(st.text(max_size=2) | st.none() | st.integers(0, 3), max_size=3),
    st.sampled_from(["", "2026-03-02T10:00:00Z", "2026-03-02", "12", "0.5", "true", 1772445600, 1772445600.5]),
)
rows = st.dictionaries(st.sampled_from([*EXCHANGES.names, "colour"]), values, max_size=5)
lines = st.one_of(
    rows.map(lambda row: json.dumps(PLAIN | row)),
    rows.map(json.dumps),
    st.just(json.dumps(PLAIN)),
    st.sampled_from(["", " ", "{", "[]", '{"ts": 1}{"ts": 2}', '{"model": "\\ud800"}', '{"ts":\n1}']),
)


def _both_ways(raw: bytes) -> tuple[tuple[pa.Table, Intake], tuple[pa.Table, Intake]]:
    block, line = intake(), intake()
    with tempfile.TemporaryDirectory() as folder:
        source = written(Path(folder), "log.jsonl", raw)
        fast = list(by_name("stillwatch").read(source, block))
        slow = list(tables(map(Row._make, records(source, line)), source, line))
    empty = EXCHANGES.empty_table()
    return (pa.concat_tables([empty, *fast]), block), (pa.concat_tables([empty, *slow]), line)


@given(st.lists(lines, max_size=12))
@settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_both_ways_give_the_same_rows_and_counts(found: list[str]) -> None:
    raw = "\n".join([json.dumps(PLAIN), *found]).encode()
    (fast, block), (slow, line) = _both_ways(raw)
    assert fast.to_pylist() == slow.to_pylist()
    assert (block.skips.counts, block.skips.first) == (line.skips.counts, line.skips.first)
    unknown = "unknown column `colour` ignored"
    assert {k: v for k, v in block.notes.counts.items() if k != unknown} == line.notes.counts
