"""Whether a group is the campaign that an earlier scan found."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.follow import ChangeKind, Sighting, changes, lasting_id, new_id

NOBODY: frozenset[str] = frozenset()


def _accounts(first: int, last: int) -> frozenset[str]:
    return frozenset(f"a{i}" for i in range(first, last))


@given(st.sets(st.text(), min_size=1))
def test_the_same_accounts_get_the_same_id_in_any_order(accounts: set[str]) -> None:
    assert new_id(sorted(accounts)) == new_id(sorted(accounts, reverse=True))
    assert re.fullmatch(r"c-[0-9a-f]{12}", new_id(accounts))


def test_other_accounts_get_another_id() -> None:
    assert new_id(["a", "b"]) != new_id(["a", "c"])
    assert new_id(["a", "b"]) != new_id(["ab"])


def test_an_id_does_not_change_between_versions() -> None:
    assert new_id(["a", "b"]) == "c-7e18f737311b"


@pytest.mark.parametrize(
    ("today", "goes_on"),
    [
        (_accounts(0, 10), True),
        (_accounts(0, 30), True),
        (_accounts(0, 6), True),
        (_accounts(4, 14), True),
        (_accounts(5, 15), False),
        (_accounts(20, 30), False),
    ],
    ids=["as it was", "grown", "shrunk", "mostly kept", "half moved", "another"],
)
def test_a_group_goes_on_while_more_than_half_of_the_smaller_is_common(today: frozenset[str], goes_on: bool) -> None:
    found = lasting_id(today, {"c-old": _accounts(0, 10)}, NOBODY)
    assert found == ("c-old" if goes_on else new_id(today))


def test_of_two_campaigns_the_one_with_more_in_common_goes_on() -> None:
    known = {"c-1": _accounts(0, 6) | _accounts(20, 24), "c-2": _accounts(2, 12)}
    assert lasting_id(_accounts(2, 12), known, NOBODY) == "c-2"


def test_what_splits_off_gets_a_new_id() -> None:
    known = {"c-old": _accounts(0, 20)}
    assert lasting_id(_accounts(0, 12), known, NOBODY) == "c-old"
    assert lasting_id(_accounts(12, 20), known, frozenset({"c-old"})) == new_id(_accounts(12, 20))


def test_an_empty_group_or_no_history_is_no_trouble() -> None:
    assert lasting_id(_accounts(0, 3), {}, NOBODY) == new_id(_accounts(0, 3))
    assert lasting_id(NOBODY, {"c-old": NOBODY}, NOBODY) == new_id(NOBODY)


# --- what became of each ----------------------------------------------------------------------------------------------

DISTILLS, POOLS = "distillation_campaign", "pooled_access"


def _changes(
    known: dict[str, frozenset[str]], now: dict[str, frozenset[str]], *, before: dict[str, str] | None = None
) -> dict[str, list[str]]:
    """Return the kinds of change by id; before, all known campaigns were distillation, unless told."""
    told = before if before is not None else dict.fromkeys(known, DISTILLS)
    found = changes(known, told, {name: Sighting(DISTILLS, accounts) for name, accounts in now.items()})
    assert len({change.campaign_id for change in found}) == len(found), "one line for a campaign"
    assert all(change.text.startswith(f"{change.campaign_id}: ") and "\n" not in change.text for change in found)
    return {change.campaign_id: [str(kind) for kind in change.kinds] for change in found}


def test_a_campaign_that_is_as_it_was_is_not_told() -> None:
    assert _changes({"c-1": _accounts(0, 10)}, {"c-1": _accounts(0, 10)}) == {}


@pytest.mark.parametrize(
    ("now", "told"),
    [
        ({"c-1": _accounts(0, 12)}, {"c-1": ["grown"]}),
        ({"c-1": _accounts(2, 12)}, {"c-1": ["grown"]}),
        ({"c-1": _accounts(0, 8)}, {"c-1": ["shrunk"]}),
        ({}, {"c-1": ["gone"]}),
        ({"c-1": _accounts(0, 10), "c-2": _accounts(10, 20)}, {"c-2": ["new"]}),
        ({"c-1": _accounts(0, 6), "c-2": _accounts(6, 10)}, {"c-1": ["shrunk"], "c-2": ["new", "split"]}),
    ],
    ids=["grown", "renewed", "shrunk", "gone", "new", "split"],
)
def test_what_became_of_one_campaign(now: dict[str, frozenset[str]], told: dict[str, list[str]]) -> None:
    assert _changes({"c-1": _accounts(0, 10)}, now) == told


def test_campaigns_that_become_one_are_told_on_both_sides() -> None:
    known = {"c-1": _accounts(0, 10), "c-2": _accounts(10, 14), "c-3": _accounts(30, 40)}
    now = {"c-1": _accounts(0, 14), "c-3": _accounts(30, 40)}
    assert _changes(known, now) == {"c-1": ["grown", "merged"], "c-2": ["merged"]}


def test_a_campaign_that_comes_back_is_told_with_what_it_was_when_last_seen() -> None:
    known = {"c-1": _accounts(0, 10)}
    assert _changes(known, {"c-1": _accounts(0, 13)}, before={}) == {"c-1": ["regrown", "grown"]}
    assert _changes(known, {}, before={}) == {}


def test_another_verdict_is_told_with_the_one_before() -> None:
    known = {"c-1": _accounts(0, 10)}
    (change,) = changes(known, {"c-1": POOLS}, {"c-1": Sighting(DISTILLS, _accounts(0, 10))})
    assert (change.kinds, change.text) == ((ChangeKind.VERDICT,), f"c-1: {DISTILLS}, 10 accounts; was {POOLS}")


def test_a_new_campaign_that_came_back_on_other_accounts_is_told_with_what_says_so() -> None:
    seen = Sighting(DISTILLS, _accounts(20, 30), "c-1", "9 of 10 accounts carry its marks")
    (change,) = changes({"c-1": _accounts(0, 10)}, {}, {"c-2": seen})
    assert change.kinds == (ChangeKind.NEW, ChangeKind.REGROWN)
    assert change.text.endswith("new; regrown from c-1: 9 of 10 accounts carry its marks")
    assert changes({"c-1": _accounts(0, 10), "c-2": seen.accounts}, {"c-2": DISTILLS}, {"c-2": seen}) == ()
