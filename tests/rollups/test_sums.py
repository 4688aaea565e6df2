"""Sums that are merged from days are those of all exchanges at once, whatever crosses a midnight."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stillwatch.handoffs import MOTIFS
from stillwatch.rollups import MERGED, OF_EXCHANGES
from tests.ledger.sketches import DAY, HOUR, sketch, table
from tests.rollups.days import a_day, assert_as_a_scan, new_ledger, of_exchanges, of_kept, put, read

MINUTE = HOUR // 60


def test_every_sum_can_be_made_in_both_ways() -> None:
    assert list(OF_EXCHANGES) == list(MERGED)


def test_both_ways_give_the_same_columns_in_the_same_order(tmp_path: Path) -> None:
    ledger, rng = new_ledger(tmp_path / "ledger"), np.random.default_rng(0)
    for day in range(3):
        put(ledger, a_day(day, rng), day)
    with of_kept(ledger) as (merged, _), of_exchanges(ledger) as whole:
        for name in OF_EXCHANGES:
            assert merged.rows(f"select * from {name}").schema == whole.rows(f"select * from {name}").schema, name


@pytest.mark.parametrize("seed", range(6))
def test_days_as_they_come_give_the_sums_of_all(seed: int, tmp_path: Path) -> None:
    ledger, rng = new_ledger(tmp_path / "ledger"), np.random.default_rng(seed)
    for number, day in enumerate([0, 1, 2, 4, 5, 6, 7]):
        put(ledger, a_day(day, rng, text=rng.random() < 0.8), number)
        assert_as_a_scan(ledger)


def test_days_in_any_order_and_a_second_source_of_a_day_give_the_sums_of_all(tmp_path: Path) -> None:
    ledger, rng = new_ledger(tmp_path / "ledger"), np.random.default_rng(10)
    for number, days in enumerate([(3, 4), (1,), (2,), (3,), (0, 4, 5)]):
        for day in days:
            put(ledger, a_day(day, rng, source=number), number * 10 + day)
        assert_as_a_scan(ledger)


@pytest.mark.parametrize("with_text", [(False, False, False), (False, True, False), (True, False, False)])
def test_lengths_of_answers_stand_in_only_where_no_day_has_text(with_text: tuple[bool, ...], tmp_path: Path) -> None:
    ledger, rng = new_ledger(tmp_path / "ledger"), np.random.default_rng(11)
    for day, text in enumerate(with_text):
        put(ledger, a_day(day, rng, text=text), day)
        assert_as_a_scan(ledger)


def _found(folder: Path, *days: list[tuple[str, int, dict[str, Any]]]) -> list[tuple[str, str, str, int, str]]:
    """Return source, target, motif, number and exhibit of the hand-offs of a ledger that grew day by day."""
    ledger, number = new_ledger(folder / "ledger"), 0
    for day, rows in enumerate(days):
        named = [sketch(f"x{number + i}", ts, account_id=name, **more) for i, (name, ts, more) in enumerate(rows)]
        put(ledger, table(named), day)
        number += len(rows)
        assert_as_a_scan(ledger)
    with of_kept(ledger) as (engine, _):
        people, moves, _, _ = read(engine)
    columns = (moves.source, moves.target, moves.motif, moves.n, moves.exhibit)
    return [(people.ids[s], people.ids[t], MOTIFS[m], int(n), e) for s, t, m, n, e in zip(*columns, strict=True)]


def _turns(account: str, ts: int, *history: int) -> tuple[str, int, dict[str, Any]]:
    return account, ts, {"prefix_marks": list(history)}


def _try(account: str, ts: int, status: int) -> tuple[str, int, dict[str, Any]]:
    return account, ts, {"body_mark": 1, "status": status}


@pytest.mark.parametrize(("before", "after", "found"), [(1, 1, 1), (3, 2, 1), (4, 3, 0)])
def test_a_conversation_that_goes_on_after_midnight_is_found_within_its_hours(
    before: int, after: int, found: int, tmp_path: Path
) -> None:
    first = [_turns("a", DAY - before * HOUR, 1, 2)]
    assert len(_found(tmp_path, first, [_turns("b", DAY + after * HOUR, 1, 2, 3)])) == found


def test_a_body_that_fails_before_midnight_and_is_sent_again_after_it_is_found(tmp_path: Path) -> None:
    rows = [_try("a", DAY - 1, 500)], [_try("b", DAY + 1, 200), _try("c", DAY + 2, 200)]
    assert _found(tmp_path, *rows) == [("a", "b", "failover", 1, "x1")]


def test_a_block_that_comes_back_days_later_is_found(tmp_path: Path) -> None:
    issued = [("a", HOUR, {"issued_marks": [5]}), ("a", 2 * HOUR, {"issued_marks": [5]})]
    back = [("b", 3 * DAY + HOUR, {"presented_marks": [5]})]
    quiet: list[list[tuple[str, int, dict[str, Any]]]] = [[("c", day * DAY, {})] for day in (1, 2)]
    again = [("c", 4 * DAY, {"presented_marks": [5]})]
    assert _found(tmp_path, issued, *quiet, back, again) == [
        ("a", "b", "displaced", 2, "x4"),
        ("a", "c", "displaced", 2, "x5"),
    ]


def test_a_first_turn_that_too_many_accounts_come_to_share_joins_nobody_any_more(tmp_path: Path) -> None:
    pair = [_turns("a", 0, 1), _turns("b", MINUTE, 1, 2)]
    others = [_turns(name, DAY * day, 1) for day, name in ((1, "c"), (2, "d"), (3, "e"))]
    for count, n in ((2, 1), (3, 0)):
        assert len(_found(tmp_path / str(count), pair, *([other] for other in others[:count]))) == n
