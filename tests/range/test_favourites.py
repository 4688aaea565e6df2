"""Favourites: few, most of what is asked, another person's are others, and one changes."""

from __future__ import annotations

import numpy as np
import pytest

from stillwatch.arrays import F64, I64
from stillwatch.range.draw import DAY, mixed
from stillwatch.range.favourites import anything, favourite, persona, seasons

EVEN = np.ones(12)
LEAN = np.array([6.0, 2.0] + [0.2] * 10)


def _asked(person: int, weights: F64, season: int = 0, count: int = 4_000) -> F64:
    """Return the share of each thing in what a person asks."""
    voice = mixed(np.full(count, person), 9)
    drawn = favourite(weights, voice, mixed(np.arange(count), 7), np.full(count, season))
    return np.bincount(drawn, minlength=len(weights)) / count


def test_two_or_three_favourites_make_up_most_of_what_somebody_asks() -> None:
    top = [np.sort(_asked(person, EVEN))[::-1] for person in range(60)]
    assert all(0.83 < shares[:3].sum() < 0.93 for shares in top)
    two = sum(shares[2] < 0.05 for shares in top)
    assert 15 < two < 45
    assert all((shares > 0).all() for shares in top)


def test_people_differ_and_together_like_what_the_weights_say() -> None:
    first = np.array([_asked(person, EVEN).argmax() for person in range(200)])
    assert len(set(first.tolist())) == 12
    crowd = np.mean([_asked(person, LEAN) for person in range(300)], axis=0)
    assert 0.35 < crowd[0] < 0.65
    assert crowd[0] > crowd[1] > crowd[2:].max()


def test_one_favourite_changes_from_season_to_season_and_the_first_stays() -> None:
    changed = 0
    for person in range(40):
        before, after = (_asked(person, EVEN, season) for season in (10, 11))
        assert before.argmax() == after.argmax()
        changed += set(np.flatnonzero(before > 0.1)) != set(np.flatnonzero(after > 0.1))
    assert changed > 30


def test_a_season_lasts_three_to_six_weeks() -> None:
    days: I64 = np.arange(0, 3_650) * DAY
    for person in range(20):
        voice = mixed(np.full(len(days), person), 9)
        number = seasons(voice, days)
        assert 3_650 / 42 - 1 <= number[-1] - number[0] <= 3_650 / 21 + 1
        assert (np.diff(number) >= 0).all()


def test_a_persona_keeps_to_two_things_with_weight() -> None:
    weights = np.array([0.0, 1.0, 1.0, 0.0, 3.0])
    for person in range(30):
        drawn = persona(weights, mixed(np.full(500, person), 9), mixed(np.arange(500), 7))
        assert len(set(drawn.tolist())) == 2
        assert set(drawn.tolist()) <= {1, 2, 4}


@pytest.mark.parametrize("ask", [persona, lambda w, v, t: favourite(w, v, t, np.zeros(len(v), dtype=np.int64))])
def test_what_has_no_weight_never_comes_up(ask: object) -> None:
    assert callable(ask)
    weights = np.array([0.0, 1.0, 0.0])
    assert set(ask(weights, mixed(np.arange(2_000), 9), mixed(np.arange(2_000), 7)).tolist()) == {1}


def test_without_favourites_the_weights_decide() -> None:
    shares = np.bincount(anything(LEAN, mixed(np.arange(20_000), 1)), minlength=12) / 20_000
    assert np.allclose(shares, LEAN / LEAN.sum(), atol=0.02)
