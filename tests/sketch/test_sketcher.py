"""The whole sketch: what it keeps, what it must not, and that only marks depend on the key and nothing on the batch."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.record import EXCHANGES
from stillwatch.sketch import Sketcher
from stillwatch.sketch.content import batches, contents
from stillwatch.sketch.schema import INTENTS, SKETCHES, TOPIC_WIDTH
from tests.sketch.record import KEY, NOON, OTHER_KEY, Row, exchanges, prompts, sketched
from tests.sketch.scripts import maybe_texts

MARKS = [f.name for f in SKETCHES if f.name.endswith(("_mark", "_marks"))]
FROM_INPUT = ["prompt_mark", "body_mark", "head_mark", "tail_mark", *(f"shingle_{i}_mark" for i in range(4)),
              "input_chars", *(f"topic_{i}" for i in range(TOPIC_WIDTH))]  # fmt: skip

LONG = (
    "Please summarise the quarterly figures of every harbour in the northern district, with a table and a short note."
)
RU = "Пожалуйста, перескажи содержание приложенного договора в трёх предложениях и назови все сроки, указанные в нём."

names = st.none() | st.sampled_from(["a", "b", "c"])
lists = st.none() | st.lists(st.sampled_from(["p", "q", "r"]), max_size=3)
rows = st.lists(
    st.fixed_dictionaries(
        {
            "system_text": st.sampled_from([None, "", LONG, RU]) | maybe_texts,
            "input_text": maybe_texts,
            "output_text": maybe_texts,
            "session_id": names,
            "ip": names,
            "prefix_hashes": lists,
            "signatures_issued": lists,
            "tools": lists,
        }
    ),
    max_size=8,
)


def sliced(table: pa.Table, *, chunks: Sequence[int]) -> pa.Table:
    """Return `table` cut into chunks at the rows `chunks`."""
    ends = [*chunks, table.num_rows]
    return pa.concat_tables([table.slice(a, b - a) for a, b in zip([0, *chunks], ends, strict=True)])


def test_an_empty_table() -> None:
    sketches = Sketcher(KEY).sketch(EXCHANGES.empty_table())
    assert sketches.schema == SKETCHES
    assert sketches.num_rows == 0


@settings(deadline=None, max_examples=25)
@given(rows, st.lists(st.integers(0, 8), max_size=3))
def test_neighbours_and_chunks_change_nothing(given_rows: list[Row], cuts: list[int]) -> None:
    table = exchanges(*given_rows)
    whole = Sketcher(KEY).sketch(table)
    assert whole.schema == SKETCHES
    assert Sketcher(KEY).sketch(sliced(table, chunks=sorted(min(c, table.num_rows) for c in cuts))) == whole
    alone = [Sketcher(KEY).sketch(table.slice(i, 1)) for i in range(table.num_rows)]
    assert pa.concat_tables([SKETCHES.empty_table(), *alone]) == whole


@settings(deadline=None, max_examples=20)
@given(st.lists(st.tuples(maybe_texts, maybe_texts), max_size=8), st.integers(1, 600))
def test_the_size_of_a_batch_changes_nothing(texts: list[tuple[str | None, str | None]], size: int) -> None:
    system, newest = (pa.array([pair[i] for pair in texts], pa.string()) for i in (0, 1))
    covered = [row for batch in batches(system, newest, size) for row in batch.tolist()]
    assert sorted(covered) == list(range(len(texts)))
    assert contents(KEY, system, newest, batch_bytes=size) == contents(KEY, system, newest)


@settings(deadline=None, max_examples=20)
@given(rows)
def test_another_key_changes_marks_and_nothing_else(given_rows: list[Row]) -> None:
    table = exchanges(*given_rows)
    one, other = Sketcher(KEY).sketch(table), Sketcher(OTHER_KEY).sketch(table)
    assert one.drop_columns(MARKS) == other.drop_columns(MARKS)
    for name in MARKS:
        assert _structure(one[name].to_pylist()) == _structure(other[name].to_pylist())
        assert not _flat(one[name].to_pylist()) & _flat(other[name].to_pylist())


def _structure(values: Sequence[Any]) -> list[Any]:
    """Return `values` with every mark replaced by the place where it was first met."""
    place: dict[int, int] = {}

    def first(value: Any) -> Any:
        if isinstance(value, list):
            return [first(v) for v in value]
        return None if value is None else place.setdefault(value, len(place))

    return [first(value) for value in values]


def _flat(values: Sequence[Any]) -> set[int]:
    return {v for value in values for v in (value if isinstance(value, list) else [value]) if v is not None}


def test_what_is_not_known_stays_so() -> None:
    (row,) = sketched(exchanges({}))
    kept = {name: value for name, value in row.items() if value is not None}
    assert kept == {"exchange_id": "x0", "ts": NOON, "account_id": "account-0", "model": "m", "half": row["half"]}


def test_without_input_text_nothing_is_said_about_it() -> None:
    (row,) = sketched(exchanges({"system_text": LONG}))
    assert all(row[name] is None for name in FROM_INPUT)
    assert row["intent"] is not None
    assert row["system_chars"] == len(LONG)
    assert row["invisible_chars"] == 0


def test_an_empty_text_is_known_to_be_empty() -> None:
    (row,) = sketched(exchanges({"input_text": "", "output_text": "", "system_text": ""}))
    assert [row[name] for name in ("input_chars", "output_chars", "system_chars", "invisible_chars")] == [0, 0, 0, 0]
    assert [row[name] for name in ("prompt_mark", "system_mark", "head_mark", "topic_0")] == [None] * 4
    assert INTENTS[row["intent"]] == "ordinary"


def test_columns_without_text_are_kept_as_they_are() -> None:
    told = {"org_id": "o", "asn": 64512, "country": "NL", "turn": 3, "tokens_in": 5, "temperature": 0.5}
    told |= {"stream": True, "refused": False, "status": 200, "latency_ms": 12.5, "finish_reason": "stop"}
    (row,) = sketched(exchanges(told | {"tool_calls": ["read", "read"]}))
    assert {name: row[name] for name in told} == told
    assert row["tool_calls"] == 2


def test_marks_of_text_are_narrow_and_those_of_ids_are_not() -> None:
    given_rows = [{"input_text": f"{LONG} {i}", "session_id": f"s{i}", "prefix_hashes": [f"p{i}"]} for i in range(50)]
    found = sketched(exchanges(*given_rows))
    texts = [row["prompt_mark"] for row in found] + [mark for row in found for mark in row["prefix_marks"]]
    assert len(set(texts)) == 100
    assert all(0 <= mark < 2**40 for mark in texts)
    assert max(mark.bit_length() for mark in texts) >= 38
    assert max(abs(row["session_mark"]).bit_length() for row in found) > 60


@pytest.mark.parametrize("value", [0.0, 0.001, 1.0, 333.3, 12.5, 98_765.4, 1e9])
def test_durations_are_kept_to_half_a_percent(value: float) -> None:
    (row,) = sketched(exchanges({"latency_ms": value}))
    assert row["latency_ms"] == pytest.approx(value, rel=0.005)
    assert row["ttft_ms"] is None


def test_halves_are_by_hour_and_about_even() -> None:
    ts = [NOON + dt.timedelta(minutes=20 * i) for i in range(3 * 24 * 100)]
    halves = np.array([row["half"] for row in sketched(exchanges(*({"ts": t} for t in ts)))]).reshape(-1, 3)
    assert (halves == halves[:, :1]).all()
    by_hour = halves[:, 0]
    assert 0.45 < by_hour.mean() < 0.55
    assert 0.4 < by_hour[::2].mean() < 0.6, "not simply odd and even hours"


def test_lengths_are_in_characters() -> None:
    (row,) = sketched(exchanges({"input_text": "日本", "system_text": "é👍", "output_text": "a\u200bb"}))
    assert (row["input_chars"], row["system_chars"], row["output_chars"]) == (2, 2, 3)


def test_hidden_characters_of_both_texts_count() -> None:
    (row,) = sketched(exchanges({"input_text": "he\u200bllo", "system_text": "y\u200do\u200bu"}))
    assert row["invisible_chars"] == 3


def test_no_text_and_no_id_is_in_the_output(tmp_path: Path) -> None:
    secrets = {
        "session_id": "sess-4711-abcd",
        "end_user_id": "user-0815-efgh",
        "ip": "203.0.113.77",
        "key_id": "key-31415926",
    }
    lists = {"prefix_hashes": ["prefix-2718"], "signatures_issued": ["sig-1618"], "tools": ["delete_database"]}
    texts = {
        "system_text": LONG,
        "input_text": RU + " harbour " * 30,
        "output_text": "The answer is written nowhere else.",
    }
    sketches = Sketcher(KEY).sketch(exchanges(secrets | lists | texts, texts))
    pq.write_table(sketches, tmp_path / "s.parquet", compression="none", use_dictionary=False)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, sketches.schema) as stream:
        stream.write_table(sketches)
    stored = (tmp_path / "s.parquet").read_bytes() + sink.getvalue().to_pybytes()
    words = {w.strip(",.") for text in texts.values() for w in text.split() if len(w.strip(",.")) >= 5}
    for word in words | set(secrets.values()) | {name for given_list in lists.values() for name in given_list}:
        assert word.encode() not in stored, word
        assert word.encode("utf-16-le") not in stored, word
        assert word.encode("utf-32-le") not in stored, word


def test_the_only_strings_are_those_that_carried_no_text() -> None:
    strings = {f.name for f in SKETCHES if pa.types.is_string(f.type)}
    assert not strings & {"system_text", "input_text", "output_text", "key_id", "end_user_id", "session_id", "ip"}


@pytest.mark.parametrize("unit", ["tell me a story ", "讲一个故事给我听", "a\x00b "])
def test_ten_megabytes(unit: str) -> None:
    huge = unit * (10_000_000 // len(unit.encode()))
    alone = sketched(prompts([huge]))[0]
    _, among, _ = sketched(exchanges({"input_text": "a"}, {**_named(alone), "input_text": huge}, {"input_text": RU}))
    assert among == alone
    assert alone["input_chars"] == len(huge)
    assert alone["head_mark"] is not None


def _named(row: Row) -> Row:
    return {name: row[name] for name in ("exchange_id", "account_id")}


def test_bytes_that_are_not_utf8_are_replaced() -> None:
    lone, cut = b"a lone \xed\xa0\x80 surrogate", b"cut off \xe4\xbd"
    table = exchanges(
        {"input_text": "x", "tools": ["t"]}, {"input_text": "y", "session_id": "s"}, {"input_text": "fine"}
    )
    broken = _strings([lone, cut, b"fine"])
    for name in ("input_text", "session_id", "output_text"):
        table = table.set_column(table.schema.get_field_index(name), table.schema.field(name), broken)
    lists = pa.ListArray.from_arrays(pa.array([0, 1, 2, 3], pa.int32()), broken)
    table = table.set_column(table.schema.get_field_index("tools"), table.schema.field("tools"), lists)
    first, second, third = sketched(table)
    repaired = sketched(prompts([lone.decode("utf-8", "replace"), cut.decode("utf-8", "replace")]))
    assert [first["prompt_mark"], second["prompt_mark"]] == [row["prompt_mark"] for row in repaired]
    assert third["prompt_mark"] == sketched(prompts(["fine"]))[0]["prompt_mark"]
    assert len({first["session_mark"], second["session_mark"], first["tools_mark"], second["tools_mark"]}) == 4


def _strings(raw: list[bytes]) -> pa.Array:
    """Return a string column of bytes that nobody checked."""
    return pa.Array.from_buffers(pa.string(), len(raw), pa.array(raw, pa.binary()).buffers())
