"""What the range says it can build: everything there is, for people and for machines."""

from __future__ import annotations

import io
import json

from rich.console import Console

from stillwatch.range.campaigns import LADDER
from stillwatch.range.listing import listing_json, listing_view
from stillwatch.range.populations import POPULATIONS
from stillwatch.range.scenarios import SCENARIOS
from stillwatch.range.store import ORDINARY, RELAY


def _shown(width: int = 160) -> str:
    console = Console(file=io.StringIO(), width=width, highlight=False)
    console.print(listing_view())
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def _row(name: str) -> list[str]:
    (line,) = [line for line in _shown().splitlines() if line.startswith(f"{name} ")]
    return line.split()


def test_every_scenario_population_and_rung_is_shown_once() -> None:
    firsts = [line.split(" ")[0] for line in _shown().splitlines()]
    for name in (*(s.name for s in SCENARIOS), *(p.name for p in POPULATIONS), *(r.id for r in LADDER)):
        assert firsts.count(name) == 1, name


def test_a_campaign_is_shown_with_its_disclosed_numbers() -> None:
    assert _row("letter-2026-06")[1:8] == ["28,800,000", "25,000", "45", "26", "10", ":", "1"]
    assert _row("spike-2026-07")[1:5] == ["16,000", "4,000", "21", "2"]
    assert _row("replay-2026-07")[1:5] == ["23,000,000", "5,380", "92", "46"]


def test_a_world_of_innocents_is_shown_with_its_exchanges() -> None:
    assert _row("innocent")[1:6] == ["0", "0", "14", "-", "1,000,000"]


def test_names_are_whole_on_a_narrow_terminal() -> None:
    text = _shown(60)
    assert all(s.name in text for s in SCENARIOS)
    assert all(r.id in text for r in LADDER)


def test_values_for_machines_are_json_and_whole() -> None:
    found = json.loads(json.dumps(listing_json(), allow_nan=False))
    assert [s["name"] for s in found["scenarios"]] == [s.name for s in SCENARIOS]
    assert [p["name"] for p in found["populations"]] == [p.name for p in POPULATIONS]
    assert [r["id"] for r in found["rungs"]] == [r.id for r in LADDER]
    assert {p["kind"] for p in found["populations"]} >= {ORDINARY, RELAY, "classroom"}
    assert sum(p["share"] for p in found["populations"]) > 0.999


def test_everything_says_what_it_is_for() -> None:
    found = listing_json()
    assert all(s["about"] for s in found["scenarios"])
    assert all(p["hard"] for p in found["populations"])
    assert all(r["changes"] and r["cost"] for r in found["rungs"])
    campaigns = [c for s in found["scenarios"] for c in s["campaigns"]]
    assert {c["id"] for c in campaigns} >= {"letter-2026-06", "hydra-2026-02", "spike-2026-07"}
    assert all(c["disclosed"] or c["assumed"] for c in campaigns)
    assert all(c["accounts"] > 0 and c["exchanges"] > 0 for c in campaigns)
