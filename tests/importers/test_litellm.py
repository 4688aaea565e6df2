"""LiteLLM's payload becomes exchanges."""

from __future__ import annotations

import json
from pathlib import Path

from stillwatch.importers import recognise
from tests.importers.reading import KEY, at, history, intake, read, sample, written


def test_the_sample_becomes_these_exchanges() -> None:
    counted = intake()
    first, second = read(sample("litellm.jsonl"), counted)
    assert first == {
        "exchange_id": "call-1",
        "ts": at(10, 0, 0.25),
        "account_id": "maria",
        "model": "gpt-5-mini-2026-01-15",
        "org_id": "org-2",
        "key_id": KEY.text("6a1f00d2"),
        "end_user_id": "shopper-9",
        "ip": "198.51.100.7",
        "user_agent": "OpenAI/Python 2.1.0",
        "access_path": "api",
        "operation": "chat",
        "system_text": "You sort parcels.",
        "input_text": "And for\nBergen?",
        "output_text": "Let me look.",
        "turn": 2,
        "prefix_hashes": [history(("user", "Which belt for Oslo?"))],
        "signatures_issued": [],
        "signatures_presented": [],
        "tools": ["find_belt"],
        "tool_calls": ["find_belt"],
        "tokens_in": 41,
        "tokens_out": 20,
        "tokens_cached": 16,
        "tokens_reasoning": 8,
        "max_tokens": 300,
        "temperature": 0.2,
        "choices": 1,
        "logprobs": 5,
        "stream": True,
        "reasoning": True,
        "finish_reason": "tool_calls",
        "refused": False,
        "status": 200,
        "latency_ms": 1750.0,
        "ttft_ms": 500.0,
    }
    assert second == {
        "exchange_id": "call-2",
        "ts": at(10, 0, 10),
        "account_id": f"key:{KEY.text('77b0')}",
        "model": "claude-small",
        "org_id": "team-7",
        "key_id": KEY.text("77b0"),
        "ip": "198.51.100.8",
        "access_path": "bedrock",
        "operation": "chat",
        "tokens_in": 0,
        "tokens_out": 0,
        "stream": False,
        "status": 429,
        "latency_ms": 125.0,
    }
    assert counted.skips.total == counted.notes.total == 0


def test_a_payload_inside_the_arguments_of_a_callback_is_found(tmp_path: Path) -> None:
    payload = json.loads((Path(sample("litellm.jsonl").path)).read_text().splitlines()[0])
    source = written(tmp_path, "wrapped.jsonl", json.dumps({"standard_logging_object": payload}))
    assert recognise(source).name == "litellm"
    assert [row["exchange_id"] for row in read(source, intake())] == ["call-1"]


def test_without_a_call_id_the_id_of_the_answer_serves(tmp_path: Path) -> None:
    payload = json.loads((Path(sample("litellm.jsonl").path)).read_text().splitlines()[0])
    del payload["litellm_call_id"]
    assert read(written(tmp_path, "old.jsonl", json.dumps(payload)), intake())[0]["exchange_id"] == "chatcmpl-77"
