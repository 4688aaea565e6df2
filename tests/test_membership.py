"""Who belongs to a campaign: strangers are left out, and outsiders with its habits join."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from stillwatch.arrays import I64
from stillwatch.findings import VerdictKind
from stillwatch.membership import LIKELY, LIMITS, SHOWN, SURE, Membership, membership
from tests.worlds import DAY, HOUR, MIDNIGHT, Crowd, Rows, World, a_world, dealt, own, some

PROMPTS = {"system_mark": some(0.8, 77, own), "prompt_mark": own, "turn": 1}
LINKS = (("payment_id", "card"), ("device_id", "device"), ("payment_id", "other"))
PEOPLE = {"system_mark": own, "prompt_mark": own, "turn": some(0.4, 2, 1)}


def _passed_on(rows: Rows) -> list[list[int]]:
    return [[n * 100 + d for d in range(a + 1)] for a, n in zip(rows.account, rows.nth, strict=True)]


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    pool: dict[str, Any] = {"exchanges": 40.0, "unlike": 0.0, "about": 0.6}
    relayed = {"prefix_marks": _passed_on, "ts": lambda rows: MIDNIGHT + rows.nth * HOUR + rows.account * 10**7}
    with a_world(
        Crowd("people", 250, columns=PEOPLE),
        Crowd("clerks", 3, columns={**PEOPLE, "org_id": "Firm Ltd"}),
        Crowd("pool", 30, columns=PROMPTS, traits={"payment_id": dealt(6, "card ")}, **pool),
        Crowd("registered", 3, columns=PROMPTS, traits={"program": "research"}, **pool),
        Crowd("quiet", 4, exchanges=1, uneven=0, columns=PEOPLE),
        Crowd("relay", 10, exchanges=12, uneven=0, columns={**PEOPLE, **relayed}),
    ) as made:
        yield made


def _of(world: World, accounts: I64, verdict: VerdictKind = VerdictKind.DISTILLATION) -> Membership:
    return membership(world.tested(world.grouped(accounts)), world.case, verdict)


@pytest.fixture(scope="module")
def found(world: World) -> Membership:
    """Members of a campaign whose candidate held 22 of the pool's 30 accounts, four people and four quiet ones."""
    tested = (world.accounts("pool")[:22], world.accounts("people")[:4], world.accounts("quiet"))
    return _of(world, np.concatenate(tested))


def test_the_pool_that_was_tested_stays(world: World, found: Membership) -> None:
    assert found.members[world.accounts("pool")[:22]].all()
    assert found.core[world.accounts("pool")[:22]].mean() > 0.9


def test_strangers_in_the_candidate_are_left_out(world: World, found: Membership) -> None:
    assert not found.members[world.accounts("people")[:4]].any()


def test_accounts_whose_own_evidence_is_thin_are_left_out(world: World, found: Membership) -> None:
    assert not found.members[world.accounts("quiet")].any()


def test_outsiders_with_the_habits_join(world: World, found: Membership) -> None:
    assert found.members[world.accounts("pool")[22:]].all()


def test_nobody_else_joins(world: World, found: Membership) -> None:
    assert not found.members[world.accounts("people", "relay")].any()


def test_who_is_vouched_for_has_less_against_it(world: World, found: Membership) -> None:
    with_program, without = found.bits[world.accounts("registered")], found.bits[world.accounts("pool")[22:]]
    assert with_program.max() < without.min()


def test_a_core_member_is_a_member_at_odds_of_a_hundred_to_one(found: Membership) -> None:
    assert not (found.core & ~found.members).any()
    assert found.bits[found.core].min() >= SURE
    assert found.bits[found.members].min() >= LIKELY


def test_no_feature_says_more_than_its_limit(found: Membership) -> None:
    least, most = (sum(limit[i] for limit in LIMITS.values()) for i in (0, 1))
    assert found.bits.min() >= least
    assert found.bits.max() <= most


def test_a_habit_counts_no_more_in_an_account_than_in_its_group(world: World) -> None:
    tested = world.tested(world.group("pool"))
    shown = [item.kind for item in tested.evidence if item.bits >= SHOWN]
    faint = replace(tested, evidence=tuple(replace(item, bits=min(item.bits, 2.5)) for item in tested.evidence))
    strong, weak = (membership(each, world.case, VerdictKind.DISTILLATION) for each in (tested, faint))
    assert strong.bits.max() > 2.5 * len(shown)
    assert weak.bits.max() <= 2.5 * len(shown)


def test_every_account_has_its_bits(world: World, found: Membership) -> None:
    assert found.bits.shape == found.members.shape == found.core.shape == (world.people.size,)
    assert np.isfinite(found.bits).all()


def test_a_company_whose_programs_ask_like_a_campaign_does_not_join_it() -> None:
    pool: dict[str, Any] = {"exchanges": 40.0, "unlike": 0.0, "about": 0.6}
    with a_world(
        Crowd("people", 250, columns=PEOPLE),
        Crowd("pool", 30, columns=PROMPTS, traits={"payment_id": dealt(6, "card ")}, **pool),
        Crowd("firm", 12, columns={**PROMPTS, "org_id": "Firm Ltd"}, traits={"payment_id": "card 0"}, **pool),
        Crowd(
            "own",
            4,
            columns={**PROMPTS, "org_id": lambda rows: [f"firm {a}" for a in rows.account]},
            traits={"payment_id": "card 1"},
            **pool,
        ),
    ) as made:
        found = _of(made, made.accounts("pool"))
        assert found.bits[made.accounts("firm")].min() >= SURE
        assert not found.members[made.accounts("firm")].any()
        assert found.members[made.accounts("pool", "own")].all()


def test_who_is_linked_to_those_who_joined_joins_too() -> None:
    cards, devices, others = ({name: dealt(6, f"{mark} ")} for name, mark in LINKS)
    with a_world(
        Crowd("people", 800, columns=PEOPLE),
        Crowd("tested", 120, columns=PROMPTS, traits=cards),
        Crowd("beside", 12, columns=PROMPTS, traits=cards | devices),
        Crowd("behind", 12, columns=PROMPTS, traits=devices | others),
        Crowd("beyond", 12, columns=PROMPTS, traits=others),
    ) as made:
        assert _of(made, made.accounts("tested")).members[made.accounts("beside", "behind", "beyond")].all()


def test_who_signed_up_at_another_time_has_nothing_against_it_for_that() -> None:
    wave = {"created_at": lambda n: [MIDNIGHT - 40 * DAY + i * HOUR // 9 for i in range(n)]}
    later = {"created_at": MIDNIGHT - 9 * DAY}
    with a_world(
        Crowd("people", 250, columns=PEOPLE),
        Crowd("pool", 40, columns=PROMPTS, traits={"payment_id": dealt(6, "card ")} | wave),
        Crowd("later", 4, columns=PROMPTS, traits={"payment_id": dealt(2, "card ")} | later),
    ) as made:
        found = _of(made, made.accounts("pool"))
        tested = {item.kind: item.bits for item in made.tested(made.group("pool")).evidence}
        assert tested["signup_burst"] >= SHOWN
        assert found.bits[made.accounts("later")].min() >= SURE


def test_a_pool_is_those_between_whom_conversations_pass(world: World) -> None:
    tested = np.concatenate((world.accounts("relay"), world.accounts("people")[:5]))
    members = _of(world, tested, VerdictKind.POOLED_ACCESS).members
    assert members[world.accounts("relay")].mean() >= 0.8
    assert not members[world.accounts("people")].any()


def test_a_pool_does_not_grow_into_another_that_is_like_it() -> None:
    def passed_on(first: int) -> dict[str, Any]:
        return {
            **PROMPTS,
            "user_agent": "sdk/9",
            "prefix_marks": lambda rows: [[first + mark for mark in history] for history in _passed_on(rows)],
            "ts": lambda rows: MIDNIGHT + rows.nth * HOUR + rows.account * 10**7,
        }

    alike: dict[str, Any] = {"exchanges": 12, "uneven": 0, "unlike": 0.0, "about": 0.6}
    with a_world(
        Crowd("people", 250, columns={**PEOPLE, "user_agent": "sdk/1"}),
        Crowd("one", 20, columns=passed_on(0), **alike),
        Crowd("other", 10, columns=passed_on(10**5), **alike),
    ) as made:
        members = _of(made, made.accounts("one")[:18], VerdictKind.POOLED_ACCESS).members
        assert members[made.accounts("one")].mean() >= 0.9
        assert not members[made.accounts("other")].any()


def test_a_group_that_showed_no_habit_has_no_members_of_its_own(world: World) -> None:
    group = world.drawn(20, 1, "people")
    assert not _of(world, group.accounts).core.any()


@pytest.mark.parametrize("size", [1, 3])
def test_a_small_group_is_no_trouble(world: World, size: int) -> None:
    assert np.isfinite(_of(world, world.accounts("pool")[:size]).bits).all()


def test_it_is_pure(world: World) -> None:
    one, same = (_of(world, world.accounts("pool")) for _ in range(2))
    assert np.array_equal(one.bits, same.bits)
    assert np.array_equal(one.members, same.members)


def test_what_many_people_have_in_common_makes_nobody_join() -> None:
    """A client, a day of sign-up, an even load and no follow-up are cheap: together they are still not a habit."""
    cheap = Crowd(
        "cheap",
        90,
        uneven=0.05,
        columns={**PEOPLE, "turn": 1, "user_agent": "sdk/9"},
        traits={"created_at": lambda n: [MIDNIGHT - 40 * DAY + i * 37 % 91 * HOUR // 9 for i in range(n)]},
    )
    with a_world(Crowd("people", 200, columns={**PEOPLE, "user_agent": "sdk/1"}), cheap) as made:
        tested, outside = np.split(made.accounts("cheap"), [80])
        found = _of(made, tested)
    assert found.bits[outside].max() + np.log2(80 / 210) >= SURE, "without the rule some would"
    assert not found.members[outside].any()
