"""Who counts as a newcomer, and that a day of newcomers like everybody is not looked at."""

from __future__ import annotations

import pytest

from stillwatch.findings import Choice
from stillwatch.proposals.newcomers import newcomers
from tests.worlds import HOUR, MIDNIGHT, Column, Crowd, a_world, dealt

PEOPLE = Crowd("people", 300, traits={"email_domain": dealt(3)})
"""Active on all of five days; a third of them each have one of three mail domains."""


def _found(first_hour: int, domains: Column, *, every: int = 0) -> list[list[str]]:
    """Return the candidates when twenty accounts come from an hour of the log on, one `every` so many hours."""
    late = Crowd("late", 20, hours=lambda rows: first_hour + every * rows.account, traits={"email_domain": domains})
    with a_world(PEOPLE, late) as world:
        return [[world.people.ids[i] for i in found.accounts] for found in newcomers(world.sight)]


def test_accounts_that_come_within_a_day_and_are_made_alike_are_proposed() -> None:
    (found,) = _found(100, "one.example")
    assert found == Crowd("late", 20).ids


def test_newcomers_like_everybody_are_not() -> None:
    assert _found(100, dealt(3)) == []


@pytest.mark.parametrize(("first_hour", "count"), [(70, 0), (90, 1)])
def test_whoever_is_seen_in_the_first_three_days_of_a_log_may_have_been_there_before(
    first_hour: int, count: int
) -> None:
    assert len(_found(first_hour, "one.example")) == count


def test_the_fullest_day_is_proposed_and_not_what_came_on_others() -> None:
    (found,) = _found(90, "one.example", every=2)
    assert len(found) in (12, 13)


def test_what_reads_when_accounts_began_and_the_trait_may_not_confirm_the_group() -> None:
    late = Crowd("late", 20, hours=lambda rows: 100 + 0 * rows.account, traits={"email_domain": "one.example"})
    with a_world(PEOPLE, late) as world:
        (found,) = newcomers(world.sight)
    assert found.chosen_by.keys() == {"in_step", "signup_burst", "registration_form"}


def test_it_says_how_freely_times_and_traits_let_it_choose() -> None:
    late = Crowd("late", 20, hours=lambda rows: 100 + 0 * rows.account, traits={"email_domain": "one.example"})
    before = Crowd("before", 7, traits={"email_domain": "one.example"})
    strangers = Crowd("strangers", 30, hours=lambda rows: 110 + 0 * rows.account)
    with a_world(PEOPLE, late, before, strangers) as world:
        (found,) = [one for one in newcomers(world.sight) if len(one.accounts) == 20]
    assert found.chosen_by["registration_form"] == Choice(among=50, tries=50), "who came that day, whatever their mail"
    assert found.chosen_by["in_step"].among == 27, "who has that mail domain, whenever they came"
    assert found.chosen_by["in_step"].tries >= 4, "every mail domain that five accounts have"


def test_a_week_of_sign_up_is_a_time_and_lets_anybody_else_with_the_trait_be_chosen() -> None:
    traits = {"created_at": MIDNIGHT + 90 * HOUR, "email_domain": dealt(3)}
    late = Crowd("late", 60, hours=lambda rows: 100 + 0 * rows.account, traits=traits)
    with a_world(PEOPLE, late) as world:
        found = newcomers(world.sight)
    among = {len(one.accounts): one.chosen_by["signup_burst"].among for one in found}
    assert among == {60: 360, 20: 120}
