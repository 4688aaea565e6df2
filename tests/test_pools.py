"""One pool or several: where hand-offs end."""

from __future__ import annotations

import numpy as np

from stillwatch.arrays import I64
from stillwatch.config import ProposalLimits
from stillwatch.handoffs import Handoffs
from stillwatch.pools import pools

LIMITS = ProposalLimits()


def _moves(*pairs: tuple[I64, I64]) -> Handoffs:
    source, target = (np.concatenate([pair[end] for pair in pairs]).astype(np.int64) for end in (0, 1))
    n = len(source)
    return Handoffs(source, target, np.zeros(n, np.int64), np.ones(n, np.int64), ("x0",) * n)


def _at_random(first: int, accounts: int, links: int, seed: int = 1) -> tuple[I64, I64]:
    """Return hand-offs between random accounts of one pool."""
    rng = np.random.default_rng(seed)
    source = rng.integers(0, accounts, size=links)
    return first + source, first + (source + rng.integers(1, accounts, size=links)) % accounts


def _found(size: int, moves: Handoffs) -> list[list[int]]:
    return [part.tolist() for part in pools(np.ones(size, dtype=np.bool_), moves, LIMITS)]


def test_two_pools_that_hand_nothing_over_are_two() -> None:
    moves = _moves(_at_random(0, 30, 120), _at_random(30, 20, 80))
    assert _found(50, moves) == [list(range(30)), list(range(30, 50))]


def test_many_pools_of_unlike_size_are_each_found() -> None:
    sizes = (8, 12, 40, 90)
    starts = np.cumsum((0, *sizes))
    moves = _moves(*(_at_random(int(first), size, 6 * size) for first, size in zip(starts, sizes, strict=False)))
    assert [len(part) for part in _found(sum(sizes), moves)] == list(sizes)


def test_a_link_by_accident_joins_no_pools() -> None:
    accident = np.array([3]), np.array([40])
    moves = _moves(_at_random(0, 30, 300), _at_random(30, 30, 300), accident)
    assert [len(part) for part in _found(60, moves)] == [30, 30]


def test_a_pool_whose_accounts_seldom_hand_over_is_one() -> None:
    for seed in range(20):
        moves = _moves(_at_random(0, 60, 70, seed))
        linked = np.unique(np.concatenate((moves.source, moves.target)))
        assert _found(60, moves) == [linked.tolist()]


def test_a_ring_that_hands_on_to_the_next_is_one() -> None:
    ring = np.arange(80)
    assert _found(80, _moves((ring, (ring + 1) % 80))) == [ring.tolist()]


def test_who_hands_nothing_over_is_in_no_pool() -> None:
    assert _found(12, _moves(_at_random(0, 10, 40))) == [list(range(10))]
    nobody: I64 = np.empty(0, dtype=np.int64)
    assert _found(12, _moves((nobody, nobody))) == []


def test_only_hand_offs_between_the_accounts_asked_about_count() -> None:
    inside = np.zeros(60, dtype=np.bool_)
    inside[:30] = True
    moves = _moves(_at_random(0, 60, 400))
    assert [part.tolist() for part in pools(inside, moves, LIMITS)] == [list(range(30))]
