"""Which part of a mixed account is the campaign's: the harvester is told from the customers behind the same one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from stillwatch.findings import Campaign, Member, Part, Scores, VerdictKind
from stillwatch.parts import part, told_apart
from tests.worlds import Crowd, Rows, World, a_world, own, some

HARVESTER, CUSTOMERS = 900, 40
SHARE = 0.3
"""Share of the pool's exchanges that is the harvester's; each is one of two forms, told by head or by tail."""


def _sender(rows: Rows) -> list[int | None]:
    """Return the end user of each row: three in ten are the harvester's, one customer in eight has no id."""
    takes = rows.nth % 10 < 3
    users = 1_000 + (rows.number * 7) % CUSTOMERS
    return [HARVESTER if t else None if u % 8 == 0 else int(u) for t, u in zip(takes, users, strict=True)]


def _form(number: int) -> Any:
    """Return a mark that every other request of the harvester carries, and nobody else."""
    return lambda rows: np.where((rows.nth % 10 < 3) & (rows.nth % 2 == number), 70 + number, own(rows))


POOL = {"end_user_mark": _sender, "head_mark": _form(0), "tail_mark": _form(1), "prompt_mark": own}
PEOPLE = {"head_mark": own, "tail_mark": own, "prompt_mark": own}


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with a_world(
        Crowd("people", 200, columns=PEOPLE),
        Crowd("pool", 30, exchanges=80, uneven=0.1, columns=POOL),
        Crowd("odd", 4, exchanges=40, columns={**PEOPLE, "head_mark": some(0.1, 70, own)}),
    ) as made:
        yield made


def _campaign(world: World, *crowds: str, verdict: VerdictKind | None = VerdictKind.DISTILLATION) -> Campaign:
    ids = [world.people.ids[i] for i in world.accounts(*crowds)]
    return Campaign(
        "c-1", verdict, "", Scores(0, 0, 0, 0), 0.0, (),
        tuple(Member(account, 9.0, 0, True) for account in ids), len(ids), 0, 0, 0, "", "a test",
    )  # fmt: skip


@pytest.fixture(scope="module")
def found(world: World) -> Campaign:
    (campaign,) = told_apart([_campaign(world, "pool")], world.case, world.engine)
    return campaign


def test_every_account_has_the_share_that_is_the_harvesters(world: World, found: Campaign) -> None:
    sent = dict(zip(world.people.ids, world.people.n.tolist(), strict=True))
    for member in found.members:
        whole, rest = divmod(sent[member.account_id], 10)
        assert member.carrying == 3 * whole + min(rest, 3), "an exchange counts once, whatever it carries"


def test_the_harvester_is_found_among_the_end_users_and_no_customer_is(found: Campaign) -> None:
    by_part = {kind: [user for user in found.end_users if user.part is kind] for kind in Part}
    (harvester,) = by_part[Part.HARVEST]
    assert harvester.carrying == harvester.exchanges
    assert harvester.accounts == 30
    assert len(by_part[Part.CUSTOMER]) == len(found.end_users) - 1 >= CUSTOMERS * 3 // 4
    assert all(user.carrying == 0 for user in by_part[Part.CUSTOMER])


def test_who_has_no_id_is_named_as_nobody(found: Campaign) -> None:
    assert sum(user.exchanges for user in found.end_users) < sum(m.carrying or 0 for m in found.members) / SHARE


@pytest.mark.parametrize("verdict", [VerdictKind.POOLED_ACCESS, None])
def test_of_a_pool_without_a_harvest_nothing_is_said(world: World, verdict: VerdictKind | None) -> None:
    """What the accounts of a pool have in common is the pool's."""
    (campaign,) = told_apart([_campaign(world, "pool", verdict=verdict)], world.case, world.engine)
    assert campaign == _campaign(world, "pool", verdict=verdict)


def test_without_a_text_of_its_own_nothing_is_said(world: World) -> None:
    (campaign,) = told_apart([_campaign(world, "people")], world.case, world.engine)
    assert all(member.carrying is None for member in campaign.members)
    assert campaign.end_users == ()


def test_campaigns_are_told_by_their_own_texts_alone(world: World) -> None:
    people = _campaign(world, "people")
    other = replace(people, campaign_id="c-2", members=people.members[:50])
    mine, theirs = told_apart([_campaign(world, "pool"), other], world.case, world.engine)
    assert sum(member.carrying or 0 for member in mine.members) > 0
    assert all(member.carrying is None for member in theirs.members)


def test_the_order_of_campaigns_and_members_stays(world: World, found: Campaign) -> None:
    assert [m.account_id for m in found.members] == [m.account_id for m in _campaign(world, "pool").members]
    assert told_apart([], world.case, world.engine) == ()


@pytest.mark.parametrize(
    ("carrying", "exchanges", "rate", "whose"),
    [
        (30, 30, 0.001, Part.HARVEST),
        (12, 30, 0.001, Part.HARVEST),
        (3, 30, 0.1, Part.CUSTOMER),
        (0, 30, 0.001, Part.CUSTOMER),
        (0, 7, 0.001, Part.CUSTOMER),
        (0, 6, 0.001, Part.UNCLEAR),
        (1, 1, 0.001, Part.UNCLEAR),
        (0, 0, 0.001, Part.UNCLEAR),
    ],
)
def test_whose_an_end_users_exchanges_are(carrying: int, exchanges: int, rate: float, whose: Part) -> None:
    assert part(carrying, exchanges, rate=rate, tried=500) is whose


def test_customers_who_ask_like_everybody_are_seldom_taken_for_harvesters() -> None:
    """Of five hundred customers of one pool who carry the marks as often as other people, in a hundred pools."""
    rng, rate = np.random.default_rng(5), 0.02
    taken = 0
    for _ in range(100):
        exchanges = rng.integers(1, 200, 500)
        carrying = rng.binomial(exchanges, rate)
        parts = [part(int(k), int(n), rate=rate, tried=500) for k, n in zip(carrying, exchanges, strict=True)]
        taken += Part.HARVEST in parts
    assert taken <= 5
