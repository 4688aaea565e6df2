"""The record takes what has its columns, in any order, and counts what it does not take."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.record import ACCOUNTS, EARLIEST, EXCHANGES, LATEST, Skips, conform, required_columns

NOON = dt.datetime(2026, 4, 22, 12, tzinfo=dt.UTC)
LEAST: Mapping[str, Any] = {"exchange_id": ["e1"], "ts": [NOON], "account_id": ["a1"], "model": ["m"]}


def test_only_four_columns_of_an_exchange_and_one_of_an_account_are_required() -> None:
    assert required_columns(EXCHANGES) == ["exchange_id", "ts", "account_id", "model"]
    assert required_columns(ACCOUNTS) == ["account_id"]


def test_absent_columns_become_nulls_in_their_place() -> None:
    table = conform(pa.table(dict(LEAST)), EXCHANGES)
    assert table.schema == EXCHANGES
    assert table.column("input_text").null_count == 1
    assert table.column("account_id").to_pylist() == ["a1"]


@given(st.permutations(list(LEAST)))
def test_the_order_of_columns_does_not_matter(names: list[str]) -> None:
    shuffled = pa.table({name: LEAST[name] for name in names})
    assert conform(shuffled, EXCHANGES).equals(conform(pa.table(dict(LEAST)), EXCHANGES))


def test_columns_that_are_not_of_the_record_are_left_out() -> None:
    assert "mood" not in conform(pa.table({**LEAST, "mood": ["fine"]}), EXCHANGES).schema.names


def test_a_narrower_number_is_widened() -> None:
    table = conform(pa.table({**LEAST, "tokens_in": pa.array([7], pa.int16())}), EXCHANGES)
    assert table.schema.field("tokens_in").type == pa.int64()
    assert table.column("tokens_in").to_pylist() == [7]


def test_a_time_in_another_unit_stays_the_same_time() -> None:
    table = conform(pa.table({**LEAST, "ts": pa.array([NOON], pa.timestamp("s", tz="UTC"))}), EXCHANGES)
    assert table.column("ts").to_pylist() == [NOON]


def test_a_required_column_cannot_be_made_up() -> None:
    absent = {name: values for name, values in LEAST.items() if name != "account_id"}
    with pytest.raises(pa.ArrowInvalid, match="account_id"):
        conform(pa.table(absent), EXCHANGES)


def test_a_value_that_does_not_fit_is_an_error_and_not_a_null() -> None:
    with pytest.raises(pa.ArrowInvalid):
        conform(pa.table({**LEAST, "turn": ["first"]}), EXCHANGES)


def test_a_batch_conforms_like_a_table() -> None:
    batch = pa.RecordBatch.from_pydict(dict(LEAST))
    assert conform(batch, EXCHANGES).equals(conform(pa.table(dict(LEAST)), EXCHANGES))


def test_clocks_are_believed_within_the_life_of_model_apis() -> None:
    assert EARLIEST < NOON < LATEST
    assert EARLIEST.tzinfo is LATEST.tzinfo is dt.UTC


def test_skips_count_by_reason_and_keep_the_first_place() -> None:
    skips = Skips()
    skips.add("not JSON", "a.jsonl:3")
    skips.add("not JSON", "a.jsonl:9", 2)
    skips.add("no time", "b.jsonl:1")
    assert skips.counts == {"not JSON": 3, "no time": 1}
    assert skips.first == {"not JSON": "a.jsonl:3", "no time": "b.jsonl:1"}
    assert skips.total == 4


def test_counting_nothing_leaves_no_trace() -> None:
    skips = Skips()
    skips.add("not JSON", "a.jsonl", 0)
    assert skips == Skips()


COUNTS = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 5)), max_size=8)


@given(st.lists(COUNTS, max_size=4))
def test_merging_loses_nothing_and_keeps_the_earliest_place(parts: list[list[tuple[str, int]]]) -> None:
    whole, pieces = Skips(), []
    for number, part in enumerate(parts):
        piece = Skips()
        for reason, count in part:
            piece.add(reason, f"file{number}", count)
            whole.add(reason, f"file{number}", count)
        pieces.append(piece)
    merged = Skips()
    merged.merge(pieces)
    assert merged == whole
