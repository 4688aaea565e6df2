"""The benchmark of what a candidate costs: its populations are the small one, over and over."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from benchmarks.evidence_cost import World, cost, groups, repeated
from stillwatch.evidence import EVIDENCE_TABLE
from stillwatch.proposals import PROPOSERS
from tests.evidence.everything import PEOPLE, POOL
from tests.worlds import a_world

COPIES = 3


@pytest.fixture(scope="module")
def small() -> Iterator[World]:
    with a_world(PEOPLE, POOL) as made:
        yield World(made.people, made.case.handoffs, made.case.hourly)


def test_every_copy_asks_and_shares_as_the_first_does(small: World) -> None:
    grown, size = repeated(small, COPIES, seed=1), small.people.size
    assert grown.people.size == COPIES * size
    assert grown.hourly.sum() == COPIES * small.hourly.sum()
    for kind, of in small.people.shared.items():
        again = grown.people.shared[kind]
        assert again.matrix.sum() == COPIES * of.matrix.sum()
        assert again.holders.sum() == COPIES * of.holders.sum()
    for name, trait in small.people.categories.items():
        codes = grown.people.categories[name].codes.reshape(COPIES, size)
        assert all(np.array_equal(codes[0] == codes[0][i], codes[1] == codes[1][i]) for i in range(0, size, 9)), name
        assert np.array_equal(codes[0], trait.codes)


def test_profiles_of_the_copies_are_those_of_other_accounts_that_vary_as_much(small: World) -> None:
    of = repeated(small, COPIES, seed=1).people.means.overall
    z = of.z.reshape(COPIES, small.people.size, -1)
    apart = np.abs(z[1] - z[0]).mean()
    assert 0 < apart < 2
    assert np.array_equal(of.freedom[: small.people.size], of.freedom[small.people.size : 2 * small.people.size])


def test_groups_are_of_the_sizes_that_were_asked_for(small: World) -> None:
    found = groups(repeated(small, COPIES, seed=1).people, COPIES, seed=1)
    assert [len(group) for group in found] == [5, 5, 20, 20, 50, 50, 100, 100]


def test_every_kind_and_every_proposer_has_its_seconds(small: World) -> None:
    measured = cost(repeated(small, COPIES, seed=1), COPIES, seed=1)
    assert set(measured.by_kind) == {kind.kind for kind in EVIDENCE_TABLE}
    assert list(measured.proposing) == [proposer.__name__ for proposer in PROPOSERS]
    assert measured.a_candidate == pytest.approx(sum(measured.by_kind.values()))
