"""Random groups as active, and what is computed once."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from stillwatch import profiles
from stillwatch.config import ProposalLimits
from stillwatch.evidence.build import build_case
from stillwatch.evidence.case import RANDOM_GROUPS, Case, Group, as_active, matched_groups
from stillwatch.handoffs import handoffs
from stillwatch.population import Population, population
from tests.worlds import Crowd, World, a_world, attached, ledger


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with a_world(Crowd("people", 200), Crowd("busy", 20, exchanges=300)) as made:
        yield made


def test_a_random_group_has_no_member_and_nobody_twice(world: World) -> None:
    group = world.drawn(20, 1, "people")
    drawn = matched_groups(world.case, group.accounts, group)
    assert drawn is not None
    assert drawn.shape == (RANDOM_GROUPS, 20)
    assert not np.isin(drawn, group.accounts).any()
    assert all(len(np.unique(row)) == 20 for row in drawn)


def test_a_random_group_is_as_active(world: World) -> None:
    n = world.people.n
    for group in (world.drawn(8, 2, "busy"), world.drawn(20, 3, "people")):
        alike = as_active(world.case, group.accounts, group)
        usual = np.delete(n, group.accounts)
        assert abs(np.median(n[alike]) - np.median(n[group.accounts])) < 0.2 * np.median(n[group.accounts])
        assert np.median(n[alike]) != np.median(usual)


def test_a_group_that_is_most_of_all_is_held_against_all_others(world: World) -> None:
    group = world.grouped(np.arange(200))
    assert matched_groups(world.case, group.accounts, group) is None
    few = world.grouped(np.arange(210))
    assert np.array_equal(as_active(world.case, few.accounts, few), np.arange(210, 220))


def test_what_is_asked_of_all_accounts_is_computed_once_for_each_question(world: World) -> None:
    asked = []

    def question(people: Population, *about: str) -> int:
        asked.append(about)
        return people.size + len(about)

    found = [world.case.once(question, *about) for about in ((), ("a",), ("b",), ("a",), ())]
    assert found == [220, 221, 221, 221, 220]
    assert asked == [(), ("a",), ("b",)]


def test_what_is_asked_of_a_group_is_computed_once_for_each_case(world: World) -> None:
    asked = []

    def question(group: Group, case: Case) -> int:
        asked.append(case)
        return len(group)

    with a_world(Crowd("people", 30)) as other:
        group = world.drawn(20, 1, "people")
        assert [group.once(question, case) for case in (world.case, other.case, world.case)] == [20, 20, 20]
        assert asked == [world.case, other.case]


@pytest.mark.parametrize("at_once", [1, 40, 10_000_000])
def test_hours_of_some_accounts_at_a_time_are_those_of_all(at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(profiles, "AT_ONCE", at_once)
    crowd = Crowd("a", 9, exchanges=30)
    exchanges, accounts = ledger(crowd)
    with attached(exchanges, accounts) as engine:
        people = population(engine, ProposalLimits())
        hourly = build_case(engine, people, handoffs(engine, people), ProposalLimits()).hourly
    hours = np.array([int(ts.timestamp()) // 3600 for ts in exchanges.column("ts").to_pylist()])
    places = np.array([people.ids.index(account) for account in exchanges.column("account_id").to_pylist()])
    expected = np.zeros(hourly.shape, dtype=np.int64)
    np.add.at(expected, (places, hours - hours.min()), 1)
    assert np.array_equal(hourly.toarray(), expected)
