"""Which of many groups are nearly the same."""

from __future__ import annotations

import numpy as np
import pytest

from stillwatch.findings import Candidate
from stillwatch.proposals.overlap import distinct, jaccard


def _candidate(*accounts: int) -> Candidate:
    return Candidate(np.array(accounts, dtype=np.int64), "a test", {}, "a reason")


def test_the_earlier_of_two_equal_proposals_is_kept() -> None:
    one, same, other = _candidate(1, 2, 3), _candidate(1, 2, 3), _candidate(3, 4, 5)
    kept = distinct([one, same, other])
    assert [candidate is one or candidate is other for candidate in kept] == [True, True]


def test_large_candidates_and_small_ones_are_held_against_one_another(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    some = [_candidate(*np.sort(rng.choice(30, int(rng.integers(15, 29)), replace=False))) for _ in range(60)]
    some += [_candidate(*(candidate.accounts[1:])) for candidate in some]
    one_by_one: list[Candidate] = []
    for candidate in some:
        if not any(jaccard(candidate.accounts, other.accounts) >= 0.8 for other in one_by_one):
            one_by_one.append(candidate)
    for large in (0, 20, 24, 1000):
        monkeypatch.setattr("stillwatch.proposals.overlap._LARGE", large)
        assert [id(candidate) for candidate in distinct(some)] == [id(candidate) for candidate in one_by_one]
    assert 5 < len(one_by_one) < len(some) - 5


@pytest.mark.parametrize(
    ("one", "other", "share"),
    [((1, 2, 3, 4), (3, 4, 5, 6), 2 / 6), ((1, 2), (1, 2), 1.0), ((1, 2), (3, 4), 0.0)],
)
def test_overlap_is_the_share_of_the_union(one: tuple[int, ...], other: tuple[int, ...], share: float) -> None:
    assert jaccard(_candidate(*one).accounts, _candidate(*other).accounts) == pytest.approx(share)
