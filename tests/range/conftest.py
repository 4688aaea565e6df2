"""One small world for all tests of this folder."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillwatch.range import TextMode, World, WorldSpec, build_world

SMALL = WorldSpec(scale=0.4, text=TextMode.SHORT)


@dataclass(frozen=True, slots=True)
class Tables:
    """A world in memory."""

    world: World
    exchanges: pa.Table
    accounts: pa.Table
    truth: pa.Table


def in_memory(world: World) -> Tables:
    """Read the three tables of a world."""
    return Tables(world, *(pq.read_table(path) for path in (world.exchanges, world.accounts, world.truth)))


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    """A world with less than half of the demonstration's accounts."""
    return in_memory(build_world(SMALL, tmp_path_factory.mktemp("small") / "world", 7))
