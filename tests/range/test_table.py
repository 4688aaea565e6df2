"""The table of the range goes on where it was stopped, builds a world once, and says what every cell says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from benchmarks import table as module
from benchmarks.peers.trial import Outcome
from benchmarks.table import CELLS, OURS, SIZES, TABLE, World, grid, main, missing_cells, read_cells, table
from stillwatch.errors import NothingUsable
from stillwatch.range.campaigns import REPORTED
from stillwatch.trials import SETS

WORLD = World("grader-2026-02", "own-payment+own-address", 31, 0.15, 2)
SMALL = ("--scenarios", "grader-2026-02", "--rungs", "none", "--seeds", "31", "--size", "0.2", "--cut-offs", "2")


def _cell(peer: str, **more: object) -> dict[str, object]:
    figures = {"recall": 0.5, "recall_at_0.1%": 0.25, "innocents_accused": 3, "innocents": 1200, "alike_accused": 1,
               "alike": 18}  # fmt: skip
    return {"key": WORLD.key(peer), "outcome": "finished", "seconds": 12.4, **figures, **more}


OWN = _cell(OURS, campaigns=[{"id": "g", "called": "distillation campaign", "found": 0.45, "leak": "0-12.0 %"}])


def _by_key(*cells: Mapping[str, object]) -> dict[str, Mapping[str, object]]:
    return {str(cell["key"]): cell for cell in cells}


def test_every_reported_campaign_has_the_size_of_its_case_in_the_full_set() -> None:
    assert set(SIZES) >= {campaign.id for campaign in REPORTED}
    letter = next(case for case in SETS["full"] if case.name == "letter")
    assert SIZES["letter-2026-06"] == (letter.scale, letter.innocents)


def test_rungs_that_are_joined_are_climbed_together() -> None:
    case = WORLD.case()
    assert case.rungs == ("own-payment", "own-address")
    assert (case.seed, case.cut_offs) == (31, 2)
    assert case.scale == pytest.approx(0.15 * SIZES["grader-2026-02"][0])
    assert World("grader-2026-02", "none", 31, 1.0, 2).case().rungs == ()


def test_what_was_finished_is_read_again_and_a_line_that_was_not_is_cut_off(tmp_path: Path) -> None:
    file = tmp_path / CELLS
    missing = {"key": WORLD.key("splink"), "outcome": str(Outcome.NOT_INSTALLED), "seconds": None}
    lines = [json.dumps(cell) + "\n" for cell in (OWN, _cell("volume"), missing)]
    file.write_text("".join(lines) + '{"key": "grader/', encoding="utf-8")
    assert set(read_cells(file)) == {WORLD.key(OURS), WORLD.key("volume")}
    assert file.read_text(encoding="utf-8") == "".join(lines)
    assert read_cells(tmp_path / "nothing.jsonl") == {}


def test_a_row_says_what_its_cells_say() -> None:
    cells = _by_key(OWN, _cell("volume"), _cell("forest", outcome="stopped"),
                    {"key": WORLD.key("splink"), "outcome": "failed", "seconds": 1.0})  # fmt: skip
    shown = table([WORLD], [OURS, "volume", "forest", "splink", "mmd"], cells).splitlines()[6:]
    assert shown[0].count("|") == shown[1].count("|") == shown[2].replace("\\|", "").count("|")
    assert shown[2] == (
        "| grader-2026-02 | own-payment+own-address | 31 | 50.0 % | 0-12.0 % | 3 of 1,200 | 1 of 18 |"
        " distillation campaign (45.0 %) | 12 | 50.0 %, 3 \\| 25.0 % | 50.0 %, 3 \\| 25.0 %, stopped | failed |  |"
    )


def test_the_grid_says_what_was_found_on_which_rung() -> None:
    worlds = [
        World(name, rung, 31, 1.0, 2) for name in ("grader-2026-02", "spike-2026-07") for rung in ("none", "quiet")
    ]

    def cell(world: World, found: float, called: str, accused: int) -> Mapping[str, object]:
        campaigns = [{"id": "g", "called": called, "found": found, "leak": "0 %"}]
        return {"key": world.key(OURS), "campaigns": campaigns, "innocents_accused": accused}

    cells = _by_key(
        cell(worlds[0], 1.0, "distillation campaign", 0),
        cell(worlds[1], 0.0, "coordinated", 0),
        cell(worlds[2], 0.0, "nothing", 2),
    )
    assert grid(worlds, cells).splitlines()[:4] == [
        "| rung | grader | spike |",
        "| --- | --- | --- |",
        "| none | 100 % | 0 % *2 |",
        "| quiet | 0 % (coordinated) |  |",
    ]


def test_innocents_are_bounded_by_what_was_asked_for_and_by_the_campaign() -> None:
    def innocents(most: int | None) -> float | None:
        return World("spike-2026-07", "none", 31, 1.0, 2, most).case().innocents

    own = SIZES["spike-2026-07"][0] * 16_000
    assert innocents(None) is None
    assert innocents(240_000) == pytest.approx(240_000 / own)
    assert innocents(10) == 1.0
    assert innocents(10**9) == 100.0


def test_a_world_of_which_every_cell_is_done_is_not_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "build_world", None)
    done = _by_key(_cell("volume"))
    assert list(missing_cells(WORLD, ["volume"], done, environments=tmp_path, limit=1.0)) == []


def test_a_run_fills_its_cells_and_the_next_one_only_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["--out", str(tmp_path), *SMALL, "--peers", OURS])
    first = (tmp_path / CELLS).read_bytes()
    (cell,) = map(json.loads, first.splitlines())
    assert cell["recall"] == 1.0
    assert [one["called"] for one in cell["campaigns"]] == ["distillation campaign"]
    assert cell["innocents"] > 100

    main(["--out", str(tmp_path), *SMALL, "--peers", OURS, "volume"])
    kept = (tmp_path / CELLS).read_bytes()
    assert kept.startswith(first)
    assert [json.loads(line)["key"].rpartition("/")[2] for line in kept.splitlines()] == [OURS, "volume"]
    said = capsys.readouterr().out
    assert said.endswith((tmp_path / TABLE).read_text(encoding="utf-8"))

    monkeypatch.setattr(module, "build_world", None)
    main(["--out", str(tmp_path), *SMALL, "--peers", OURS, "volume"])
    assert (tmp_path / CELLS).read_bytes() == kept


def test_a_rung_that_there_is_not_is_said_before_anything_is_built(tmp_path: Path) -> None:
    with pytest.raises(NothingUsable, match="rung"):
        main(["--out", str(tmp_path / "out"), *SMALL, "--rungs", "none", "own-payment+own-yacht", "--peers", "volume"])
    assert list(tmp_path.iterdir()) == []
