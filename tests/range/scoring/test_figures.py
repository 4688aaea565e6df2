"""Intervals hold what they promise, on numbers that stand in tables."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.range.scoring.figures import FEWEST, Figure, bracket, mean_of, proportion, share_of, weighted_share


def test_none_of_ten_may_still_be_thirty_per_cent() -> None:
    found = proportion(0, 10)
    assert found is not None
    assert (found.estimate, found.low, found.n) == (0.0, 0.0, 10)
    assert found.high == pytest.approx(0.3085, abs=1e-4)


def test_the_interval_is_that_of_clopper_and_pearson() -> None:
    found = proportion(81, 263)
    assert found is not None
    assert (found.low, found.high) == pytest.approx((0.2527, 0.3676), abs=1e-4)  # Newcombe 1998, table I


def test_none_of_100_000_is_about_four_at_most() -> None:
    found = proportion(0, 100_000, per=100_000)
    assert found is not None
    assert found.high == pytest.approx(3.689, abs=1e-3)


def test_a_share_of_nobody_is_no_figure() -> None:
    assert proportion(0, 0) is None
    assert share_of(np.zeros(0, dtype=np.bool_)) is None
    assert weighted_share(np.ones(3, dtype=np.bool_), np.zeros(3, dtype=np.int64)) is None


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 1_000)), min_size=1, max_size=40))
def test_a_weighted_share_lies_in_its_interval_and_is_the_same_again(units: list[tuple[bool, int]]) -> None:
    hit, weights = np.array([u[0] for u in units]), np.array([u[1] for u in units], dtype=np.int64)
    found = weighted_share(hit, weights)
    assert found == weighted_share(hit, weights)
    if found is None:
        assert not weights.any()
    else:
        assert 0 <= found.low <= found.high <= 1
        assert found.estimate == pytest.approx(weights[hit].sum() / weights.sum())


def test_one_heavy_account_makes_a_share_of_exchanges_uncertain() -> None:
    hit = np.array([True] + [False] * 20)
    light, heavy = np.full(21, 10), np.array([1_000] + [10] * 20)
    even, uneven = weighted_share(hit, light), weighted_share(hit, heavy)
    assert even is not None
    assert uneven is not None
    assert uneven.high - uneven.low > 3 * (even.high - even.low)


def test_all_found_is_as_certain_as_the_accounts_that_carry_the_weight() -> None:
    everyone = np.ones(50, dtype=np.bool_)
    alike = weighted_share(everyone, np.full(50, 7))
    one_heavy = weighted_share(everyone, np.array([10_000] + [1] * 49))
    exact = proportion(50, 50)
    assert alike is not None
    assert one_heavy is not None
    assert exact is not None
    assert alike.low == pytest.approx(exact.low)
    assert one_heavy.low < 0.1


def test_a_bootstrap_covers_the_share_that_it_estimates() -> None:
    rng = np.random.default_rng(5)
    covered = 0
    for _ in range(60):
        weights = rng.geometric(0.02, size=80)
        found = weighted_share(rng.random(80) < 0.7, weights)
        assert found is not None
        covered += found.low <= 0.7 <= found.high
    assert covered >= 50


def test_a_mean_of_few_values_is_not_stated() -> None:
    assert mean_of(np.ones(FEWEST - 1)) is None
    found = mean_of(np.array([0.5, 0.5, 0.5, 0.5, 8.0]))
    assert found is not None
    assert found.estimate == 2.0
    assert found.low < 1 < found.high


def test_a_bracket_stands_at_its_later_end() -> None:
    assert bracket(12.0, 24.0, 3) == Figure(24.0, 12.0, 24.0, 3, "bracket")
