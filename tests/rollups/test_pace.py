"""Which follow-ups come too soon for anybody, and that days as they come count them as all days together do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stillwatch.rollups import PACE
from tests.ledger.sketches import DAY, HOUR, sketch, table
from tests.rollups.days import assert_as_a_scan, new_ledger, of_exchanges, put

SECOND = 1_000_000
Row = dict[str, Any]


def _turn(turn: int, ts: int, **more: Any) -> Row:
    return {"turn": turn, "ts": ts, "session_mark": 7, "tokens_out": 200, "input_chars": 50, **more}


def _counted(folder: Path, *days: list[Row]) -> dict[str, tuple[int, int, int, int]]:
    """Import days one by one, require the same of what is kept each time, and return the counts of each account."""
    ledger, number = new_ledger(folder), 0
    for day, rows in enumerate(days):
        put(ledger, table([sketch(f"x{number + i:02d}", **row) for i, row in enumerate(rows)]), day)
        number += len(rows)
        assert_as_a_scan(ledger)
    with of_exchanges(ledger) as engine:
        found = engine.rows("select * from account_paces").to_pylist()
    return {row["account_id"]: (row["paced"], row["quick"], row["plain_paced"], row["plain_quick"]) for row in found}


@pytest.mark.parametrize(("gap", "quick"), [(19.9, 1), (20.1, 0)])
def test_time_to_read_the_answer_and_to_write_is_what_a_follow_up_takes(gap: float, quick: int, tmp_path: Path) -> None:
    """200 tokens at 75 ms and 50 characters at 100 ms: 15 s and 5 s."""
    rows = [_turn(1, 0, input_chars=5_000), _turn(2, int(gap * SECOND))]
    assert _counted(tmp_path, rows) == {"a": (1, quick, 1, quick)}


@pytest.mark.parametrize(
    ("more", "gap", "quick"),
    [
        ({"tokens_out": 100_000}, 29.9, 1),
        ({"tokens_out": 100_000}, 30.1, 0),
        ({"tokens_out": 1_000, "tokens_reasoning": 990}, 6.0, 0),
        ({"tokens_out": 10, "tokens_reasoning": 90}, 5.1, 0),
    ],
)
def test_nobody_is_asked_to_read_more_than_a_page_or_what_is_not_shown(
    more: Row, gap: float, quick: int, tmp_path: Path
) -> None:
    assert _counted(tmp_path, [_turn(1, 0, **more), _turn(2, int(gap * SECOND))])["a"][:2] == (1, quick)


def test_long_prompts_may_be_pasted(tmp_path: Path) -> None:
    most = (PACE["most_writing_ms"] + 200 * PACE["token_ms"]) * 1_000
    assert _counted(tmp_path, [_turn(1, 0), _turn(2, most, input_chars=90_000)])["a"] == (1, 0, 1, 0)


def test_without_text_no_time_is_asked_for_writing(tmp_path: Path) -> None:
    assert _counted(tmp_path, [_turn(1, 0), _turn(2, 16 * SECOND, input_chars=None)])["a"] == (1, 0, 1, 0)


@pytest.mark.parametrize("more", [{"tools_mark": 5}, {"tool_calls": 1}])
def test_who_works_with_tools_is_not_in_plain_conversation(more: Row, tmp_path: Path) -> None:
    assert _counted(tmp_path / "first", [_turn(1, 0, **more), _turn(2, SECOND)])["a"] == (1, 1, 0, 0)
    assert _counted(tmp_path / "second", [_turn(1, 0), _turn(2, SECOND, **more)])["a"] == (1, 1, 0, 0)


@pytest.mark.parametrize(
    "second",
    [
        {"session_mark": 8},
        {"session_mark": None},
        {"account_id": "b"},
        {"turn": 3},
        {"turn": None},
        {"status": 500},
        {"ts": 6 * HOUR + 1},
    ],
    ids=str,
)
def test_what_does_not_follow_the_turn_before_has_no_pace(second: Row, tmp_path: Path) -> None:
    assert _counted(tmp_path, [_turn(1, 0), _turn(2, SECOND) | second]) == {}


def test_an_answer_of_unknown_length_has_no_reader(tmp_path: Path) -> None:
    assert _counted(tmp_path, [_turn(1, 0, tokens_out=None), _turn(2, SECOND)]) == {}


def test_a_request_that_failed_was_never_answered(tmp_path: Path) -> None:
    rows = [_turn(1, 0), _turn(2, 30 * SECOND, status=529), _turn(2, 31 * SECOND, status=200)]
    assert _counted(tmp_path, rows)["a"] == (1, 0, 1, 0)


def _by_history(*history: int) -> Row:
    return {"session_mark": None, "turn": len(history) + 1, "prefix_marks": list(history)}


def test_without_sessions_the_history_tells_a_conversation(tmp_path: Path) -> None:
    rows = [_turn(2, 0) | _by_history(1), _turn(3, SECOND) | _by_history(1, 2), _turn(4, HOUR) | _by_history(1, 2, 3)]
    assert _counted(tmp_path, rows)["a"] == (2, 1, 2, 1)


def test_two_conversations_that_begin_alike_are_two(tmp_path: Path) -> None:
    """Many end users of one account say hello; what one of them says is no answer to what another was told."""
    rows = [
        _turn(3, 0) | _by_history(1, 2),
        _turn(3, 90 * SECOND) | _by_history(1, 5),
        _turn(4, 91 * SECOND) | _by_history(1, 2, 3),
    ]
    assert _counted(tmp_path, rows) == {}


@pytest.mark.parametrize(
    ("before", "after", "found"), [(SECOND, SECOND, 1), (3 * HOUR, 2 * HOUR, 1), (HOUR, 5 * HOUR + 1, 0)]
)
def test_a_follow_up_after_midnight_is_counted_once_within_its_hours(
    before: int, after: int, found: int, tmp_path: Path
) -> None:
    days = [_turn(1, DAY - before - SECOND), _turn(2, DAY - before)], [_turn(3, DAY + after)]
    counts = _counted(tmp_path, *days)["a"]
    assert counts[:2] == (1 + found, 1 + (after == SECOND))


def test_counts_of_days_add_up(tmp_path: Path) -> None:
    days = [[_turn(1, day * DAY + HOUR), _turn(2, day * DAY + HOUR + SECOND)] for day in range(4)]
    assert _counted(tmp_path, *days)["a"] == (4, 4, 4, 4)
