"""Accounts that call with one client."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from stillwatch.evidence import EVIDENCE_TABLE, FAMILY_COUNTS
from stillwatch.evidence.client_tuple import client_tuple
from tests.worlds import Crowd, World, a_world


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    tools = {"user_agent": lambda rows: [f"sdk/{a % 3}" for a in rows.account]}
    browser = {"user_agent": "sdk/0", "client_fp": "patched"}
    with a_world(Crowd("people", 150, columns=tools), Crowd("pool", 20, columns=browser)) as made:
        yield made


def test_a_client_of_their_own_is_seen(world: World) -> None:
    finding = client_tuple(world.group("pool"), world.case)
    assert finding.p_value is not None
    assert finding.p_value < 1e-6
    assert finding.numbers["client"] == "sdk/0 patched"
    assert finding.numbers["others_with_it"] == 0


def test_a_popular_tool_says_nothing(world: World) -> None:
    p = client_tuple(world.grouped(world.accounts("people")[:20]), world.case).p_value
    assert p is not None
    assert p > 0.01


def test_a_match_never_makes_a_family_count() -> None:
    cap = next(kind.cap for kind in EVIDENCE_TABLE if kind.kind == "client_tuple")
    assert cap < FAMILY_COUNTS


def test_the_query_gives_the_numbers_again(world: World) -> None:
    for crowd in ("pool", "people"):
        group = world.group(crowd)
        for number, again in world.compared(client_tuple(group, world.case), group).values():
            assert number == again


def test_a_client_with_quotes_in_its_name_is_found_again() -> None:
    odd = {"user_agent": 'it\'s "a" client; --:group'}
    with a_world(Crowd("people", 40, columns={"user_agent": "sdk"}), Crowd("pool", 5, columns=odd)) as made:
        group = made.group("pool")
        assert made.compared(client_tuple(group, made.case), group) == {"members_with_it": (5, 5)}


def test_without_clients_there_is_no_evidence(nothing_known: World) -> None:
    finding = client_tuple(nothing_known.group("pool"), nothing_known.case)
    assert (finding.p_value, finding.bits) == (None, 0.0)
    assert "known client" in finding.statement
