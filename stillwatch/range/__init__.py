"""Labelled worlds in which detection is measured: see `docs/concepts/range.md`.

`build_world` writes one; `SCENARIOS` lists what it is made of; `store.World` says what came out.
"""

from stillwatch.range.scenarios import SCENARIOS
from stillwatch.range.store import World
from stillwatch.range.world import ALL, DEMO, WorldSpec, build_world, world_tables

__all__ = ["ALL", "DEMO", "SCENARIOS", "World", "WorldSpec", "build_world", "world_tables"]
