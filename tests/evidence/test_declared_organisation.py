"""The members belong to one organisation that says who it is; it speaks for innocence."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from stillwatch.evidence.declared_organisation import declared_organisation
from stillwatch.findings import Family
from tests.worlds import Crowd, World, a_world, dealt


def _half_vouched(accounts: int) -> list[str]:
    return ["organisation" if i % 10 else "email" for i in range(accounts)]


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with a_world(
        Crowd("people", 150, traits={"email_domain": dealt(5, "mail provider "), "verification": "email"}),
        Crowd("tenant", 20, columns={"org_id": "Firm Ltd"}, unlike=0.0, uneven=0.02),
        Crowd("domain", 20, traits={"email_domain": "uni.example", "verification": _half_vouched}),
        Crowd("moved", 20, columns={"org_id": lambda rows: ["Old Ltd" if n % 3 else "Zenith" for n in rows.nth]}),
        Crowd("claims", 20, traits={"email_domain": "shop.example", "verification": "email"}),
    ) as made:
        yield made


@pytest.mark.parametrize(
    ("crowd", "organisation", "members"), [("tenant", "Firm Ltd", 20), ("domain", "uni.example", 18)]
)
def test_a_tenant_or_a_verified_domain_is_seen(world: World, crowd: str, organisation: str, members: int) -> None:
    finding = declared_organisation(world.group(crowd), world.case)
    assert finding.p_value is not None
    assert finding.p_value < 1e-9
    assert (finding.numbers["organisation"], finding.numbers["members"]) == (organisation, members)


def test_it_outweighs_all_that_one_organisations_accounts_have_in_common(world: World) -> None:
    scores = world.tested(world.group("tenant")).scores
    assert scores.coordination > 14
    assert scores.coordination + scores.innocence < 0


def test_a_few_accounts_of_a_large_tenant_are_explained_as_well(world: World) -> None:
    five = world.grouped(world.accounts("tenant")[:5])
    assert world.evidence(five)["declared_organisation"].bits == -96


def test_no_more_than_its_cap_is_taken_off(world: World) -> None:
    bits = world.evidence(world.group("tenant"))["declared_organisation"].bits
    assert -96 <= bits < -12, Family.IDENTITY


@pytest.mark.parametrize("crowd", ["people", "claims"])
def test_a_domain_that_nobody_vouched_for_is_no_organisation(world: World, crowd: str) -> None:
    finding = declared_organisation(world.group(crowd), world.case)
    assert (finding.p_value, finding.bits) == (None, 0.0)


@pytest.mark.parametrize("crowd", ["tenant", "domain", "moved"])
def test_the_query_gives_the_numbers_again(world: World, crowd: str) -> None:
    group = world.group(crowd)
    for number, again in world.compared(declared_organisation(group, world.case), group).values():
        assert number == again


def test_without_organisations_there_is_no_evidence(nothing_known: World) -> None:
    finding = declared_organisation(nothing_known.group("pool"), nothing_known.case)
    assert (finding.p_value, finding.bits) == (None, 0.0)
    assert "no organisation" in finding.statement
