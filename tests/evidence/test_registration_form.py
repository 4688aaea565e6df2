"""Accounts registered in one form."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from stillwatch.evidence.registration_form import registration_form
from tests.worlds import Crowd, World, a_world, dealt


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    providers = {"email_domain": dealt(5, "mail provider "), "email_shape": "aaaa.aaaa"}
    shop = {"email_domain": lambda n: ["mailshop.example"] * (n - 6) + ["mail provider 0"] * 6, "email_shape": "aa99"}
    firm = {"email_domain": "firm.example", "verification": "organisation"}
    with a_world(
        Crowd("people", 200, traits=providers), Crowd("pool", 20, traits=shop), Crowd("firm", 20, traits=firm)
    ) as made:
        yield made


def test_a_domain_that_hardly_anybody_else_has_is_seen(world: World) -> None:
    finding = registration_form(world.group("pool"), world.case)
    assert finding.p_value is not None
    assert finding.p_value < 1e-6
    assert finding.numbers["value"] in ("mailshop.example", "aa99")


def test_a_popular_mail_provider_is_not_even_tried(world: World) -> None:
    finding = registration_form(world.drawn(20, 1, "people"), world.case)
    assert finding.p_value is None
    assert "rare" in finding.statement


def test_a_companys_domain_shows_and_is_explained_by_the_organisation(world: World) -> None:
    finding = registration_form(world.group("firm"), world.case)
    assert finding.bits > 8
    assert world.left(world.group("firm")) < 0


def test_the_query_gives_the_numbers_again(world: World) -> None:
    group = world.group("pool")
    for number, again in world.compared(registration_form(group, world.case), group).values():
        assert number == again


def test_without_mail_and_cards_there_is_no_evidence(nothing_known: World) -> None:
    finding = registration_form(nothing_known.group("pool"), nothing_known.case)
    assert (finding.p_value, finding.bits) == (None, 0.0)
    assert "no rare mail domain" in finding.statement
