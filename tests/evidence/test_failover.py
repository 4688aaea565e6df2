"""One body that failed and was sent again by another account."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pytest

from stillwatch.evidence.failover import failover
from tests.worlds import HOUR, MIDNIGHT, Crowd, World, a_world, own

SECOND = 1_000_000


def _tried_in_turn(first: int, wait: int, *, one_in: int = 1) -> Mapping[str, Any]:
    """Return bodies that each account sends `wait` after the one before it; one in so many fails until the last
    account is answered."""
    return {
        "body_mark": lambda rows: first + rows.nth,
        "status": lambda rows: np.where((rows.account < rows.account.max()) & (rows.nth % one_in == 0), 529, 200),
        "ts": lambda rows: MIDNIGHT + rows.nth * HOUR + rows.account * wait,
    }


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    retry = {"body_mark": lambda rows: 10**5 + rows.number // 2, "status": lambda rows: 500 - 300 * (rows.number % 2)}
    with a_world(
        Crowd("people", 60, exchanges=12, columns=retry),
        Crowd("pool", 10, exchanges=10, uneven=0, columns=_tried_in_turn(0, 5 * SECOND)),
        Crowd("slow", 10, exchanges=10, uneven=0, columns=_tried_in_turn(5000, 120 * SECOND)),
        Crowd("team", 10, exchanges=10, uneven=0, columns={**_tried_in_turn(9000, SECOND), "org_id": "Firm Ltd"}),
    ) as made:
        yield made


def test_a_pool_that_goes_on_to_the_next_account_is_seen(world: World) -> None:
    finding = failover(world.group("pool"), world.case)
    assert finding.p_value is not None
    assert finding.p_value < 1e-9
    assert (finding.numbers["inside"], finding.numbers["accounts"]) == (90, 10)


def test_monitors_of_one_list_hand_nothing_over() -> None:
    same = {**_tried_in_turn(0, 5 * SECOND, one_in=5), "prompt_mark": lambda rows: 5000 + rows.nth}
    with a_world(Crowd("people", 60), Crowd("monitors", 10, exchanges=10, uneven=0, columns=same)) as made:
        finding = failover(made.group("monitors"), made.case)
    assert finding.p_value is None
    assert "nowhere in this scan" in finding.statement


def test_its_query_leaves_out_monitors_of_one_list_too() -> None:
    lists = {**_tried_in_turn(0, 5 * SECOND, one_in=5), "prompt_mark": lambda rows: 5000 + rows.nth}
    pool = {**_tried_in_turn(3000, 5 * SECOND), "prompt_mark": own}
    with a_world(
        Crowd("people", 60),
        Crowd("monitors", 10, exchanges=10, uneven=0, columns=lists),
        Crowd("pool", 10, exchanges=10, uneven=0, columns=pool),
    ) as made:
        group = made.group("monitors", "pool")
        finding = failover(group, made.case)
        assert finding.numbers["inside"] == 90
        for number, again in made.compared(finding, group).values():
            assert number == again


def test_a_client_that_tries_again_on_its_own_account_gives_none(world: World) -> None:
    finding = failover(world.drawn(20, 1, "people"), world.case)
    assert (finding.p_value, finding.numbers["inside"]) == (1.0, 0)


def test_the_same_body_two_minutes_later_is_not_a_fail_over(world: World) -> None:
    finding = failover(world.group("slow"), world.case)
    assert (finding.p_value, finding.numbers["inside"]) == (1.0, 0)


def test_a_team_of_one_declared_organisation_is_left_out(world: World) -> None:
    finding = failover(world.group("team"), world.case)
    assert (finding.p_value, finding.numbers["inside"]) == (1.0, 0)


def test_bodies_that_were_answered_are_no_fail_over() -> None:
    answered = {**_tried_in_turn(0, SECOND), "status": 200}
    people = Crowd("people", 40, columns={"body_mark": own, "status": 200})
    with a_world(people, Crowd("pool", 6, exchanges=5, uneven=0, columns=answered)) as made:
        assert failover(made.group("pool"), made.case).p_value is None


def test_the_query_gives_the_numbers_again(world: World) -> None:
    for crowd in ("pool", "team", "slow"):
        group = world.group(crowd)
        for number, again in world.compared(failover(group, world.case), group).values():
            assert number == (again or 0)


def test_without_failed_requests_there_is_no_evidence(nothing_known: World) -> None:
    finding = failover(nothing_known.group("pool"), nothing_known.case)
    assert (finding.p_value, finding.bits) == (None, 0.0)
    assert finding.statement
