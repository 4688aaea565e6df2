"""Zero-width characters inside prompts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from stillwatch.evidence.invisible_text import invisible_text
from tests.worlds import Crowd, World, a_world, some


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with a_world(
        Crowd("people", 150, columns={"invisible_chars": some(0.1, 2, 0)}),
        Crowd("pool", 20, columns={"invisible_chars": some(0.9, 30, 0)}),
        Crowd("clean", 20, columns={"invisible_chars": 0}),
    ) as made:
        yield made


def test_prompts_broken_up_by_invisible_characters_are_seen(world: World) -> None:
    finding = invisible_text(world.group("pool"), world.case)
    assert finding.p_value is not None
    assert finding.p_value < 1e-6


def test_pasted_text_among_people_is_what_chance_allows(world: World) -> None:
    p = invisible_text(world.drawn(20, 1, "people"), world.case).p_value
    assert p is not None
    assert p > 0.01


def test_none_at_all_says_nothing(world: World) -> None:
    finding = invisible_text(world.group("clean"), world.case)
    assert (finding.p_value, finding.bits) == (None, 0.0)
    assert "no zero-width" in finding.statement


def test_the_query_gives_the_numbers_again(world: World) -> None:
    for crowd in ("pool", "people"):
        group = world.group(crowd)
        for number, again in world.compared(invisible_text(group, world.case), group).values():
            assert number == again


def test_without_text_there_is_no_evidence(nothing_known: World) -> None:
    finding = invisible_text(nothing_known.group("pool"), nothing_known.case)
    assert (finding.p_value, finding.bits) == (None, 0.0)
    assert "no prompt text" in finding.statement
