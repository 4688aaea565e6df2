"""Sums that are kept beside the ledger, so that a run reads the exchanges of new days only.

    DIR/rollups/VERSION/LOT/NAME.parquet   the sums of some days (`sums.py`)
    DIR/rollups/VERSION/LOT/lot.json       which days, of which files, and the size of each table

VERSION follows from the queries themselves: sums made by others are made again. A lot is written beside its place and
renamed, whole or not at all, and never changed. Its days are named with what they were made of, the files of the day
and of the day before it (hand-offs reach back some hours), so a lot whose day got another source, or was deleted, is
no longer right: it is removed, and its other days are summed again.

The newest day may still grow, so it is a lot of its own. When the newer lots hold more than a share of what the
largest holds, they become one with it, and so no more than a few lots are ever merged.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from stillwatch.engine import DuckDB
from stillwatch.errors import Refused, StillwatchError
from stillwatch.ledger import FORMAT, Ledger
from stillwatch.ledger.files import sync, try_lock_folder
from stillwatch.rollups.pace import PACE
from stillwatch.rollups.sums import MERGED, OF_EXCHANGES, REACH
from stillwatch.rollups.views import RECENT_AND_EARLIER, merge_sums, sum_exchanges

FOLDER = "rollups"
"""Below the ledger's folder."""

MERGED_FROM = 0.25
"""Share of the exchanges of the largest lot from which newer lots become one with it: each exchange is then written
again about as often as the ledger grows by that share."""

_HEAD, _NEW = "lot.json", "new"


@dataclass(frozen=True, slots=True)
class _Day:
    """The files of one day and what names their content, with those of the day before."""

    files: tuple[Path, ...]
    rows: int
    made_of: str


@dataclass(frozen=True, slots=True)
class _Lot:
    """The sums of some days, in a folder."""

    folder: Path
    days: Mapping[str, str]
    rows: int


@dataclass(frozen=True, slots=True)
class Taken:
    """What a run read: days whose exchanges were summed, and days whose sums were kept from earlier runs."""

    read: tuple[str, ...]
    kept: tuple[str, ...]


@contextlib.contextmanager
def kept_sums(engine: DuckDB, ledger: Ledger, *, intent_bits: float) -> Iterator[Taken]:
    """Make every sum of the whole ledger a view of `engine`, reading exchanges only of days that are not kept yet.

    The ledger must have exchanges. While the context lasts no other process changes what is kept.

    Raises:
        Refused: another process is at it.
        StillwatchError: the ledger cannot be read, or the sums cannot be written; what was kept is as it was.
    """
    with _alone(ledger.folder / FOLDER), _storing(ledger.folder / FOLDER):
        days = _days(ledger)
        place = ledger.folder / FOLDER / _version(intent_bits)
        lots = _swept(place, days)
        kept = {day for lot in lots for day in lot.days}
        missing = sorted(days.keys() - kept)
        newest = max(days)
        for group in filter(None, ([day for day in missing if day != newest], [newest] if newest in missing else [])):
            lots.append(_summed(engine, place, days, group, intent_bits))
        lots = _merged(engine, place, lots, newest)
        merge_sums(engine, lots[0].folder, [lot.folder for lot in lots[1:]])
        yield Taken(tuple(missing), tuple(sorted(kept)))


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    with _storing(folder):
        folder.mkdir(exist_ok=True)
    handle = try_lock_folder(folder)
    if handle is None:
        raise Refused(
            "another run is at work on this ledger",
            where=str(folder),
            expected="one `stillwatch watch` for a ledger",
            remedy="wait for it, or stop it",
        )
    try:
        yield
    finally:
        os.close(handle)


@contextlib.contextmanager
def _storing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StillwatchError(
            f"the sums of the ledger cannot be kept: {error.strerror or error}",
            where=str(folder),
            expected="room for about as much as the ledger takes, and the right to write there",
            remedy="free space or correct the rights, then run again; the ledger is as it was",
        ) from error


def _version(intent_bits: float) -> str:
    texts = [query.sql for queries in (OF_EXCHANGES, MERGED) for query in queries.values()]
    parts = (FORMAT, intent_bits, REACH, PACE, RECENT_AND_EARLIER.sql, texts)
    return hashlib.blake2b(json.dumps(parts).encode(), digest_size=6).hexdigest()


def _days(ledger: Ledger) -> dict[str, _Day]:
    """Return the days of the ledger, ascending."""
    ledger.exchange_files()  # tells of a file that is gone
    files = sorted(ledger.data_files("exchanges"), key=lambda file: (file.day, file.path))
    by_day = {day: tuple(of_day) for day, of_day in groupby(files, key=lambda file: file.day)}
    named = {day: [(file.path, file.rows, file.content) for file in of_day] for day, of_day in by_day.items()}
    return {
        day: _Day(
            files=tuple(ledger.folder / file.path for file in of_day),
            rows=sum(file.rows for file in of_day),
            made_of=_digest([named.get(_day_before(day)), named[day]]),
        )
        for day, of_day in by_day.items()
    }


def _day_before(day: str) -> str:
    return (dt.date.fromisoformat(day) - dt.timedelta(days=1)).isoformat()


def _digest(value: object) -> str:
    return hashlib.blake2b(json.dumps(value).encode(), digest_size=16).hexdigest()


def _swept(place: Path, days: Mapping[str, _Day]) -> list[_Lot]:
    """Return lots that are right and have no day in common, largest first; remove everything else that was kept."""
    place.mkdir(exist_ok=True)
    for other in place.parent.iterdir():
        if other != place:
            shutil.rmtree(other)
    chosen: list[_Lot] = []
    finished = [folder for folder in place.iterdir() if folder.name != _NEW]
    found = [lot for folder in finished if (lot := _lot(folder, days)) is not None]
    for lot in sorted(found, key=lambda lot: (-lot.rows, lot.folder)):
        if not any(lot.days.keys() & other.days.keys() for other in chosen):
            chosen.append(lot)
    for folder in place.iterdir():
        if folder not in {lot.folder for lot in chosen}:
            shutil.rmtree(folder)
    return chosen


def _lot(folder: Path, days: Mapping[str, _Day]) -> _Lot | None:
    """Return the lot in `folder` if it is whole and its days are what the ledger has."""
    try:
        head = json.loads((folder / _HEAD).read_text(encoding="utf-8"))
        whole = all((folder / f"{name}.parquet").stat().st_size == head["sizes"][name] for name in MERGED)
    except (OSError, ValueError, KeyError):
        return None
    right = all(day in days and days[day].made_of == made_of for day, made_of in head["days"].items())
    return _Lot(folder, head["days"], sum(days[day].rows for day in head["days"])) if whole and right else None


def _summed(engine: DuckDB, place: Path, days: Mapping[str, _Day], group: Sequence[str], intent_bits: float) -> _Lot:
    """Sum the exchanges of some days and keep the sums."""
    engine.read("exchanges", [path for day in group for path in days[day].files])
    before = {day: days[_day_before(day)] for day in group if _day_before(day) in days.keys() - set(group)}
    if before:
        files = [path for day in before.values() for path in day.files]
        engine.read("earlier", files, where=" or ".join(map(_shortly_before, before)))
    sum_exchanges(engine, intent_bits=intent_bits, with_earlier=bool(before))
    lot = _keep(engine, place, {day: days[day].made_of for day in group}, sum(days[day].rows for day in group))
    engine.drop("exchanges")
    return lot


def _shortly_before(day: str) -> str:
    return f"(ts >= timestamptz '{day}' - interval {REACH['hours']} hour and ts < timestamptz '{day}')"


def _merged(engine: DuckDB, place: Path, lots: Sequence[_Lot], newest: str) -> list[_Lot]:
    """Return the lots, largest first; those that will not change made one if it is time."""
    ordered = sorted(lots, key=lambda lot: (newest in lot.days, -lot.rows, lot.folder))
    settled = [lot for lot in ordered if newest not in lot.days]
    if len(settled) < 2 or sum(lot.rows for lot in settled[1:]) < MERGED_FROM * settled[0].rows:
        return ordered
    merge_sums(engine, settled[0].folder, [lot.folder for lot in settled[1:]])
    days = {day: made_of for lot in settled for day, made_of in lot.days.items()}
    one = _keep(engine, place, days, sum(lot.rows for lot in settled))
    for lot in settled:
        shutil.rmtree(lot.folder)
    return [one, *ordered[len(settled) :]]


def _keep(engine: DuckDB, place: Path, days: Mapping[str, str], rows: int) -> _Lot:
    """Write every sum that `engine` has as one lot, whole or not at all."""
    draft = place / _NEW
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir()
    try:
        sizes = {}
        for name in OF_EXCHANGES:
            path = draft / f"{name}.parquet"
            engine.write(name, path)
            engine.read(name, [path])
            sync(path)
            sizes[name] = path.stat().st_size
        with open(draft / _HEAD, "w", encoding="utf-8") as file:
            json.dump({"days": dict(days), "sizes": sizes}, file)
            file.flush()
            os.fsync(file.fileno())
        lot = _Lot(place / _digest(dict(sorted(days.items()))), days, rows)
        os.replace(draft, lot.folder)
        sync(place)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return lot
