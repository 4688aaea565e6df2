"""Tasks in templates that members use and hardly anybody else does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from stillwatch.evidence.templated_tasks import templated_tasks
from tests.worlds import Crowd, World, a_world, own, some


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    bare = {"head_mark": own, "tail_mark": own, "prompt_mark": own, "system_mark": own}
    popular = bare | {"head_mark": some(0.6, 77, own)}
    with a_world(
        Crowd("people", 150, columns=bare),
        Crowd("users", 60, columns=popular),
        Crowd("pool", 20, columns=bare | {"head_mark": some(0.7, 55, own)}),
        Crowd("by_tail", 12, columns=bare | {"tail_mark": some(0.7, 56, own)}),
        Crowd("by_shingle", 12, columns=bare | {"shingle_2_mark": some(0.7, 57, own)}),
        Crowd("monitors", 12, columns=bare | {"head_mark": 58, "prompt_mark": 59}),
        Crowd("relay", 12, columns=bare | {"system_mark": 60}),
    ) as made:
        yield made


@pytest.mark.parametrize("crowd", ["pool", "by_tail", "by_shingle"])
def test_tasks_in_a_template_of_their_own_are_seen(crowd: str, world: World) -> None:
    finding = templated_tasks(world.group(crowd), world.case)
    assert finding.p_value is not None
    assert finding.p_value < 1e-3
    assert float(finding.numbers["templated"] or 0) == pytest.approx(0.7, abs=0.1)


def test_some_of_the_users_of_a_popular_template_have_none_of_their_own(world: World) -> None:
    some_users = world.drawn(20, 1, "users")
    assert templated_tasks(some_users, world.case).p_value is None


def test_one_prompt_sent_again_and_again_is_no_task(world: World) -> None:
    finding = templated_tasks(world.group("monitors"), world.case)
    assert finding.p_value is not None
    assert finding.p_value > 0.5


def test_a_system_text_that_a_relay_puts_before_everything_is_no_template(world: World) -> None:
    assert templated_tasks(world.group("relay"), world.case).p_value is None


def test_others_are_granted_any_template_they_share(world: World) -> None:
    finding = templated_tasks(world.group("pool"), world.case)
    usual = float(finding.numbers["templated_of_others"] or 0)
    assert usual == pytest.approx((0.6 * 60 + 0.7 * 24 + 12 * 0.03) / 258, abs=0.05)


def test_the_query_gives_the_numbers_again(world: World) -> None:
    for crowd in ("pool", "by_tail", "by_shingle"):
        group = world.group(crowd)
        compared = world.compared(templated_tasks(group, world.case), group)
        assert set(compared) == {"carried", "members_using", "others_using"}
        for number, again in compared.values():
            assert number == again


def test_without_text_there_is_no_evidence(nothing_known: World) -> None:
    finding = templated_tasks(nothing_known.group("pool"), nothing_known.case)
    assert (finding.p_value, finding.bits) == (None, 0.0)
