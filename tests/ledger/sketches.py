"""Small tables of sketches for tests."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch.keys import Key
from stillwatch.ledger import Draft, Ledger, Manifest, Origin, Spill, commit, staging_folder
from stillwatch.ledger.repeats import SeenIds
from stillwatch.record import Skips
from stillwatch.sketch.schema import SKETCHES

KEY = Key(bytes(range(32)))
MIDNIGHT = 1_767_225_600_000_000
"""2026-01-01 in UTC, in microseconds."""
HOUR, DAY = 3_600_000_000, 86_400_000_000


def sketch(exchange_id: str, ts: int, **others: Any) -> dict[str, Any]:
    """Return one sketch as a row; `ts` counts microseconds from `MIDNIGHT`."""
    return {"exchange_id": exchange_id, "ts": MIDNIGHT + ts, "account_id": "a", "model": "m", "half": 0, **others}


def table(rows: Sequence[dict[str, Any]]) -> pa.Table:
    """Return rows as a table of `SKETCHES`."""
    return pa.Table.from_pylist(list(rows), SKETCHES)


def hours(first: int, last: int) -> pa.Table:
    """Return one sketch for every hour from `first` to before `last`, counted from `MIDNIGHT`; latest first."""
    return table([sketch(f"x{h:06d}", h * HOUR, prompt_mark=h) for h in reversed(range(first, last))])


def add(ledger: Ledger, rows: pa.Table, name: str, *, seen: SeenIds | None = None) -> Manifest | None:
    """Commit `rows` as the import of a source called `name`."""
    origin = Origin(import_id=name, kind="exchanges", label=f"{name}.jsonl", reader="stillwatch", size=1)
    with staging_folder(ledger) as folder:
        spill = Spill(folder / "0")
        spill.add(rows)
        draft = Draft(origin, spill.folder, tuple(spill.finish()), Skips(), Skips())
        return commit(ledger, draft, seen or SeenIds())


def ids(ledger: Ledger) -> list[str]:
    """Return the ids of all exchanges in `ledger`, file by file."""
    return [x for path in ledger.exchange_files() for x in read(path).column("exchange_id").to_pylist()]


def read(path: Path) -> pa.Table:
    """Return the rows of one data file."""
    return pq.read_table(path, partitioning=None)


def tree(folder: Path) -> dict[str, bytes]:
    """Return the bytes of every file under `folder` by its name."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
