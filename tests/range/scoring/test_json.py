"""A score as JSON says the same as the score, and is read back as it was."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import pytest

from stillwatch.range.scoring import Score, read_score, score, score_json
from stillwatch.range.scoring.calibration import Bin, Calibration, KindPoint, MixedGroup, QPoint, TailPoint
from stillwatch.range.scoring.detection import CutOff, Detection
from stillwatch.range.scoring.figures import Figure
from stillwatch.range.scoring.groups import GroupScore, Rates
from stillwatch.range.scoring.innocents import Innocents, KindScore, Moment, Relays
from stillwatch.range.scoring.named import NamedCampaign, Nearest
from stillwatch.range.scoring.odds import Odds, OddsBin
from tests.range.scoring.hand import PEOPLE, add_groups, write_scan, write_world
from tests.tree import ROOT

PAGE = ROOT / "docs" / "concepts" / "scoring.md"
VALUES = (
    Score, GroupScore, Rates, Figure, Detection, CutOff, KindScore, Innocents, Relays, Moment, Calibration, QPoint,
    TailPoint, KindPoint, Bin, MixedGroup, NamedCampaign, Nearest, Odds, OddsBin,
)  # fmt: skip


@pytest.fixture
def found(tmp_path: Path) -> Score:
    sent = [(name, float(hour)) for name in PEOPLE for hour in range(5)]
    truth = write_world(tmp_path / "world", exchanges=sent, harvest=dict.fromkeys(("l1", "l2", "l3", "l4"), 1.0))
    early = write_scan(tmp_path / "early", {}, until=2)
    whole = write_scan(tmp_path / "whole", {"k": ("distillation_campaign", "l1 l2 l3 o1")})
    add_groups(whole, {"k": ("l1 l2 l3", 20.0, 0.01), "j": ("c1 c2 o1", 3.0, 1.0)},
               verdicts={"k": ("distillation_campaign", "")})  # fmt: skip
    return score(truth, early, whole)


def test_a_score_is_read_back_as_it_was(found: Score, tmp_path: Path) -> None:
    path = tmp_path / "score.json"
    path.write_text(json.dumps(score_json(found), allow_nan=False), encoding="utf-8")
    assert read_score(path) == found


def test_moments_are_utc_and_the_format_comes_first(found: Score) -> None:
    values = score_json(found)
    assert next(iter(values.items())) == ("format", 1)
    assert values["moments"][0]["until"] == "2026-06-01T02:00:00Z"
    assert values["groups"][0]["detection"]["cut_offs"][1]["until"] is None


def test_the_same_files_give_the_same_bytes(found: Score, tmp_path: Path) -> None:
    again = score(tmp_path / "world" / "truth.parquet", tmp_path / "whole", tmp_path / "early")
    assert json.dumps(score_json(again)) == json.dumps(score_json(found))


@pytest.mark.parametrize("value", VALUES, ids=lambda value: value.__name__)
def test_every_field_is_described(value: type) -> None:
    named = set(re.findall(r"`([a-z_]+)`", PAGE.read_text(encoding="utf-8")))
    assert not [field.name for field in dataclasses.fields(value) if field.name not in named]
