"""Accounts that come from the same addresses."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from stillwatch.evidence import EVIDENCE_TABLE, FAMILY_COUNTS
from stillwatch.evidence.shared_address import shared_address
from tests.worlds import Crowd, World, a_world, own, some


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    proxies = {"ip_mark": lambda rows: rows.rng.integers(0, 40, len(rows))}
    vpn = {"ip_mark": some(0.05, lambda rows: 100 + rows.rng.integers(0, 3, len(rows)), own)}
    couples = {"ip_mark": lambda rows: 1000 + (rows.account // 2) * 20 + rows.nth % 20}
    with a_world(
        Crowd("pool", 20, columns=proxies), Crowd("vpn", 200, columns=vpn), Crowd("couples", 100, columns=couples)
    ) as made:
        yield made


def test_accounts_on_one_set_of_proxies_are_seen(world: World) -> None:
    p = shared_address(world.group("pool"), world.case).p_value
    assert p is not None
    assert p < 1e-3


def test_users_of_one_vpn_are_what_chance_allows(world: World) -> None:
    p = shared_address(world.drawn(30, 1, "vpn", "couples"), world.case).p_value
    assert p is not None
    assert p > 0.01


def test_one_couple_in_a_group_counts_once_however_many_addresses_it_had(world: World) -> None:
    couple = world.accounts("couples")[:2]
    group = world.grouped(np.concatenate((couple, world.accounts("vpn")[:18])))
    p = shared_address(group, world.case).p_value
    assert p is not None
    assert p > 0.001


def test_addresses_never_make_a_family_count() -> None:
    family = sum(kind.cap for kind in EVIDENCE_TABLE if kind.kind == "shared_address")
    assert family < FAMILY_COUNTS


def test_the_query_gives_the_numbers_again(world: World) -> None:
    for crowd in ("pool", "vpn", "couples"):
        group = world.group(crowd)
        for number, again in world.compared(shared_address(group, world.case), group).values():
            assert number == again


def test_without_addresses_there_is_no_evidence(nothing_known: World) -> None:
    finding = shared_address(nothing_known.group("pool"), nothing_known.case)
    assert (finding.p_value, finding.bits) == (None, 0.0)
    assert "no address" in finding.statement
