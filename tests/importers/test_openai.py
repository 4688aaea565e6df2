"""OpenAI-shaped requests and answers become exchanges."""

from __future__ import annotations

import json
from pathlib import Path

from stillwatch.importers import recognise
from tests.importers.reading import KEY, at, intake, read, sample, written

SECRET = "sk-proj-not-a-real-key-0001"

CHAT = {
    "exchange_id": "r-1",
    "ts": at(10, 0),
    "account_id": "acct-1",
    "model": "gpt-x-1",
    "end_user_id": "end-4",
    "ip": "203.0.113.5",
    "access_path": "api",
    "operation": "chat",
    "system_text": "Be kind.",
    "input_text": "Tell me a secret",
    "output_text": "I can't.",
    "turn": 1,
    "prefix_hashes": [],
    "signatures_issued": [],
    "signatures_presented": [],
    "tool_calls": [],
    "tokens_in": 11,
    "tokens_out": 4,
    "max_tokens": 40,
    "temperature": 1.0,
    "choices": 1,
    "logprobs": 0,
    "stream": False,
    "reasoning": False,
    "finish_reason": "stop",
    "refused": True,
    "status": 200,
    "ttft_ms": 120.5,
}

RESPONSES = {
    "exchange_id": "resp_1",
    "ts": at(10, 0, 1),
    "account_id": f"key:{KEY.text(SECRET)}",
    "model": "gpt-x-1",
    "key_id": KEY.text(SECRET),
    "access_path": "api",
    "operation": "chat",
    "system_text": "Be kind.",
    "input_text": "Second",
    "output_text": "Third",
    "turn": 2,
    "signatures_issued": [KEY.text("sealed-2")],
    "signatures_presented": [KEY.text("sealed-1")],
    "tool_calls": [],
    "tokens_in": 50,
    "tokens_out": 9,
    "tokens_cached": 20,
    "tokens_reasoning": 6,
    "choices": 1,
    "logprobs": 0,
    "stream": True,
    "reasoning": True,
    "finish_reason": "completed",
    "refused": False,
    "status": 200,
}


def test_the_sample_becomes_these_exchanges() -> None:
    counted = intake()
    chat, responses = read(sample("openai.jsonl"), counted)
    assert chat == CHAT
    prefix = responses.pop("prefix_hashes")
    assert len(prefix) == 1
    assert responses == RESPONSES
    assert counted.skips.total == counted.notes.total == 0


def test_chunks_of_a_stream_make_one_answer(tmp_path: Path) -> None:
    chunks = [
        {"id": "c", "model": "m", "choices": [{"delta": {"role": "assistant", "content": "Good "}}]},
        {"id": "c", "model": "m", "choices": [{"delta": {"content": "day"}}]},
        {"id": "c", "model": "m", "choices": [{"delta": {}, "finish_reason": "stop"}]},
        {"id": "c", "model": "m", "choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2}},
    ]
    request = {"model": "m", "stream": True, "messages": [{"role": "user", "content": "Hi"}]}
    logged = {"ts": "2026-03-02T10:00:00Z", "account_id": "a", "request": request, "response": chunks}
    (row,) = read(written(tmp_path, "stream.jsonl", json.dumps(logged)), intake())
    assert (row["exchange_id"], row["output_text"], row["finish_reason"]) == ("c", "Good day", "stop")
    assert (row["tokens_in"], row["tokens_out"], row["stream"]) == (3, 2, True)


def test_a_request_with_its_answer_in_a_field_is_enough(tmp_path: Path) -> None:
    logged = {"ts": 1772445600, "user_id": "u", "model": "m", "prompt": "Say hi", "response": "hi"}
    source = written(tmp_path, "flat.jsonl", json.dumps(logged))
    assert recognise(source).name == "openai"
    (row,) = read(source, intake())
    assert (row["input_text"], row["output_text"], row["operation"]) == ("Say hi", "hi", "text_completion")
    assert row["exchange_id"].startswith("line:")  # no id anywhere: made from the record


def test_a_made_id_is_the_same_on_the_next_import(tmp_path: Path) -> None:
    logged = json.dumps({"ts": 1772445600, "user_id": "u", "model": "m", "prompt": "Say hi"})
    source = written(tmp_path, "flat.jsonl", logged)
    assert read(source, intake()) == read(source, intake())
