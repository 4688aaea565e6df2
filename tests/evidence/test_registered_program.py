"""The members are in a programme that the provider knows about; it speaks for innocence."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from stillwatch.evidence.registered_program import registered_program
from tests.worlds import Crowd, World, a_world


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    some_students = {"program": lambda n: ["education" if i % 10 == 0 else None for i in range(n)]}
    with a_world(
        Crowd("people", 150, traits=some_students),
        Crowd("research", 20, traits={"program": "agreed distillation"}),
        Crowd("pool", 20),
    ) as made:
        yield made


def test_a_registered_programme_speaks_for_innocence(world: World) -> None:
    group = world.group("research")
    finding = registered_program(group, world.case)
    assert finding.p_value is not None
    assert finding.p_value < 1e-9
    assert world.evidence(group)["registered_program"].bits < -12


@pytest.mark.parametrize("crowd", ["people", "pool"])
def test_a_programme_of_a_few_members_is_not_the_groups(world: World, crowd: str) -> None:
    finding = registered_program(world.group(crowd), world.case)
    assert (finding.p_value, finding.bits) == (None, 0.0)


def test_the_query_gives_the_numbers_again(world: World) -> None:
    group = world.group("research")
    for number, again in world.compared(registered_program(group, world.case), group).values():
        assert number == again


def test_without_programmes_there_is_no_evidence(nothing_known: World) -> None:
    finding = registered_program(nothing_known.group("pool"), nothing_known.case)
    assert (finding.p_value, finding.bits) == (None, 0.0)
    assert "no programme" in finding.statement
