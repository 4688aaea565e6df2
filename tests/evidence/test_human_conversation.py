"""Members that follow up as people do; it speaks for innocence."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from stillwatch.evidence.human_conversation import human_conversation
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
