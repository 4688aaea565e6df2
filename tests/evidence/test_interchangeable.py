"""Accounts that could be exchanged for one another."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from stillwatch.evidence.interchangeable import interchangeable
from tests.worlds import Crowd, World, a_world


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with a_world(
        Crowd("people", 200),
        Crowd("pool", 20, unlike=0.0, about=0.3),
        Crowd("circle", 20, unlike=0.4, about=0.3),
        Crowd("fleet", 20, unlike=0.0, about=-0.3, columns={"org_id": "Firm Ltd"}),
        Crowd("quiet", 20, exchanges=3, uneven=0.0, unlike=0.0),
    ) as made:
        yield made


def test_a_pool_of_interchangeable_accounts_is_seen(world: World) -> None:
    finding = interchangeable(world.group("pool"), world.case)
    assert finding.p_value is not None
    assert finding.p_value < 1e-6
    assert float(finding.numbers["between"] or 0) < float(finding.numbers["between_neighbours"] or 0) / 4


def test_people_differ(world: World) -> None:
    p = interchangeable(world.drawn(20, 1, "people"), world.case).p_value
    assert p is not None
    assert p > 0.9


def test_a_circle_of_like_minded_people_is_not_one_source(world: World) -> None:
    p = interchangeable(world.group("circle"), world.case).p_value
    assert p is not None
    assert p > 0.1


def test_a_fleet_of_agents_shows_and_is_explained_by_the_organisation(world: World) -> None:
    assert interchangeable(world.group("fleet"), world.case).bits > 8
    assert world.left(world.group("fleet")) < 0


def test_the_middle_of_a_population_is_not_one_source_beside_its_outskirts() -> None:
    """Where a net takes in all but the oddest accounts, these differ far more; the nearest of them do not."""
    unlike = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.2, 1.6)
    with a_world(*(Crowd(f"people-{i}", 60, exchanges=300, unlike=u) for i, u in enumerate(unlike))) as made:
        of = made.case.tested
        far = ((of.z - of.z.mean(axis=0)) ** 2).sum(axis=1)
        p = interchangeable(made.grouped(np.argsort(far)[:300]), made.case).p_value
    assert p is not None
    assert p > 0.5


def test_three_exchanges_say_nothing_of_whom_an_account_is_like(world: World) -> None:
    finding = interchangeable(world.group("quiet"), world.case)
    assert (finding.p_value, finding.bits) == (None, 0.0)
    assert "fewer than five members" in finding.statement


def test_lengths_alone_can_part_people() -> None:
    topics = [f"topic_{i}" for i in range(24)] + ["input_chars"]
    tokens = {"tokens_in": lambda rows: 100 + rows.account % 7 * 50 + rows.rng.integers(0, 99, len(rows))}
    one = {"tokens_in": lambda rows: 200 + rows.rng.integers(0, 99, len(rows))}
    people, pool = Crowd("people", 150, columns=tokens), Crowd("pool", 20, columns=one)
    with a_world(people, pool, empty=topics) as made:
        assert interchangeable(made.group("pool"), made.case).p_value is not None


def test_the_query_gives_the_numbers_again(world: World) -> None:
    for crowd in ("pool", "people"):
        group = world.group(crowd)
        for number, again in world.compared(interchangeable(group, world.case), group).values():
            assert number == again


def test_without_text_or_tokens_there_is_no_evidence(nothing_known: World) -> None:
    finding = interchangeable(nothing_known.group("pool"), nothing_known.case)
    assert (finding.p_value, finding.bits) == (None, 0.0)
    assert finding.statement
