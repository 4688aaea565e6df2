"""Accounts made within a short time of one another."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from stillwatch.evidence.signup_burst import signup_burst
from stillwatch.findings import Family
from stillwatch.verdict import counting_families
from tests.worlds import DAY, HOUR, MIDNIGHT, Crowd, World, a_world


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    hackathon = {"created_at": lambda n: [MIDNIGHT - 9 * DAY + i % 8 * HOUR for i in range(n)]}
    bought = {"created_at": lambda n: [MIDNIGHT - 90 * DAY + i * HOUR // 10 for i in range(n)]}
    with a_world(
        Crowd("people", 150),
        Crowd("pool", 20, unlike=0.0, traits=bought),
        Crowd("hackathon", 40, traits=hackathon),
    ) as made:
        yield made


def test_accounts_made_in_two_hours_are_seen(world: World) -> None:
    finding = signup_burst(world.group("pool"), world.case)
    assert finding.p_value is not None
    assert finding.p_value < 1e-9
    assert (finding.numbers["members_in_window"], finding.numbers["others_in_window"]) == (20, 0)


def test_people_come_when_they_come(world: World) -> None:
    p = signup_burst(world.drawn(20, 1, "people"), world.case).p_value
    assert p is not None
    assert p > 0.01


def test_a_few_who_came_through_a_hackathon_are_as_many_as_elsewhere(world: World) -> None:
    p = signup_burst(world.drawn(20, 2, "people", "hackathon"), world.case).p_value
    assert p is not None
    assert p > 0.001


def test_a_hackathon_shows_and_stays_one_family(world: World) -> None:
    group = world.group("hackathon")
    assert signup_burst(group, world.case).bits > 8
    assert set(counting_families(world.tested(group).evidence)) == {Family.LIFECYCLE}


def test_the_query_gives_the_numbers_again(world: World) -> None:
    for crowd in ("pool", "hackathon", "people"):
        group = world.group(crowd)
        for number, again in world.compared(signup_burst(group, world.case), group).values():
            assert number == again


def test_without_dates_of_creation_there_is_no_evidence(nothing_known: World) -> None:
    finding = signup_burst(nothing_known.group("pool"), nothing_known.case)
    assert (finding.p_value, finding.bits) == (None, 0.0)
    assert "date of creation" in finding.statement
