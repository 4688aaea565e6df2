"""Innocent worlds taken together: who counts as falsely accused, the rate with its interval, and how it is shown."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from rich.console import Console
from scipy import stats

from stillwatch.trials import Case, Innocence, Trial, innocence
from stillwatch.trials.innocence_view import innocence_json, innocence_view
from tests.range.scoring.hand import PEOPLE, Verdicts, add_groups
from tests.trials.hand import trial

INNOCENT = {name: group for name, group in PEOPLE.items() if group != "letter"}
POOL = ("pooled_access", "r1 r2 r3 r4")
RIGHT: Verdicts = {"p": POOL}
CLASS: Verdicts = {"p": POOL, "k": ("coordinated", "c1 c2 c3 r1")}
RELAY: Verdicts = {"p": ("distillation_campaign", POOL[1])}
NOTHING: Verdicts = {}


def _worlds(folder: Path, *said: Verdicts) -> list[Trial]:
    return [
        trial(folder / str(n), one, case=Case(f"w-{n}", "innocent", 1.0, 280 + n), people=INNOCENT)
        for n, one in enumerate(said)
    ]


def test_a_relay_that_is_called_pooled_access_is_no_false_campaign(tmp_path: Path) -> None:
    found = innocence(_worlds(tmp_path, RIGHT, RIGHT))
    assert found.worlds is not None
    assert (found.worlds.estimate, found.worlds.n) == (0.0, 2)
    assert found.relays == {"pooled_access": 2}
    assert found.relays_as_expected


@pytest.mark.parametrize(
    ("said", "false", "relays"),
    [
        (CLASS, 1, {"pooled_access": 1}),
        (RELAY, 1, {"distillation_campaign": 1}),
        ({"p": ("pooled_access", "r1 r2 o1 o2")}, 0, {"pooled_access": 1}),
        ({"p": ("pooled_access", "r1 r2 o1 o2 o3")}, 1, {"pooled_access": 1}),
        ({"p": ("coordinated", POOL[1])}, 0, {"coordinated": 1}),
        (NOTHING, 0, {"not found": 1}),
    ],
    ids=["a class", "a relay misnamed", "half a relay", "less than half", "a relay coordinated", "nothing"],
)
def test_a_campaign_is_false_that_nobody_should_have_been_named_for(
    tmp_path: Path, said: Verdicts, false: int, relays: dict[str, int]
) -> None:
    (world,) = _worlds(tmp_path, said)
    assert sum(one.false for one in world.score.named) == false
    found = innocence([world])
    assert found.relays == relays
    assert found.relays_as_expected == (set(relays) <= {"pooled_access", "not found"})


def _many(folder: Path, false: int) -> Innocence:
    right, wrong = _worlds(folder, RIGHT, CLASS)
    return innocence([wrong] * false + [right] * (10 - false))


def test_the_share_of_worlds_has_its_exact_interval_beside_the_stated_rate(tmp_path: Path) -> None:
    found = _many(tmp_path, 2)
    assert found.stated == 0.01
    assert found.worlds is not None
    assert found.worlds.estimate == 0.2
    assert found.worlds.low == pytest.approx(stats.beta.ppf(0.025, 2, 9))
    assert found.worlds.high == pytest.approx(stats.beta.ppf(0.975, 3, 8))
    assert found.discoveries is not None
    assert found.discoveries.estimate == pytest.approx(0.1)


@pytest.mark.parametrize(("false", "above"), [(0, False), (1, False), (2, True)])
def test_more_false_worlds_than_the_rate_and_chance_explain_are_too_many(
    tmp_path: Path, false: int, above: bool
) -> None:
    assert _many(tmp_path, false).above_stated == above


def test_innocent_accounts_and_look_alikes_are_added_up(tmp_path: Path) -> None:
    found = innocence(_worlds(tmp_path, RIGHT, CLASS))
    assert found.accused is not None
    assert found.accused.n == 24
    assert found.accused.estimate == pytest.approx(100_000 * 3 / 24)
    (kind,) = found.kinds
    assert kind.groups is not None
    assert kind.accounts is not None
    assert (kind.kind, kind.groups.estimate, kind.groups.n, kind.accounts.estimate) == ("classroom", 0.25, 4, 3 / 16)


GROUPS = {
    "far": ("o1 o2 o3 o4", 3.0, 0.9),
    "near": ("c1 c2 c3 c4", 9.0, 0.02),
    "p": ("r1 r2 r3 r4", 30.0, 0.001),
}


def _tested(folder: Path) -> Trial:
    return trial(folder, RIGHT, people=INNOCENT, tested=lambda scan: add_groups(scan, GROUPS, verdicts=RIGHT))


def test_the_nearest_innocent_group_is_the_one_with_the_smallest_q_value(tmp_path: Path) -> None:
    near = _tested(tmp_path).score.nearest
    assert near is not None
    assert (near.campaign_id, near.q_value, near.bits, near.accounts, near.largest) == (
        "near",
        0.02,
        9.0,
        4,
        "classroom",
    )


def _shown(trials: list[Trial]) -> list[str]:
    console = Console(file=io.StringIO(), width=400, highlight=False)
    console.print(innocence_view(trials, {}, innocence(trials)))
    assert isinstance(console.file, io.StringIO)
    return [" ".join(line.split()) for line in console.file.getvalue().splitlines()]


def test_a_world_has_its_row_and_the_sums_their_lines(tmp_path: Path) -> None:
    lines = _shown([_tested(tmp_path / "tested"), *_worlds(tmp_path, CLASS, RELAY)])
    assert "hand 0/1 0/12 0.02 9.0 classroom 6" in lines
    assert "w-0 1/2 3/12 - - - 6" in lines
    text = " ".join(lines)
    assert "Worlds with a false campaign: 2 of 3 (9.4-99.2 %); stated: 1.0 % of campaigns at most." in text
    assert "Accused of classroom: 1 of 6 (0.4-64.1 %) groups, 3 of 24 (2.7-32.4 %) accounts." in text
    assert "Relays: 1 distillation campaign, 2 pooled access; expected: pooled access." in text
    assert "ompared" not in text


def test_values_for_machines_hold_each_world_and_the_sums(tmp_path: Path) -> None:
    trials = [_tested(tmp_path / "tested"), *_worlds(tmp_path, CLASS)]
    said = json.loads(json.dumps(innocence_json(trials, {}, innocence(trials)), allow_nan=False))
    assert said["innocence"]["worlds"]["estimate"] == 0.5
    assert said["innocence"]["stated"] == 0.01
    assert said["cases"][0]["nearest"]["largest"] == "classroom"
    assert [one["false"] for one in said["cases"][1]["named"]] == [False, True]
