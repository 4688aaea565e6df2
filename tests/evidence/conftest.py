"""Worlds that the tests of evidence share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.worlds import NULLABLE, Crowd, World, a_world


@pytest.fixture(scope="session")
def nothing_known() -> Iterator[World]:
    """A pool among people in a log that holds nothing but ids, times and models."""
    with a_world(Crowd("people", 60, exchanges=8), Crowd("pool", 8, exchanges=8), empty=NULLABLE) as made:
        yield made
