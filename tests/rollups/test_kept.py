"""What is kept beside a ledger: written once, never changed, made again when it is no longer right."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from stillwatch.engine import DuckDB
from stillwatch.errors import Refused, StillwatchError
from stillwatch.evidence.harvest_intent import BELIEVED
from stillwatch.ledger import Ledger
from stillwatch.rollups import FOLDER, OF_EXCHANGES, kept, kept_sums
from tests.ledger.sketches import tree
from tests.rollups.days import a_day, assert_as_a_scan, new_ledger, of_kept, put

DAYS = 6


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """Six days, nothing kept yet."""
    made, rng = new_ledger(tmp_path / "ledger"), np.random.default_rng(1)
    for day in range(DAYS):
        put(made, a_day(day, rng), day)
    return made


def _more(ledger: Ledger, day: int, source: int = 1) -> None:
    put(ledger, a_day(day, np.random.default_rng(100 + day), source=source), 100 * source + day)


def _lots(ledger: Ledger) -> dict[Path, list[str]]:
    """Return the days of each lot by its folder."""
    heads = (ledger.folder / FOLDER).glob("*/*/lot.json")
    return {head.parent: sorted(json.loads(head.read_text("utf-8"))["days"]) for head in heads}


def _stamps(folder: Path) -> dict[str, tuple[int, int]]:
    return {str(p): (p.stat().st_ino, p.stat().st_mtime_ns) for p in folder.rglob("*") if p.is_file()}


def test_the_first_run_reads_all_days_and_the_second_none(ledger: Ledger) -> None:
    first, second = assert_as_a_scan(ledger), assert_as_a_scan(ledger)
    assert (len(first.read), first.kept) == (DAYS, ())
    assert (second.read, second.kept) == ((), first.read)


def test_the_newest_day_is_a_lot_of_its_own(ledger: Ledger) -> None:
    assert_as_a_scan(ledger)
    assert sorted(map(len, _lots(ledger).values())) == [1, DAYS - 1]


def test_a_new_day_is_read_alone_and_what_is_kept_is_not_written_again(ledger: Ledger) -> None:
    assert_as_a_scan(ledger)
    before = _stamps(ledger.folder / FOLDER)
    _more(ledger, DAYS)
    assert assert_as_a_scan(ledger).read == ("2026-01-07",)
    after = _stamps(ledger.folder / FOLDER)
    assert before.items() <= after.items()


def test_exchanges_of_days_that_are_kept_are_not_read(ledger: Ledger) -> None:
    assert_as_a_scan(ledger)
    _more(ledger, DAYS)
    for path in ledger.exchange_files()[: DAYS - 1]:  # the evening before the new day is read for hand-offs
        path.write_bytes(b"unreadable")
    with of_kept(ledger) as (engine, taken):
        assert len(engine.rows("select * from account_totals")) > 0
        assert taken.read == ("2026-01-07",)


def test_newer_lots_become_one_with_the_past_when_they_have_grown(ledger: Ledger) -> None:
    sizes = []
    for day in range(DAYS, DAYS + 8):
        _more(ledger, day)
        assert_as_a_scan(ledger)
        sizes.append(len(_lots(ledger)))
    assert max(sizes) <= 4
    assert max(map(len, _lots(ledger).values())) > DAYS


def test_a_source_that_comes_late_has_its_day_and_the_next_read_again(ledger: Ledger) -> None:
    assert_as_a_scan(ledger)
    for day in range(DAYS, DAYS + 3):
        _more(ledger, day)
        assert_as_a_scan(ledger)
    _more(ledger, DAYS + 1, source=2)
    assert {"2026-01-08", "2026-01-09"} <= set(assert_as_a_scan(ledger).read)


@pytest.mark.parametrize("day", [0, 2, DAYS - 1])
def test_a_day_that_is_deleted_is_gone_from_what_is_kept(ledger: Ledger, day: int) -> None:
    assert_as_a_scan(ledger)
    shutil.rmtree(ledger.folder / "exchanges" / f"day=2026-01-{day + 1:02d}")
    assert_as_a_scan(ledger)
    assert not [days for days in _lots(ledger).values() if f"2026-01-{day + 1:02d}" in days]


def test_sums_of_other_queries_are_made_again_and_removed(ledger: Ledger) -> None:
    assert_as_a_scan(ledger)
    (version,) = (ledger.folder / FOLDER).iterdir()
    with DuckDB(memory="1GB") as engine, kept_sums(engine, ledger, intent_bits=BELIEVED + 1) as taken:
        assert len(taken.read) == DAYS
    assert not version.exists()


@pytest.mark.parametrize("damage", ["no head", "short table", "no table", "broken head"])
def test_a_lot_that_is_not_whole_is_made_again(ledger: Ledger, damage: str) -> None:
    assert_as_a_scan(ledger)
    lot = max(_lots(ledger), key=lambda lot: len(_lots(ledger)[lot]))
    table = lot / "account_totals.parquet"
    if damage == "no head":
        (lot / "lot.json").unlink()
    elif damage == "broken head":
        (lot / "lot.json").write_text('{"days": ')
    elif damage == "no table":
        table.unlink()
    else:
        table.write_bytes(table.read_bytes()[:-1])
    assert len(assert_as_a_scan(ledger).read) == DAYS - 1


def _dying(work: Callable[..., None], left: Iterator[int]) -> Callable[..., None]:
    """Return `work` that, when `left` is at its end, is not done: the process was killed."""

    def done_or_dead(*given: object) -> None:
        if next(left, None) is None:
            raise KeyboardInterrupt
        work(*given)

    return done_or_dead


@pytest.mark.parametrize("dies_at", [0, 1, 12, 24, 25, 26, 40, 49])
def test_killed_at_any_write_the_next_run_is_right(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, dies_at: int
) -> None:
    assert dies_at < 2 * (len(OF_EXCHANGES) + 1), "two lots, each of all sums and a change of name"
    whole, left = tree(ledger.folder), iter(range(dies_at))
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", lambda *_, **__: None)  # who is killed cleans nothing up
        patch.setattr(DuckDB, "write", _dying(DuckDB.write, left))
        patch.setattr(os, "replace", _dying(os.replace, left))
        with pytest.raises(KeyboardInterrupt), of_kept(ledger):
            pass
    assert_as_a_scan(ledger)
    assert whole.items() <= tree(ledger.folder).items()
    assert not list((ledger.folder / FOLDER).glob("*/new"))


def test_a_full_disk_is_told_and_leaves_the_ledger_and_what_was_kept(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert_as_a_scan(ledger)
    _more(ledger, DAYS)
    before = tree(ledger.folder)

    def full(_: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(kept, "sync", full)
        with pytest.raises(StillwatchError, match="No space left on device") as error, of_kept(ledger):
            pass
    assert "the ledger is as it was" in error.value.remedy
    assert tree(ledger.folder) == before
    assert len(assert_as_a_scan(ledger).read) == 1


def test_two_runs_at_once_are_refused(ledger: Ledger) -> None:
    with of_kept(ledger), pytest.raises(Refused, match="another run"), of_kept(ledger):
        pass
    assert_as_a_scan(ledger)
