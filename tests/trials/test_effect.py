"""What other weights change on a set: one world, two scans, and the figures of both."""

from __future__ import annotations

from pathlib import Path

from stillwatch.commands import Watcher
from stillwatch.range.populations import POPULATIONS
from stillwatch.trials import Case, effects
from stillwatch.weights import TODAY

KEPT = ("ordinary", "relay")
TINY = Case("tiny", "demo", 0.35, 97, innocents=1.0, dials={p.name: 0.0 for p in POPULATIONS if p.name not in KEPT})


def test_weights_that_find_nothing_find_nothing_on_the_range(tmp_path: Path) -> None:
    caps = {kind: 0.0 if kind not in ("declared_organisation",) else cap for kind, cap in TODAY.caps.items()}
    (effect,) = effects([TINY], TODAY.model_copy(update={"caps": caps}), tmp_path, watcher=Watcher())
    assert effect.case == TINY
    assert (effect.before.campaigns, effect.after.campaigns) == (2, 2)
    assert effect.before.called > 0
    assert effect.before.recall
    assert (effect.after.called, effect.after.recall) == (0, 0.0)
    assert effect.after.innocents_accused == 0
    assert effect.before.innocents == effect.after.innocents > 0
    assert sorted(path.name for path in (tmp_path / "tiny").iterdir()) == ["after", "before", "ledger", "world"]
