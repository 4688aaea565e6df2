"""The benchmark of growth goes on where it was stopped, and its ratios are those of its steps."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.growth import FILE, Growth, Step, ratios
from benchmarks.measured import Run
from stillwatch.errors import Refused

ASKED: dict[str, object] = {"scenario": "letter-2026-06", "seed": 20, "limits": []}


def _growth(folder: Path, **others: object) -> Growth:
    return Growth(folder, ASKED | others, limits=(), rows=1000)


def _never() -> Run:
    raise AssertionError("this step was taken before")


def test_a_step_that_ended_is_not_taken_again(tmp_path: Path) -> None:
    first = _growth(tmp_path).taken(0.1, "scan", lambda: Run("", 3.0, 40.0, 1.0), lambda ran: {"found": ran.seconds})
    assert (first.seconds, first.peak_megabytes, first.figures) == (3.0, 40.0, {"found": 3.0})
    assert _growth(tmp_path).taken(0.1, "scan", _never) == first
    assert _growth(tmp_path).taken(1.0, "scan", lambda: Run("", 5.0, 50.0, 1.0)).seconds == 5.0
    assert len((tmp_path / FILE).read_text(encoding="utf-8").splitlines()) == 2


def test_steps_of_another_world_are_refused(tmp_path: Path) -> None:
    _growth(tmp_path).taken(0.1, "scan", lambda: Run("", 3.0, 40.0, 1.0))
    with pytest.raises(Refused, match="other worlds"):
        _growth(tmp_path, seed=21).taken(0.1, "scan", _never)


def test_ratios_are_of_the_largest_world_to_the_smallest() -> None:
    steps = [
        Step(ASKED, scale, name, seconds, peak, {"exchanges": exchanges})
        for scale, name, seconds, peak, exchanges in [
            (1.0, "import", 9.0, 9.0, 3_000),
            (1.0, "scan", 80.0, 600.0, 0),
            (1.0, "floor", 20.0, 100.0, 0),
            (0.1, "import", 9.0, 9.0, 300),
            (0.1, "scan", 10.0, 300.0, 0),
            (0.1, "floor", 4.0, 100.0, 0),
        ]
    ]
    assert ratios(steps) == {
        "exchanges": 10.0,
        "time": 8.0,
        "memory": 2.0,
        "scan against floor, 0.1": 2.5,
        "scan against floor, 1": 4.0,
    }
