"""Questions asked once."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from stillwatch.evidence.single_shot import single_shot
from tests.worlds import Crowd, Rows, World, a_world, own, some


def _by_account(rows: Rows) -> list[int]:
    """Return turns of accounts of which two in three never follow up and the others do so half of the time."""
    return [2 if a % 3 == 0 and n % 2 else 1 for a, n in zip(rows.account, rows.nth, strict=True)]


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with a_world(
        Crowd("people", 150, columns={"turn": some(0.4, 2, 1)}), Crowd("pool", 20, columns={"turn": 1})
    ) as made:
        yield made


def test_a_pool_that_never_follows_up_is_seen(world: World) -> None:
    finding = single_shot(world.group("pool"), world.case)
    assert finding.p_value is not None
    assert finding.p_value < 1e-6
    assert finding.numbers["later_turns"] == 0


def test_people_follow_up(world: World) -> None:
    p = single_shot(world.drawn(20, 1, "people"), world.case).p_value
    assert p is not None
    assert p > 0.01


def test_batch_users_among_many_batch_users_are_what_chance_allows() -> None:
    with a_world(Crowd("people", 90, columns={"turn": _by_account})) as made:
        never = made.grouped(made.accounts("people")[[1, 2, 4, 5, 7, 8, 10, 11]])
        p = single_shot(never, made.case).p_value
    assert p is not None
    assert p > 0.01


def test_where_nobody_follows_up_it_tells_nobody_apart() -> None:
    with a_world(Crowd("people", 60, columns={"turn": 1})) as made:
        finding = single_shot(made.drawn(10, 1), made.case)
    assert (finding.p_value, finding.bits) == (None, 0.0)
    assert "hardly anybody" in finding.statement


def test_the_query_gives_the_numbers_again(world: World) -> None:
    for group in (world.group("pool"), world.drawn(20, 1, "people")):
        for number, again in world.compared(single_shot(group, world.case), group).values():
            assert number == again


def test_without_turns_there_is_no_evidence(nothing_known: World) -> None:
    finding = single_shot(nothing_known.group("pool"), nothing_known.case)
    assert (finding.p_value, finding.bits) == (None, 0.0)
    assert "turns are not known" in finding.statement


def _longer_talks(rows: Rows) -> list[int]:
    """Return turns of people who follow up from their third question on."""
    return [2 if n >= 3 and n % 3 else 1 for n in rows.nth]


def test_who_asks_little_is_held_against_others_who_ask_little() -> None:
    with a_world(Crowd("people", 300, exchanges=8, uneven=1.0, columns={"turn": _longer_talks})) as made:
        lightest = np.argsort(made.people.n, kind="stable")[:60]
        assert single_shot(made.grouped(np.sort(lightest[::2])), made.case).bits < 1


def test_a_question_that_is_asked_again_was_not_asked_once() -> None:
    turns = {"turn": some(0.4, 2, 1), "prompt_mark": own}
    with a_world(
        Crowd("people", 150, columns=turns),
        Crowd("monitors", 20, columns={"turn": 1, "prompt_mark": lambda rows: 5000 + rows.nth % 3}),
        Crowd("pool", 20, columns={"turn": 1, "prompt_mark": own}),
    ) as made:
        again, once = (single_shot(made.group(name), made.case).p_value for name in ("monitors", "pool"))
    assert once is not None
    assert once < 1e-6
    assert again is not None
    assert again > 0.5


def test_who_follows_up_as_people_do_is_not_held_against_one_fleet_that_asks_as_much() -> None:
    with a_world(
        Crowd("people", 150, exchanges=20, columns={"turn": some(0.35, 2, 1)}),
        Crowd("fleet", 40, exchanges=400, uneven=0.1, columns={"turn": some(0.9, 2, 1)}),
        Crowd("relay", 8, exchanges=400, uneven=0.1, columns={"turn": some(0.35, 2, 1)}),
    ) as made:
        p = single_shot(made.group("relay"), made.case).p_value
    assert p is not None
    assert p > 0.05
