"""Time to detection and what leaked before it, on a campaign of four accounts that send once an hour."""

from __future__ import annotations

from pathlib import Path

import pytest

from stillwatch.range.scoring import Figure, score
from stillwatch.range.scoring.detection import Detection
from tests.range.scoring.hand import at, write_scan, write_world

DISTILLATION = "distillation_campaign"
BEGUN = {"l1": 10.0, "l2": 10.0, "l3": 20.0, "l4": 30.0}
SENT = [(name, float(hour)) for name in ("l1", "l2", "l3", "l4", "r1", "o1") for hour in range(40)]
"""Forty exchanges each; the campaign harvests with 30, 30, 20 and 10 of them and seems innocent before that."""
HARVESTED = 90


def _found(folder: Path, series: dict[float | None, str], *, verdict: str = DISTILLATION) -> Detection:
    """Return when the campaign was found by scans that named these accounts at these cut-offs."""
    truth = write_world(folder / "world", exchanges=SENT, harvest=BEGUN)
    scans = [
        write_scan(folder / f"scan-{until}", {"k": (verdict, names)} if names else {}, until=until)
        for until, names in series.items()
    ]
    found = score(truth, *scans).groups[0].detection
    assert found is not None
    return found


def test_the_alarm_lies_between_two_cut_offs_and_the_clock_starts_with_the_first_harvest(tmp_path: Path) -> None:
    found = _found(tmp_path, {8: "", 16: "", 24: "l1 l2", None: "l1 l2 l3 l4"})
    assert found.start == at(10)
    assert found.hours == Figure(14.0, 6.0, 14.0, 4, "bracket")
    assert found.leaked is not None
    assert (found.leaked.low, found.leaked.high) == pytest.approx(((6 + 6) / HARVESTED, (14 + 14 + 4) / HARVESTED))
    assert (found.detected, found.kept) == (True, True)


def test_only_accounts_that_have_begun_count(tmp_path: Path) -> None:
    found = _found(tmp_path, {8: "l1", 16: "l1", 24: "l1", None: ""})
    assert [one.accounts for one in found.cut_offs] == [0, 2, 3, 4]
    assert found.cut_offs[0].found is None
    assert [one.found.estimate if one.found else None for one in found.cut_offs] == [None, 0.5, pytest.approx(1 / 3), 0]
    assert found.hours == Figure(6.0, 0.0, 6.0, 4, "bracket")
    assert not found.kept


def test_one_account_of_three_is_no_detection(tmp_path: Path) -> None:
    found = _found(tmp_path, {16: "", 24: "l1", None: "l1"})
    assert (found.detected, found.hours, found.leaked) == (False, None, Figure(1.0, 1.0, 1.0, 3, "bracket"))


def test_the_wrong_verdict_is_no_detection(tmp_path: Path) -> None:
    found = _found(tmp_path, {8: "", 16: "l1 l2", None: "l1 l2 l3 l4"}, verdict="coordinated")
    assert not found.detected
    assert [one.verdicts for one in found.cut_offs] == [(), ("coordinated",), ("coordinated",)]


def test_the_first_scan_that_named_it_under_any_verdict_is_told_beside_the_first_that_was_right(tmp_path: Path) -> None:
    truth = write_world(tmp_path / "world", exchanges=SENT, harvest=BEGUN)
    scans = [
        write_scan(tmp_path / "a", {"k": ("coordinated", "l1")}, until=16),
        write_scan(tmp_path / "b", {"k": (DISTILLATION, "l1 l2 l3")}, until=24),
        write_scan(tmp_path / "c", {"k": ("coordinated", "l1 l2 l3")}, until=32),
    ]
    found = score(truth, *scans).groups[0].detection
    assert found is not None
    assert found.suspected is not None
    assert found.alarm is not None
    assert found.suspected.hours == Figure(6.0, 0.0, 6.0, 3, "bracket")
    assert found.suspected.exchanges == Figure(12.0, 0.0, 12.0, 3, "bracket")
    assert (found.alarm.hours, found.alarm.leaked) == (found.hours, found.leaked)
    assert found.alarm.exchanges == Figure(32.0, 12.0, 32.0, 3, "bracket")
    assert [one.exchanges for one in found.cut_offs] == [12, 32, 58]
    assert [one.named.estimate if one.named else None for one in found.cut_offs] == [0.5, 1.0, 0.75]
    assert not found.kept


def test_what_no_scan_named_has_no_alarm(tmp_path: Path) -> None:
    found = _found(tmp_path, {16: "l1", 24: "l1", None: ""}, verdict="coordinated")
    assert (found.alarm, found.cut_offs[0].exchanges) == (None, 12)
    assert found.suspected is not None
    assert _found(tmp_path, {16: "", None: "l1"}).suspected is None


def test_found_by_the_first_scan_leaves_open_how_much_earlier_it_could_have_been(tmp_path: Path) -> None:
    found = _found(tmp_path, {16: "l1 l2", None: "l1 l2"})
    assert found.hours == Figure(6.0, 0.0, 6.0, 2, "bracket")
    assert found.leaked is not None
    assert (found.leaked.low, found.leaked.high) == (0.0, 12 / HARVESTED)


def test_one_scan_of_everything_says_only_that_it_was_found(tmp_path: Path) -> None:
    found = _found(tmp_path, {None: "l1 l2 l3 l4"})
    assert found.hours is not None
    assert found.hours.low == 0
    assert found.hours.high == pytest.approx(29.0, abs=1e-6)
    assert found.leaked == Figure(1.0, 0.0, 1.0, 1, "bracket")


def test_the_clock_of_a_relay_starts_with_its_first_exchange(tmp_path: Path) -> None:
    truth = write_world(tmp_path / "world", exchanges=SENT, harvest=BEGUN)
    found = score(truth, write_scan(tmp_path / "a", {"k": ("pooled_access", "r1")}, until=12)).groups[1].detection
    assert found is not None
    assert (found.start, found.hours) == (at(0), Figure(12.0, 0.0, 12.0, 1, "bracket"))
    assert found.leaked == Figure(12 / 40, 0.0, 12 / 40, 1, "bracket")


def test_a_truth_that_does_not_say_when_a_campaign_began_counts_from_its_first_exchange(tmp_path: Path) -> None:
    truth = write_world(tmp_path / "world", exchanges=SENT)
    found = score(truth, write_scan(tmp_path / "a", {"k": (DISTILLATION, "l1 l2")}, until=12)).groups[0].detection
    assert found is not None
    assert (found.start, found.cut_offs[0].accounts, found.cut_offs[0].leaked) == (at(0), 4, 12 / 40)


def test_the_innocent_are_counted_at_every_cut_off(tmp_path: Path) -> None:
    truth = write_world(tmp_path / "world", exchanges=[*SENT, ("o2", 35.0)], harvest=BEGUN)
    scans = [
        write_scan(tmp_path / "a", {"k": (DISTILLATION, "l1 o1")}, until=16),
        write_scan(tmp_path / "b", {"k": (DISTILLATION, "l1 l2")}),
    ]
    early, late = score(truth, *scans).moments
    assert (early.until, late.until) == (at(16), None)
    assert (early.exchanges, late.exchanges) == (6 * 16, 241)
    assert early.accused is not None
    assert late.accused is not None
    assert (early.accused.estimate, early.accused.n) == (100_000, 1)
    assert (late.accused.estimate, late.accused.n) == (0, 2)
