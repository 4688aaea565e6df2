"""Reading LiteLLM's payloads a block at a time gives what reading them one by one gives."""

from __future__ import annotations

import copy
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stillwatch.importers import Assigned, Intake, by_name
from stillwatch.importers.answer import read_answer
from stillwatch.importers.columns import tables
from stillwatch.importers.importer import Json, Row
from stillwatch.importers.litellm import exchange_of
from stillwatch.importers.litellm_block import PAYLOAD, read_plain
from stillwatch.importers.load import runs_of
from stillwatch.importers.messages import read_message
from stillwatch.importers.network import NETWORK, Network, collect
from stillwatch.importers.records import Record, records
from stillwatch.importers.request import read_request
from stillwatch.importers.source import Run, Source
from stillwatch.record import EXCHANGES
from tests.importers.reading import KEY, SCALARS, at, intake, sample, written

LITELLM = by_name("litellm")

PLAIN: Json = {
    "id": "chatcmpl-1",
    "litellm_call_id": "call-1",
    "call_type": "acompletion",
    "stream": True,
    "status": "success",
    "custom_llm_provider": "azure",
    "prompt_tokens": 41,
    "completion_tokens": 20,
    "startTime": 1772445600.25,
    "endTime": 1772445602.0000005,
    "completionStartTime": 1772445600.75,
    "model": "m-1",
    "model_map_information": {"model_map_value": {"max_tokens": 1}},
    "metadata": {
        "user_api_key_hash": "Bearer 6a1f00d2",
        "user_api_key_user_id": "maria",
        "user_api_key_team_id": "team-7",
        "requester_custom_headers": {"x-request-id": "edge-1"},
        "spend_logs_metadata": {"any": ["thing"]},
    },
    "end_user": "",
    "requester_ip_address": "198.51.100.7",
    "request_tags": ["User-Agent: OpenAI", "User-Agent: OpenAI/Python 2.1.0", "team"],
    "messages": [
        {"role": "system", "content": " You sort parcels.\n"},
        {"role": "user", "content": "Which belt for Oslo?"},
        {"role": "assistant", "content": "Belt 4.", "name": "sorter"},
        {"role": "user", "content": "\x1fÜnd für Bergen? \u2028"},
    ],
    "response": {
        "model": "m-1-2026",
        "choices": [{"finish_reason": "stop", "message": {"role": "assistant", "content": " 5 \n", "refusal": None}}],
        "usage": {"prompt_tokens": 40, "completion_tokens": 19, "prompt_tokens_details": {"cached_tokens": 16}},
    },
    "model_parameters": {"temperature": 1, "max_tokens": 300, "n": 1, "logprobs": True, "reasoning_effort": "low"},
    "error_information": {"error_code": ""},
}  # fmt: skip


def _failed() -> Json:
    return PLAIN | {"status": "failure", "error_information": {"error_code": "429"}, "response": {}}


def _redacted() -> Json:
    hidden = "redacted-by-litellm"
    answer = {"choices": [{"message": {"content": hidden}}]}
    return PLAIN | {"messages": [{"role": "user", "content": hidden}], "response": answer}


def _sparse() -> Json:
    return {
        "call_type": "text_completion",
        "id": "x",
        "startTime": 1772445600,
        "model": "m",
        "metadata": {"user_api_key": "k"},
        "messages": [{"role": "assistant", "content": ""}],
        "hidden_params": {},
        "response": None,
    }


def _quick() -> Json:
    """A call whose times do not lie on whole microseconds, and whose end was written before its start."""
    return PLAIN | {"startTime": 1772445600.1234567, "completionStartTime": 1772445601.7654326, "endTime": 1772445600.0}


def _lines(*payloads: Json) -> bytes:
    return "\n".join(json.dumps(payload) for payload in payloads).encode()


def _network() -> Network:
    row = {"request_id": "edge-1", "ts": at(10, 0), "ip": "9.9.9.9", "client_fp": "ja4"}
    found = collect([pa.Table.from_pylist([row], schema=NETWORK)], KEY, intake().notes)
    assert found is not None
    return found


def _counted(network: bool) -> Intake:
    return Intake(KEY, intake().skips, intake().notes, _network() if network else None)


def _block(raw: bytes, counted: Intake) -> list[pa.Table]:
    with tempfile.TemporaryDirectory() as folder:
        return list(LITELLM.read(written(Path(folder), "log.jsonl", raw), counted))


def _one_by_one(raw: bytes, counted: Intake) -> list[pa.Table]:
    with tempfile.TemporaryDirectory() as folder:
        source = written(Path(folder), "log.jsonl", raw)
        found = (
            Row(line, size, row) for line, size, value in records(source, counted) for row in exchange_of(value, KEY)
        )
        return list(tables(found, source, counted))


def _assert_same(raw: bytes, *, network: bool = False) -> None:
    fast, slow = _counted(network), _counted(network)
    whole, single = (
        pa.concat_tables([EXCHANGES.empty_table(), *found]).to_pylist()
        for found in (_block(raw, fast), _one_by_one(raw, slow))
    )
    assert whole == single
    assert (fast.skips, fast.notes) == (slow.skips, slow.notes)
    if fast.network is not None and slow.network is not None:
        assert fast.network.used.tolist() == slow.network.used.tolist()


def _whole(*payloads: Json) -> pa.Table | None:
    counted = intake()
    table = read_plain(Run(1, _lines(*payloads)), sample("litellm.jsonl"), counted, str)
    assert counted.skips.total == counted.notes.total == 0
    return table


@pytest.mark.parametrize("payload", [PLAIN, _failed(), _redacted(), _sparse(), _quick()])
@pytest.mark.parametrize("network", [False, True])
def test_a_plain_payload_is_read_whole_and_the_same(payload: Json, network: bool) -> None:
    assert _whole(payload, PLAIN) is not None
    _assert_same(_lines(PLAIN, payload), network=network)


def test_what_a_plain_payload_becomes() -> None:
    table = _whole(PLAIN)
    assert table is not None
    row = table.to_pylist()[0]
    assert row["exchange_id"] == "call-1"
    assert row["system_text"] == "You sort parcels."
    assert row["input_text"] == "Ünd für Bergen?"
    assert (row["turn"], len(row["prefix_hashes"])) == (2, 1)
    assert (row["tokens_in"], row["tokens_cached"], row["latency_ms"]) == (41, 16, 1750.0)
    assert (row["logprobs"], row["reasoning"], row["user_agent"]) == (1, True, "OpenAI/Python 2.1.0")


NOT_PLAIN: list[Json] = [
    {"messages": [{"role": "user", "content": [{"type": "text", "text": "parts"}]}]},
    {"messages": [{"role": "tool", "content": "a result"}]},
    {"messages": [{"role": "user", "content": None}]},
    {"messages": []},
    {"messages": "a text"},
    {"startTime": "2026-03-02T10:00:00Z"},
    {"startTime": 1772445600250},
    {"startTime": -5.0},
    {"startTime": float("nan")},
    {"response": "a text"},
    {"response": {"choices": []}},
    {"response": {"choices": [{}, {}]}},
    {"response": {"choices": [{"message": {"role": "tool", "content": "a result"}}]}},
    {"model_parameters": {"tools": [{"type": "function"}]}},
    {"model_parameters": {"max_tokens": 1.5}},
    {"metadata": {}},
    {"request_tags": ["User-Agent: a", None]},
    {"litellm_call_id": None, "id": ""},
    {"standard_logging_object": {}},
]


def test_a_file_that_cannot_be_read_has_no_runs_and_is_counted_once(tmp_path: Path) -> None:
    counted = intake()
    found = runs_of(Assigned(Source(str(tmp_path / "gone.jsonl"), "gone.jsonl"), LITELLM), counted)
    assert found is not None
    assert list(found) == []
    assert counted.skips.counts == {"file that cannot be read": 1}


def test_rows_of_an_array_hang_together(tmp_path: Path) -> None:
    source = written(tmp_path, "log.json", json.dumps([PLAIN]))
    assert runs_of(Assigned(source, LITELLM), intake()) is None


@pytest.mark.parametrize("others", NOT_PLAIN, ids=json.dumps)
def test_what_is_not_plain_is_left_to_a_closer_look(others: Json) -> None:
    assert _whole(PLAIN, PLAIN | others) is None
    _assert_same(_lines(PLAIN, PLAIN | others, PLAIN))


def test_of_many_lines_only_the_part_with_the_odd_one_is_read_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    single: list[int] = []

    def remembered(texts: Iterator[tuple[int, str]], *_: object) -> list[Record]:
        single.extend(number for number, _ in texts)
        return []

    monkeypatch.setattr("stillwatch.importers.shape.line_records", remembered)
    odd = PLAIN | {"messages": "a text"}
    _block(_lines(*[PLAIN] * 1_000, odd, *[PLAIN] * 1_000), intake())
    assert 1_001 in single
    assert 0 < len(single) < 600


values = st.one_of(
    *SCALARS,
    st.lists(st.text(max_size=2) | st.none(), max_size=2),
    st.dictionaries(st.sampled_from(["role", "content", "text", "user_id", "type"]), st.text(max_size=3), max_size=2),
    st.sampled_from(
        ["", " ", "user", "Human", "developer", "stop", "content_filter", "failure", "redacted-by-litellm", "a\0b",
         "none", "default_user_id", 1772445600.5, 1e300, [{"role": "user", "content": "x"}], '{"messages": []}']
    ),
)  # fmt: skip


def _names(kind: pa.DataType | pa.Schema, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the path of every name in a type; lists take no step."""
    while isinstance(kind, pa.DataType) and pa.types.is_list(kind):
        kind = kind.value_type
    if isinstance(kind, pa.Schema) or pa.types.is_struct(kind):
        for field in kind:
            yield (*path, field.name)
            yield from _names(field.type, (*path, field.name))


PATHS = sorted(_names(PAYLOAD))


def _changed(payload: Json, path: tuple[str, ...], value: Any) -> Json:
    """Return a copy of `payload` with `value` under `path`, in the last element of each list on the way."""
    payload = copy.deepcopy(payload)
    place: Any = payload
    for name in path[:-1]:
        place = place.setdefault(name, {}) if isinstance(place, dict) else {}
        place = place[-1] if isinstance(place, list) and place else place
    if isinstance(place, dict):
        place[path[-1]] = value
    return payload


def _payloads() -> st.SearchStrategy[Json]:
    change = st.tuples(st.sampled_from(PATHS), values)
    base = st.sampled_from([PLAIN, _failed(), _redacted(), _sparse(), _quick()])

    def changed(payload: Json, changes: list[tuple[tuple[str, ...], Any]]) -> Json:
        for path, value in changes:
            payload = _changed(payload, path, value)
        return payload

    return st.builds(changed, base, st.lists(change, max_size=2))


@given(st.lists(_payloads(), min_size=1, max_size=3), st.booleans())
@settings(max_examples=400, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_both_ways_give_the_same_rows_and_counts(payloads: list[Json], network: bool) -> None:
    _assert_same(_lines(PLAIN, *payloads), network=network)


class _Watched(dict[str, Any]):
    """An object that remembers which names were looked for in it."""

    def __init__(self, content: Json) -> None:
        super().__init__(content)
        self.asked: set[str] = set()

    def get(self, name: str, default: Any = None) -> Any:
        self.asked.add(name)
        return super().get(name, default)

    def __contains__(self, name: object) -> bool:
        self.asked.add(str(name))
        return super().__contains__(name)

    def __getitem__(self, name: str) -> Any:
        self.asked.add(name)
        return super().__getitem__(name)


def _looked_for() -> Iterator[tuple[tuple[str, ...], set[str]]]:
    """Yield the names that the reader of single payloads looks for, by the path of the object."""
    for names in ({}, {"status": "failure"}, {"stream": True}):
        parts = {name: _Watched({}) for name in ("metadata", "response", "error_information")}
        payload = _Watched({"messages": [{"role": "user", "content": "x"}]} | parts | names)
        list(exchange_of(payload, KEY))
        yield (), payload.asked
        yield from (((name,), part.asked) for name, part in parts.items())
    body = _Watched({"messages": [{"role": "user", "content": "x"}]})
    read_request(body, KEY)
    yield ("model_parameters",), body.asked - {"messages"}
    usage, details = _Watched({}), [_Watched({}), _Watched({})]
    said, choice = _Watched({"role": "assistant", "content": ""}), _Watched({})
    choice["message"] = said
    read_answer({"choices": [choice], "usage": usage}, KEY)
    usage.update({"prompt_tokens_details": details[0], "completion_tokens_details": details[1]})
    read_answer({"choices": [choice], "usage": usage}, KEY)
    yield ("response", "choices"), choice.asked
    yield ("response", "choices", "message"), said.asked
    yield ("response", "usage"), usage.asked
    yield ("response", "usage", "prompt_tokens_details"), details[0].asked
    yield ("response", "usage", "completion_tokens_details"), details[1].asked
    message = _Watched({"role": "user", "content": "x", "name": "y"})
    read_message(message)
    yield ("messages",), message.asked


def test_every_name_that_is_looked_for_in_a_single_payload_is_known_to_the_block() -> None:
    for path, asked in _looked_for():
        assert asked, path
        assert {(*path, name) for name in asked} <= set(PATHS)
