"""How soon campaigns were found, as a person and as a machine reads it."""

from __future__ import annotations

import io
from pathlib import Path

from rich.console import Console

from stillwatch.range.scoring import score
from stillwatch.trials import Trial
from stillwatch.trials.early_view import early_json, early_view
from tests.range.scoring.hand import NOBODY, PEOPLE, Verdicts, write_scan, write_world
from tests.trials.hand import CASE

WHOLE = "l1 l2 l3 l4"


def _trial(folder: Path, looks: dict[float, Verdicts]) -> Trial:
    """Return a campaign of four accounts that harvests from hour 2 on, once an hour each, seen at some hours."""
    sent = [(name, hour + 0.5) for name in PEOPLE for hour in range(12)]
    truth = write_world(folder / "w", exchanges=sent, harvest=dict.fromkeys(WHOLE.split(), 2.5))
    scans = [write_scan(folder / f"{hour}", named, until=hour) for hour, named in looks.items()]
    return Trial(CASE, score(truth, *scans), len(sent), (1.0, 2.0, 3.0))


COURSE: dict[float, Verdicts] = {
    3.5: NOBODY,
    4.5: {"k": ("pooled_access", f"{WHOLE} o1 o2")},
    6.5: {"k": ("distillation_campaign", "l1 l2 l3 o1")},
    8.5: NOBODY,
}


def _shown(trial: Trial) -> list[str]:
    console = Console(file=io.StringIO(), width=200, highlight=False)
    console.print(early_view([trial], {}))
    assert isinstance(console.file, io.StringIO)
    return [" ".join(line.split()) for line in console.file.getvalue().splitlines()]


def test_a_row_says_when_what_had_leaked_and_what_it_was_called_over_time(tmp_path: Path) -> None:
    line = next(line for line in _shown(_trial(tmp_path, COURSE)) if line.startswith("hand"))
    course = "nothing 1 h, pooled access 2 h, distillation 4 h, nothing 6 h"
    assert line == f"hand 2-4 h 20.0-40.0 % 2.0-4.0 1-2 h 10.0-20.0 % 2 {course}"


def test_a_campaign_that_was_never_found_says_so(tmp_path: Path) -> None:
    line = next(line for line in _shown(_trial(tmp_path, {3.5: NOBODY})) if line.startswith("hand"))
    assert line == "hand never - - never - 0 nothing 1 h"


def test_a_machine_is_told_every_look(tmp_path: Path) -> None:
    (case,) = early_json([_trial(tmp_path, COURSE)], {})["cases"]
    found = case["detection"]["letter"]
    assert [one["exchanges"] for one in found["cut_offs"]] == [4, 8, 16, 24]
    assert (found["alarm"]["exchanges"]["high"], found["suspected"]["exchanges"]["high"]) == (16, 8)
    assert (found["kept"], case["innocents_at_most"]) == (False, 2)
