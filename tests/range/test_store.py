"""Where a world is written: nowhere until it is whole, and nothing is left of one that is not."""

from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path

import pytest

from stillwatch.errors import Refused, StillwatchError
from stillwatch.range.store import world_folder


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
