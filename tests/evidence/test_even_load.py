"""Accounts that carry nearly the same load."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from stillwatch.evidence.even_load import even_load
from tests.worlds import Crowd, World, a_world


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with a_world(
        Crowd("people", 150, uneven=0.6),
        Crowd("pool", 20, uneven=0.05),
        Crowd("half_as_uneven", 20, uneven=0.3),
        Crowd("jobs", 20, uneven=0.02, columns={"org_id": "Firm Ltd"}),
    ) as made:
        yield made


def test_a_load_dealt_out_evenly_is_seen(world: World) -> None:
    finding = even_load(world.group("pool"), world.case)
    assert finding.p_value is not None
    assert finding.p_value < 1e-6
    assert float(finding.numbers["spread"] or 0) < float(finding.numbers["spread_of_others"] or 0) / 2


def test_people_are_not_even(world: World) -> None:
    p = even_load(world.drawn(20, 1, "people"), world.case).p_value
    assert p is not None
    assert p > 0.9


def test_half_the_usual_spread_is_no_evidence_yet(world: World) -> None:
    p = even_load(world.group("half_as_uneven"), world.case).p_value
    assert p is not None
    assert p > 0.01


def test_a_fleet_of_identical_jobs_shows_and_is_explained_by_the_organisation(world: World) -> None:
    assert even_load(world.group("jobs"), world.case).bits > 8
    assert world.left(world.group("jobs")) < 0


def test_the_query_gives_the_numbers_again(world: World) -> None:
    for crowd in ("pool", "people"):
        group = world.group(crowd)
        for number, again in world.compared(even_load(group, world.case), group).values():
            assert number == pytest.approx(again, abs=0.002)


def test_without_activity_there_is_no_evidence(nothing_known: World) -> None:
    finding = even_load(nothing_known.group("pool"), nothing_known.case)
    assert (finding.p_value, finding.bits) == (None, 0.0)
    assert "exchanges" in finding.statement
