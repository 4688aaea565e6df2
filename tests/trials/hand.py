"""Results of a case, made by hand: a small world and what a scan said of it."""

from __future__ import annotations

from pathlib import Path

from stillwatch.range.scoring import score
from stillwatch.trials import Case, Trial
from tests.range.scoring.hand import PEOPLE, Verdicts, write_scan, write_world

CASE = Case("hand", "demo", 1.0, 299)
FOUND: Verdicts = {"k": ("distillation_campaign", "l1 l2 l3 o1"), "p": ("pooled_access", "r1 r2 r3 r4")}
SENT = [(name, float(hour)) for name in PEOPLE for hour in range(4)]


def trial(folder: Path, named: Verdicts = FOUND, *, case: Case = CASE) -> Trial:
    """Return a case in which two scans named `named`, the first of them in the middle of the world."""
    truth = write_world(folder / "world", exchanges=SENT, harvest={"l1": 0.0, "l2": 0.0, "l3": 0.0, "l4": 0.0})
    scans = [write_scan(folder / "early", named, until=1.5), write_scan(folder / "late", named)]
    return Trial(case, score(truth, *scans), len(SENT), (1.0, 2.0, 3.0))
