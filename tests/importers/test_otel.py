"""OpenTelemetry GenAI spans of new and old conventions become exchanges."""

from __future__ import annotations

import json
from pathlib import Path

from tests.importers.reading import at, history, intake, read, sample, written


def test_spans_with_new_attribute_names() -> None:
    counted = intake()
    (row,) = read(sample("otel_new.json"), counted)
    assert row == {
        "exchange_id": "5b8efff798038103d269b633813fc60c-eee19b7ec3c1b174",
        "ts": at(10, 0, 0.25),
        "account_id": "u-31",
        "model": "m-large-002",
        "session_id": "conv-5",
        "ip": "203.0.113.9",
        "user_agent": "agentkit/3",
        "access_path": "vertex",
        "operation": "chat",
        "system_text": "Answer in verse.",
        "input_text": "Weather in Paris?",
        "output_text": "Grey over the Seine.",
        "turn": 1,
        "prefix_hashes": [],
        "signatures_issued": [],
        "signatures_presented": [],
        "tool_calls": [],
        "tokens_in": 100,
        "tokens_out": 30,
        "tokens_cached": 64,
        "max_tokens": 200,
        "temperature": 0.5,
        "finish_reason": "stop",
        "refused": False,
        "status": 200,
        "latency_ms": 1750.0,
    }
    assert counted.skips.counts == {"not a model call": 1}


def test_spans_with_old_attribute_names_and_events() -> None:
    counted = intake()
    first, second = read(sample("otel_old.jsonl"), counted)
    assert first == {
        "exchange_id": "a1-b1",
        "ts": at(10, 0),
        "account_id": "u-8",
        "model": "m-old",
        "access_path": "api",
        "operation": "chat",
        "system_text": "Be brief.",
        "input_text": "Capital of Peru?",
        "output_text": "Lima.",
        "turn": 1,
        "prefix_hashes": [],
        "signatures_issued": [],
        "signatures_presented": [],
        "tools": ["lookup"],
        "tool_calls": [],
        "tokens_in": 12,
        "tokens_out": 3,
        "finish_reason": "stop",
        "refused": False,
        "status": 200,
        "latency_ms": 1500.0,
    }
    assert second == {
        "exchange_id": "0xa2-0xb2",
        "ts": at(10, 0, 5),
        "account_id": "u-9",
        "model": "m-old",
        "access_path": "azure",
        "operation": "chat",
        "input_text": "你好",
        "output_text": "不行",
        "turn": 1,
        "prefix_hashes": [],
        "signatures_issued": [],
        "signatures_presented": [],
        "tool_calls": [],
        "finish_reason": "content_filter",
        "refused": True,
        "status": 200,
        "latency_ms": 750.0,
    }
    assert counted.skips.total == 0


def test_the_event_with_all_details_is_an_exchange_of_its_own(tmp_path: Path) -> None:
    fields = {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "m",
        "user.id": "u",
        "gen_ai.input.messages": [
            {"role": "user", "parts": [{"type": "text", "content": "One"}]},
            {"role": "assistant", "parts": [{"type": "text", "content": "Two"}]},
            {"role": "user", "parts": [{"type": "text", "content": "Three"}]},
        ],
    }
    record = {"timeUnixNano": "1772445600000000000", "traceId": "t", "spanId": "s", "attributes": fields}
    log = {"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]}
    (row,) = read(written(tmp_path, "logs.jsonl", json.dumps({"resourceSpans": []}) + "\n" + json.dumps(log)), intake())
    assert (row["exchange_id"], row["ts"], row["input_text"]) == ("t-s", at(10, 0), "Three")
    assert row["prefix_hashes"] == [history(("user", "One"))]


def test_a_span_of_a_whole_agent_is_no_model_call(tmp_path: Path) -> None:
    attributes = {"gen_ai.operation.name": "invoke_agent", "gen_ai.request.model": "m", "user.id": "u"}
    span = {"traceId": "t", "spanId": "s", "startTimeUnixNano": "1772445600000000000", "attributes": attributes}
    counted = intake()
    assert read(written(tmp_path, "agent.jsonl", json.dumps(span)), counted) == []
    assert counted.skips.counts == {"not a model call": 1}
