"""Conversations that go on under another account, with their history."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from stillwatch.evidence.continued_conversation import continued_conversation
from tests.worlds import HOUR, MIDNIGHT, Crowd, Rows, World, a_world


def _passed_on(first: int) -> Mapping[str, Any]:
    """Return ten conversations, each of which every account takes up a minute after the one before it."""
    return {
        "prefix_marks": lambda rows: [
            [first + n * 100 + d for d in range(a + 1)] for a, n in zip(rows.account, rows.nth, strict=True)
        ],
        "ts": lambda rows: MIDNIGHT + rows.nth * HOUR + rows.account * 60_000_000,
    }


def _own(rows: Rows) -> list[list[int]]:
    """Return conversations of three turns that stay on their account."""
    return [[10**6 + a * 100 + n // 3] * (n % 3) for a, n in zip(rows.account, rows.nth, strict=True)]


def _greeting(rows: Rows) -> list[list[int]]:
    """Return histories whose first turn is the same for everybody, and whose second is nobody else's."""
    return [[5, 10**8 + i][: n % 2 + 1] for i, n in zip(rows.number, rows.nth, strict=True)]


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with a_world(
        Crowd("people", 60, exchanges=12, columns={"prefix_marks": _own}),
        Crowd("greeting", 20, exchanges=12, columns={"prefix_marks": _greeting}),
        Crowd("pool", 10, exchanges=10, uneven=0, columns=_passed_on(0)),
        Crowd("team", 10, exchanges=10, uneven=0, columns={**_passed_on(10**7), "org_id": "Firm Ltd"}),
    ) as made:
        yield made


def test_a_pool_that_passes_conversations_on_is_seen(world: World) -> None:
    finding = continued_conversation(world.group("pool"), world.case)
    assert finding.p_value is not None
    assert finding.p_value < 1e-9
    assert (finding.numbers["inside"], finding.numbers["accounts"]) == (90, 10)
    assert all(exhibit.startswith("x") for exhibit in finding.exhibits)


def test_conversations_that_stay_on_their_account_give_none(world: World) -> None:
    finding = continued_conversation(world.group("people"), world.case)
    assert (finding.p_value, finding.numbers["inside"]) == (1.0, 0)


def test_a_team_of_one_declared_organisation_is_left_out(world: World) -> None:
    finding = continued_conversation(world.group("team"), world.case)
    assert (finding.p_value, finding.numbers["inside"]) == (1.0, 0)


def test_a_public_mail_domain_makes_no_team_and_a_companys_own_does() -> None:
    def proved(domain: str) -> dict[str, str]:
        return {"email_domain": domain, "verification": "organisation"}

    public = {"email_domain": "mail.example", "verification": "email"}
    with a_world(
        Crowd("people", 60, exchanges=12, columns={"prefix_marks": _own}, traits=public),
        Crowd("pool", 10, exchanges=10, uneven=0, columns=_passed_on(0), traits=proved("mail.example")),
        Crowd("team", 10, exchanges=10, uneven=0, columns=_passed_on(10**7), traits=proved("firm.example")),
    ) as made:
        for crowd, inside in (("pool", 90), ("team", 0)):
            finding = continued_conversation(made.group(crowd), made.case)
            assert finding.numbers["inside"] == inside
            assert made.compared(finding, made.group(crowd))["inside"] == (inside, inside)


def test_a_first_turn_that_many_share_joins_nobody(world: World) -> None:
    finding = continued_conversation(world.group("greeting"), world.case)
    assert (finding.p_value, finding.numbers["inside"]) == (1.0, 0)


def test_a_conversation_taken_up_a_day_later_is_not_counted() -> None:
    late = {**_passed_on(0), "ts": lambda rows: MIDNIGHT + rows.account * 24 * HOUR + rows.nth}
    with a_world(Crowd("people", 40), Crowd("pool", 6, exchanges=5, uneven=0, columns=late)) as made:
        assert continued_conversation(made.group("pool"), made.case).p_value is None


def test_the_query_gives_the_numbers_again(world: World) -> None:
    for crowd in ("pool", "team", "greeting"):
        group = world.group(crowd)
        for number, again in world.compared(continued_conversation(group, world.case), group).values():
            assert number == (again or 0)


def test_without_histories_there_is_no_evidence(nothing_known: World) -> None:
    finding = continued_conversation(nothing_known.group("pool"), nothing_known.case)
    assert (finding.p_value, finding.bits) == (None, 0.0)
    assert finding.statement
