"""What a commit adds, what it drops, and what it leaves behind."""

from __future__ import annotations

import errno
import itertools
import os
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from stillwatch.errors import StillwatchError
from stillwatch.ledger import Ledger, sweep
from stillwatch.ledger.commit import KNOWN
from stillwatch.ledger.repeats import SeenIds
from tests.ledger.sketches import DAY, KEY, add, hours, ids, read, sketch, table, tree


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger.create(tmp_path / "ledger", KEY)


def test_the_same_import_twice_changes_nothing(ledger: Ledger) -> None:
    assert add(ledger, hours(0, 30), "a" * 32) is not None
    before = tree(ledger.folder)
    assert add(ledger, hours(0, 30), "a" * 32) is None
    assert tree(ledger.folder) == before


def test_ids_that_the_ledger_has_are_dropped_and_counted(ledger: Ledger) -> None:
    add(ledger, hours(0, 30), "a" * 32)
    manifest = add(ledger, hours(20, 40), "b" * 32)
    assert manifest is not None
    assert manifest.rows == 10
    assert [(skip.reason, skip.count, skip.first) for skip in manifest.skips] == [(KNOWN, 10, f"{'b' * 32}.jsonl")]
    assert sorted(ids(ledger)) == [f"x{h:06d}" for h in range(40)]
    assert ledger.skips().counts == {KNOWN: 10}


def test_an_import_of_nothing_but_repeats_leaves_no_file_and_is_remembered(ledger: Ledger) -> None:
    add(ledger, hours(0, 5), "a" * 32)
    manifest = add(ledger, hours(0, 5), "b" * 32)
    assert manifest is not None
    assert manifest.files == ()
    assert ledger.holds("b" * 32)


def test_the_same_id_on_another_day_is_another_exchange(ledger: Ledger) -> None:
    add(ledger, table([sketch("x", 0)]), "a" * 32)
    add(ledger, table([sketch("x", DAY)]), "b" * 32)
    assert ids(ledger) == ["x", "x"]


def test_a_process_that_has_seen_the_ledger_learns_of_what_others_add(ledger: Ledger) -> None:
    mine, others = SeenIds(), SeenIds()
    add(ledger, hours(0, 10), "a" * 32, seen=mine)
    add(ledger, hours(10, 20), "b" * 32, seen=others)
    add(ledger, hours(5, 24), "c" * 32, seen=mine)
    assert sorted(ids(ledger)) == [f"x{h:06d}" for h in range(24)]


def test_rows_that_stay_keep_their_order_and_values(ledger: Ledger) -> None:
    add(ledger, hours(3, 5), "a" * 32)
    add(ledger, hours(0, 8), "b" * 32)
    kept = read(ledger.exchange_files()[1])
    assert kept.column("prompt_mark").to_pylist() == [0, 1, 2, 5, 6, 7]
    assert kept.schema.field("exchange_id") == pa.field("exchange_id", pa.string(), nullable=False)


def test_a_disk_that_fails_in_the_commit_leaves_the_ledger_as_it_was(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(ledger, hours(0, 5), "a" * 32)
    before, calls = tree(ledger.folder), 0
    while not ledger.holds("b" * 32):
        with monkeypatch.context() as patch:
            patch.setattr(os, "replace", _failing_at(calls))
            if calls < 3:
                with pytest.raises(StillwatchError, match="No space left on device"):
                    add(ledger, hours(3, 30), "b" * 32)
                assert tree(ledger.folder) == before
            else:
                add(ledger, hours(3, 30), "b" * 32)
        calls += 1
    assert calls == 4  # two days and the manifest
    assert ledger.rows == 30


def _failing_at(call: int) -> Callable[[Path, Path], None]:
    left, replace = itertools.count(), os.replace

    def failing(source: Path, target: Path) -> None:
        if next(left) == call:
            raise OSError(errno.ENOSPC, "")
        replace(source, target)

    return failing


def test_files_of_an_import_killed_in_its_commit_are_swept(ledger: Ledger) -> None:
    add(ledger, hours(0, 5), "a" * 32)
    before = tree(ledger.folder)
    for stray in ("exchanges/day=2026-01-01", "exchanges/day=2030-01-01", "accounts"):
        (ledger.folder / stray).mkdir(exist_ok=True)
        (ledger.folder / stray / f"{'b' * 32}.parquet").write_bytes(b"half")
    sweep(ledger)
    assert tree(ledger.folder) == before
