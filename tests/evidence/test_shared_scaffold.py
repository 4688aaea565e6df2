"""One fixed text around varying tasks."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from stillwatch.evidence.shared_scaffold import shared_scaffold
from tests.worlds import Crowd, World, a_world, own, some


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    popular = {"system_mark": lambda rows: np.where(rows.account % 3 == 0, 77, own(rows))}
    wrapper = {"head_mark": some(0.7, 55, own), "system_mark": own}
    with a_world(
        Crowd("people", 150, columns=popular | {"head_mark": own}), Crowd("pool", 20, columns=wrapper)
    ) as made:
        yield made


def test_a_wrapper_that_nobody_else_uses_is_seen(world: World) -> None:
    finding = shared_scaffold(world.group("pool"), world.case)
    assert finding.p_value is not None
    assert finding.p_value < 1e-9
    assert finding.numbers["kind"] == "head"
    assert (finding.numbers["members_with_it"], finding.numbers["others_with_it"]) == (20, 0)


def test_a_popular_prompt_among_random_people_says_nothing(world: World) -> None:
    p = shared_scaffold(world.drawn(20, 1, "people"), world.case).p_value
    assert p is not None
    assert p > 0.01


def test_a_phrase_used_once_is_no_habit() -> None:
    once = {"head_mark": lambda rows: np.where(rows.nth == 0, 55, own(rows))}
    with a_world(Crowd("people", 40), Crowd("pool", 8, exchanges=40, uneven=0, columns=once)) as made:
        assert shared_scaffold(made.group("pool"), made.case).p_value is None


def test_the_query_gives_the_numbers_again(world: World) -> None:
    group = world.group("pool")
    for number, again in world.compared(shared_scaffold(group, world.case), group).values():
        assert number == again


def test_without_text_there_is_no_evidence(nothing_known: World) -> None:
    finding = shared_scaffold(nothing_known.group("pool"), nothing_known.case)
    assert (finding.p_value, finding.bits) == (None, 0.0)
    assert "no text" in finding.statement
