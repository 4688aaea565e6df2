"""Claude Code's session files become exchanges."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.importers.reading import KEY, at, history, intake, read, sample, written

ACCOUNT = f"home:{KEY.text('/home/ada')}"


def _common(request: str) -> dict[str, Any]:
    return {
        "exchange_id": request,
        "account_id": ACCOUNT,
        "model": "claude-opus",
        "session_id": "sess-1",
        "user_agent": "claude-code/2.1.63",
        "access_path": "app",
        "operation": "chat",
        "refused": False,
    }


def test_the_sample_becomes_these_exchanges() -> None:
    counted = intake()
    first, second, third = read(sample("claude_code.jsonl"), counted)
    assert first == _common("req_1") | {
        "ts": at(10, 0),
        "input_text": "Add a flag",
        "output_text": "",
        "turn": 1,
        "prefix_hashes": [],
        "signatures_issued": [KEY.text("seal-1")],
        "tool_calls": ["Edit"],
        "tokens_in": 1003,
        "tokens_out": 25,
        "tokens_cached": 900,
        "finish_reason": "tool_use",
    }
    assert second == _common("req_2") | {
        "ts": at(10, 0, 5),  # sent with the result of the tool
        "input_text": "Add a flag",
        "output_text": "Done.",
        "turn": 1,
        "prefix_hashes": [],
        "signatures_issued": [],
        "tool_calls": [],
        "tokens_in": 5,
        "tokens_out": 4,
        "finish_reason": "end_turn",
    }
    assert third == _common("req_3") | {
        "ts": at(10, 1),
        "input_text": "Thanks, now document it",
        "output_text": "Documented.",
        "turn": 2,
        "prefix_hashes": [history(("user", "Add a flag"))],
        "signatures_issued": [],
        "tool_calls": [],
        "tokens_in": 6,
        "tokens_out": 4,
        "finish_reason": "end_turn",
    }
    assert counted.skips.counts == {"not a model call": 2}  # the summary, and an answer the client made up


def test_without_a_home_folder_two_sessions_are_two_accounts(tmp_path: Path) -> None:
    """In containers everybody works in the same folder; that must not make them one."""
    lines = []
    for session in ("s1", "s2"):
        message = {"role": "assistant", "model": "m", "content": [{"type": "text", "text": "x"}]}
        line = {"type": "assistant", "uuid": session, "sessionId": session, "cwd": "/workspace", "message": message}
        lines.append(json.dumps(line | {"requestId": session, "timestamp": "2026-03-02T10:00:00Z"}))
    rows = read(written(tmp_path, "s.jsonl", "\n".join(lines)), intake())
    assert len({row["account_id"] for row in rows}) == 2
