"""Marks of whole things: equal exactly when the things are."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.sketch.exact import body_marks, id_marks, list_marks, marks, set_marks
from tests.sketch.record import KEY, exchanges, prompts, sketched

STRINGS = pa.list_(pa.string())


@given(st.lists(st.binary(max_size=300)))
def test_marks_are_the_keys(things: list[bytes]) -> None:
    assert marks(KEY, "session", things).tolist() == [KEY.mark(b"session\0" + thing) for thing in things]


def test_ids_keep_their_place_and_null() -> None:
    ids = pa.array(["x", "y", "b", None, "a", "b"]).slice(2)
    b, none, a, again = id_marks(KEY, "session", ids).to_pylist()
    assert (b, none, a, again) == (KEY.mark(b"session\0b"), None, KEY.mark(b"session\0a"), b)


def test_lists_keep_order_empty_and_null() -> None:
    lists = pa.array([["z"], ["a", "b"], None, [], ["b", None, "a"]], STRINGS).slice(1)
    first, none, empty, second = list_marks(KEY, "prefix", lists).to_pylist()
    assert (none, empty) == (None, [])
    assert second == [first[1], None, first[0]]


def test_sets_of_names_do_not_know_order_or_repeats() -> None:
    lists = pa.array([["q"], ["read", "write"], ["write", "read", "read"], ["readwrite"], [], None, ["read"]], STRINGS)
    _, one, same, joined, empty, none, part = set_marks(KEY, "tools", lists).to_pylist()
    assert one == same
    assert len({one, joined, part}) == 3
    assert (empty, none) == (None, None)


def test_the_same_string_has_another_mark_as_another_kind() -> None:
    (row,) = sketched(
        exchanges(
            {
                "session_id": "same",
                "end_user_id": "same",
                "key_id": "same",
                "ip": "same",
                "input_text": "same",
                "system_text": "same",
                "prefix_hashes": ["same"],
                "signatures_issued": ["same"],
                "tools": ["same"],
            }
        )
    )
    kinds = ["session_mark", "end_user_mark", "key_mark", "ip_mark", "prompt_mark", "system_mark", "tools_mark"]
    found = [row[kind] for kind in (*kinds, "body_mark")] + row["prefix_marks"] + row["issued_marks"]
    assert len(set(found)) == 10
    assert None not in found


def test_a_block_issued_and_presented_is_one_block() -> None:
    issued, presented = sketched(exchanges({"signatures_issued": ["s"]}, {"signatures_presented": ["t", "s"]}))
    assert issued["issued_marks"][0] == presented["presented_marks"][1]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("What is  love?", "what is\nlove?"),
        ("\t hi there \n", "hi there"),
        ("in\u200bvisible", "invisible"),
        ("ＦＵＬＬ", "full"),
        ("é", "e\u0301"),
        ("\u3000全角\u3000\u3000空白", "全角 空白"),
    ],
)
def test_layout_and_case_do_not_change_a_prompt_mark(one: str, other: str) -> None:
    first, second = sketched(prompts([one, other]))
    assert first["prompt_mark"] == second["prompt_mark"] is not None
    assert first["body_mark"] != second["body_mark"]


@pytest.mark.parametrize(
    ("one", "other"), [("add 1", "add 2"), ("hi there", "hithere"), ("yes?", "yes!"), ("a\x00b", "ab")]
)
def test_anything_seen_changes_a_prompt_mark(one: str, other: str) -> None:
    first, second = sketched(prompts([one, other]))
    assert first["prompt_mark"] != second["prompt_mark"]


def test_a_body_is_system_history_and_newest_turn() -> None:
    parts: dict[str, Any] = {"system_text": "s", "prefix_hashes": ["p", "q"], "input_text": "i"}
    changes: list[dict[str, Any]] = [
        {},
        {"system_text": None},
        {"system_text": "S"},
        {"prefix_hashes": ["q", "p"]},
        {"prefix_hashes": ["p"]},
        {"input_text": "i "},
    ]
    rows = sketched(exchanges(*(parts | change for change in changes), parts, parts | {"input_text": None}))
    found = [row["body_mark"] for row in rows]
    assert len(set(found[:6])) == 6
    assert found[6] == found[0]
    assert found[7] is None


def test_no_part_of_a_body_can_pass_for_another() -> None:
    system, newest = pa.array([None, "x"]), pa.array(["", ""])
    of_x = KEY.mark(b"body system\0x")
    history = pa.array([[of_x], []], pa.list_(pa.int64()))
    first, second = body_marks(KEY, system, history, newest).to_pylist()
    assert first != second
