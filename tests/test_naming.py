"""Which of the groups that pass is named, where they overlap."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from stillwatch import naming
from stillwatch.arrays import I64
from stillwatch.config import ScanSettings
from stillwatch.findings import Campaign, Earlier
from stillwatch.naming import TOO_FEW, name_groups
from tests.worlds import DAY, MIDNIGHT, Crowd, World, a_world, dealt, own, some

PEOPLE: dict[str, Any] = {"turn": some(0.5, 2, 1), "prompt_mark": own, "user_agent": some(0.5, "sdk/1", "sdk/2")}


def _made(first: int, days: int) -> Callable[[int], list[int]]:
    """Return dates of creation spread over some days that begin so many days before the first exchange."""
    return lambda accounts: [MIDNIGHT - first * DAY + i * days * DAY // accounts for i in range(accounts)]


def _half(name: str, accounts: int, client: str) -> Crowd:
    """Return accounts with a client and cards of their own, that ask once and leave it at that."""
    traits = {"payment_id": dealt(accounts // 3, f"{name} card "), "created_at": _made(20, 4)}
    columns = {"prompt_mark": own, "turn": 1, "user_agent": client}
    return Crowd(name, accounts, exchanges=40, uneven=0.05, unlike=0.0, columns=columns, traits=traits)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    traits = {"created_at": _made(400, 380), "payment_id": None}
    with a_world(
        Crowd("people", 500, uneven=1.2, columns=PEOPLE, traits=traits),
        Crowd("beside", 30, uneven=1.2, unlike=0.0, columns=PEOPLE, traits=traits),
        _half("left", 30, "tool/1"),
        _half("right", 60, "tool/2"),
        Crowd("clerks", 3, columns={**PEOPLE, "org_id": "Firm Ltd"}, traits=traits),
    ) as made:
        yield made


def _named(world: World, *groups: I64) -> list[Campaign]:
    tested = [world.tested(world.grouped(accounts)) for accounts in groups]
    named = name_groups(tested, world.case, ScanSettings(), Earlier())
    return [campaign for campaign, _ in named if campaign.verdict is not None]


def test_an_operator_with_strangers_around_it_is_named_whole_and_not_as_its_purest_part(world: World) -> None:
    part, everybody = world.accounts("left"), world.accounts("left", "right", "beside")
    assert world.left(world.grouped(part)) > world.left(world.grouped(everybody)) > 14
    (campaign,) = _named(world, part, everybody)
    assert {member.account_id for member in campaign.members} == {
        world.people.ids[i] for i in world.accounts("left", "right")
    }


def test_who_would_join_is_not_named_if_the_group_does_not_pass_with_them(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed_in, usual = world.accounts("right")[:40], naming._Naming._verdict

    def strict(self: Any, tested: Any, q_value: float) -> Any:
        one = usual(self, tested, q_value)
        return one if len(tested.group) == len(handed_in) else replace(one, verdict=None)

    (whole,) = _named(world, handed_in)
    assert whole.n_accounts == 60
    monkeypatch.setattr(naming._Naming, "_verdict", strict)
    (part,) = _named(world, handed_in)
    assert {member.account_id for member in part.members} == {world.people.ids[i] for i in handed_in}


def test_a_group_that_passes_and_has_hardly_a_member_is_cleared_with_that_reason() -> None:
    firms = [
        replace(
            _half(name, 24, "tool/1"), columns={"prompt_mark": own, "turn": 1, "user_agent": "tool/1", "org_id": name}
        )
        for name in ("Firm Ltd", "Zenith")
    ]
    traits = {"created_at": _made(400, 380), "payment_id": None}
    with a_world(Crowd("people", 500, uneven=1.2, columns=PEOPLE, traits=traits), *firms) as world:
        tested = world.tested(world.grouped(world.accounts("Firm Ltd", "Zenith")))
        ((cleared, _),) = name_groups([tested], world.case, ScanSettings(), Earlier())
    assert cleared.verdict is None
    assert cleared.reason == TOO_FEW
    assert (cleared.n_accounts, cleared.members) == (48, ())
