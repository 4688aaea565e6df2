"""Results of a case, made by hand: a small world and what a scan said of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from stillwatch.range.scoring import score
from stillwatch.trials import Case, Trial
from tests.range.scoring.hand import PEOPLE, Verdicts, write_scan, write_world

CASE = Case("hand", "demo", 1.0, 299)
FOUND: Verdicts = {"k": ("distillation_campaign", "l1 l2 l3 o1"), "p": ("pooled_access", "r1 r2 r3 r4")}


def _as_it_is(_scan: Path) -> None:
    """Leave a scan as another detector would write it."""


def trial(
    folder: Path,
    named: Verdicts = FOUND,
    *,
    case: Case = CASE,
    people: Mapping[str, str] = PEOPLE,
    tested: Callable[[Path], None] = _as_it_is,
) -> Trial:
    """Return a case in which two scans named `named`, the first of them in the middle of the world.

    Args:
        people: group of each account. tested: adds to the last scan the groups that it tested.
    """
    sent = [(name, float(hour)) for name in people for hour in range(4)]
    harvest = {name: 0.0 for name, group in people.items() if group == "letter"}
    truth = write_world(folder / "world", people=people, exchanges=sent, harvest=harvest)
    scans = [write_scan(folder / "early", named, until=1.5), write_scan(folder / "late", named)]
    tested(scans[-1])
    return Trial(case, score(truth, *scans), len(sent), (1.0, 2.0, 3.0))
