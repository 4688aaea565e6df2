"""A score says who was found, under which verdict, who was wrongly named, and how much of a campaign that was."""

from __future__ import annotations

from pathlib import Path

import pytest

from stillwatch.range.scoring import Figure, GroupScore, Score, score
from tests.range.scoring.hand import PEOPLE, scored, write_scan, write_world

DISTILLATION, POOLED = "distillation_campaign", "pooled_access"


def _group(found: Score, group_id: str) -> GroupScore:
    (group,) = [group for group in found.groups if group.group_id == group_id]
    return group


def _estimate(figure: Figure | None) -> float | None:
    return None if figure is None else figure.estimate


def test_a_campaign_found_in_part_with_one_innocent_swept_in(tmp_path: Path) -> None:
    found = scored(tmp_path, {"k": (DISTILLATION, "l1 l2 l3 o1")})
    letter = found.groups[0]
    assert (letter.group_id, letter.accounts, letter.recall, letter.precision) == ("letter", 4, 0.75, 0.75)
    assert letter.over_accounts is not None
    recall = letter.over_accounts.recall
    assert recall is not None
    assert (recall.low, recall.high) == pytest.approx((0.194, 0.994), abs=1e-3)
    assert letter.as_expected
    assert (found.innocent_named, found.innocent_accounts, found.campaigns) == (1, 12, 1)
    assert _estimate(found.innocents.accused) == pytest.approx(100_000 / 12)
    assert _estimate(found.innocents.ordinary) == pytest.approx(100_000 / 4)


def test_nothing_named_is_right_for_a_lookalike_and_wrong_for_a_campaign(tmp_path: Path) -> None:
    found = scored(tmp_path, {})
    expected = {"letter": False, "relay": False, "class-1": True, "class-2": True}
    assert {g.group_id: g.as_expected for g in found.groups} == expected
    assert (found.groups[0].recall, found.groups[0].precision) == (0.0, None)


def test_a_relay_is_expected_to_be_called_pooled_access(tmp_path: Path) -> None:
    right = scored(tmp_path / "a", {"k": (POOLED, "r1 r2 r3 r4")})
    assert (_group(right, "relay").as_expected, _group(right, "relay").recall) == (True, 1.0)
    assert right.innocent_named == 0
    assert _estimate(right.relays.groups) == 0
    wrong = scored(tmp_path / "b", {"k": (DISTILLATION, "r1 r2 r3 r4")})
    relay = _group(wrong, "relay")
    assert (relay.as_expected, relay.recall, _estimate(relay.named)) == (False, 0.0, 1.0)
    assert (_estimate(wrong.relays.groups), _estimate(wrong.relays.accounts)) == (1.0, 1.0)
    assert wrong.innocent_named == 0


def test_a_campaign_called_pooled_access_is_named_and_not_found(tmp_path: Path) -> None:
    letter = scored(tmp_path, {"k": (POOLED, "l1 l2 l3 l4")}).groups[0]
    assert (letter.recall, letter.precision, _estimate(letter.named)) == (0.0, 1.0, 1.0)
    assert (letter.as_expected, letter.verdicts) == (False, (POOLED,))


def test_the_verdict_with_most_accounts_counts(tmp_path: Path) -> None:
    letter = scored(tmp_path / "a", {"k": ("coordinated", "l1"), "j": (DISTILLATION, "l2 l3 l4")}).groups[0]
    assert letter.verdicts == (DISTILLATION, "coordinated")
    assert (letter.as_expected, letter.recall, _estimate(letter.named)) == (True, 0.75, 1.0)
    mostly = scored(tmp_path / "b", {"k": ("coordinated", "l1 l2 l3"), "j": (DISTILLATION, "l4")}).groups[0]
    assert (mostly.as_expected, mostly.recall, mostly.verdicts) == (False, 0.25, ("coordinated", DISTILLATION))


def test_a_look_alike_that_is_named_is_accused_whatever_the_verdict(tmp_path: Path) -> None:
    found = scored(tmp_path, {"k": ("coordinated", "c1 c2 c3")})
    assert not _group(found, "class-1").as_expected
    assert _group(found, "class-2").as_expected
    (classroom,) = found.kinds
    assert (classroom.kind, classroom.groups, classroom.accounts) == ("classroom", 2, 8)
    assert (_estimate(classroom.groups_accused), _estimate(classroom.accounts_accused)) == (0.5, 3 / 8)
    assert (found.innocent_named, _estimate(found.innocents.singles)) == (3, 0.0)


def test_one_student_of_many_in_a_campaign_is_a_single_innocent_and_no_accused_class(tmp_path: Path) -> None:
    people = PEOPLE | {f"c{k}": "class-1" for k in range(5, 12)}
    truth = write_world(tmp_path / "world", people=people)
    found = score(truth, write_scan(tmp_path / "scan", {"k": (DISTILLATION, "l1 l2 l3 l4 c5")}))
    assert not _group(found, "class-1").accused
    assert _estimate(found.innocents.lookalikes) == 0
    assert _estimate(found.innocents.singles) == pytest.approx(100_000 / 19)


def test_three_of_many_students_named_by_themselves_are_an_accused_class(tmp_path: Path) -> None:
    """Too few for the share, but the campaign is about them and nobody else."""
    people = PEOPLE | {f"c{k}": "class-1" for k in range(5, 30)}
    truth = write_world(tmp_path / "world", people=people)
    pair = score(truth, write_scan(tmp_path / "a", {"k": (DISTILLATION, "c1 c2")}))
    three = score(truth, write_scan(tmp_path / "b", {"k": (DISTILLATION, "c1 c2 c3")}))
    assert [_group(found, "class-1").accused for found in (pair, three)] == [False, True]


def test_who_sent_nothing_cannot_be_found_and_is_not_counted(tmp_path: Path) -> None:
    truth = write_world(
        tmp_path / "world", exchanges=[("l1", 0), ("l2", 0), ("o1", 1), ("r1", 1)], harvest={"l1": 0, "l2": 0, "l3": 9}
    )
    found = score(truth, write_scan(tmp_path / "scan", {"k": (DISTILLATION, "l1")}))
    letter = _group(found, "letter")
    assert (letter.accounts, letter.present, letter.recall) == (4, 2, 0.5)
    assert (found.innocent_accounts, found.exchanges) == (1, 4)
    assert (found.kinds[0].groups, found.kinds[0].groups_accused) == (0, None)


def test_shares_of_exchanges_weigh_accounts_by_what_they_harvested(tmp_path: Path) -> None:
    """`l1` harvests three times after an innocent past of five; `l2` once; `o1`, swept in, sent four."""
    sent = [("l1", hour) for hour in range(8)] + [("l2", 7.0)] + [("o1", hour) for hour in range(4)]
    truth = write_world(tmp_path / "world", exchanges=sent, harvest={"l1": 5, "l2": 7})
    found = score(truth, write_scan(tmp_path / "scan", {"k": (DISTILLATION, "l1 o1")}))
    rates = _group(found, "letter").over_exchanges
    assert rates is not None
    assert (_estimate(rates.recall), _estimate(rates.precision)) == (3 / 4, 8 / 12)


def test_without_exchanges_the_account_figures_come_and_the_reason_is_said(tmp_path: Path) -> None:
    found = scored(tmp_path, {"k": (DISTILLATION, "l1 l2")})
    letter = found.groups[0]
    assert (letter.recall, letter.over_exchanges, found.exchanges) == (0.5, None, None)
    assert letter.detection is not None
    assert (letter.detection.detected, letter.detection.leaked) == (True, None)
    assert [note for note in found.notes if "`exchanges.parquet` does not lie beside the truth" in note]


def test_two_campaigns_that_were_taken_for_one_halve_each_others_precision(tmp_path: Path) -> None:
    people = {f"l{k}": "letter" for k in range(1, 5)} | {f"m{k}": "relay" for k in range(1, 5)}
    truth = write_world(tmp_path / "world", people=people | {"c1": "class-1"})
    found = score(truth, write_scan(tmp_path / "scan", {"k": (DISTILLATION, "l1 l2 l3 l4 m1 m2 m3 m4")}))
    assert [_group(found, name).precision for name in ("letter", "relay")] == [0.5, 0.5]


def test_the_order_of_rows_and_scans_changes_nothing(tmp_path: Path) -> None:
    sent = [(name, hour) for name in PEOPLE for hour in range(6)]
    named = {"k": (DISTILLATION, "l1 l2 l3 o1")}
    begun = {"l1": 1.0, "l2": 1.5, "l3": 2.0}
    one = write_world(tmp_path / "a", exchanges=sent, harvest=begun)
    backwards = dict(reversed(PEOPLE.items()))
    other = write_world(tmp_path / "b", people=backwards, exchanges=sent[::-1], harvest=begun)
    scans = [write_scan(tmp_path / "whole", named), write_scan(tmp_path / "early", named, until=3)]
    assert score(one, *scans) == score(other, *scans[::-1])
