"""Scores of accounts from time, volume and transfers: what they find where it was put, and the known baselines."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy import sparse

from benchmarks.real_labels import (
    GRAPH,
    TIME,
    VOLUME,
    Hop,
    as_case,
    as_population,
    baselines,
    in_order,
    joined,
    linkage,
    read_hop,
    scores,
)
from benchmarks.real_prompts import REAL
from benchmarks.resampled import auc, over_clusters, recall_at
from stillwatch.arrays import F64

needs_real = pytest.mark.skipif(not REAL.exists(), reason="the real data is not beside this checkout")
STRANGERS, HAND = 600, 20


def _hop(rng: np.random.Generator) -> Hop:
    """Return people spread over a year with volumes spread over two decades, and accounts of one hand: made within an
    hour, with volumes within a tenth, paid from one address."""
    count = STRANGERS + HAND
    sybil = np.arange(count) >= STRANGERS
    first = np.where(sybil, 20_000_000 + rng.integers(0, 3600, count), rng.integers(0, 31_000_000, count))
    volume = np.where(sybil, rng.uniform(2000, 2200, count), rng.lognormal(8, 1.5, count))
    own = sparse.identity(count, dtype=np.int64, format="csr")
    paid_from = sparse.csr_array(np.where(sybil, 1, 0)[:, None])
    return Hop(
        first=first,
        volume=volume,
        sybil=sybil,
        cluster=np.where(sybil, 0, -1 - np.arange(count)),
        links=sparse.csr_array((count, count), dtype=np.int64),
        partners=sparse.csr_array(sparse.hstack([own, paid_from], format="csr")),
    )


@pytest.fixture(scope="module")
def hop() -> Hop:
    return _hop(np.random.default_rng(4))


@pytest.mark.parametrize("kind", [TIME, VOLUME, GRAPH])
def test_the_hand_is_a_community_and_each_kind_of_evidence_speaks_of_it(hop: Hop, kind: str) -> None:
    case = as_case(as_population(hop))
    groups = list(joined(case))
    assert [group.tolist() for group in groups] == [list(range(STRANGERS, STRANGERS + HAND))]
    found = scores(groups, case, (kind,))
    assert found[hop.sybil].min() > 4.4
    assert not found[~hop.sybil].any(), "an account in no group has no bits"


def test_time_and_volume_alone_put_the_hand_first(hop: Hop) -> None:
    found = linkage(hop)["time and volume (both)"]
    assert auc(found, hop.sybil, hop.cluster).estimate > 0.9


def test_accounts_of_no_hand_are_in_no_order() -> None:
    hop = _hop(np.random.default_rng(4))
    labels = np.random.default_rng(5).random(len(hop.first)) < 0.3
    found = linkage(hop)["time and volume (both)"][~hop.sybil]
    assert auc(found, labels[~hop.sybil], hop.cluster[~hop.sybil]).estimate == pytest.approx(0.5, abs=0.08)


def test_runs_overlap_by_half_and_leave_nobody_out() -> None:
    runs = [run.tolist() for run in in_order(np.array([5, 1, 4, 2, 3, 0, 9, 8]), 4)]
    assert runs == [[1, 3, 4, 5], [0, 2, 3, 4], [0, 2, 6, 7]]


def test_equal_scores_count_half_and_the_interval_draws_whole_clusters() -> None:
    guilty, clusters = np.array([True, False] * 50), np.arange(100)
    assert auc(np.zeros(100), guilty, clusters).estimate == 0.5
    mean = _mean_of(np.repeat([0.0, 1.0], 50))
    alone, together = over_clusters(mean, clusters), over_clusters(mean, clusters // 10)
    assert alone.estimate == together.estimate == 0.5
    assert together.high - together.low > 2 * (alone.high - alone.low)


def _mean_of(values: F64) -> Callable[[F64], float]:
    return lambda weights: float((weights * values).sum() / weights.sum())


@pytest.mark.parametrize(("false", "expected"), [(0.0, 0.2), (0.1, 0.4), (0.5, 1.0)])
def test_recall_allows_as_many_false_alarms_as_it_says(false: float, expected: float) -> None:
    innocent, guilty = np.arange(10.0), np.array([4.5, 7.5, 7.6, 8.5, 9.5])
    score = np.concatenate([innocent, guilty])
    is_guilty = np.arange(15) >= 10
    assert recall_at(score, is_guilty, np.arange(15), false=false).estimate == pytest.approx(expected)


@pytest.mark.real
@needs_real
def test_the_baselines_of_one_feature_are_those_of_the_readme() -> None:
    hop = read_hop(REAL)
    found = {name: _area(score, hop) for name, score in baselines(hop).items()}
    assert list(found.values()) == pytest.approx([0.614, 0.679, 0.792], abs=0.0006)


def _area(score: F64, hop: Hop) -> float:
    return auc(score, hop.sybil, np.zeros(len(score), dtype=np.int64)).estimate


@pytest.mark.real
@needs_real
def test_part_of_the_accounts_can_be_scored() -> None:
    hop = read_hop(REAL, 1500)
    found = linkage(hop)
    assert {len(score) for score in found.values()} == {1500}
    assert all(np.isfinite(score).all() for score in found.values())
