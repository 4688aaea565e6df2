"""Bedrock's invocation log becomes exchanges."""

from __future__ import annotations

from tests.importers.reading import KEY, at, intake, read, sample

CONVERSE = {
    "exchange_id": "b-1",
    "ts": at(10, 0),
    "account_id": "arn:aws:sts::111122223333:assumed-role/app/worker-1",
    "model": "us.vendor.model-v1:0",
    "org_id": "111122223333",
    "session_id": "s-3",
    "access_path": "bedrock",
    "operation": "chat",
    "system_text": "Be exact.",
    "input_text": "2+2?",
    "output_text": "4",
    "turn": 1,
    "prefix_hashes": [],
    "signatures_issued": [KEY.text("seal-9")],
    "signatures_presented": [],
    "tools": ["calculator"],
    "tool_calls": [],
    "tokens_in": 30,
    "tokens_out": 6,
    "tokens_cached": 8,
    "max_tokens": 64,
    "temperature": 0.1,
    "stream": False,
    "finish_reason": "end_turn",
    "refused": False,
    "status": 200,
    "latency_ms": 640.0,
}

STREAM = {
    "exchange_id": "b-2",
    "ts": at(10, 1),
    "account_id": "arn:aws:iam::111122223333:user/bo",
    "model": "anthropic.small-v2",
    "org_id": "111122223333",
    "access_path": "bedrock",
    "operation": "chat",
    "system_text": "Short.",
    "input_text": "Name a bird",
    "output_text": "The wren",
    "turn": 1,
    "prefix_hashes": [],
    "signatures_issued": [],
    "signatures_presented": [],
    "tool_calls": [],
    "tokens_in": 9,
    "tokens_out": 4,
    "max_tokens": 50,
    "stream": True,
    "finish_reason": "end_turn",
    "refused": False,
    "status": 200,
}

THROTTLED = {
    "exchange_id": "b-3",
    "ts": at(10, 2),
    "account_id": "arn:aws:iam::111122223333:user/bo",
    "model": "vendor.titan",
    "org_id": "111122223333",
    "access_path": "bedrock",
    "operation": "chat",
    "input_text": "Once upon",
    "turn": 1,
    "prefix_hashes": [],
    "signatures_presented": [],
    "tokens_in": 2,
    "max_tokens": 10,
    "stream": False,
    "status": 429,
}


def test_the_sample_becomes_these_exchanges() -> None:
    counted = intake()
    converse, stream, throttled = read(sample("bedrock.jsonl"), counted)
    assert converse == CONVERSE
    assert stream == STREAM
    assert throttled == THROTTLED
    assert counted.skips.total == 0
