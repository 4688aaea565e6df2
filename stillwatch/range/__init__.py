"""Labelled worlds in which detection is measured: see `docs/concepts/range.md`.

`build_world` writes one; `SCENARIOS` lists what can be played; `World` says what came out.
"""

from stillwatch.range.build import build_world
from stillwatch.range.cast import WorldSpec
from stillwatch.range.render import TextMode
from stillwatch.range.scenarios import DEMO, SCENARIOS, Scenario, scenario_named
from stillwatch.range.store import World

__all__ = ["DEMO", "SCENARIOS", "Scenario", "TextMode", "World", "WorldSpec", "build_world", "scenario_named"]
