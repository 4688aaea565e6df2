"""Bits and q-values against what the groups truly were."""

from __future__ import annotations

from pathlib import Path

import pytest

from stillwatch.nulls import bits_of
from stillwatch.range.scoring import Calibration, pooled_calibration, score
from tests.range.scoring.hand import PEOPLE, add_groups, write_scan, write_world

MANY = PEOPLE | {f"o{k}": "" for k in range(5, 41)}
GROUPS = {
    "true": ("l1 l2 l3 o1", 20.0, 0.001),
    "half": ("l1 l2 o1 o2", 15.0, 0.02),
    "relay": ("r1 r2 r3 r4", 9.0, 0.01),
    "class": ("c1 c2 c3 c4 d1", 10.0, 0.05),
    "mixed": ("l1 r1 o1 c1 c2", 3.0, 0.7),
    **{f"nobody-{k}": (f"o{3 * k + 2} o{3 * k + 3} o{3 * k + 4}", -1.0 + (k == 0) * 3, 1.0 - 0.9 * (k == 0))
       for k in range(8)},
}  # fmt: skip


def _calibration(folder: Path, groups: dict[str, tuple[str, float, float]] = GROUPS) -> Calibration:
    truth = write_world(folder / "world", people=MANY)
    scan = write_scan(folder / "scan", {"true": ("distillation_campaign", "l1 l2 l3")})
    add_groups(scan, groups, verdicts={"true": ("distillation_campaign", "")})
    found = score(truth, scan).calibration
    assert found is not None
    return found


def test_groups_are_told_by_whom_they_hold(tmp_path: Path) -> None:
    found = _calibration(tmp_path)
    assert found.groups == {"campaign": 2, "relay": 1, "unrelated": 8, "lookalike": 1, "mixed": 1}
    (mixed,) = found.mixed
    assert (mixed.campaign_id, mixed.accounts, mixed.campaign, mixed.relay, mixed.innocent) == (
        "mixed",
        5,
        0.2,
        0.2,
        0.6,
    )


def test_q_values_of_innocent_groups_are_counted_up_to_each_point(tmp_path: Path) -> None:
    points = {point.x: point for point in _calibration(tmp_path).q}
    at = points[0.05]
    assert at.unrelated is not None
    assert at.innocent is not None
    assert at.false is not None
    assert (at.unrelated.estimate, at.innocent.estimate, at.false.estimate) == (0.0, 1 / 9, 0.25)
    assert points[0.1].unrelated is not None
    assert points[0.1].unrelated.estimate == pytest.approx(1 / 8)


def test_bits_that_innocent_groups_reach_stand_beside_their_bound(tmp_path: Path) -> None:
    points = {point.bits: point for point in _calibration(tmp_path).tail}
    at = points[2.0]
    assert at.bound == 0.25
    assert at.unrelated is not None
    assert at.innocent is not None
    assert (at.unrelated.estimate, at.innocent.estimate) == (1 / 8, 2 / 9)


def test_the_mean_e_value_is_that_of_the_p_values(tmp_path: Path) -> None:
    found = _calibration(tmp_path)
    (kind,) = found.kinds  # what speaks for innocence has another null and is left out
    assert (kind.kind, kind.question) == ("in_step", "coordination")
    assert kind.unrelated is not None
    assert kind.small is not None
    assert kind.unrelated.estimate == pytest.approx((7 * 0.5 + 2.0 ** bits_of(0.25)) / 8)
    assert kind.small.estimate == 0.0


def test_reliability_counts_the_guilty_in_each_bin(tmp_path: Path) -> None:
    bins = {(found.low, found.high): found for found in _calibration(tmp_path).reliability}
    middle, high = bins[8.0, 14.0], bins[14.0, 20.0]
    assert (middle.campaigns, middle.relays, middle.innocent, middle.mixed) == (0, 1, 1, 0)
    assert middle.true is not None
    assert (middle.true.estimate, high.campaigns, bins[20.0, 30.0].campaigns) == (0.5, 1, 1)
    assert bins[None, 0.0].innocent == 7


def test_many_worlds_are_taken_together(tmp_path: Path) -> None:
    one = _calibration(tmp_path / "a")
    _calibration(tmp_path / "b")
    pairs = [(tmp_path / name / "world" / "truth.parquet", tmp_path / name / "scan") for name in "ab"]
    both = pooled_calibration(pairs)
    assert both.groups == {nature: 2 * n for nature, n in one.groups.items()}
    assert both.tail[0].innocent is not None
    assert one.tail[0].innocent is not None
    assert both.tail[0].innocent.high < one.tail[0].innocent.high


def test_a_scan_without_tested_groups_has_no_calibration_and_says_so(tmp_path: Path) -> None:
    found = score(write_world(tmp_path / "world"), write_scan(tmp_path / "scan", {}))
    assert found.calibration is None
    assert [note for note in found.notes if note.startswith("no calibration")]
