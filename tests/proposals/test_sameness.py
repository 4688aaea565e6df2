"""Groups with no mark in common, found by how close together their profiles lie."""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pytest

from stillwatch.arrays import I64
from stillwatch.findings import Candidate
from stillwatch.proposals.overlap import jaccard
from stillwatch.proposals.sameness import _POWERS, _at, _contrast, _counts, _field, _inside, sameness
from tests.worlds import NULLABLE, Crowd, a_world

BARE = [name for name in NULLABLE if name != "input_chars" and not name.startswith("topic_")]
"""Everything but topics and lengths is empty: there is nothing to share."""


def _found(candidates: list[Candidate], accounts: I64) -> tuple[float, float]:
    """Return share of `accounts` in the candidate that holds most of them, and the share of it that they are."""
    best = max(candidates, key=lambda c: len(np.intersect1d(c.accounts, accounts)) / len(c.accounts) ** 0.5)
    common = len(np.intersect1d(best.accounts, accounts))
    return common / len(accounts), common / len(best.accounts)


@pytest.mark.parametrize(("exchanges", "members"), [(40, 20), (120, 12)])
def test_interchangeable_accounts_with_nothing_to_share_are_found(exchanges: int, members: int) -> None:
    people, pool = Crowd("people", 200, exchanges=40), Crowd("pool", members, exchanges=exchanges, unlike=0, about=0.4)
    with a_world(people, pool, empty=BARE) as made:
        held, pure = _found(sameness(made.sight), made.accounts("pool"))
    assert held >= 0.8
    assert pure >= 0.6


def test_two_sources_are_two_groups() -> None:
    pools = Crowd("one", 20, exchanges=60, unlike=0, about=0.5), Crowd("two", 20, exchanges=60, unlike=0, about=-0.5)
    with a_world(Crowd("people", 200, exchanges=40), *pools, empty=BARE) as made:
        found = sameness(made.sight)
        for pool in ("one", "two"):
            held, pure = _found(found, made.accounts(pool))
            assert held >= 0.8
            assert pure >= 0.6


def test_like_minded_people_make_no_full_ball_in_an_empty_shell() -> None:
    with a_world(Crowd("people", 250, exchanges=40, unlike=0.5), empty=BARE) as made:
        assert max((len(candidate.accounts) for candidate in sameness(made.sight)), default=0) < 20


def test_accounts_that_hardly_ask_are_not_compared() -> None:
    with a_world(Crowd("people", 100, exchanges=4, uneven=0), empty=BARE) as made:
        assert sameness(made.sight) == []


def _held_whole(pool: Crowd) -> Candidate:
    """Return the candidate that is most alike the pool among people."""
    with a_world(Crowd("people", 200, exchanges=40), pool, empty=BARE) as made:
        truth = made.accounts(pool.name)
        best = max(sameness(made.sight), key=lambda candidate: jaccard(candidate.accounts, truth))
        assert jaccard(best.accounts, truth) >= 0.8
        return best


@pytest.mark.parametrize("unlike", [0.0, 0.08, 0.1])
def test_accounts_that_keep_to_topics_of_their_own_inside_one_source_are_proposed_whole(unlike: float) -> None:
    _held_whole(Crowd("personas", 30, exchanges=160, uneven=0.1, unlike=unlike, about=0.6))


def test_around_one_centre_smaller_and_larger_balls_are_proposed_too() -> None:
    pool = Crowd("pool", 40, exchanges=80, unlike=0, about=0.5)
    with a_world(Crowd("people", 200, exchanges=40), pool, empty=BARE) as made:
        sizes = sorted({len(candidate.accounts) for candidate in sameness(made.sight)})
    assert sizes[0] < 0.8 * sizes[-1]
    assert len(sizes) > 2


def test_other_radii_come_after_the_first_ball_of_every_centre_and_crowd_none_of_them_out() -> None:
    pools = [Crowd(name, 20, exchanges=60, unlike=0, about=about) for name, about in (("one", 0.5), ("two", -0.5))]
    with a_world(Crowd("people", 200, exchanges=40), *pools, empty=BARE) as made:
        found = sameness(replace(made.sight, limits=made.sight.limits.model_copy(update={"sameness_groups": 2})))
        assert len(found) > 2
        for pool in pools:
            held, pure = _found(found[:2], made.accounts(pool.name))
            assert (held, pure) == (1.0, 1.0)


def test_many_balls_that_are_nearly_the_same_crowd_no_other_one_out() -> None:
    large = Crowd("large", 300, exchanges=40, unlike=0.06, about=-0.2)
    small = Crowd("small", 15, exchanges=60, unlike=0, about=0.8)
    with a_world(Crowd("people", 60, exchanges=40), large, small, empty=BARE) as made:
        sight = replace(made.sight, limits=made.sight.limits.model_copy(update={"sameness_groups": 4}))
        found, pool = sameness(sight), made.accounts("small")
    assert max(jaccard(candidate.accounts, pool) for candidate in found) >= 0.8
    first = [candidate.accounts for candidate in found[:4]]
    assert not [1 for i, one in enumerate(first) for other in first[:i] if jaccard(one, other) >= 0.8]


@pytest.mark.parametrize(("accounts", "centres"), [(1, 200), (37, 5), (211, 1)])
def test_how_many_distances_are_computed_at_a_time_changes_nothing(
    accounts: int, centres: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = Crowd("pool", 12, exchanges=60, unlike=0, about=0.5)
    with a_world(Crowd("people", 200, exchanges=40), pool, empty=BARE) as made:
        usual = [candidate.accounts.tolist() for candidate in sameness(made.sight)]
        monkeypatch.setattr(sys.modules[_inside.__module__], "_ACCOUNTS", accounts)
        monkeypatch.setattr(sys.modules[_inside.__module__], "_CENTRES", centres)
        assert [candidate.accounts.tolist() for candidate in sameness(made.sight)] == usual
    assert usual


def test_balls_are_those_of_a_look_at_every_distance(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[_inside.__module__], "_ACCOUNTS", 37)
    pool = Crowd("pool", 40, exchanges=60, unlike=0.05)
    with a_world(Crowd("people", 120, exchanges=40, unlike=0.3), pool, empty=BARE) as made:
        field, of = _field(made.sight), made.sight.means
    assert field is not None
    z, n, size = of.z[field.accounts], of.n[field.accounts], field.radius
    seeds = np.arange(0, len(n), 6)
    contrasts = _contrast(_counts(field, _at(field, seeds.tolist()), size, np.array(_POWERS)[:, None]))
    for row, power in enumerate(_POWERS):
        centres = _at(field, seeds.tolist(), power)
        for place, found in enumerate(_inside(field, centres, size)):
            allowed = 1.0 / n + centres[place].err
            apart = field.excess + (centres[place].means ** 2).mean()
            able, far = 1.0 + apart / allowed >= power, ((z - z[seeds[place]]) ** 2).mean(axis=1) / allowed
            within, beyond = (int((able & (far <= times * size)).sum()) for times in (1, 2))
            assert np.array_equal(found, np.flatnonzero(able & (far <= size)))
            assert contrasts[row, place] == (within / (beyond - within + 1) if within >= 3 else 0.0)
    assert (contrasts > 0).any()
