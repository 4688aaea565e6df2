"""A figure that fell behind fails, one within its tolerance does not, one that is gone does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stillwatch.errors import ExitCode, NothingUsable, Refused, StillwatchError
from stillwatch.trials import SETS, Case, Trial, drops, load_baseline, save_baseline
from stillwatch.trials.baseline import TOLERANCES, Tolerance, figures
from tests.trials.hand import CASE, trial

BY_NAME = {tolerance.figure: tolerance for tolerance in TOLERANCES}
STEP = 1e-4


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Trial:
    return trial(tmp_path_factory.mktemp("found"))


def _named(now: dict[str, float], tolerance: Tolerance) -> str:
    """Return the name under which the figure of a tolerance stands in `now`, of a group where it is of one."""
    return next(name for name in now if name.rsplit("/", 1)[-1] == tolerance.figure)


def _fallen(found: Trial, name: str, was: float) -> list[str]:
    return [drop.figure for drop in drops([found], {CASE.id: {**figures(found.score), name: was}})]


# --- what is compared -------------------------------------------------------------------------------------------------


def test_every_figure_of_a_case_has_a_tolerance_and_every_tolerance_a_figure(found: Trial) -> None:
    assert {name.rsplit("/", 1)[-1] for name in figures(found.score)} == set(BY_NAME)


def test_the_figures_are_those_of_the_score(found: Trial) -> None:
    assert figures(found.score) == {
        "innocents_per_100k": round(100_000 / 12, 6),
        "letter/as_expected": 1.0,
        "letter/leaked": 0.5,
        "letter/precision": 0.75,
        "letter/recall": 0.75,
        "lookalikes_accused": 0,
        "relay/as_expected": 1.0,
        "relays_accused": 0.0,
    }


def test_a_figure_that_could_not_be_had_is_left_out(tmp_path: Path) -> None:
    nobody = figures(trial(tmp_path, {}).score)
    assert "letter/precision" not in nobody
    assert (nobody["letter/recall"], nobody["letter/leaked"], nobody["letter/as_expected"]) == (0.0, 1.0, 0.0)


@pytest.mark.parametrize("tolerance", TOLERANCES, ids=lambda t: t.figure)
def test_a_tolerance_says_in_which_direction_how_far_and_why(tolerance: Tolerance) -> None:
    assert tolerance.worse in (-1, +1)
    assert tolerance.by >= 0
    assert tolerance.why
    higher_is_better = tolerance.figure in ("recall", "precision", "as_expected")
    assert tolerance.worse == (-1 if higher_is_better else +1)


# --- worse, as good, better -------------------------------------------------------------------------------------------


def test_the_same_result_is_as_good_as_before(found: Trial) -> None:
    assert drops([found], {CASE.id: figures(found.score)}) == []


@pytest.mark.parametrize("tolerance", TOLERANCES, ids=lambda t: t.figure)
def test_what_falls_behind_beyond_its_tolerance_fails(found: Trial, tolerance: Tolerance) -> None:
    now = figures(found.score)
    name = _named(now, tolerance)
    assert _fallen(found, name, now[name] - tolerance.worse * (tolerance.by + STEP)) == [name]


@pytest.mark.parametrize("tolerance", TOLERANCES, ids=lambda t: t.figure)
def test_what_falls_behind_within_its_tolerance_does_not(found: Trial, tolerance: Tolerance) -> None:
    now = figures(found.score)
    name = _named(now, tolerance)
    assert _fallen(found, name, now[name] - tolerance.worse * tolerance.by) == []
    assert _fallen(found, name, now[name] - tolerance.worse * tolerance.by / 2) == []


@pytest.mark.parametrize("tolerance", TOLERANCES, ids=lambda t: t.figure)
def test_what_got_better_by_any_amount_does_not_fail(found: Trial, tolerance: Tolerance) -> None:
    now = figures(found.score)
    name = _named(now, tolerance)
    assert _fallen(found, name, now[name] + tolerance.worse * 1_000) == []


def test_a_figure_that_is_gone_fails(found: Trial, tmp_path: Path) -> None:
    (drop, *others) = drops([trial(tmp_path / "none", {})], {CASE.id: {"letter/precision": 0.1}})
    assert (drop.case, drop.figure, drop.was, drop.now, others) == ("hand", "letter/precision", 0.1, None, [])
    (drop,) = drops([found], {CASE.id: {"pivot/recall": 0.0}})
    assert drop.now is None


def test_a_figure_that_is_new_is_not_compared(found: Trial) -> None:
    assert drops([found], {CASE.id: {"letter/recall": 0.75}}) == []


def test_a_case_is_compared_with_figures_of_its_own_seed_only(found: Trial) -> None:
    better = {"letter/recall": 1.0}
    assert len(drops([found], {CASE.id: better})) == 1
    assert drops([found], {Case("hand", "demo", 1.0, 298).id: better, "other-299": better}) == []


# --- on disk ----------------------------------------------------------------------------------------------------------


def test_what_is_saved_is_what_is_loaded(found: Trial, tmp_path: Path) -> None:
    path = tmp_path / "new" / "mine.json"
    save_baseline([found], path)
    assert load_baseline(str(path)) == {CASE.id: figures(found.score)}
    first = path.read_bytes()
    save_baseline([found], path)
    assert path.read_bytes() == first


def test_an_unknown_baseline_says_how_to_make_one() -> None:
    with pytest.raises(NothingUsable, match=r"there is no baseline `papyrus`[\s\S]*--save papyrus\.json"):
        load_baseline("papyrus")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "is no baseline"),
        ("{", "is no baseline"),
        ("\xff", "is no baseline"),
        ("[]", "is no baseline"),
        ("{}", "is no baseline"),
        ('{"format": 1}', "is no baseline"),
        ('{"format": 1, "cases": []}', "is no baseline"),
        ('{"format": 1, "cases": {"a-1": 7}}', "is no baseline"),
        ('{"format": 1, "cases": {"a-1": {"x/recall": "high"}}}', "is no baseline"),
        ('{"format": 1, "cases": {"a-1": {"x/recall": null}}}', "is no baseline"),
        ('{"format": 1, "cases": {"a-1": {"x/zork": 1}}}', "`x/zork` is no figure"),
    ],
)
def test_a_file_that_is_no_baseline_is_refused_before_anything_is_run(text: str, found: str, tmp_path: Path) -> None:
    path = tmp_path / "broken.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(StillwatchError, match=found) as error:
        load_baseline(str(path))
    assert error.value.where == str(path)
    assert "--save" in error.value.remedy


def test_a_baseline_of_another_format_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "old.json"
    path.write_text('{"format": 9, "cases": {}}', encoding="utf-8")
    with pytest.raises(Refused, match="written in format 9") as error:
        load_baseline(str(path))
    assert error.value.exit_code == ExitCode.REFUSED


@pytest.mark.parametrize("name", SETS)
def test_a_baseline_that_comes_with_stillwatch_has_every_case_of_its_set(name: str) -> None:
    try:
        saved = load_baseline(name)
    except NothingUsable:
        pytest.skip(f"no baseline of the set {name} is saved")
    assert {case.id for case in SETS[name]} <= set(saved)
    assert all(values for values in saved.values())
    assert json.dumps(saved, allow_nan=False)
