"""The memory of ids against an exact oracle."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.ledger import Ledger, repeats
from stillwatch.ledger.repeats import IdSet, SeenIds, numbers
from tests.ledger.sketches import KEY, add, hours

BATCHES = st.lists(st.lists(st.integers(-3, 40), max_size=12), max_size=20)


@given(BATCHES)
def test_each_number_is_new_once(batches: list[list[int]]) -> None:
    known, oracle = IdSet(), set[int]()
    for batch in batches:
        expected = []
        for number in batch:
            expected.append(number not in oracle)
            oracle.add(number)
        assert known.take_new(np.array(batch, dtype=np.int64)).tolist() == expected
    assert len(known) == len(oracle)


def test_days_beyond_the_room_are_forgotten_and_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repeats, "_ROOM", 30)
    ledger, seen = Ledger.create(tmp_path, KEY), SeenIds()
    add(ledger, hours(0, 96), "a" * 32, seen=seen)
    for first in (0, 24, 48, 72, 0, 24):
        manifest = add(ledger, hours(first, first + 24), f"{first}-{len(ledger.import_ids())}", seen=seen)
        assert manifest is not None
        assert manifest.rows == 0
    assert sum(len(known) for known, _ in seen._days.values()) <= 48


def test_a_number_follows_from_its_id() -> None:
    found = numbers(pa.array(["a", "b", "a", "ä" * 300]))
    assert found[0] == found[2]
    assert len(set(found.tolist())) == 3
