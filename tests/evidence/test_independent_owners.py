"""Members that differ from one another as people do; it speaks for innocence."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from stillwatch.evidence.independent_owners import independent_owners
from tests.worlds import Crowd, World, a_world, own, some


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    popular = {"system_mark": some(0.8, 77, own)}
    with a_world(
        Crowd("people", 200), Crowd("users", 20, columns=popular), Crowd("pool", 20, unlike=0.0, about=0.3)
    ) as made:
        yield made


def test_users_of_one_popular_prompt_differ_as_people_do(world: World) -> None:
    finding = independent_owners(world.group("users"), world.case)
    assert finding.p_value is not None
    assert finding.p_value < 1e-6


def test_what_they_differ_is_taken_off(world: World) -> None:
    evidence = world.evidence(world.group("users"))
    assert evidence["shared_scaffold"].bits > 4
    assert evidence["independent_owners"].bits == -12


def test_a_pool_gets_nothing_for_it(world: World) -> None:
    finding = independent_owners(world.group("pool"), world.case)
    assert finding.p_value is not None
    assert finding.p_value > 0.5
    evidence = world.evidence(world.group("pool"))
    assert evidence["independent_owners"].bits == 0


def test_a_part_of_a_pool_is_not_cleared_by_the_rest_of_it() -> None:
    people = Crowd("people", 200, exchanges=300)
    with a_world(people, Crowd("pool", 120, exchanges=400, unlike=0.05, about=0.3)) as made:
        finding = independent_owners(made.drawn(40, 1, "pool"), made.case)
    assert finding.p_value is not None
    assert finding.p_value > 0.5


def test_the_query_gives_the_numbers_again(world: World) -> None:
    group = world.group("users")
    for number, again in world.compared(independent_owners(group, world.case), group).values():
        assert number == again


def test_without_text_or_tokens_there_is_no_evidence(nothing_known: World) -> None:
    finding = independent_owners(nothing_known.group("pool"), nothing_known.case)
    assert (finding.p_value, finding.bits) == (None, 0.0)
    assert finding.statement
