"""Fast motifs are told from what an hour holds of them, or two, at the rate that was reported of each account."""

from __future__ import annotations

from pathlib import Path

import pytest

from stillwatch.commands import Watcher
from stillwatch.trials import Case, run_case

FAST = (
    Case("blocks-handed-on", "replay-2026-07", 0.004, 58, innocents=1.0, history=5, looks=(1.0,)),
    Case("requests-handed-on", "hydra-2026-02", 0.01, 58, innocents=1.0, history=5, looks=(2.0,)),
    Case("one-wording-everywhere", "cleaner-2026-07", 0.075, 58, innocents=0.3, history=5, looks=(1.0,)),
)


@pytest.mark.parametrize("case", FAST, ids=lambda case: case.name)
def test_a_fast_motif_is_told_soon_after_its_begin(case: Case, tmp_path: Path) -> None:
    """Under any verdict: that it is a harvest may take another hour."""
    trial = run_case(case, tmp_path, watcher=Watcher())
    (found,) = [group.detection for group in trial.score.groups if group.kind == "campaign"]
    assert found is not None
    assert found.suspected, [one.verdicts for one in found.cut_offs]
    assert trial.score.innocent_named == 0
