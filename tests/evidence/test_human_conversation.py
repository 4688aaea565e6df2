"""Members that follow up as people do; it speaks for innocence."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from stillwatch.arrays import F64, I64
from stillwatch.evidence.human_conversation import ALIKE, ONE_PROGRAM, FollowUps, alike, human_conversation
from stillwatch.population import Population
from tests.worlds import Crowd, World, a_world, some


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with a_world(
        Crowd("people", 150, columns={"turn": some(0.4, 2, 1)}),
        Crowd("users", 20, columns={"turn": some(0.35, 3, 1)}),
        Crowd("pool", 20, columns={"turn": some(0.05, 2, 1)}),
    ) as made:
        yield made


def test_users_of_a_relay_who_follow_up_speak_for_innocence(world: World) -> None:
    group = world.group("users")
    finding = human_conversation(group, world.case)
    assert finding.p_value is not None
    assert finding.p_value < 0.001
    assert world.evidence(group)["human_conversation"].bits < -4


def test_a_harvester_with_a_few_follow_ups_gets_nothing_for_them(world: World) -> None:
    group = world.group("pool")
    p = human_conversation(group, world.case).p_value
    assert p is not None
    assert p > 0.5
    assert world.evidence(group)["human_conversation"].bits == 0


def test_the_query_gives_the_numbers_again(world: World) -> None:
    group = world.group("users")
    for number, again in world.compared(human_conversation(group, world.case), group).values():
        assert number == again


def test_without_turns_there_is_no_evidence(nothing_known: World) -> None:
    finding = human_conversation(nothing_known.group("pool"), nothing_known.case)
    assert (finding.p_value, finding.bits) == (None, 0.0)
    assert "turns are not known" in finding.statement


def _population(turns: I64, rates: F64, rng: np.random.Generator) -> Population:
    """Return accounts with so many turns, each followed up at its own rate, as far as `FollowUps` looks at them."""
    later = rng.binomial(turns, rates)
    return cast(Population, SimpleNamespace(totals={"with_turn": turns, "later_turns": later}))


def _p_value(seed: int, spread: float, typical: float) -> float:
    rng = np.random.default_rng(seed)
    turns = np.maximum(np.exp(rng.normal(np.log(typical), 1.0, 430)), 6).astype(np.int64)
    apart = 0.15 * rng.standard_normal(430) * np.repeat([spread, 1.0], (30, 400))
    return alike(FollowUps(_population(turns, np.clip(0.4 + apart, 0.01, 0.99), rng)), np.arange(30))


def _p_values(spread: float, *, typical: float = 50.0) -> F64:
    """Return p-values of 30 accounts whose rates spread by that share of the standard deviation of people's."""
    return np.array([_p_value(seed, spread, typical) for seed in range(300)])


def test_people_are_seldom_taken_for_one_program() -> None:
    assert (_p_values(1.0) < ONE_PROGRAM).sum() == 0
    at_the_null = _p_values(ALIKE**0.5)
    assert (at_the_null < 0.05).mean() <= 0.1
    assert (at_the_null < ONE_PROGRAM).sum() <= 3


def test_a_program_that_follows_up_at_one_rate_is_known_by_it() -> None:
    assert (_p_values(0.0, typical=400.0) < ONE_PROGRAM).mean() > 0.9


def test_conversations_at_one_rate_are_no_sign_of_people() -> None:
    rates = {f"person-{k}": Crowd(f"person-{k}", 20, columns={"turn": some(k / 10, 2, 1)}) for k in range(1, 9)}
    with a_world(*rates.values(), Crowd("program", 30, columns={"turn": some(0.45, 2, 1)}, exchanges=80)) as made:
        finding = human_conversation(made.group("program"), made.case)
        assert (finding.p_value, finding.bits) == (None, 0.0)
        assert "all at one rate" in finding.statement
        everybody = human_conversation(made.drawn(30, 1, *rates), made.case)
        assert everybody.bits > 4


@pytest.mark.parametrize("members", [5, 200, 390])
def test_rates_of_others_differ_as_a_look_at_each_says(members: int) -> None:
    rng = np.random.default_rng(3)
    turns = rng.integers(0, 90, 430)
    people = _population(turns, rng.uniform(0.1, 0.6, 430), rng)
    rates = people.totals["later_turns"] / np.maximum(turns, 1)
    chosen = rng.choice(430, members, replace=False)
    others = np.setdiff1d(np.flatnonzero(turns), chosen)
    n, rate = turns[others], float(turns[others] @ rates[others] / turns[others].sum())
    between = float(n @ (rates[others] - rate) ** 2) - (len(n) - 1) * rate * (1 - rate)
    expected = between / (n.sum() - (n**2).sum() / n.sum())
    assert FollowUps(people).excess_of_others(chosen) == pytest.approx(expected if len(others) >= 30 else 0.0)
