"""Anthropic-shaped requests and answers become exchanges."""

from __future__ import annotations

import json
from pathlib import Path

from stillwatch.importers.request import client_ids
from tests.importers.reading import KEY, at, history, intake, read, sample, written

SECRET = "sk-ant-api03-not-a-real-key-000000"


def test_the_sample_becomes_these_exchanges() -> None:
    counted = intake()
    first, second = read(sample("anthropic.jsonl"), counted)
    assert first == {
        "exchange_id": "req_1",
        "ts": at(9, 0),
        "account_id": f"key:{KEY.text(SECRET)}",
        "model": "claude-sonnet-x",
        "org_id": "org-a",
        "key_id": KEY.text(SECRET),
        "end_user_id": "user_0f0f",
        "session_id": "33-44",
        "ip": "198.51.100.20",
        "user_agent": "Anthropic/Python 1.9",
        "access_path": "api",
        "operation": "chat",
        "system_text": "You fix code.",
        "input_text": "Fix the test",
        "output_text": "Fixed.",
        "turn": 1,
        "prefix_hashes": [],
        "signatures_issued": [KEY.text("seal-2"), KEY.text("seal-3")],
        "signatures_presented": [KEY.text("seal-1")],
        "tools": ["bash"],
        "tool_calls": [],
        "tokens_in": 100,
        "tokens_out": 40,
        "tokens_cached": 85,
        "max_tokens": 1000,
        "stream": False,
        "reasoning": True,
        "finish_reason": "end_turn",
        "refused": False,
        "status": 200,
        "latency_ms": 1200.0,
    }
    assert second == {
        "exchange_id": "req_2",
        "ts": at(10, 2),
        "account_id": "acct-2",
        "model": "claude-sonnet",
        "access_path": "api",
        "operation": "chat",
        "input_text": "c",
        "turn": 2,
        "prefix_hashes": [history(("user", "a"))],
        "signatures_presented": [],
        "max_tokens": 10,
        "stream": False,
        "reasoning": False,
        "status": 529,
    }
    assert counted.skips.total == counted.notes.total == 0


def test_the_key_of_the_caller_is_nowhere_in_what_is_kept() -> None:
    assert SECRET not in repr(read(sample("anthropic.jsonl"), intake()))


def test_a_refusal_by_stop_reason_is_known(tmp_path: Path) -> None:
    logged = json.loads(Path(sample("anthropic.jsonl").path).read_text().splitlines()[0])
    logged["response"]["body"] |= {"stop_reason": "refusal", "content": []}
    (row,) = read(written(tmp_path, "refused.jsonl", json.dumps(logged)), intake())
    assert row["refused"] is True


def test_both_forms_of_the_packed_user_id_are_taken_apart() -> None:
    old = "user_0f0f_account_11-22_session_33-44"
    new = '{"device_id":"0f0f","account_uuid":"11-22","session_id":"33-44"}'
    assert client_ids(old) == ("user_0f0f", "33-44")
    assert client_ids(new) == ("0f0f", "33-44")
    assert client_ids("customer 12") == ("customer 12", None)
    assert client_ids(None) == (None, None)
