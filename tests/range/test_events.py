"""Events keep what belongs together when parts are joined, and fail and are retried as accounts do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from stillwatch.range.draw import generator
from stillwatch.range.events import (
    HABIT,
    NONE,
    TURNS,
    Events,
    events,
    exchange_number,
    joined,
    span_of,
    unpacked,
    with_failures,
)


def _two_talks() -> Events:
    made = events(np.array([0, 0, 1]), np.array([10, 20, 30]), talk=np.array([0, 0, 1]), turn=np.array([1, 2, 1]))
    return replace(made, brings=np.array([HABIT, HABIT, 0 * TURNS + 2]))


def test_joined_parts_share_no_conversation_and_keep_their_blocks() -> None:
    both = joined([_two_talks(), _two_talks()])
    assert both.talk.tolist() == [0, 0, 1, 2, 2, 3]
    assert both.brings.tolist() == [HABIT, HABIT, 2, HABIT, HABIT, 2 * TURNS + 2]
    assert span_of(both) == 4
    assert set(both.brings[both.brings >= 0]) <= set(exchange_number(both))


def test_packing_keeps_every_field() -> None:
    part = _two_talks()
    again = unpacked(part.packed())
    assert all(np.array_equal(getattr(part, n), getattr(again, n)) for n in ("ts", "talk", "brings", "turn", "status"))
    assert part.packed().itemsize == 42


def test_failures_come_as_often_as_accounts_fail_and_are_tried_again_with_the_same_body() -> None:
    count = 40_000
    part = events(np.arange(count) % 2, np.arange(count) * 1_000_000_000)
    tried = with_failures(generator(1, "f"), part, np.array([0.0, 0.1]))
    failed = tried.status != 200
    assert not failed[tried.account == 0].any()
    assert 0.08 < failed[: len(part)][part.account == 1].mean() < 0.12
    again = tried.take(np.arange(count, len(tried)))
    first = part.take(again.talk)
    assert np.all(again.ts > first.ts)
    assert np.all(again.ts < first.ts + 10**9)
    assert np.array_equal(exchange_number(again), exchange_number(first))
    assert (again.status == 200).mean() > 0.7
    assert not np.any(again.status == 400)


def test_nothing_fails_where_nobody_fails() -> None:
    part = _two_talks()
    assert with_failures(generator(1, "f"), part, np.zeros(2)) is part


def test_a_turn_after_one_that_was_never_answered_brings_no_block_back() -> None:
    count = 20_000
    part = events(np.zeros(count, np.int64), np.arange(count) * 10**9, talk=np.arange(count) // 2,
                  turn=np.arange(count) % 2 + 1)  # fmt: skip
    tried = with_failures(generator(2, "f"), part, np.array([0.2]))
    answered = set(exchange_number(tried)[tried.status == 200].tolist())
    second = tried.take(np.arange(count))
    second = second.take(second.turn == 2)
    lost = np.array([number - 1 not in answered for number in exchange_number(second).tolist()])
    assert lost.mean() > 0.05
    assert np.array_equal(second.brings == NONE, lost)
