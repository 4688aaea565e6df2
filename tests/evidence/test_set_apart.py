"""A group whose common profile lies far from everybody's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from stillwatch.evidence.set_apart import set_apart
from stillwatch.findings import Family
from stillwatch.verdict import counting_families
from tests.worlds import Crowd, World, a_world


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with a_world(
        Crowd("people", 200),
        Crowd("far", 20, unlike=0.0, about=3.0),
    ) as made:
        yield made


def test_a_source_unlike_anybodys_is_seen(world: World) -> None:
    finding = set_apart(world.group("far"), world.case)
    assert finding.p_value is not None
    assert finding.p_value < 1e-3


@pytest.fixture(scope="module")
def other_world() -> Iterator[World]:
    with a_world(
        Crowd("people", 200), Crowd("near", 20, unlike=0.0), Crowd("chemists", 20, unlike=0.6, about=1.0)
    ) as made:
        yield made


def test_a_source_like_everybodys_is_not(other_world: World) -> None:
    p = set_apart(other_world.group("near"), other_world.case).p_value
    assert p is not None
    assert p > 0.5


@pytest.mark.parametrize("crowd", ["people", "chemists"])
def test_people_who_differ_among_themselves_are_not_asked(other_world: World, crowd: str) -> None:
    finding = set_apart(other_world.drawn(20, 1, crowd), other_world.case)
    assert (finding.p_value, finding.bits) == (None, 0.0)
    assert "differ among themselves" in finding.statement


def test_rare_work_is_one_family_with_sameness(world: World) -> None:
    counting = counting_families(world.tested(world.group("far")).evidence)
    assert Family.SAMENESS in counting
    assert counting[Family.SAMENESS] <= 12


def test_the_query_gives_the_numbers_again(world: World) -> None:
    group = world.group("far")
    for number, again in world.compared(set_apart(group, world.case), group).values():
        assert number == again


def test_without_text_or_tokens_there_is_no_evidence(nothing_known: World) -> None:
    finding = set_apart(nothing_known.group("pool"), nothing_known.case)
    assert (finding.p_value, finding.bits) == (None, 0.0)
    assert finding.statement
