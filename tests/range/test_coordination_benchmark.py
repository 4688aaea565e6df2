"""What the benchmark against the coordination network toolkit makes of two trials."""

from __future__ import annotations

import numpy as np

from benchmarks.coordination import compared
from benchmarks.peers.accusations import Accusations
from benchmarks.peers.judging import Truth, judge
from benchmarks.peers.trial import Outcome, Trial

TRUTH = Truth(
    [f"a{i}" for i in range(10)],
    np.array(["campaign"] * 4 + ["relay"] * 2 + ["ordinary"] * 4),
    np.array(["c"] * 4 + ["r"] * 2 + [""] * 4),
)


def _trial(accused: list[str], seconds: float, outcome: Outcome = Outcome.FINISHED) -> Trial:
    said = Accusations(accused, np.ones(len(accused)), np.ones(len(accused), dtype=np.bool_))
    return Trial("x", outcome, "", seconds, 100.0, said)


def test_a_peer_that_was_stopped_is_judged_by_what_it_had_said() -> None:
    ours, theirs = _trial(["a0", "a1", "a2", "a4"], 10.0), _trial(["a0", "a5", "a6"], 600.0, Outcome.STOPPED)
    judged = [judge(TRUTH, trial.accusations)[0] for trial in (ours, theirs) if trial.accusations is not None]
    first, second = (
        compared(name, 1_000, trial, own, ours)
        for name, trial, own in zip(("ours", "theirs"), (ours, theirs), judged, strict=True)
    )
    assert (first.times_ours, first.recall, first.precision, first.innocents_accused) == (1.0, 0.75, 1.0, 0)
    assert (second.times_ours, second.recall, second.precision, second.innocents_accused) == (60.0, 0.25, 0.5, 1)
    assert second.outcome == "stopped"


def test_a_peer_that_said_nothing_has_no_precision() -> None:
    silent = Trial("x", Outcome.STOPPED, "", 600.0, 100.0, None)
    found = compared("theirs", 1_000, silent, None, _trial(["a0"], 10.0))
    assert (found.times_ours, found.recall, found.precision, found.innocents_accused) == (60.0, None, None, None)
