"""A case is really run: its world built, imported and scanned at growing moments, its scans scored."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from stillwatch.commands import Watcher
from stillwatch.errors import Refused
from stillwatch.range.populations import POPULATIONS
from stillwatch.range.scenarios import scenario_named
from stillwatch.trials import SETS, Case, Trial, drops, run_case
from stillwatch.trials.baseline import figures
from stillwatch.trials.run import cut_offs

KEPT = ("ordinary", "relay")
TINY = Case(
    "tiny", "demo", 0.35, 297, innocents=1.0, dials={p.name: 0.0 for p in POPULATIONS if p.name not in KEPT}, cut_offs=2
)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Trial, Path, list[str]]:
    """The tiny case, the folder it left, and the stages it passed."""
    stages: list[str] = []
    folder = tmp_path_factory.mktemp("trial") / "tiny"
    watcher = Watcher(lambda at: stages.append("import") if at.files == at.files_done else None, stages.append)
    return run_case(TINY, folder, watcher=watcher), folder, stages


def test_a_case_leaves_its_world_its_ledger_and_a_scan_for_each_moment(ran: tuple[Trial, Path, list[str]]) -> None:
    trial, folder, _ = ran
    assert sorted(path.name for path in folder.iterdir()) == ["ledger", "scan-1", "scan-2", "world"]
    known = json.loads((folder / "world" / "world.json").read_text(encoding="utf-8"))
    assert (known["scenario"], known["seed"], known["scale"]) == ("demo", 297, 0.35)
    assert known["text"] == "short"
    assert trial.exchanges == pq.read_metadata(folder / "world" / "exchanges.parquet").num_rows


def test_the_scans_saw_growing_parts_of_the_world(ran: tuple[Trial, Path, list[str]]) -> None:
    trial, folder, stages = ran
    heads = [json.loads((folder / f"scan-{k}" / "scan.json").read_text(encoding="utf-8")) for k in (1, 2)]
    assert heads[0]["parameters"]["until"] < "2026-06-08"
    assert heads[1]["parameters"]["until"] is None
    assert 0 < heads[0]["ledger"]["exchanges"] < heads[1]["ledger"]["exchanges"] == trial.exchanges
    assert stages[0] == "import"
    assert len(set(stages[1:])) > 3


def test_the_score_is_that_of_both_scans(ran: tuple[Trial, Path, list[str]]) -> None:
    trial, _, _ = ran
    assert trial.case == TINY
    assert len(trial.score.moments) == 2
    assert {g.group_id for g in trial.score.groups if g.kind == "campaign"} == {
        campaign.id for campaign in scenario_named("demo").campaigns
    }
    assert "grader/recall" in figures(trial.score)
    assert figures(trial.score)["relays_accused"] == 0.0
    assert drops([trial], {TINY.id: figures(trial.score)}) == []
    assert all(seconds > 0 for seconds in trial.seconds)


def test_a_folder_that_holds_a_world_already_is_refused(tmp_path: Path) -> None:
    (tmp_path / "world").mkdir()
    (tmp_path / "world" / "mine.txt").write_text("keep", encoding="utf-8")
    with pytest.raises(Refused, match="not an empty folder"):
        run_case(TINY, tmp_path, watcher=Watcher())
    assert [path.name for path in tmp_path.rglob("*")] == ["world", "mine.txt"]


# --- looks after the first harvest ------------------------------------------------------------------------------------

LATER = replace(TINY, name="later", seed=296, history=2, looks=(1.0, 30.0))


def test_looks_are_so_many_hours_after_the_first_harvest_and_what_came_later_is_not_imported(tmp_path: Path) -> None:
    trial = run_case(LATER, tmp_path, watcher=Watcher())
    truth = pq.read_table(tmp_path / "world" / "truth.parquet").column("first_harvest_ts")
    sent = pq.read_table(tmp_path / "world" / "exchanges.parquet").column("ts")
    begin, opened = pc.min(truth).as_py(), pc.min(sent).as_py()
    assert begin - opened > dt.timedelta(days=2, hours=-2)
    heads = [json.loads((tmp_path / f"scan-{k}" / "scan.json").read_text(encoding="utf-8")) for k in (1, 2)]
    for head, hours in zip(heads, LATER.looks, strict=True):
        until = begin + dt.timedelta(hours=hours)
        assert dt.datetime.fromisoformat(head["parameters"]["until"]) == until
        before = pc.sum(pc.less(sent, pa.scalar(until, sent.type))).as_py()
        assert head["ledger"]["exchanges"] == before
    seen = pq.read_metadata(tmp_path / "seen.parquet").num_rows
    assert heads[0]["ledger"]["exchanges"] < heads[1]["ledger"]["exchanges"] == seen < trial.exchanges
    detections = [group.detection for group in trial.score.groups if group.kind == "campaign"]
    assert all(len(found.cut_offs) == 2 for found in detections if found is not None)
    assert max(round(found.cut_offs[0].hours or 0) for found in detections if found is not None) == 1


# --- cut-offs ---------------------------------------------------------------------------------------------------------

START = "2026-02-01T00:00:00+00:00"


def _moments(folder: Path, days: int, count: int) -> list[dt.datetime | None]:
    (folder / "world.json").write_text(json.dumps({"start": START, "days": days}), encoding="utf-8")
    return cut_offs(folder, count)


@pytest.mark.parametrize(("days", "count"), [(7, 2), (7, 5), (25, 4), (45, 5), (92, 8)])
def test_cut_offs_are_growing_whole_hours_and_the_last_is_the_end(days: int, count: int, tmp_path: Path) -> None:
    *early, last = _moments(tmp_path, days, count)
    assert last is None
    assert len(early) == count - 1
    known = [moment for moment in early if moment is not None]
    assert len(known) == count - 1
    begin = dt.datetime.fromisoformat(START)
    end = begin + dt.timedelta(days=days)
    hours = [(moment - begin) / dt.timedelta(hours=1) for moment in known]
    assert all(hour == int(hour) for hour in hours)
    assert begin < known[0]
    assert known[-1] < end
    assert hours[0] == pytest.approx(0.12 * days * 24, abs=0.5)
    steps = [b - a for a, b in pairwise([*hours, days * 24.0])]
    assert all(0 < a <= b + 1 for a, b in pairwise(steps))


def test_one_cut_off_is_the_end(tmp_path: Path) -> None:
    assert _moments(tmp_path, 7, 1) == [None]


@pytest.mark.parametrize("name", SETS)
def test_the_cut_offs_of_every_case_differ(name: str, tmp_path: Path) -> None:
    for case in (case for case in SETS[name] if not case.looks):
        moments = _moments(tmp_path, case.spec().scenario.days, case.cut_offs)
        assert len(set(moments)) == len(moments) == case.cut_offs, case.name
