"""Where a world is written: nowhere until it is whole, and nothing is left of one that is not."""

from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillwatch.errors import Refused, StillwatchError
from stillwatch.range.store import Parts, WorldWriter, world_folder


def _fill(folder: Path) -> None:
    for name in ("exchanges.parquet", "world.json"):
        (folder / name).write_text(name, encoding="utf-8")


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_new_folder_appears_when_it_is_whole(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "world"
    with world_folder(out) as half:
        _fill(half)
        assert not out.exists()
        assert half.parent == out.parent
    assert _names(out) == ["exchanges.parquet", "world.json"]
    assert _names(out.parent) == ["world"]


def test_a_folder_that_is_there_is_filled_from_inside(tmp_path: Path) -> None:
    """It may be a mounted disk, beside which is another disk, or where the user stands."""
    before = tmp_path.stat()
    with world_folder(tmp_path) as half:
        _fill(half)
        assert half.parent == tmp_path
        assert half.name.startswith(".")
    after = tmp_path.stat()
    assert (before.st_dev, before.st_ino) == (after.st_dev, after.st_ino)
    assert _names(tmp_path) == ["exchanges.parquet", "world.json"]


@pytest.mark.parametrize("there", [True, False])
def test_what_fails_leaves_what_was_there(there: bool, tmp_path: Path) -> None:
    out = tmp_path / "world"
    if there:
        out.mkdir()
    with contextlib.suppress(KeyboardInterrupt), world_folder(out) as half:
        _fill(half)
        raise KeyboardInterrupt
    assert out.exists() is there
    assert [path for path in tmp_path.rglob("*") if path != out] == []


def test_a_full_disk_is_told_in_our_words(tmp_path: Path) -> None:
    with pytest.raises(StillwatchError, match="no space left") as error, world_folder(tmp_path / "world"):
        raise OSError(errno.ENOSPC, "no space left on device")
    assert error.value.where == str(tmp_path / "world")
    assert "room" in error.value.remedy
    assert _names(tmp_path) == []


def test_nothing_is_built_on_something(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep", encoding="utf-8")
    for place in (tmp_path, tmp_path / "mine.txt"):
        with pytest.raises(Refused, match="not an empty folder"), world_folder(place):
            pytest.fail("it was let in")
    assert _names(tmp_path) == ["mine.txt"]


def test_a_build_that_still_runs_is_left_alone(tmp_path: Path) -> None:
    other = tmp_path / f".world.{os.getppid()}.part"
    other.mkdir()
    with world_folder(tmp_path / "world") as half:
        _fill(half)
    assert _names(tmp_path) == [other.name, "world"]


def _batch(first: int, rows: int) -> pa.RecordBatch:
    return pa.record_batch({"exchange_id": [f"x{i:03d}" for i in range(first, first + rows)]})


def _written(folder: Path, parts: Parts | None) -> list[str]:
    """Write five batches of ten rows, and return the names of the files that hold exchanges."""
    with WorldWriter(folder, parts) as writer:
        for first in range(0, 50, 10):
            writer.write(_batch(first, 10), np.arange(10) < 2)
        nothing = pa.table({"account_id": ["a"]})
        writer.finish(nothing, nothing, {})
    return sorted(path.name for path in folder.glob("exchanges*"))


def test_exchanges_come_in_one_file_unless_asked_otherwise(tmp_path: Path) -> None:
    assert _written(tmp_path, None) == ["exchanges.parquet"]


def test_files_of_so_many_rows_are_handed_over_whole_and_in_order(tmp_path: Path) -> None:
    ids: list[list[str]] = []

    def taken(path: Path) -> None:
        ids.append(pq.read_table(path).column("exchange_id").to_pylist())
        path.unlink()

    assert _written(tmp_path, Parts(20, taken)) == []
    assert [len(part) for part in ids] == [20, 20, 10]
    assert [i for part in ids for i in part] == [f"x{i:03d}" for i in range(50)]
    harvested = pq.read_table(tmp_path / "harvest.parquet").column("exchange_id").to_pylist()
    assert harvested == [f"x{i:03d}" for first in range(0, 50, 10) for i in (first, first + 1)]
