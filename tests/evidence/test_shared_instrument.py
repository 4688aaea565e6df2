"""Accounts that pay with one instrument or run on one device."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from stillwatch.evidence.shared_instrument import shared_instrument
from tests.worlds import Crowd, World, a_world, dealt


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    family = {"payment_id": lambda n: [f"family{i // 2}" if i < 60 else f"own{i}" for i in range(n)]}
    firm = {"payment_id": dealt(4, "corporate card "), "org_id": "Firm Ltd"}
    with a_world(
        Crowd("people", 150, traits=family),
        Crowd("pool", 20, traits={"payment_id": dealt(5, "bought "), "device_id": dealt(6, "phone ")}),
        Crowd("one_card", 20, traits={"payment_id": "the only card"}),
        Crowd("firm", 20, traits=firm),
    ) as made:
        yield made


def test_a_pool_that_rotates_a_few_cards_and_phones_is_seen(world: World) -> None:
    finding = shared_instrument(world.group("pool"), world.case)
    assert finding.p_value is not None
    assert finding.p_value < 1e-4
    assert finding.numbers["accounts_sharing"] == 20


def test_a_pool_behind_one_card_is_seen(world: World) -> None:
    p = shared_instrument(world.group("one_card"), world.case).p_value
    assert p is not None
    assert p < 1e-4


def test_families_among_random_people_are_what_chance_allows(world: World) -> None:
    p = shared_instrument(world.drawn(20, 1, "people"), world.case).p_value
    assert p is not None
    assert p > 0.01


def test_a_corporate_card_shows_and_is_explained_by_the_organisation(world: World) -> None:
    p = shared_instrument(world.group("firm"), world.case).p_value
    assert p is not None
    assert p < 1e-3
    assert world.left(world.group("firm")) < 0


def test_the_query_gives_the_numbers_again(world: World) -> None:
    for crowd in ("pool", "one_card", "people"):
        group = world.group(crowd)
        for number, again in world.compared(shared_instrument(group, world.case), group).values():
            assert number == again


def test_without_a_shared_instrument_there_is_no_evidence(nothing_known: World) -> None:
    finding = shared_instrument(nothing_known.group("pool"), nothing_known.case)
    assert (finding.p_value, finding.bits) == (None, 0.0)
    assert "no payment instrument" in finding.statement
