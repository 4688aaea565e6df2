"""Random innocent groups by activity and age: tenths are tenths, and what speaks too often is marked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.activity import ALL, GUILT, TENTHS, TRAITS, above, count, innocent_case, innocents, rows, tenths

SEED = 6


def test_tenths_are_of_equal_number_and_growing() -> None:
    values = np.array([5, 3, 9, 1, 7, 2, 8, 0, 6, 4] * 5)
    accounts = np.arange(0, 50, 2)
    parts = tenths(values, accounts)
    assert list(parts) == [*map(str, range(1, TENTHS + 1)), ALL]
    assert sorted(np.concatenate([parts[name] for name in parts if name != ALL]).tolist()) == accounts.tolist()
    assert values[parts["1"]].max() <= values[parts["10"]].min()


@pytest.mark.parametrize(
    ("hits", "groups", "found"), [(10, 200, False), (19, 200, False), (20, 200, True), (2, 8, False)]
)
def test_only_what_is_above_level_and_chance_is_too_often(hits: int, groups: int, found: bool) -> None:
    assert above(hits, groups) == found


def test_groups_of_a_small_world_go_through_every_kind_by_both_traits(tmp_path: Path) -> None:
    with innocent_case(SEED, 0.06, tmp_path) as (case, truth):
        everybody, alone = (innocents(case, truth, who) for who in ("innocent", "ordinary"))
        assert set(alone.tolist()) < set(everybody.tolist())
        hits = count(case, alone, sizes=[12], groups=2, seed=1)
    assert set(hits) == {(t, k.kind, n) for t in TRAITS for k in GUILT for n in (*map(str, range(1, TENTHS + 1)), ALL)}
    assert {n for _, n in hits.values()} == {2}
    drawn_by = [hits["age", "signup_burst", str(tenth)][0] for tenth in range(1, TENTHS + 1)]
    assert sum(drawn_by) > 2 * TENTHS * 0.2, "accounts of one tenth by age were made at about the same time"
    shown = rows(hits, "activity")
    assert [row["kind"] for row in shown][:1] == ["shared_instrument"]
    assert any(str(row["kind"]) == "even_load (itself)" for row in shown)
