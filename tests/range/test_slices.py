"""Slices give back every event once and in order of time, whatever order it came in and wherever it waited."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from stillwatch.range import slices
from stillwatch.range.draw import DAY, generator
from stillwatch.range.events import Events, concatenate, events
from stillwatch.range.slices import ROWS, Slices, ordered

START, DAYS = 1_780_272_000_000_000, 3


def _some(count: int, seed: int = 1) -> Events:
    rng = generator(seed, "slices")
    made = events(rng.integers(0, 50, size=count), START + rng.integers(0, DAYS * DAY, size=count))
    return replace(
        made, talk=rng.integers(0, 1 << 40, size=count), turn=rng.integers(1, 9, size=count).astype(np.int16)
    )


def _through(tmp_path: Path, parts: list[Events]) -> list[Events]:
    held = Slices(tmp_path / "buckets", start=START, days=DAYS, expected=sum(map(len, parts)))
    for part in parts:
        held.add(part)
    assert len(held) == sum(map(len, parts))
    return [ordered(run) for run in held.runs()]


@pytest.mark.parametrize("held", [10**9, 1_000])
def test_everything_comes_back_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, held: int) -> None:
    monkeypatch.setattr(slices, "_HELD", held)
    parts = [_some(150_000, 1), _some(200_000, 2), _some(7, 3)]
    runs = _through(tmp_path, parts)
    whole, given = concatenate(runs), concatenate(parts)
    assert np.all(np.diff(whole.ts) >= 0)
    for name in ("ts", "talk", "turn", "account"):
        assert sorted(getattr(whole, name).tolist()) == sorted(getattr(given, name).tolist())
    assert len(runs) > 1
    assert not (tmp_path / "buckets").exists()


def test_equal_times_are_in_no_order_that_tells_who_came_first(tmp_path: Path) -> None:
    count = 5_000
    same = replace(_some(count), ts=np.full(count, START + DAY), talk=np.arange(count))
    (run,) = _through(tmp_path, [same])
    assert sorted(run.talk.tolist()) == list(range(count))
    assert abs(np.corrcoef(run.talk, np.arange(count))[0, 1]) < 0.1


def test_a_run_is_bounded_although_hours_are_uneven(tmp_path: Path) -> None:
    busy = _some(4 * ROWS)
    skewed = replace(busy, ts=START + ((busy.ts - START) // 3))
    assert max(len(run) for run in _through(tmp_path, [skewed])) < 2 * ROWS


def test_a_world_without_events_has_no_runs(tmp_path: Path) -> None:
    assert _through(tmp_path, []) == []
