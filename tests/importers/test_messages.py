"""Message lists of every interface become the same columns."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.importers.messages import conversation
from tests.importers.reading import KEY, history

CHAT = [
    {"role": "system", "content": "S"},
    {"role": "user", "content": "one"},
    {"role": "assistant", "content": "A1"},
    {"role": "user", "content": "two"},
    {"role": "assistant", "content": "A2"},
    {"role": "user", "content": "three"},
]
ANTHROPIC = [{"role": m["role"], "content": [{"type": "text", "text": m["content"]}]} for m in CHAT[1:]]
RESPONSES = [{"role": "developer", "content": "S"}] + [
    {"type": "message", "role": m["role"], "content": [{"type": "input_text", "text": m["content"]}]} for m in CHAT[1:]
]
CONVERSE = [{"role": m["role"], "content": [{"text": m["content"]}]} for m in CHAT[1:]]
GEMINI = [
    {"role": "model" if m["role"] == "assistant" else "user", "parts": [{"text": m["content"]}]} for m in CHAT[1:]
]
OTEL = [{"role": m["role"], "parts": [{"type": "text", "content": m["content"]}]} for m in CHAT]


@pytest.mark.parametrize(
    ("messages", "system"),
    [
        (CHAT, None),
        (ANTHROPIC, "S"),
        (RESPONSES, None),
        (CONVERSE, [{"text": "S"}]),
        (OTEL, None),
        (GEMINI, {"parts": [{"text": "S"}]}),
    ],
    ids=["chat", "anthropic", "responses", "converse", "otel", "gemini"],
)
def test_one_conversation_is_the_same_through_every_interface(messages: object, system: object) -> None:
    one, two = ("user", "one"), ("user", "two")
    assert conversation(messages, KEY, system=system) == {
        "system_text": "S",
        "input_text": "three",
        "turn": 3,
        "prefix_hashes": [history(one), history(one, ("assistant", "A1"), two)],
        "signatures_presented": [],
    }


def test_a_conversation_that_goes_on_keeps_its_prefixes() -> None:
    shorter, longer = conversation(CHAT[:4], KEY), conversation(CHAT, KEY)
    assert longer["prefix_hashes"][: len(shorter["prefix_hashes"])] == shorter["prefix_hashes"]
    assert len(longer["prefix_hashes"]) == len(shorter["prefix_hashes"]) + 1


def test_another_system_text_changes_no_prefix() -> None:
    """A relay puts its own system text in the place of the client's."""
    other = [{"role": "system", "content": "other"}, *CHAT[1:]]
    assert conversation(other, KEY)["prefix_hashes"] == conversation(CHAT, KEY)["prefix_hashes"]


def test_another_answer_changes_the_prefixes_after_it() -> None:
    other = [*CHAT[:2], {"role": "assistant", "content": "else"}, *CHAT[3:]]
    ours, theirs = (conversation(messages, KEY)["prefix_hashes"] for messages in (CHAT, other))
    assert ours[0] == theirs[0]
    assert ours[1] != theirs[1]


TOOL_RESULTS: list[Any] = [
    {"role": "tool", "tool_call_id": "c", "content": "42"},
    {"role": "function", "name": "f", "content": "42"},
    {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c", "content": "42"}]},
    {"role": "user", "content": [{"toolResult": {"toolUseId": "c", "content": [{"text": "42"}]}}]},
    {"role": "user", "parts": [{"functionResponse": {"name": "f", "response": {"x": 42}}}]},
    {"type": "function_call_output", "call_id": "c", "output": "42"},
    {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c", "result": "42"}]},
]


@pytest.mark.parametrize("result", TOOL_RESULTS, ids=lambda r: json.dumps(r)[:40])
def test_what_a_tool_returned_is_no_turn_of_the_user(result: object) -> None:
    found = conversation([*CHAT[:2], {"role": "assistant", "content": "calling"}, result], KEY)
    assert (found["turn"], found["input_text"], found["prefix_hashes"]) == (1, "one", [])


def test_text_parts_are_joined_and_pictures_left_out() -> None:
    parts = [
        {"type": "text", "text": "a"},
        {"type": "image", "source": {"data": "AAAA"}},
        {"type": "text", "text": "b"},
    ]
    assert conversation([{"role": "user", "content": parts}], KEY)["input_text"] == "a\nb"


SEALED: list[Any] = [
    [{"type": "thinking", "thinking": "x", "signature": "seal"}],
    [{"type": "redacted_thinking", "data": "seal"}],
    [{"reasoningContent": {"reasoningText": {"text": "x", "signature": "seal"}}}],
    [{"reasoningContent": {"redactedContent": "seal"}}],
    [{"text": "x", "thoughtSignature": "seal"}],
]


@pytest.mark.parametrize("content", SEALED, ids=lambda c: json.dumps(c)[:40])
def test_reasoning_blocks_that_come_back_are_presented(content: object) -> None:
    messages = [{"role": "user", "content": "q"}, {"role": "assistant", "content": content}]
    assert conversation([*messages, {"role": "user", "content": "r"}], KEY)["signatures_presented"] == [
        KEY.text("seal")
    ]


def test_reasoning_beside_a_message_is_presented_too() -> None:
    answer = {"role": "assistant", "content": "a", "thinking_blocks": [{"type": "thinking", "signature": "seal"}]}
    found = conversation([{"role": "user", "content": "q"}, answer], KEY)
    assert found["signatures_presented"] == [KEY.text("seal")]


def test_reasoning_does_not_change_a_history() -> None:
    with_seal = {"role": "assistant", "content": [SEALED[0][0], {"type": "text", "text": "A1"}]}
    assert (
        conversation([*CHAT[:2], with_seal, *CHAT[3:]], KEY)["prefix_hashes"]
        == conversation(CHAT, KEY)["prefix_hashes"]
    )


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["role", "content", "type", "text", "parts", "tool_calls", "x"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@given(json_values)
def test_anything_at_all_is_read_without_harm(messages: object) -> None:
    found = conversation(messages, KEY)
    if found["turn"] is not None:
        assert len(found["prefix_hashes"]) == found["turn"] - 1
