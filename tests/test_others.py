"""What all accounts but a few come to, against a look at each of them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from stillwatch.arrays import F64
from stillwatch.nulls import Moments, larger_mean, moments
from stillwatch.others import Ranked, Rates

RNG = np.random.default_rng(0)
SIZE = 500
SHAPES: dict[str, F64] = {
    "loads": 3 + RNG.standard_normal(SIZE),
    "shares": RNG.beta(0.5, 3.0, SIZE),
    "mostly nothing": np.where(RNG.random(SIZE) < 0.02, RNG.random(SIZE), 0.0),
    "far from zero": 1e6 + RNG.random(SIZE),
    "one far out": np.append(RNG.random(SIZE - 1), 1e9),
    "all the same": np.full(SIZE, 0.1),
}
FEW = {
    "nobody": np.empty(0, dtype=np.int64),
    "some": np.array([0, 7, 8, 250, 499]),
    "most": np.arange(480),
    "all but one": np.arange(1, SIZE),
    "everybody": np.arange(SIZE),
}


def _close(one: Moments, other: Moments) -> None:
    assert one.n == other.n
    assert one.mean == pytest.approx(other.mean, rel=1e-9, abs=1e-12)
    assert one.variance == pytest.approx(other.variance, rel=1e-9, abs=1e-20)
    assert one.kurtosis == pytest.approx(other.kurtosis, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("few", FEW)
def test_the_moments_of_the_others_are_those_of_each_of_them(shape: str, few: str) -> None:
    values, left_out = SHAPES[shape], FEW[few]
    _close(Rates(values).others(left_out), moments(np.delete(values, left_out)))


def test_who_has_no_number_does_not_count() -> None:
    values, known = SHAPES["shares"], RNG.random(SIZE) < 0.7
    rates, left_out = Rates(values, known), FEW["some"]
    chosen = known.copy()
    chosen[left_out] = False
    _close(rates.others(left_out), moments(values[chosen]))
    assert np.array_equal(rates.of(left_out), values[left_out][known[left_out]])


def test_others_who_are_all_the_same_do_not_vary_by_a_rounding() -> None:
    values = np.where(np.arange(SIZE) < 40, RNG.random(SIZE), 0.3)
    assert Rates(values).others(np.arange(40)) == Moments(460, 0.3, 0.0, 0.0)
    assert larger_mean(np.full(40, 0.3), Rates(np.full(SIZE, 0.3)).others(np.arange(40))) == 1.0


def test_nobody_left_has_no_moments() -> None:
    assert Rates(np.full(SIZE, 0.1)).others(np.arange(SIZE)) == Moments(0, 0.0, 0.0, 0.0)
    assert Rates(np.zeros(3), np.zeros(3, dtype=np.bool_)).others(np.arange(1)) == Moments(0, 0.0, 0.0, 0.0)


def test_moments_are_those_of_the_books() -> None:
    values = SHAPES["shares"]
    found = moments(values)
    assert found.variance == pytest.approx(np.var(values, ddof=1))
    assert found.kurtosis == pytest.approx(stats.kurtosis(values))
    _close(found.times(0.25), moments(0.25 * values))


@pytest.mark.parametrize("few", FEW)
def test_ranks_among_the_others_are_those_of_a_new_order(few: str) -> None:
    values, left_out = RNG.integers(0, 60, SIZE), FEW[few]
    others = np.setdiff1d(np.arange(SIZE), left_out)
    order = others[np.argsort(values[others], kind="stable")]
    left = Ranked(values).without(left_out)
    asked = np.arange(-1, 62)
    assert len(left) == len(order)
    assert np.array_equal(left.at(np.arange(len(order))), order)
    assert np.array_equal(left.below(asked), np.searchsorted(values[order], asked, "left"))
    assert np.array_equal(left.below(asked, equal=True), np.searchsorted(values[order], asked, "right"))
    if len(order):
        assert left.median() == np.median(values[others])


def test_accounts_without_a_number_have_no_rank() -> None:
    values, known = RNG.integers(0, 60, SIZE), RNG.random(SIZE) < 0.5
    left = Ranked(values, known).without(FEW["some"])
    chosen = np.setdiff1d(np.flatnonzero(known), FEW["some"])
    assert np.array_equal(left.at(np.arange(len(left))), chosen[np.argsort(values[chosen], kind="stable")])
