"""Where a log does not say who is one customer, a program under a few accounts is no harvest."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from stillwatch.arrays import I64
from stillwatch.evidence import customers as case_of_customers
from stillwatch.evidence.customers import FLEET, customers
from stillwatch.findings import Question, VerdictKind
from stillwatch.verdict import judge
from tests.worlds import Crowd, World, a_world, dealt, own, some

ONCE: dict[str, Any] = {"system_mark": 77, "prompt_mark": own, "turn": 1}
PEOPLE: dict[str, Any] = {"system_mark": own, "prompt_mark": own, "turn": some(0.5, 2, 1)}
MAIL = {"email_domain": dealt(3, "mail provider ")}


def _one_each(name: str) -> Callable[[int], list[str]]:
    return lambda accounts: [f"{name} {i}" for i in range(accounts)]


def _program(name: str, traits: Mapping[str, Any] | None = None, accounts: int = 13) -> Crowd:
    """Return accounts under which one program asks, each question once."""
    return Crowd(name, accounts, exchanges=40, uneven=0.02, unlike=0.0, about=0.6, columns=ONCE, traits=traits or {})


PROGRAMS = {
    "unknown": _program("unknown"),
    "apart": _program("apart", {"payment_id": _one_each("card"), **MAIL}),
    "threes": _program("threes", {"payment_id": dealt(4, "card "), **MAIL}),
    "cards": _program("cards", {"payment_id": dealt(2, "company card "), **MAIL}),
    "card": _program("card", {"payment_id": "company card", **MAIL}),
    "domain": _program("domain", {"email_domain": "firm.example"}),
    "many": _program("many", accounts=FLEET),
    "bare": replace(_program("bare", accounts=FLEET), columns={**ONCE, "system_mark": own}),
}


@contextmanager
def _with(program: str) -> Iterator[World]:
    """Yield a log that knows no organisation, with one program in it."""
    with a_world(Crowd("people", 400, columns=PEOPLE, traits=MAIL), PROGRAMS[program]) as made:
        yield made


@pytest.fixture(scope="module")
def unknown() -> Iterator[World]:
    with _with("unknown") as world:
        yield world


@pytest.fixture(scope="module")
def apart() -> Iterator[World]:
    with _with("apart") as world:
        yield world


@pytest.mark.parametrize(
    ("program", "share", "why"),
    [
        ("unknown", 0.0, "nor how they registered"),
        ("card", 0.0, "most members share a few of `payment_id`"),
        ("domain", 0.0, "mail domains that are nobody else's"),
        ("apart", 1.0, ""),
        ("cards", 0.0, "most members share a few of `payment_id`"),
        ("many", 0.2, "nor how they registered"),
        ("bare", 0.4, "nor how they registered"),
        ("threes", 1.0, ""),
    ],
)
def test_members_are_several_customers_if_they_register_apart(program: str, share: float, why: str) -> None:
    with _with(program) as world:
        found = customers(world.group(program), world.case)
    assert found.share == pytest.approx(share)
    assert why in found.why
    assert bool(found.why) == bool(why)


def test_more_accounts_are_several_customers_of_one_program_in_a_larger_log(monkeypatch: pytest.MonkeyPatch) -> None:
    with _with("many") as world:
        monkeypatch.setattr(case_of_customers, "FLEETS", 1.0)
        assert customers(world.group("many"), world.case).share == 0.0
    with _with("bare") as world:
        assert customers(world.group("bare"), world.case).share == pytest.approx(0.4)


def test_a_popular_program_is_one_program_too() -> None:
    others = Crowd("others", 300, exchanges=40, columns={**ONCE, "prompt_mark": own})
    with a_world(Crowd("people", 200, columns=PEOPLE, traits=MAIL), others, PROGRAMS["many"]) as world:
        assert customers(world.group("many"), world.case).share == pytest.approx(0.2)


def _verdict(world: World, crowd: str) -> VerdictKind | None:
    return judge(world.tested(world.group(crowd)).evidence, 0.0, 0.01)[0]


def test_a_part_of_a_company_pays_as_openly_as_the_whole() -> None:
    firm = _program("firm", {"payment_id": dealt(5, "company card "), **MAIL}, 60)
    with a_world(Crowd("people", 400, columns=PEOPLE, traits=MAIL), firm) as world:
        accounts = world.accounts("firm")
        assert [customers(world.grouped(accounts[:size]), world.case).share for size in (60, 8)] == [0.0, 0.0]


def test_a_program_under_a_few_accounts_is_no_harvest_unless_they_register_apart(unknown: World, apart: World) -> None:
    assert unknown.left(unknown.group("unknown")) > 14
    assert _verdict(unknown, "unknown") is None
    assert _verdict(apart, "apart") is VerdictKind.DISTILLATION


def test_the_reader_is_told_why_it_counts_for_less(unknown: World, apart: World) -> None:
    few = unknown.evidence(unknown.group("unknown"))["single_shot"]
    whole = apart.evidence(apart.group("apart"))["single_shot"]
    assert "(counts for 0%: this log does not say who belongs together" in few.statement
    assert few.bits == 0 < 5 < whole.bits
    assert "counts for" not in whole.statement


@pytest.mark.parametrize(
    ("at", "share"),
    [
        pytest.param(lambda account: 0 * account, 0.0, id="one"),
        pytest.param(lambda account: account % 2, 0.0, id="two"),
        pytest.param(lambda account: account % 10 // 7, 0.0, id="two, one of them small"),
        pytest.param(lambda account: account % 6, 1.0, id="six"),
    ],
)
def test_a_course_at_one_address_is_no_pool_where_its_mail_is_not_known(at: Callable[[I64], I64], share: float) -> None:
    course = {**ONCE, "ip_mark": lambda rows: 10**9 + at(rows.account)}
    with a_world(
        Crowd("people", 300, columns={**PEOPLE, "org_id": some(0.3, "Firm Ltd"), "ip_mark": own}),
        Crowd("course", 40, exchanges=20, uneven=0.02, unlike=0.0, columns=course),
    ) as world:
        assert customers(world.group("course"), world.case).share == share


def test_nothing_but_signs_of_a_harvest_is_weakened(unknown: World) -> None:
    weakened = [item for item in unknown.tested(unknown.group("unknown")).evidence if "counts for" in item.statement]
    assert {item.question for item in weakened} == {Question.EXTRACTION}


def test_a_company_that_has_answers_graded_is_no_harvest_either() -> None:
    grading = {**ONCE, "intent": 2, "intent_bits": 8.0}
    people = {**PEOPLE, "intent": 0, "intent_bits": 8.0}
    graders = Crowd("graders", 13, exchanges=40, uneven=0.02, unlike=0.0, columns=grading)
    with a_world(Crowd("people", 400, columns=people), graders) as world:
        assert world.evidence(world.group("graders"))["harvest_intent"].p_value == pytest.approx(0.0, abs=1e-9)
        assert _verdict(world, "graders") is None
    with a_world(Crowd("people", 400, columns={**people, "org_id": some(0.3, "Firm Ltd")}), graders) as world:
        assert world.evidence(world.group("graders"))["harvest_intent"].bits > 5
        assert _verdict(world, "graders") is VerdictKind.DISTILLATION


def test_where_a_log_knows_organisations_who_has_none_is_no_fleet_of_one() -> None:
    with a_world(
        Crowd("people", 400, columns={**PEOPLE, "org_id": some(0.3, "Firm Ltd")}),
        _program("unknown"),
    ) as world:
        assert customers(world.group("unknown"), world.case).share == 1.0
        assert _verdict(world, "unknown") is VerdictKind.DISTILLATION
