"""Tails against exact sums and simulation, and the bits that a p-value is worth."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, special, stats

from stillwatch.arrays import F64
from stillwatch.nulls import (
    SMALLEST_P,
    binomial_tail,
    bits_of,
    chi2_above,
    chi2_below,
    chi2_with,
    drawn_tail,
    larger_mean,
    moments,
    poisson_tail,
    quadratic_form,
)


def test_the_mean_e_value_of_a_uniform_p_value_is_one() -> None:
    pieces = [10.0**-power for power in range(12, -1, -1)]
    mean = sum(integrate.quad(lambda p: 2.0 ** bits_of(p), low, high)[0] for low, high in itertools.pairwise(pieces))
    below = 1 / -math.log(1e-12)  # the integral of 1 / (p ln(p)^2), which the calibrator approaches there
    assert mean + below == pytest.approx(1.0, abs=1e-3)
    assert mean + below <= 1.0 + 1e-3


@pytest.mark.parametrize(("p_value", "bits"), [(1.0, -1.0), (0.001, 4.4), (1e-6, 12.35), (0.05, 0.83)])
def test_bits_that_the_documentation_quotes(p_value: float, bits: float) -> None:
    assert bits_of(p_value) == pytest.approx(bits, abs=0.05)


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_smaller_p_value_is_worth_no_less(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert bits_of(low) >= bits_of(high) - 1e-9


def test_the_series_near_one_meets_the_formula() -> None:
    edge = math.exp(-1e-4)
    assert bits_of(edge - 1e-12) == pytest.approx(bits_of(edge + 1e-12), abs=1e-6)


@pytest.mark.parametrize("p_value", [0.0, -1e-9, 1e-320])
def test_no_p_value_is_worth_infinity(p_value: float) -> None:
    assert bits_of(p_value) == bits_of(SMALLEST_P) < 1000


@pytest.mark.parametrize(("hits", "trials", "rate"), [(0, 5, 0.5), (3, 10, 0.1), (10, 10, 0.3), (11, 10, 0.3)])
def test_the_binomial_tail_is_the_sum(hits: int, trials: int, rate: float) -> None:
    exact = sum(math.comb(trials, k) * rate**k * (1 - rate) ** (trials - k) for k in range(hits, trials + 1))
    assert binomial_tail(hits, trials, rate) == pytest.approx(exact, abs=1e-12)


@pytest.mark.parametrize(("hits", "mean"), [(0, 2.0), (1, 0.01), (7, 2.5), (40, 3.0)])
def test_the_poisson_tail_is_the_sum(hits: int, mean: float) -> None:
    exact = sum(math.exp(-mean + k * math.log(mean) - special.gammaln(k + 1)) for k in range(hits, hits + 200))
    assert poisson_tail(hits, mean) == pytest.approx(exact, rel=1e-9)


def test_a_tail_far_out_is_not_rounded_to_nothing() -> None:
    assert 0 < poisson_tail(60, 0.5) < 1e-90
    assert 0 < drawn_tail(30, 30, 30, 20_000) < 1e-80


@pytest.mark.parametrize(("hits", "draws", "holders", "size"), [(0, 3, 4, 9), (2, 3, 4, 9), (3, 3, 4, 9), (1, 9, 1, 9)])
def test_the_tail_of_a_draw_is_the_sum(hits: int, draws: int, holders: int, size: int) -> None:
    ways = [math.comb(holders, k) * math.comb(size - holders, draws - k) for k in range(hits, min(draws, holders) + 1)]
    assert drawn_tail(hits, draws, holders, size) == pytest.approx(sum(ways) / math.comb(size, draws), abs=1e-12)


def _sums(spread: float) -> tuple[F64, float, float]:
    """Return simulated sums of chi-squares with log-normal weights, and the chi-square that stands for them."""
    rng = np.random.default_rng(4)
    weights = np.exp(spread * rng.standard_normal(60))
    sums = (weights * rng.chisquare(0.9, (20_000, 60))).sum(axis=1)
    return sums, *chi2_with(float(0.9 * weights.sum()), float(1.8 * (weights**2).sum()))


def test_one_chi_square_is_an_upper_bound_where_weights_differ_wildly() -> None:
    sums, scale, degrees = _sums(1.5)
    for tail in (0.001, 0.01, 0.05):
        assert chi2_below(float(np.quantile(sums, tail)), scale, degrees) >= 0.8 * tail


@pytest.mark.parametrize("spread", [0.0, 0.5])
def test_one_chi_square_stands_for_a_weighted_sum(spread: float) -> None:
    sums, scale, degrees = _sums(spread)
    for tail in (0.05, 0.5, 0.95):
        edge = float(np.quantile(sums, tail))
        assert chi2_below(edge, scale, degrees) == pytest.approx(tail, abs=0.015)
        assert chi2_above(edge, scale, degrees) == pytest.approx(1 - tail, abs=0.015)


def test_equal_weights_need_no_approximation() -> None:
    assert chi2_with(3.0 * 14, 2 * 3.0**2 * 14) == pytest.approx((3.0, 14.0))


def test_the_spread_about_a_weighted_mean_is_that_of_its_matrix() -> None:
    rng = np.random.default_rng(4)
    weight, variance = rng.lognormal(0, 2, 7), rng.lognormal(0, 1, (7, 3))
    form = np.diag(weight) - np.outer(weight, weight) / weight.sum()
    by_column = [form * variance[:, column] for column in range(3)]
    means, variances = [np.trace(m) for m in by_column], [2 * np.trace(m @ m) for m in by_column]
    share = (weight / weight.sum())[:, None]
    assert quadratic_form(weight[:, None] * variance, share) == pytest.approx((sum(means), sum(variances)))
    assert quadratic_form(weight * variance[:, 0], share.ravel()) == pytest.approx((means[0], variances[0]))


def test_a_larger_mean_is_seen() -> None:
    rng = np.random.default_rng(0)
    assert larger_mean(1 + rng.standard_normal(30), moments(rng.standard_normal(300))) < 1e-4
    assert larger_mean(rng.standard_normal(30) - 1, moments(rng.standard_normal(300))) > 0.999


def test_two_are_too_few_to_have_a_mean() -> None:
    assert larger_mean(np.array([9.0, 9.0]), moments(np.zeros(100))) == 1.0
    assert larger_mean(np.ones(100), moments(np.zeros(2))) == 1.0


def test_all_the_same_on_both_sides_is_no_larger_mean() -> None:
    assert larger_mean(np.ones(5), moments(np.ones(50))) == 1.0
    assert larger_mean(np.ones(5), moments(np.zeros(50))) < 1e-9


@pytest.mark.parametrize("shape", ["normal", "mostly one", "mostly none", "skewed"])
def test_groups_drawn_from_the_others_seldom_have_a_larger_mean(shape: str) -> None:
    rng = np.random.default_rng(1)
    draws: dict[str, Callable[[int], F64]] = {
        "normal": lambda n: rng.standard_normal(n),
        "mostly one": lambda n: np.where(rng.random(n) < 0.9, 1.0, rng.random(n)),
        "mostly none": lambda n: np.where(rng.random(n) < 0.9, 0.0, rng.random(n)),
        "skewed": lambda n: rng.lognormal(0, 1.5, n),
    }
    draw = draws[shape]
    others = draw(400)
    found = np.array([larger_mean(draw(10), moments(others)) for _ in range(1000)])
    assert np.mean(found <= 0.05) <= 0.05 + 3 * (0.05 * 0.95 / 1000) ** 0.5
    assert np.mean([2.0 ** bits_of(p) for p in found]) <= 1.1


def test_the_tails_are_those_of_scipy() -> None:
    assert chi2_below(3.0, 1.5, 4.2) == pytest.approx(stats.chi2.cdf(2.0, 4.2))
    assert chi2_above(3.0, 1.5, 4.2) == pytest.approx(stats.chi2.sf(2.0, 4.2))
