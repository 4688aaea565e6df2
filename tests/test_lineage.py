"""A campaign that comes back on other accounts is tied to what it was, by what it was known by and cannot change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from stillwatch.findings import Campaign, Earlier, Member, Memory, Scores, VerdictKind
from stillwatch.lineage import memories, with_lineage
from stillwatch.proposals.regrowth import regrowth
from tests.worlds import DAY, HOUR, MIDNIGHT, Crowd, Rows, World, a_world, dealt, own, some

PEOPLE = {"system_mark": own, "head_mark": own, "prompt_mark": own}
OLD, POPULAR = 77, 55


def _from_day(day: int) -> Any:
    """Return times on three days from `day` on."""

    def times(rows: Rows) -> list[int]:
        hours = rows.rng.integers(day * 24, day * 24 + 72, len(rows))
        return [MIDNIGHT + int(hour) * HOUR for hour in hours]

    return times


def _pool(name: str, accounts: int, day: int, text: int, card: str = "") -> Crowd:
    columns = {**PEOPLE, "system_mark": some(0.8, text, own), "ts": _from_day(day)}
    return Crowd(name, accounts, columns=columns, traits={"payment_id": dealt(accounts // 4, card)} if card else {})


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with a_world(
        Crowd("people", 150, columns=PEOPLE),
        Crowd("users", 60, columns={**PEOPLE, "system_mark": some(0.8, POPULAR, own), "ts": _from_day(10)}),
        _pool("banned", 24, 0, OLD, card="c"),
        _pool("regrown", 20, 6, OLD),
        _pool("beside", 20, 1, OLD),
        _pool("another", 20, 6, 99),
        _pool("carded", 20, 6, 98, card="c"),
    ) as made:
        yield made


def _campaign(world: World, crowd: str, campaign_id: str = "") -> Campaign:
    members = tuple(Member(world.people.ids[i], 9.0, 0, True) for i in world.accounts(crowd))
    return Campaign(
        campaign_id or f"c-{crowd}", VerdictKind.DISTILLATION, "", Scores(0, 0, 0, 0), 0.0, (), members,
        len(members), 0, 0, 0, "", "a test",
    )  # fmt: skip


def _tied(world: World, *crowds: str, earlier: Earlier | None = None) -> dict[str, str]:
    """Return which earlier campaign each of some campaigns is tied to, by crowd."""
    campaigns = [_campaign(world, crowd) for crowd in crowds]
    found = with_lineage(campaigns, memories(campaigns, world.case), world.case, earlier or Earlier())
    assert [replace(c, regrown_from="", regrown="") for c in found] == campaigns, "nothing else changes"
    return dict(zip(crowds, (c.regrown_from for c in found), strict=True))


def _gone(world: World, crowd: str = "banned", *muted: str) -> Earlier:
    """Return what a watch knows of a campaign whose accounts are no longer in the ledger."""
    memory = memories([_campaign(world, name) for name in (crowd, "regrown", "beside")], world.case)[f"c-{crowd}"]
    return Earlier({f"c-{crowd}": frozenset(f"gone-{i}" for i in range(24))}, {f"c-{crowd}": memory}, frozenset(muted))


def test_the_next_pool_with_the_same_text_is_tied_to_the_banned_one(world: World) -> None:
    assert _tied(world, "banned", "regrown") == {"banned": "", "regrown": "c-banned"}


def test_so_is_one_that_kept_the_cards_alone(world: World) -> None:
    assert _tied(world, "banned", "carded")["carded"] == "c-banned"


def test_another_text_at_the_same_time_is_another_campaign(world: World) -> None:
    assert _tied(world, "banned", "another")["another"] == ""


def test_what_goes_on_at_the_same_time_has_not_come_back(world: World) -> None:
    assert _tied(world, "banned", "beside")["beside"] == ""


def test_it_is_remembered_when_its_accounts_are_gone(world: World) -> None:
    assert _tied(world, "regrown", earlier=_gone(world)) == {"regrown": "c-banned"}
    assert _tied(world, "another", earlier=_gone(world)) == {"another": ""}


def test_a_false_alarm_ties_nobody(world: World) -> None:
    assert _tied(world, "regrown", earlier=_gone(world, "banned", "c-banned")) == {"regrown": ""}


def test_the_accounts_that_it_had_are_no_evidence_that_it_came_back(world: World) -> None:
    """A group of which most were members is the campaign itself, split or grown; that is what its id says."""
    known = _gone(world)
    same = replace(known, accounts={"c-banned": frozenset(world.people.ids[i] for i in world.accounts("regrown"))})
    assert _tied(world, "regrown", earlier=same) == {"regrown": ""}


def test_a_text_that_got_around_ties_nobody(world: World) -> None:
    """It was rare when it was remembered; now a third of all people use it."""
    memory = Memory({"system": frozenset({str(POPULAR), str(OLD)})}, MIDNIGHT - DAY)
    known = Earlier({"c-old": frozenset()}, {"c-old": memory})
    users = _campaign(world, "users")
    part = replace(users, members=users.members[:6])
    (found,) = with_lineage([part], {}, world.case, known)
    assert found.regrown_from == ""


def test_what_says_so_is_told_in_numbers(world: World) -> None:
    campaigns = [_campaign(world, crowd) for crowd in ("banned", "regrown")]
    found = with_lineage(campaigns, memories(campaigns, world.case), world.case, Earlier())[1]
    assert found.regrown.startswith("20 of 20 accounts that were never members of c-banned carry its marks, and 40 of ")


def test_a_campaign_is_known_by_rare_texts_and_shared_instruments_only(world: World) -> None:
    known = memories([_campaign(world, name) for name in ("banned", "regrown", "beside", "people")], world.case)
    assert known["c-banned"].marks.keys() == {"system", "payment_id"}
    assert known["c-banned"].marks["system"] == {str(OLD)}
    assert len(known["c-banned"].marks["payment_id"]) == 6
    assert known["c-people"].marks == {}


def test_random_groups_are_seldom_tied(world: World) -> None:
    """The null: accounts drawn at random from all that began later, two hundred times."""
    known = _gone(world)
    later = np.flatnonzero(world.people.totals["first_us"] > known.memories["c-banned"].until)
    rng, tied = np.random.default_rng(3), 0
    for number in range(200):
        members = tuple(Member(world.people.ids[i], 9.0, 0, True) for i in rng.choice(later, 12, replace=False))
        campaign = replace(_campaign(world, "regrown", f"c-{number}"), members=members)
        (found,) = with_lineage([campaign], {}, world.case, known)
        tied += bool(found.regrown_from)
    assert tied <= 1


# --- proposing ----------------------------------------------------------------------------------------------------


def test_remembered_marks_propose_who_carries_them_on(world: World) -> None:
    sight = replace(world.sight, known=_gone(world))
    (found,) = regrowth(sight)
    assert set(found.accounts) == {*world.accounts("regrown"), *world.accounts("carded")}


@pytest.mark.parametrize("muted", [("c-banned",), ("c-other", "c-banned")])
def test_nobody_is_looked_for_by_the_marks_of_a_false_alarm(world: World, muted: tuple[str, ...]) -> None:
    known = _gone(world, "banned", *muted)
    present = frozenset(world.people.ids[i] for i in world.accounts("banned"))
    assert regrowth(replace(world.sight, known=known)) == []
    assert regrowth(replace(world.sight, known=replace(known, accounts={"c-banned": present}))) == []
