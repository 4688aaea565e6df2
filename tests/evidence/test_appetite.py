"""Requests that ask for more than an answer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from stillwatch.evidence import EVIDENCE_TABLE, EXTRACTION_NEEDED
from stillwatch.evidence.appetite import appetite
from tests.worlds import Crowd, World, a_world, some


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    usual = {"logprobs": some(0.02, 5, 0), "choices": 1, "reasoning": lambda rows: rows.account % 10 > 0}
    with a_world(
        Crowd("people", 150, columns=usual),
        Crowd("pool", 20, columns={"logprobs": 5, "choices": 1, "reasoning": True}),
    ) as made:
        yield made


def test_a_pool_that_wants_token_probabilities_is_seen(world: World) -> None:
    finding = appetite(world.group("pool"), world.case)
    assert finding.p_value is not None
    assert finding.p_value < 1e-6
    assert "`logprobs`" in finding.statement


def test_people_rarely_want_them(world: World) -> None:
    p = appetite(world.drawn(20, 1, "people"), world.case).p_value
    assert p is not None
    assert p > 0.01


def test_what_nearly_everybody_asks_for_is_no_appetite(world: World) -> None:
    always = world.accounts("people")[[i for i in range(20) if i % 10]]
    p = appetite(world.grouped(always[:9]), world.case).p_value
    assert p is not None
    assert p > 0.01


def test_the_query_gives_the_numbers_again(world: World) -> None:
    for crowd in ("pool", "people"):
        group = world.group(crowd)
        for number, again in world.compared(appetite(group, world.case), group).values():
            assert number == again


def test_one_parameter_is_enough_to_test_it() -> None:
    asks = {"choices": some(0.05, 4, 1)}
    with a_world(Crowd("people", 60, columns=asks), Crowd("pool", 10, columns={"choices": 8})) as made:
        p = appetite(made.group("pool"), made.case).p_value
    assert p is not None
    assert p < 1e-6


def test_without_parameters_there_is_no_evidence(nothing_known: World) -> None:
    finding = appetite(nothing_known.group("pool"), nothing_known.case)
    assert (finding.p_value, finding.bits) == (None, 0.0)
    assert "`logprobs`" in finding.statement


def test_one_setting_of_one_client_is_no_harvest() -> None:
    (kind,) = [kind for kind in EVIDENCE_TABLE if kind.kind == "appetite"]
    assert kind.cap < EXTRACTION_NEEDED
