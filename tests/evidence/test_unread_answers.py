"""Conversations that nobody reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import numpy as np
import pytest

from stillwatch.arrays import I64
from stillwatch.evidence.human_conversation import human_conversation
from stillwatch.evidence.unread_answers import unread_answers
from stillwatch.findings import VerdictKind
from stillwatch.membership import membership
from tests.worlds import HOUR, MIDNIGHT, Column, Crowd, Rows, World, a_world, some

SECOND = 1_000_000


def _turns(rows: Rows) -> I64:
    """Return the length of an account's conversations: accounts differ in how often they follow up."""
    return np.asarray(2 + rows.account % 5)


def _talk(rows: Rows) -> I64:
    return np.asarray(rows.first * 1_000 + rows.account * 100 + rows.nth // _turns(rows))


def _at(pause: float) -> Callable[[Rows], I64]:
    """Return times of conversations, one every seven hours, whose turns come about `pause` seconds apart."""

    def column(rows: Rows) -> I64:
        each = (pause * SECOND * np.exp(0.5 * rows.rng.standard_normal(len(rows)))).astype(np.int64)
        begun = np.cumsum(each)
        first = np.flatnonzero(rows.nth % _turns(rows) == 0)
        since = begun - np.repeat(begun[first], np.diff(first, append=len(rows)))
        return MIDNIGHT + (rows.nth // _turns(rows) * 7 % 120) * HOUR + since

    return column


def _talks(name: str, accounts: int, pause: float, **more: Column) -> Crowd:
    """Return accounts that hold conversations of two to six turns."""
    columns = {
        "turn": lambda rows: 1 + rows.nth % _turns(rows),
        "session_mark": _talk,
        "tokens_out": 300,
        "ts": _at(pause),
    }
    return Crowd(name, accounts, exchanges=24, uneven=0.2, columns={**columns, "input_chars": 80, **more})


def _among(*crowds: Crowd) -> AbstractContextManager[World]:
    """Return a world of people who read, of agents with tools, of some crowds, and of an organisation."""
    clerks = _talks("clerks", 3, 130.0, org_id="Firm Ltd")
    return a_world(_talks("people", 150, 130.0), _talks("agents", 30, 4.0, tools_mark=9), *crowds, clerks)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with _among(
        _talks("script", 20, 7.0),
        _talks("chatty", 20, 40.0),
        Crowd("once", 20, columns={"turn": some(0.02, 2, 1), "tokens_out": 300}),
    ) as made:
        yield made


def test_a_script_that_replays_conversations_is_seen(world: World) -> None:
    group = world.group("script")
    finding = unread_answers(group, world.case)
    assert finding.p_value is not None
    assert finding.p_value < 1e-9
    assert finding.share == 1.0
    assert world.evidence(group)["unread_answers"].bits == 6


@pytest.mark.parametrize("crowd", ["people", "chatty", "agents"])
def test_people_who_read_and_programs_with_tools_are_not(crowd: str, world: World) -> None:
    group = world.group(crowd) if crowd != "people" else world.drawn(20, 1, "people")
    assert world.evidence(group)["unread_answers"].bits == 0


def test_bits_are_for_the_part_that_does_it() -> None:
    with _among(_talks("script", 10, 7.0), _talks("mixed", 5, 130.0)) as made:
        finding = unread_answers(made.group("script", "mixed"), made.case)
    assert finding.share == pytest.approx(10 / 15)


def test_a_few_conversations_among_single_questions_say_nothing() -> None:
    def seldom(rows: Rows) -> I64:
        return np.asarray(1 + (rows.nth == 1) * (rows.account % 2))

    with _among(_talks("batch", 20, 4.0, turn=seldom)) as made:
        finding = unread_answers(made.group("batch"), made.case)
    assert finding.numbers["plain_quick"] == finding.numbers["plain_paced"]
    assert finding.p_value == 1.0


def test_without_any_tools_in_the_log_programs_cannot_be_told() -> None:
    with a_world(_talks("people", 60, 130.0), _talks("script", 20, 7.0)) as made:
        finding = unread_answers(made.group("script"), made.case)
    assert (finding.p_value, finding.bits) == (None, 0.0)
    assert "tools" in finding.statement


def test_the_queries_give_the_numbers_again(world: World) -> None:
    group = world.group("script")
    for test in (unread_answers, human_conversation):
        for number, again in world.compared(test(group, world.case), group).values():
            assert number == again


def test_a_script_has_no_human_conversation(world: World) -> None:
    finding = human_conversation(world.group("script"), world.case)
    assert finding.numbers["follow_ups"] == 0
    assert finding.p_value is not None
    assert finding.p_value > 0.5
    assert human_conversation(world.group("agents"), world.case).numbers["follow_ups"] == 0


def test_people_who_type_fast_are_people(world: World) -> None:
    assert world.evidence(world.group("chatty"))["human_conversation"].bits < -4


def test_where_no_pace_is_known_all_follow_ups_count() -> None:
    with a_world(_talks("people", 60, 130.0, session_mark=None), _talks("script", 20, 7.0, session_mark=None)) as made:
        finding = human_conversation(made.group("script"), made.case)
    assert finding.numbers["paced"] == 0
    assert finding.numbers["follow_ups"] == pytest.approx(0.71, abs=0.05)


def test_a_member_is_told_by_it_as_well(world: World) -> None:
    tested = world.tested(world.group("script"))
    bits = membership(tested, world.case, VerdictKind.DISTILLATION).bits
    assert bits[world.accounts("script")].min() > bits[world.accounts("people")].max()


def test_without_turns_there_is_no_evidence(nothing_known: World) -> None:
    finding = unread_answers(nothing_known.group("pool"), nothing_known.case)
    assert (finding.p_value, finding.bits) == (None, 0.0)
    assert finding.statement
