"""Members that ask one another's very questions; it speaks for innocence."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from stillwatch.evidence import COORDINATION_NEEDED
from stillwatch.evidence.same_list import beyond_a_list, own_share, same_list
from tests.worlds import Crowd, Rows, World, a_world, own


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with a_world(
        Crowd("people", 150, columns={"prompt_mark": own}),
        Crowd("benchmark", 20, columns={"prompt_mark": lambda rows: 5000 + rows.nth}),
        Crowd("pool", 20, columns={"prompt_mark": own}),
        Crowd("by_two", 20, columns={"prompt_mark": lambda rows: 9000 + 1000 * (rows.account // 2) + rows.nth}),
    ) as made:
        yield made


def test_owners_who_run_one_benchmark_speak_for_innocence(world: World) -> None:
    group = world.group("benchmark")
    finding = same_list(group, world.case)
    assert finding.p_value is not None
    assert finding.p_value < 1e-4
    assert world.evidence(group)["same_list"].bits < -6


def test_a_harvest_asks_nothing_twice_and_gets_nothing(world: World) -> None:
    finding = same_list(world.group("pool"), world.case)
    assert (finding.p_value, finding.bits) == (None, 0.0)
    assert "no more than a harvest is granted" in finding.statement


def test_a_harvest_that_asks_everything_through_two_accounts_is_no_list_of_all(world: World) -> None:
    finding = same_list(world.group("by_two"), world.case)
    assert (finding.p_value, finding.bits) == (None, 0.0)


def test_a_list_is_one_however_many_others_run_lists_of_their_own() -> None:
    lists = [
        Crowd(f"benchmark{i}", 20, columns={"prompt_mark": lambda rows, i=i: 5000 * (i + 1) + rows.nth})
        for i in range(5)
    ]
    with a_world(Crowd("people", 30, columns={"prompt_mark": own}), *lists) as made:
        p = same_list(made.group("benchmark0"), made.case).p_value
    assert p is not None
    assert p < 1e-5


def test_what_nearly_all_ask_is_no_harvest(world: World) -> None:
    assert own_share(world.group("pool"), world.case) == 1.0
    assert own_share(world.group("by_two"), world.case) > 0.9
    assert own_share(world.group("benchmark"), world.case) < 0.5


def test_what_a_list_explains_is_no_likeness_of_their_own(world: World) -> None:
    assert beyond_a_list(world.group("pool"), world.case) == 1.0
    assert beyond_a_list(world.group("by_two"), world.case) == pytest.approx(1.0)
    assert beyond_a_list(world.group("benchmark"), world.case) < 0.5


@pytest.mark.parametrize(("cover", "cleared"), [(1.0, True), (0.5, True), (0.02, False)])
def test_owners_who_run_parts_of_one_list_are_alike_for_that(cover: float, cleared: bool) -> None:
    """Each sends 40 questions of a list of so many that they are that share of it."""
    size = round(40 / cover)

    def questions(rows: Rows) -> list[int]:
        order = [rows.rng.permutation(size) for _ in range(int(rows.account.max()) + 1)]
        return [5000 + int(order[a][n % size]) for a, n in zip(rows.account, rows.nth, strict=True)]

    owners = {"head_mark": 72, "tail_mark": own, "prompt_mark": questions, "turn": 1}
    people = {"head_mark": own, "tail_mark": own, "prompt_mark": own, "turn": lambda rows: 1 + rows.nth % 3}
    crowds = (
        Crowd("people", 300, exchanges=40, columns=people),
        Crowd("owners", 14, exchanges=40, uneven=0.05, unlike=0.0, about=0.5, columns=owners),
    )
    with a_world(*crowds) as made:
        found = made.tested(made.group("owners"))
    shares = {item.kind: item.share for item in found.evidence}
    assert (found.scores.coordination + found.scores.innocence < COORDINATION_NEEDED) is cleared
    assert (shares["interchangeable"] == shares["shared_scaffold"] == 1.0) is not cleared


def test_the_query_gives_the_numbers_again(world: World) -> None:
    group = world.group("benchmark")
    for number, again in world.compared(same_list(group, world.case), group).values():
        assert number == again


def test_without_prompts_there_is_no_evidence(nothing_known: World) -> None:
    finding = same_list(nothing_known.group("pool"), nothing_known.case)
    assert (finding.p_value, finding.bits) == (None, 0.0)
    assert finding.statement
