"""Reasoning blocks that one account was given and another brought back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from stillwatch.evidence.displaced_reasoning import displaced_reasoning
from tests.worlds import Crowd, Rows, World, a_world


def _blocks(first: int, shift: int) -> Mapping[str, Any]:
    """Return a block handed out by every exchange, brought back by the account `shift` places further on."""

    def marks(rows: Rows, by: int) -> list[list[int]]:
        return [[first + n * 1000 + a - by] if a >= by else [] for a, n in zip(rows.account, rows.nth, strict=True)]

    return {"issued_marks": lambda rows: marks(rows, 0), "presented_marks": lambda rows: marks(rows, shift)}


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with a_world(
        Crowd("people", 60, exchanges=12, columns=_blocks(10**6, 0)),
        Crowd("pool", 10, exchanges=10, uneven=0, columns=_blocks(10**7, 1)),
        Crowd("team", 10, exchanges=10, uneven=0, columns={**_blocks(10**8, 1), "org_id": "Firm Ltd"}),
    ) as made:
        yield made


def test_a_pool_that_brings_blocks_back_elsewhere_is_seen(world: World) -> None:
    finding = displaced_reasoning(world.group("pool"), world.case)
    assert finding.p_value is not None
    assert finding.p_value < 1e-9
    assert (finding.numbers["inside"], finding.numbers["accounts"]) == (90, 10)


def test_people_bring_back_what_they_were_given(world: World) -> None:
    finding = displaced_reasoning(world.group("people"), world.case)
    assert (finding.p_value, finding.numbers["inside"]) == (1.0, 0)


def test_a_team_of_one_declared_organisation_is_left_out(world: World) -> None:
    finding = displaced_reasoning(world.group("team"), world.case)
    assert (finding.p_value, finding.numbers["inside"]) == (1.0, 0)


def test_the_query_gives_the_numbers_again(world: World) -> None:
    for crowd in ("pool", "team", "people"):
        group = world.group(crowd)
        for number, again in world.compared(displaced_reasoning(group, world.case), group).values():
            assert number == (again or 0)


def test_without_signatures_there_is_no_evidence(nothing_known: World) -> None:
    finding = displaced_reasoning(nothing_known.group("pool"), nothing_known.case)
    assert (finding.p_value, finding.bits) == (None, 0.0)
    assert finding.statement
