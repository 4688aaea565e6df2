"""Real traffic as the record: what stands in it, and that a scan names nobody."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from benchmarks.real_prompts import REAL
from benchmarks.real_traffic import TRACES, Asked, azure_workloads, fortnight, levels, mooncake, scanned

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not REAL.exists(), reason="the real data is not beside this checkout"),
]
ASKED = Asked(REAL, 3.0, 1)
Read = Callable[[Asked], pa.Table]


def _per_account(table: pa.Table) -> dict[str, int]:
    rows = table.group_by("account_id").aggregate([("exchange_id", "count")]).to_pylist()
    return {row["account_id"]: row["exchange_id_count"] for row in rows}


def test_a_client_keeps_about_the_root_of_its_requests_over_two_weeks() -> None:
    cube, square = (_per_account(fortnight(Asked(REAL, root, 1))) for root in (3.0, 2.0))
    busy = [name for name in cube if cube[name] >= 200]
    assert len(busy) > 20
    assert np.median([square[name] ** 2 / cube[name] ** 3 for name in busy]) == pytest.approx(1.0, abs=0.1)
    days = pc.count_distinct(pc.floor_temporal(fortnight(ASKED)["ts"], unit="day")).as_py()
    assert days == 14


def test_no_exchange_id_is_given_twice() -> None:
    for name, read in TRACES:
        table = read(ASKED)
        assert len(table["exchange_id"].unique()) == table.num_rows, name


def test_a_conversation_of_mooncake_carries_its_history() -> None:
    table = mooncake(ASKED)
    turns, history = table["turn"].to_numpy(), pc.list_value_length(table["prefix_hashes"]).to_numpy()
    assert turns.max() > 5
    assert np.array_equal(history, turns - 1), "one hash per earlier turn"


@pytest.mark.parametrize("read", [azure_workloads, mooncake], ids=["azure", "mooncake"])
def test_a_scan_of_an_hour_without_a_campaign_names_nobody(read: Read, tmp_path: Path) -> None:
    found = scanned("an hour", read(ASKED).slice(0, 3000), tmp_path)
    assert found.exchanges == 3000
    assert found.campaigns == 0


def test_random_groups_of_real_clients_are_tested(tmp_path: Path) -> None:
    assert scanned("clients", fortnight(ASKED), tmp_path).campaigns == 0
    rows = [line.split(" | ") for line in levels(tmp_path, seed=1, groups=20)][2:]
    assert {(row[0].strip("| "), row[1]) for row in rows} == {
        (k, s) for k in ("even_load", "in_step") for s in ("8", "30")
    }
    assert {row[2] for row in rows} == {"20"}
