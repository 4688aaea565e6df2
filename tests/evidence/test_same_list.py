"""Members that ask one another's very questions; it speaks for innocence."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from stillwatch.evidence.same_list import same_list
from tests.worlds import Crowd, World, a_world, own


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with a_world(
        Crowd("people", 150, columns={"prompt_mark": own}),
        Crowd("benchmark", 20, columns={"prompt_mark": lambda rows: 5000 + rows.nth}),
        Crowd("pool", 20, columns={"prompt_mark": own}),
    ) as made:
        yield made


def test_owners_who_run_one_benchmark_speak_for_innocence(world: World) -> None:
    group = world.group("benchmark")
    finding = same_list(group, world.case)
    assert finding.p_value is not None
    assert finding.p_value < 1e-4
    assert world.evidence(group)["same_list"].bits < -6


def test_a_harvest_asks_nothing_twice_and_gets_nothing(world: World) -> None:
    finding = same_list(world.group("pool"), world.case)
    assert (finding.p_value, finding.bits) == (None, 0.0)
    assert "asked by another member" in finding.statement


def test_the_query_gives_the_numbers_again(world: World) -> None:
    group = world.group("benchmark")
    for number, again in world.compared(same_list(group, world.case), group).values():
        assert number == again


def test_without_prompts_there_is_no_evidence(nothing_known: World) -> None:
    finding = same_list(nothing_known.group("pool"), nothing_known.case)
    assert (finding.p_value, finding.bits) == (None, 0.0)
    assert finding.statement
