"""One device behind accounts that claim different owners."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from stillwatch.evidence.one_device import one_device
from tests.worlds import Crowd, World, a_world, dealt


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    homes = {"device_id": lambda n: [f"home {i // 2}" if i < 60 else f"own {i}" for i in range(n)]}
    image = {"device_id": "golden image", "org_id": "Firm Ltd"}
    with a_world(
        Crowd("people", 150, traits=homes),
        Crowd("pool", 20, traits={"device_id": dealt(5, "farm ")}),
        Crowd("one", 20, traits={"device_id": "one phone"}),
        Crowd("firm", 20, traits=image),
    ) as made:
        yield made


@pytest.mark.parametrize(("crowd", "devices"), [("pool", 5), ("one", 1)])
def test_accounts_on_a_few_devices_are_seen(world: World, crowd: str, devices: int) -> None:
    finding = one_device(world.group(crowd), world.case)
    assert finding.p_value is not None
    assert finding.p_value < 0.01
    assert (finding.numbers["devices"], finding.numbers["accounts"]) == (devices, 20)


def test_shared_computers_among_people_are_what_chance_allows(world: World) -> None:
    p = one_device(world.drawn(20, 1, "people"), world.case).p_value
    assert p is not None
    assert p > 0.01


def test_a_golden_image_shows_and_is_explained_by_the_organisation(world: World) -> None:
    assert one_device(world.group("firm"), world.case).bits > 4
    assert world.left(world.group("firm")) < 0


def test_the_query_gives_the_numbers_again(world: World) -> None:
    for crowd in ("pool", "one", "people"):
        group = world.group(crowd)
        for number, again in world.compared(one_device(group, world.case), group).values():
            assert number == again


def test_without_devices_there_is_no_evidence(nothing_known: World) -> None:
    finding = one_device(nothing_known.group("pool"), nothing_known.case)
    assert (finding.p_value, finding.bits) == (None, 0.0)
    assert "no device" in finding.statement
