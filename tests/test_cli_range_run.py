"""`range run` as it is typed: a set run, saved and compared, and what is wrong said before hours of work."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from rich.progress import Progress

from stillwatch import cli_range, console
from stillwatch.errors import ExitCode
from stillwatch.ingest import Progress as Imported
from stillwatch.range.populations import POPULATIONS
from stillwatch.trials import SETS, Case, innocence
from tests.small_world import ROOT, done, stillwatch
from tests.told import told

KEPT = ("ordinary", "relay")
TINY = Case("tiny", "demo", 0.35, 297, innocents=1.0, dials={p.name: 0.0 for p in POPULATIONS if p.name not in KEPT},
            cut_offs=1)  # fmt: skip


@pytest.fixture
def tiny_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """A set with one case that takes seconds."""
    monkeypatch.setitem(SETS, "tiny", (TINY,))


@pytest.mark.usefixtures("tiny_set")
def test_a_set_is_run_saved_and_compared(tmp_path: Path) -> None:
    base, again, worse, out = (tmp_path / name for name in ("base.json", "again.json", "worse.json", "kept"))
    said = done(stillwatch("range", "run", "--set", "tiny", "--save", base, "--out", out, "--json")).json
    assert [case["case"]["name"] for case in said["cases"]] == ["tiny"]
    assert said["worse"] == {}
    assert json.loads((out / "tiny" / "tiny.json").read_text(encoding="utf-8"))["format"] == 1
    figures: dict[str, Any] = json.loads(base.read_text(encoding="utf-8"))["cases"]["tiny-297"]
    assert figures == said["cases"][0]["figures"]

    text = done(stillwatch("range", "run", "--set", "tiny", "--against", base, "--save", again)).out
    assert f"o figure is worse than {base}" in text
    assert again.read_bytes() == base.read_bytes()

    figures["grader/recall"] += 0.2
    worse.write_text(json.dumps({"format": 1, "cases": {"tiny-297": figures}}), encoding="utf-8")
    ran = stillwatch("range", "run", "--set", "tiny", "--against", base, "--against", worse)
    assert ran.code == ExitCode.FAILED
    assert f"worse than {worse}: tiny grader/recall" in " ".join(ran.out.split())
    assert f"worse than {base}" not in ran.out
    assert "1 figure is worse than before, beyond tolerance" in ran.err
    assert "`--save`" in ran.err


@pytest.mark.usefixtures("tiny_set")
def test_a_set_of_innocents_is_held_to_the_stated_rate_and_leaves_nothing_unless_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    monkeypatch.setitem(SETS, "practice", (replace(SETS["practice"][0], scale=0.02),))
    text = done(stillwatch("range", "run", "--set", "practice")).out
    assert "Worlds with a false campaign: 0 of 1" in text
    assert "compared" not in text
    assert list(place.iterdir()) == []
    said = done(stillwatch("range", "run", "--set", "practice", "--out", tmp_path / "kept", "--json")).json
    assert said["innocence"]["worlds"]["estimate"] == 0.0
    assert (tmp_path / "kept" / "as-they-come" / "as-they-come.json").is_file()

    monkeypatch.setattr(cli_range, "innocence", lambda trials: replace(innocence(trials), stated=-0.1))
    ran = stillwatch("range", "run", "--set", "practice")
    assert ran.code == ExitCode.FAILED
    assert "more worlds hold a false campaign than the stated rate" in ran.err


def test_an_early_set_is_shown_by_its_alarms_and_compared_with_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SETS, "early-practice", (replace(TINY, history=1, looks=(20.0,)),))
    text = " ".join(done(stillwatch("range", "run", "--set", "early-practice")).out.split())
    assert "right after" in text
    assert "Nothing was compared" in text
    (case,) = done(stillwatch("range", "run", "--set", "early-practice", "--json")).json["cases"]
    assert set(case["detection"]) == {"grader", "letter"}


@pytest.mark.parametrize(
    ("typed", "code", "names"),
    [
        (("--set", "slow"), ExitCode.NOTHING_USABLE, "fast"),
        (("--only", "nobody"), ExitCode.NOTHING_USABLE, "grader, letter, innocent"),
        (("--against", "papyrus"), ExitCode.NOTHING_USABLE, "--save papyrus.json"),
        (("--against", "{broken}"), ExitCode.FAILED, "range run --save"),
        (("--against", "{old}"), ExitCode.REFUSED, "format 1"),
        (("--against", "{other}"), ExitCode.NOTHING_USABLE, "`--save` it anew"),
        (("--save", "{folder}"), ExitCode.NOTHING_USABLE, "name a file in it"),
        (("--save", "{broken}/x.json"), ExitCode.NOTHING_USABLE, "cannot be written"),
        (("--save", "{new}", "--out", "{broken}"), ExitCode.NOTHING_USABLE, "cannot be written"),
        (("--save", "{new}", "--out", "{kept}"), ExitCode.REFUSED, "holds grader of an earlier run"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_is_wrong_with_a_run_is_said_before_it_begins(
    tmp_path: Path, typed: tuple[str, ...], code: ExitCode, names: str
) -> None:
    places = {name: tmp_path / name for name in ("broken", "old", "other", "folder", "new", "kept")}
    places["broken"].write_text("{", encoding="utf-8")
    places["old"].write_text('{"format": 0, "cases": {}}', encoding="utf-8")
    places["other"].write_text('{"format": 1, "cases": {"grader-1": {"x/recall": 1}}}', encoding="utf-8")
    places["folder"].mkdir()
    (places["kept"] / "grader").mkdir(parents=True)
    begun = time.monotonic()
    assert names in told(stillwatch("range", "run", *(text.format(**places) for text in typed)), code)
    assert time.monotonic() - begun < 2
    assert not places["new"].exists()


def test_a_run_that_is_stopped_leaves_nothing_behind(tmp_path: Path) -> None:
    place, saved = tmp_path / "temporary", tmp_path / "saved.json"
    place.mkdir()
    command = [sys.executable, "-m", "stillwatch.cli", "range", "run", "--only", "innocent", "--save", str(saved)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(place)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        for _ in _until(60):
            if any(place.glob("*/innocent/.world.*.part/*")):
                break
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        text = process.stderr.read().decode()
        assert process.wait(60) == ExitCode.FAILED
    assert text == "stopped; what was finished stays\n"
    assert list(place.iterdir()) == []
    assert not saved.exists()


def _until(seconds: float) -> Iterator[None]:
    """Yield again and again for so many seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield
        time.sleep(0.02)


def test_a_step_has_one_bar_however_often_it_reports(monkeypatch: pytest.MonkeyPatch) -> None:
    bars = Progress(console=Console(stderr=True), disable=True)
    monkeypatch.setattr(console, "progress", lambda: bars)
    with console.watching() as watcher:
        for size in (10, 20, 30):
            watcher.on_import(Imported(files=3, files_done=1, size=30, size_done=size, rows=size))
            watcher.on_stage(f"stage {size}")
    assert len(bars.tasks) == 2
    imported, scanned = bars.tasks
    assert (imported.completed, imported.total) == (30, 30)
    assert scanned.description == "scanning: stage 30"
