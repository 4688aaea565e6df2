"""A score says who was found, who was wrongly named, and that it looks at the right world."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillwatch.errors import StillwatchError
from stillwatch.range.scoring import Score, score
from stillwatch.range.store import TRUTH

KINDS = {"letter": "campaign", "relay": "relay", "classroom": "classroom", "": "ordinary"}


def _score(folder: Path, named: dict[str, tuple[str, str]]) -> Score:
    """Score a world of four accounts each of a campaign, a relay, a class and nobody in particular: `l1`, `r1` ...

    Args:
        named: verdict and members (as words) of each campaign of the scan.
    """
    groups = [group for group in KINDS for _ in range(4)]
    names = [f"{(group or 'o')[0]}{k}" for group in KINDS for k in range(1, 5)]
    truth = [names, groups, [KINDS[g] for g in groups], ["x"] * 16]
    pq.write_table(
        pa.Table.from_arrays(
            [*(pa.array(c) for c in truth), pa.nulls(16, TRUTH.field("first_harvest_ts").type)], schema=TRUTH
        ),
        folder / "truth.parquet",
    )
    ids = list(named)
    verdicts = pa.array([named[i][0] for i in ids], pa.string())
    campaigns = pa.table({"campaign_id": pa.array(ids, pa.string()), "verdict": verdicts})
    pq.write_table(campaigns, folder / "campaigns.parquet")
    pairs = [(i, account) for i in ids for account in named[i][1].split()] + [("cleared", "c1")]
    pq.write_table(pa.table({"campaign_id": [p[0] for p in pairs], "account_id": [p[1] for p in pairs]}),
                   folder / "members.parquet")  # fmt: skip
    return score(folder / "truth.parquet", folder)


def test_a_campaign_found_in_part_with_one_innocent_swept_in(tmp_path: Path) -> None:
    found = _score(tmp_path, {"k": ("distillation_campaign", "l1 l2 l3 o1")})
    letter = found.groups[0]
    assert (letter.group_id, letter.named, letter.recall, letter.precision) == ("letter", 3, 0.75, 0.75)
    assert letter.as_expected
    assert (found.innocent_named, found.innocent_accounts, found.campaigns) == (1, 8, 1)


def test_nothing_named_is_right_for_a_lookalike_and_wrong_for_a_campaign(tmp_path: Path) -> None:
    found = _score(tmp_path, {})
    assert {g.group_id: g.as_expected for g in found.groups} == {"letter": False, "relay": False, "classroom": True}
    assert found.groups[0].precision is None


def test_a_relay_is_expected_to_be_called_pooled_access(tmp_path: Path) -> None:
    right = _score(tmp_path, {"k": ("pooled_access", "r1 r2 r3 r4")})
    assert right.groups[1].as_expected
    assert right.innocent_named == 0
    wrong = _score(tmp_path, {"k": ("distillation_campaign", "r1 r2 r3 r4")})
    assert not wrong.groups[1].as_expected


def test_a_lookalike_that_is_named_counts_as_innocent_and_wrong(tmp_path: Path) -> None:
    found = _score(tmp_path, {"k": ("coordinated", "c1 c2")})
    assert not found.groups[2].as_expected
    assert found.innocent_named == 2


def test_a_scan_of_another_world_is_not_scored(tmp_path: Path) -> None:
    with pytest.raises(StillwatchError, match="not in this truth"):
        _score(tmp_path, {"k": ("coordinated", "somebody")})
