"""Accounts whose hours swell and fall together."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from stillwatch.arrays import I64
from stillwatch.evidence.case import sample
from stillwatch.evidence.in_step import in_step, together
from tests.worlds import Crowd, Rows, World, a_world


def _round_the_clock(rows: Rows, days: list[int]) -> I64:
    return np.asarray(rows.rng.choice(days, len(rows)) * 24 + rows.rng.integers(0, 24, len(rows)))


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    shifts = np.random.default_rng(5).choice(7 * 24, 14, replace=False)
    with a_world(
        Crowd("people", 150, days=7),
        Crowd("pool", 20, hours=lambda rows: rows.rng.choice(shifts, len(rows))),
        Crowd("early", 20, hours=lambda rows: rows.rng.integers(0, 7, len(rows)) * 24 + 8 + rows.nth % 2),
        Crowd("newcomers", 20, hours=lambda rows: _round_the_clock(rows, [5, 6])),
        Crowd("weekdays", 20, exchanges=90, hours=lambda rows: _round_the_clock(rows, [0, 1, 4, 6])),
    ) as made:
        yield made


def test_accounts_that_work_through_one_queue_are_seen(world: World) -> None:
    finding = in_step(world.group("pool"), world.case)
    assert finding.p_value is not None
    assert finding.p_value < 1e-3


def test_people_are_not_in_step(world: World) -> None:
    p = in_step(world.drawn(20, 1, "people"), world.case).p_value
    assert p is not None
    assert p > 0.01


def test_keeping_the_same_office_hours_is_not_being_in_step(world: World) -> None:
    p = in_step(world.group("early"), world.case).p_value
    assert p is not None
    assert p > 0.01


@pytest.mark.parametrize("crowd", ["newcomers", "weekdays"])
def test_having_come_lately_or_the_same_days_off_is_not_being_in_step(world: World, crowd: str) -> None:
    p = in_step(world.group(crowd), world.case).p_value
    assert p is not None
    assert p > 0.01


def test_the_deviations_of_single_accounts_are_those_of_a_group_of_one(world: World) -> None:
    alone = together(world.case, np.arange(world.people.size)[:, None])
    busy = world.case.own_time > 1e-9
    assert busy.any()
    assert alone[busy] == pytest.approx(1.0)


def test_random_groups_stand_for_accounts_that_each_keep_their_own_time(world: World) -> None:
    usual = in_step(world.group("pool"), world.case).numbers["together_of_others"]
    assert usual == pytest.approx(1.0, abs=0.25)


def test_two_days_are_too_few() -> None:
    with a_world(Crowd("people", 60, exchanges=10, days=2), Crowd("pool", 8, exchanges=10, days=2)) as made:
        finding = in_step(made.group("pool"), made.case)
    assert (finding.p_value, finding.bits) == (None, 0.0)
    assert "days of data" in finding.statement


def test_too_few_others_are_said_so(world: World) -> None:
    finding = in_step(world.grouped(np.arange(world.people.size - 20)), world.case)
    assert (finding.p_value, finding.bits) == (None, 0.0)
    assert "too few other accounts" in finding.statement


def test_most_of_a_scan_is_held_against_the_rest_by_a_part_of_it(world: World) -> None:
    group = world.group("people")
    chosen = sample(group.accounts, group, world.case)
    assert len(chosen) == (world.people.size - len(group)) // 3 < len(group)
    assert set(chosen.tolist()) <= set(group.accounts.tolist())
    assert np.ptp(chosen) > 0.9 * np.ptp(group.accounts), "a part of all of it"
    p = in_step(group, world.case).p_value
    assert p is not None
    assert p > 0.01


def test_a_smaller_group_is_held_whole(world: World) -> None:
    group = world.group("pool")
    assert np.array_equal(sample(group.accounts, group, world.case), group.accounts)


def test_the_query_gives_the_numbers_again(world: World) -> None:
    for crowd in ("pool", "early"):
        group = world.group(crowd)
        for number, again in world.compared(in_step(group, world.case), group).values():
            assert number == again
