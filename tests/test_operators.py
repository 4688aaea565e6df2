"""Members, not just groups: two operators are two, a loud account drags nobody in, and people at the edge stay out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from stillwatch.config import ScanSettings
from stillwatch.findings import Earlier
from stillwatch.handoffs import Handoffs
from stillwatch.operators import apart, parts_of
from stillwatch.pipeline import Scan, scan
from tests.worlds import DAY, HOUR, MIDNIGHT, Crowd, World, a_world, own, some

EXIT, POPULAR = 5, 6
"""Marks of an address and of a scaffold that many people have in common."""
PEOPLE = {
    "system_mark": own, "head_mark": own, "prompt_mark": own, "ip_mark": own, "turn": some(0.4, 2, 1),
    "user_agent": lambda rows: [f"sdk/{account % 9}" for account in rows.account],
    "intent": some(0.03, 1, 0), "intent_bits": 9.0,
}  # fmt: skip


def _dealt(kinds: int, name: str, bridge: str = "", *, at: int = 0, count: int = 2) -> Callable[[int], list[str]]:
    """Return a trait of `kinds` values dealt out in turn, of which `count` accounts from `at` on have another."""
    return lambda n: [bridge if bridge and at <= i < at + count else f"{name}{i % kinds}" for i in range(n)]


def _operator(name: str, scaffold: int, *, about: float, bridge: str = "", **columns: Any) -> Crowd:
    """Return forty accounts with a text, cards, devices and a week of sign-up of their own."""
    asked = {**PEOPLE, "system_mark": some(0.8, scaffold, own), "turn": 1, "intent": some(0.6, 1, 0)}
    return Crowd(
        name,
        40,
        exchanges=40,
        uneven=0.1,
        unlike=0.0,
        about=about,
        columns={**asked, "user_agent": f"sdk/{scaffold % 9}", **columns},
        traits={
            "payment_id": _dealt(10, f"card-{name}-", bridge and "card-of-both"),
            "device_id": _dealt(20, f"device-{name}-", bridge and "device-of-both", at=2),
            "created_at": lambda n: [MIDNIGHT - 20 * DAY + scaffold % 7 * DAY + i * HOUR for i in range(n)],
        },
    )


def _scan(world: World) -> Scan:
    return scan(world.engine, ScanSettings(), known=Earlier(), on_stage=lambda _: None)


def _members(found: Scan) -> list[Counter[str]]:
    """Return of each campaign how many members come from which crowd."""
    return [Counter(m.account_id.rpartition("-")[0] for m in campaign.members) for campaign in found.campaigns]


@pytest.mark.parametrize(
    ("about", "bridge"),
    [(-0.6, "all"), (0.6, "all"), (0.6, ""), (0.9, "all")],
    ids=["other work", "the same work", "the same work and no bridge", "nearly the same work"],
)
def test_a_weak_bridge_does_not_make_one_campaign_of_two_operators(about: float, bridge: str) -> None:
    """A card, a device and an exit in common, and work that is alike."""
    exits = {"ip_mark": some(0.2, EXIT, own)} if bridge else {}
    crowds = (
        _operator("a", 77, about=0.6, bridge=bridge, **exits),
        _operator("b", 88, about=about, bridge=bridge, **exits),
    )
    with a_world(Crowd("people", 250, columns=PEOPLE), *crowds) as world:
        assert sorted(_members(_scan(world)), key=str) == [Counter(a=40), Counter(b=40)]


def test_a_loud_account_does_not_drag_in_its_neighbours() -> None:
    """It sends fifty times as much as any other member; seven people share its card, its exit and its client."""
    loud = {
        **PEOPLE, "system_mark": some(0.8, 77, own), "turn": 1, "intent": some(0.6, 1, 0), "user_agent": "sdk/5",
        "ip_mark": EXIT,
    }  # fmt: skip
    home = {"payment_id": "card-a-0", "created_at": MIDNIGHT - 20 * DAY}
    with a_world(
        Crowd("people", 250, columns=PEOPLE),
        _operator("a", 77, about=0.6),
        Crowd("loud", 1, exchanges=2_000, uneven=0, unlike=0, about=0.6, columns=loud, traits=home),
        Crowd("near", 7, columns={**PEOPLE, "ip_mark": EXIT, "user_agent": "sdk/5"}, traits=home),
    ) as world:
        assert _members(_scan(world)) == [Counter(a=40, loud=1)]


def test_a_very_heavy_innocent_account_makes_no_campaign_of_those_around_it() -> None:
    home = {"payment_id": "corporate-card"}
    shared = {**PEOPLE, "ip_mark": EXIT, "user_agent": "sdk/5"}
    with a_world(
        Crowd("people", 250, columns=PEOPLE),
        Crowd("heavy", 1, exchanges=5_000, uneven=0, columns={**shared, "turn": 1}, traits=home),
        Crowd("near", 12, columns=shared, traits=home),
    ) as world:
        assert _members(_scan(world)) == []


EDGE: Mapping[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "the same exit": ({"ip_mark": EXIT}, {}),
    "the same popular text": ({"system_mark": some(0.8, POPULAR, own)}, {}),
    "the same week of sign-up": ({}, {"created_at": MIDNIGHT - 19 * DAY}),
    "the same client": ({"user_agent": "sdk/5"}, {}),
    "all of it": (
        {"ip_mark": EXIT, "system_mark": some(0.8, POPULAR, own), "user_agent": "sdk/5"},
        {"created_at": MIDNIGHT - 19 * DAY},
    ),
}


@pytest.mark.parametrize("what", EDGE)
def test_people_at_the_edge_stay_out(what: str) -> None:
    """The operator works from a public exit with a popular text, and its own beside it; so do people."""
    columns, traits = EDGE[what]
    campaign = _operator("a", 77, about=0.6, ip_mark=EXIT)
    with a_world(
        Crowd("people", 220, columns=PEOPLE),
        Crowd("users", 40, columns={**PEOPLE, "system_mark": some(0.8, POPULAR, own), "ip_mark": some(0.5, EXIT, own)}),
        Crowd("edge", 30, columns={**PEOPLE, **columns}, traits=traits),
        campaign,
    ) as world:
        assert _members(_scan(world)) == [Counter(a=40)]


# --- apart or not -----------------------------------------------------------------------------------------------------


def _two(**other: Any) -> AbstractContextManager[World]:
    """Return a world of people and two operators, the second with other columns than usual."""
    return a_world(
        Crowd("people", 120, columns=PEOPLE), _operator("a", 77, about=0.6), _operator("b", 88, about=0.6, **other)
    )


def test_two_with_texts_of_their_own_and_nothing_in_common_are_apart() -> None:
    with _two() as world:
        a, b = world.accounts("a"), world.accounts("b")
        assert apart(a, b, world.case)
        assert apart(b, a, world.case)
        assert not apart(a, np.append(b, a[0]), world.case), "no account is in both"


def test_one_text_for_all_is_one_operator() -> None:
    with _two(head_mark=some(0.5, 77, own), system_mark=some(0.8, 77, own)) as world:
        assert not apart(world.accounts("a"), world.accounts("b"), world.case)


def test_without_a_text_of_its_own_nobody_is_apart() -> None:
    with _two(system_mark=own) as world:
        assert not apart(world.accounts("a"), world.accounts("b"), world.case)


@pytest.mark.parametrize(("accounts", "separate"), [(2, True), (12, False)])
def test_more_than_a_bridge_joins_two(accounts: int, separate: bool) -> None:
    """A card that some accounts of both hold."""
    one, other = (
        replace(
            _operator(name, text, about=0.6), traits={"payment_id": _dealt(10, name, "card-of-both", count=accounts)}
        )
        for name, text in (("a", 77), ("b", 88))
    )
    with a_world(Crowd("people", 120, columns=PEOPLE), one, other) as world:
        assert apart(world.accounts("a"), world.accounts("b"), world.case) is separate


@pytest.mark.parametrize(("accounts", "separate"), [(2, True), (12, False)])
def test_a_hand_off_is_a_bridge_too(accounts: int, separate: bool) -> None:
    """One conversation each that goes on under an account of the other."""
    with _two() as world:
        a, b = world.accounts("a"), world.accounts("b")
        pairs = Handoffs(
            source=a[:accounts],
            target=b[:accounts],
            n=np.ones(accounts, dtype=np.int64),
            motif=np.zeros(accounts, dtype=np.int64),
            exhibit=("x",) * accounts,
        )
        assert apart(a, b, replace(world.case, handoffs=pairs)) is separate


def test_a_group_is_its_parts_only_if_they_hold_nearly_all_of_it() -> None:
    with _two() as world:
        a, b = world.accounts("a"), world.accounts("b")
        both = np.sort(np.concatenate((a, b)))
        assert len(parts_of(both, [a, b], world.case)) == 2
        assert len(parts_of(both, [both[:70], a, b, a[:10]], world.case)) == 2, "a mixture of both is no part"
        assert parts_of(both, [a], world.case) == []
        assert parts_of(both, [a[:25], b], world.case) == []
        assert parts_of(a, [a[:20], a[20:]], world.case) == [], "halves of one operator share its text"
        assert parts_of(both, [], world.case) == []
