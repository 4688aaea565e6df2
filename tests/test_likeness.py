"""Whether accounts of one source look like one source, and how soon others do not."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from stillwatch.arrays import F64, I64
from stillwatch.likeness import (
    Crowd,
    Means,
    Neighbours,
    as_alike_as_one_source,
    distances,
    further_apart_than,
    means,
    spread,
)
from stillwatch.profiles import Profiles

COLUMNS, HOURS = 10, 24


def simulated(
    rng: np.random.Generator,
    n: I64,
    *,
    excess: float = 0.0,
    sitting: float = 0.0,
    alike: float = 0.0,
    varies: float | F64 = 1.0,
) -> Profiles:
    """Return the sums of accounts with `n` exchanges each, as the queries would.

    Args:
        excess: between-account variance in units of the within-account variance.
        sitting: variance of what the exchanges of one hour have in common, in the same unit.
        alike: correlation between the columns.
        varies: standard deviation within accounts, of all or of each.
    """
    account = np.repeat(np.arange(len(n)), n)
    hour = rng.integers(0, HOURS, len(account))
    block = account * HOURS + hour
    mixing = np.linalg.cholesky((1 - alike) * np.eye(COLUMNS) + alike)

    def noise(rows: int) -> F64:
        return np.asarray(rng.standard_normal((rows, COLUMNS)) @ mixing.T)

    own = np.sqrt(excess) * noise(len(n))[account]
    common = np.sqrt(sitting) * noise(len(n) * HOURS)[block]
    each = np.broadcast_to(np.asarray(varies), len(n))[account, None]
    return _summed(block, own + each * (common + noise(len(account))), len(n))


def _summed(block: I64, values: F64, accounts: int) -> Profiles:
    """Return sums over exchanges whose hour `block % HOURS` belongs to account `block // HOURS`."""
    counts: F64 = np.bincount(block, minlength=accounts * HOURS).astype(np.float64)
    sums: F64 = np.stack([np.bincount(block, column, accounts * HOURS) for column in values.T], axis=1)

    def halves(per_block: npt.NDArray[Any]) -> F64:
        shaped = per_block.reshape(accounts, HOURS, -1)
        both = np.stack([shaped[:, half::2].sum(axis=1) for half in (0, 1)])
        return both[:, :, 0] if per_block.ndim == 1 else both

    return Profiles(
        n=halves(counts),
        blocks=halves((counts > 0).astype(np.float64)),
        nn=halves(counts**2),
        sums=halves(sums),
        ss=halves(sums**2),
        ns=halves(sums * counts[:, None]),
    )


def _p_values(times: int, *, accounts: int = 20, exchanges: int = 40, null: float = 0.0, **how: float) -> F64:
    """Return P(as alike) of simulated groups, under the null that they differ by `null`."""
    rng = np.random.default_rng(11)
    found = []
    for _ in range(times):
        of = means(simulated(rng, rng.poisson(exchanges, accounts) + 2, **how)).overall
        found.append(as_alike_as_one_source(of, np.arange(accounts), np.full(of.z.shape[1], null)))
    return np.array(found)


def test_one_source_gives_uniform_p_values() -> None:
    found = _p_values(300)
    for level in (0.05, 0.25, 0.5, 0.75, 0.95):
        assert np.mean(found <= level) == pytest.approx(level, abs=0.1)


@pytest.mark.parametrize("alike", [0.0, 0.6])
def test_accounts_that_differ_as_much_as_the_null_says_are_seldom_called_alike(alike: float) -> None:
    found = _p_values(300, excess=0.1, null=0.1, alike=alike)
    assert np.mean(found <= 0.05) <= 0.1
    assert np.mean(found <= 0.001) <= 0.01


def test_alike_things_asked_in_one_sitting_do_not_count_as_many() -> None:
    found = _p_values(300, sitting=1.0)
    assert np.mean(found <= 0.05) <= 0.1
    assert np.mean(found >= 0.95) <= 0.15, "nor do they set accounts of one source apart"


POOL, PEOPLE = 30, 300


def _pool_among_people(rng: np.random.Generator, varies: float, *, excess: float = 0.0, people: float = 0.2) -> Means:
    """Return a pool whose accounts vary `varies` times as much within as people do, and after it people."""
    pool = simulated(rng, rng.poisson(60, POOL) + 2, excess=excess, varies=varies, sitting=0.5)
    others = simulated(rng, rng.poisson(60, PEOPLE) + 2, excess=people, sitting=0.5)
    names = ("n", "blocks", "nn", "sums", "ss", "ns")
    return means(Profiles(*(np.concatenate([getattr(pool, n), getattr(others, n)], axis=1) for n in names))).overall


@pytest.mark.parametrize("varies", [1.5, 2.0])
def test_a_pool_that_varies_more_than_people_is_one_source_all_the_same(varies: float) -> None:
    rng, pool = np.random.default_rng(21), np.arange(POOL)
    found = [_pool_among_people(rng, varies) for _ in range(100)]
    p = np.array([further_apart_than(of, pool, np.zeros(of.z.shape[1])) for of in found])
    assert np.mean(p <= 0.05) <= 0.12
    assert np.mean(p >= 0.95) <= 0.12
    assert np.mean([spread(of, pool).excess.mean() for of in found]) < 0.01


def test_a_pool_that_varies_less_than_people_is_not_called_different_for_it() -> None:
    of, pool = _pool_among_people(np.random.default_rng(24), 0.5), np.arange(POOL)
    assert spread(of, pool).within.mean() == pytest.approx(1.0)
    assert further_apart_than(of, pool, np.zeros(of.z.shape[1])) > 0.5


def test_people_who_vary_more_than_others_are_not_called_alike_for_it() -> None:
    rng, some, others = np.random.default_rng(22), np.arange(POOL), np.arange(POOL, POOL + PEOPLE)
    found = [_pool_among_people(rng, 2.0, excess=0.2) for _ in range(100)]
    p = np.array([as_alike_as_one_source(of, some, spread(of, others).excess) for of in found])
    assert np.mean(p <= 0.05) <= 0.1
    assert np.mean(p <= 0.01) <= 0.04


def test_few_accounts_with_few_hours_know_little_of_how_they_vary() -> None:
    """The variance within is itself an estimate, and an error in it must not speak for or against anybody."""
    rng, few = np.random.default_rng(23), np.arange(6)
    found = []
    for _ in range(600):
        of = means(simulated(rng, np.concatenate([np.full(6, 4), np.full(30, 30)]), alike=0.9)).overall
        found.append(further_apart_than(of, few, np.zeros(of.z.shape[1])))
    assert np.mean(np.array(found) <= 0.01) <= 0.03


def test_power_grows_with_exchanges_and_with_accounts() -> None:
    few, more = (np.median(_p_values(30, exchanges=n, null=0.1)) for n in (15, 60))
    assert more < few / 10
    small, large = (np.median(_p_values(30, accounts=n, null=0.1)) for n in (8, 40))
    assert large < small / 10


def test_two_exchanges_each_cannot_show_that_accounts_are_alike() -> None:
    assert np.median(_p_values(30, exchanges=1, null=0.02)) > 0.05


def test_people_are_called_apart() -> None:
    rng = np.random.default_rng(2)
    of = means(simulated(rng, np.full(20, 40), excess=0.5)).overall
    accounts = np.arange(20)
    assert further_apart_than(of, accounts, np.full(COLUMNS, 0.05)) < 1e-6
    assert as_alike_as_one_source(of, accounts, np.full(COLUMNS, 0.05)) > 1 - 1e-6


def test_both_tails_add_up_to_one() -> None:
    of = means(simulated(np.random.default_rng(2), np.full(20, 40), excess=0.05)).overall
    null = np.full(COLUMNS, 0.03)
    both = as_alike_as_one_source(of, np.arange(20), null) + further_apart_than(of, np.arange(20), null)
    assert both == pytest.approx(1.0)


@pytest.mark.parametrize("excess", [0.0, 0.1, 1.0])
def test_the_spread_between_accounts_is_estimated(excess: float) -> None:
    rng = np.random.default_rng(5)
    of = means(simulated(rng, rng.integers(10, 60, 300), excess=excess)).overall
    assert float(spread(of, np.arange(300)).excess.mean()) == pytest.approx(excess, rel=0.15, abs=0.01)


def test_columns_that_say_the_same_count_once() -> None:
    rng = np.random.default_rng(6)
    apart = means(simulated(rng, np.full(100, 30), excess=0.2)).overall.columns
    alike = means(simulated(rng, np.full(100, 30), excess=0.2, alike=0.9)).overall.columns
    assert apart > 0.7 * COLUMNS
    assert alike < 0.3 * COLUMNS


def test_a_half_knows_only_its_own_hours() -> None:
    profiles = simulated(np.random.default_rng(7), np.full(10, 30))
    of = means(profiles)
    assert np.array_equal(of.proposing.n + of.testing.n, of.overall.n)


def test_means_take_the_place_of_the_sums_they_are_made_of() -> None:
    profiles = simulated(np.random.default_rng(7), np.full(10, 30))
    of, held = means(profiles), (profiles.sums, profiles.ss, profiles.ns)
    for half in (of.proposing, of.testing, of.overall):
        for values in (half.z, half.varied):
            assert any(np.shares_memory(values, sums) for sums in held)


def test_what_never_varies_is_no_column() -> None:
    profiles = simulated(np.random.default_rng(8), np.full(10, 30))
    still = Profiles(profiles.n, profiles.blocks, profiles.nn, *(np.zeros_like(profiles.sums) for _ in range(3)))
    assert means(still).overall.z.shape == (10, 0)


def test_distances_are_about_one_within_a_source_and_infinite_without_data() -> None:
    of = means(simulated(np.random.default_rng(9), np.array([*[40] * 50, 0]))).overall
    far = distances(of, spread(of, np.arange(50)))
    assert float(far[:50].mean()) == pytest.approx(1.0, abs=0.15)
    assert np.isinf(far[50])


def test_neighbours_are_the_nearest_active_accounts_outside() -> None:
    z = np.array([[0.0], [0.1], [3.0], [0.2], [1.0], [0.3], [2.0]])
    of = Means(np.array([9.0, 9.0, 9.0, 1.0, 9.0, 9.0, 9.0]), z, np.ones((7, 1)), np.ones(7), 1.0)
    found = Neighbours(of, np.array([0, 1]), 5.0).nearest(3)
    assert found.tolist() == [4, 5, 6]
    assert Neighbours(of, np.array([0, 1]), 5.0).nearest(99).tolist() == [2, 4, 5, 6]


@pytest.mark.parametrize("accounts", [8, 30])
def test_one_account_with_nearly_all_exchanges_does_not_make_the_others_look_alike(accounts: int) -> None:
    rng, found = np.random.default_rng(12), []
    for _ in range(200):
        counts = np.array([20] * (accounts - 1) + [4000] + [20] * 60)
        of = means(simulated(rng, counts, excess=0.05)).overall
        found.append(as_alike_as_one_source(of, np.arange(accounts), np.full(COLUMNS, 0.05)))
    assert np.mean(np.array(found) <= 0.05) <= 0.1
    assert np.mean(np.array(found) <= 0.5) == pytest.approx(0.5, abs=0.15), "nor less alike than they are"


@pytest.mark.parametrize("members", [1, 5, 60, 280])
@pytest.mark.parametrize("block", [16, 4096])
def test_the_spread_of_a_crowd_without_some_is_that_of_the_others(
    members: int, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Crowd, "_BLOCK", block)
    rng = np.random.default_rng(13)
    counts, varies = rng.integers(0, 90, 300), rng.uniform(0.5, 2.0, 300)
    of = means(simulated(rng, counts, excess=0.3, sitting=0.5, varies=varies)).overall
    able = np.flatnonzero(of.n >= 6)
    left_out = np.sort(rng.choice(300, members, replace=False))
    found, looked_at = Crowd(of, able).without(left_out), spread(of, np.setdiff1d(able, left_out))
    assert found.between == pytest.approx(looked_at.between)
    assert found.n == pytest.approx(looked_at.n)
    for name in ("within", "excess", "centre"):
        assert getattr(found, name) == pytest.approx(getattr(looked_at, name), rel=1e-9, abs=1e-12), name


def test_a_crowd_in_which_the_few_are_nearly_all_that_varies_is_looked_at() -> None:
    of = means(simulated(np.random.default_rng(14), np.full(100, 30), excess=0.01)).overall
    z = of.z.copy()
    z[:5] += 1e6
    far = Means(of.n, z, of.varied, of.freedom, of.columns)
    found, looked_at = Crowd(far, np.arange(100)).without(np.arange(5)), spread(far, np.arange(5, 100))
    assert found.excess == pytest.approx(looked_at.excess, rel=1e-9)


@pytest.mark.parametrize("beyond", [0.0, 1.0, 2.0, 1e9])
@pytest.mark.parametrize("count", [3, 30, 900])
def test_neighbours_are_those_of_a_look_at_all(beyond: float, count: int) -> None:
    rng = np.random.default_rng(15)
    of = means(simulated(rng, rng.integers(0, 60, 800), excess=0.2)).overall
    group = np.sort(rng.choice(np.flatnonzero(of.n >= 6), 20, replace=False))
    around = spread(of, group)
    far = ((of.z - around.centre) ** 2).sum(axis=1)
    allowed = (of.n >= 9) & ~np.isin(np.arange(800), group) & ~((beyond > 0) & (distances(of, around) <= beyond))
    nearest = np.flatnonzero(allowed)[np.argsort(far[allowed])[:count]]
    assert np.array_equal(Neighbours(of, group, 9.0).nearest(count, beyond=beyond), np.sort(nearest))
