"""The results of a set as a person and as a machine reads them."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from stillwatch.range.scoring import Figure
from stillwatch.trials import Drop, Trial
from stillwatch.trials.baseline import TOLERANCES
from stillwatch.trials.view import trials_json, trials_view
from tests.trials.hand import trial

RECALL = next(t for t in TOLERANCES if t.figure == "recall")


@pytest.fixture
def found(tmp_path: Path) -> Trial:
    return trial(tmp_path)


def _shown(trials: list[Trial], worse: dict[str, list[Drop]]) -> list[str]:
    console = Console(file=io.StringIO(), width=400, highlight=False)
    console.print(trials_view(trials, worse))
    assert isinstance(console.file, io.StringIO)
    return [" ".join(line.split()) for line in console.file.getvalue().splitlines()]


def test_a_case_has_a_row_for_its_campaign_and_one_for_its_relay(found: Trial) -> None:
    lines = _shown([found], {})
    assert "hand 0 distillation 75% 75% 75% 2 50% 1/12 0/2 1+2+3" in lines
    assert "relay pooled access 100% 100% 100% 2 50%" in lines


def test_a_row_says_which_share_of_the_exchanges_was_found(found: Trial) -> None:
    first, *others = found.score.groups
    assert first.over_exchanges is not None
    half = replace(first.over_exchanges, recall=Figure(0.5, 0.4, 0.6, 12))
    told = replace(found.score, groups=(replace(first, over_exchanges=half), *others))
    assert any("75% 50% 75%" in line for line in _shown([replace(found, score=told)], {}))


def test_exchanges_are_in_thousands_and_shares_no_finer_than_they_need_be(found: Trial) -> None:
    first, *others = found.score.groups
    assert first.over_accounts is not None
    nearly = replace(first.over_accounts, recall=Figure(0.983, 0.9, 1.0, 180))
    told = replace(found.score, groups=(replace(first, over_accounts=nearly), *others))
    lines = _shown([replace(found, score=told, exchanges=1_649_500)], {})
    assert any(line.startswith("hand 1,650 distillation 98.3% ") for line in lines)


def test_what_was_not_found_is_said(tmp_path: Path) -> None:
    lines = _shown([trial(tmp_path, {})], {})
    assert "hand 0 not found 0% 0% - - 100% 0/12 0/2 1+2+3" in lines


def test_a_case_in_which_there_is_nobody_to_find_has_its_row_too(found: Trial) -> None:
    others = tuple(group for group in found.score.groups if group.kind == "classroom")
    alone = replace(found, score=replace(found.score, groups=others))
    assert any(line.startswith("hand 0 nobody to find") and "1/12 0/2" in line for line in _shown([alone], {}))


def test_what_fell_behind_is_told_with_its_reason(found: Trial) -> None:
    worse = [Drop("hand", "letter/recall", 0.9, 0.75, RECALL), Drop("hand", "letter/precision", 0.5, None, RECALL)]
    lines = _shown([found], {"a[b]": worse, "full": []})
    assert any(
        line.startswith("worse than a[b]: hand letter/recall was 0.9, is 0.75 (may differ by 0.05") for line in lines
    )
    assert any("hand letter/precision was 0.5, is gone" in line for line in lines)
    assert RECALL.why in " ".join(lines)
    assert not any("o figure is worse" in line for line in lines)


def test_that_nothing_fell_behind_is_told_too(found: Trial) -> None:
    assert any("o figure is worse than fast or mine" in line for line in _shown([found], {"fast": [], "mine": []}))
    assert any("othing was compared" in line for line in _shown([found], {}))


def test_values_for_machines_are_json_even_where_a_figure_is_gone(found: Trial) -> None:
    worse = {"fast": [Drop("hand", "letter/precision", 0.5, None, RECALL)]}
    said = json.loads(json.dumps(trials_json([found], worse), allow_nan=False))
    (case,) = said["cases"]
    assert (case["case"]["name"], case["case"]["seed"], case["exchanges"]) == ("hand", 299, 80)
    assert case["figures"]["letter/recall"] == 0.75
    assert case["seconds"] == {"build": 1.0, "import": 2.0, "scan": 3.0}
    (drop,) = said["worse"]["fast"]
    assert (drop["figure"], drop["was"], drop["now"], drop["tolerance"]["by"]) == ("letter/precision", 0.5, None, 0.05)
