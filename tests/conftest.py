"""Worlds that are built, imported and scanned once for all tests of the commands."""

from __future__ import annotations

from pathlib import Path

import pytest

from stillwatch.range import build_world
from tests.small_world import EVERYONE, FEW, SEED, Scanned, scan_world


@pytest.fixture(scope="session")
def everyone(tmp_path_factory: pytest.TempPathFactory) -> Scanned:
    """The world with every look-alike, scanned."""
    place = tmp_path_factory.mktemp("everyone")
    return scan_world(build_world(EVERYONE, place / "world", SEED).folder, place)


@pytest.fixture(scope="session")
def few_world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small world, not yet imported."""
    return build_world(FEW, tmp_path_factory.mktemp("few") / "world", SEED).folder


@pytest.fixture(scope="session")
def few(few_world: Path) -> Scanned:
    """The small world, scanned."""
    return scan_world(few_world, few_world.parent)
