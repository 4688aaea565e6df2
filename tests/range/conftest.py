"""One small world for all tests of this folder."""

from __future__ import annotations

import pytest

from stillwatch.range import WorldSpec, world_tables
from stillwatch.range.store import Tables

SMALL = WorldSpec(name="small", scale=0.3)


@pytest.fixture(scope="session")
def small() -> Tables:
    """A world of a third of the demonstration's accounts."""
    return world_tables(SMALL, 7)
