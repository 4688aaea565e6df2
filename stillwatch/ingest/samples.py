"""Real text behind marks, kept only when it is asked for.

Everything else in a ledger is free of text. This function reads the sources a second time, picks the scaffold marks
that many accounts share, and writes a few of the texts behind each to `DIR/samples/samples.parquet`. Delete the
folder when the investigation is over; nothing depends on it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from stillwatch.importers import Intake
from stillwatch.importers.load import tables_of
from stillwatch.ingest.prepare import Job, Setup, assigned
from stillwatch.ledger import Ledger
from stillwatch.ledger.files import storing
from stillwatch.record import Skips, required
from stillwatch.sketch import Sketcher
from stillwatch.sketch.schema import SHINGLES

SAMPLES = pa.schema(
    [
        required("kind", pa.string()),
        required("mark", pa.int64()),
        required("exchange_id", pa.string()),
        required("text", pa.string()),
    ]
)
"""One row per text; `mark` is the number in the ledger's column."""

HOLDERS = 5
"""Accounts that must share a mark; the smallest group that a scan looks at."""
MOST_MARKS = 1000
"""Marks of one kind that get samples, those with the most holders first."""
LONGEST_TEXT = 4000
"""Characters of a text that are kept."""

_SOURCES = (
    ("system", "system_mark", "system_text", "system_mark"),
    ("system_head", "system_head_mark", "system_text", "system_mark"),
    ("head", "head_mark", "input_text", "prompt_mark"),
    ("tail", "tail_mark", "input_text", "prompt_mark"),
    *(("shingle", f"shingle_{i}_mark", "input_text", "prompt_mark") for i in range(SHINGLES)),
)
"""Kind of mark, its column in the ledger, the column of the record with the text, and the mark of the whole text."""

Texts = dict[tuple[str, int], dict[str, str]]
"""Exchange ids by text, by kind and mark."""


def keep_samples(jobs: Sequence[Job], setup: Setup, *, each: int) -> int:
    """Keep up to `each` different texts of every heavy scaffold mark; return how many the ledger now has.

    Args:
        jobs: sources to look into; they may have been imported long ago.
        setup: of the import; the ledger holds the sources.

    Raises:
        StillwatchError: the folder cannot be written.
    """
    heavy = _heavy_marks(setup.ledger)
    found = _texts(_with_sketches(jobs, setup), heavy, each)
    with storing(setup.ledger.folder), setup.ledger.lock():
        place = setup.ledger.folder / "samples" / "samples.parquet"
        kept = _merged(_stored(place), found, each)
        place.parent.mkdir(mode=0o700, exist_ok=True)
        _write(kept, place, by_way_of=setup.folder / "samples.parquet")
    return int(kept.num_rows)


def _heavy_marks(ledger: Ledger) -> dict[str, pa.Array]:
    """Return the marks of each kind that many accounts share, the heaviest first."""
    files = [str(path) for path in ledger.exchange_files()]
    heavy: dict[str, pa.Array] = {}
    if not files:
        return heavy
    with duckdb.connect() as engine:
        engine.execute("set enable_progress_bar = false")
        engine.read_parquet(files).create_view("exchanges")
        for kind in dict.fromkeys(kind for kind, *_ in _SOURCES):
            columns = [column for name, column, *_ in _SOURCES if name == kind]
            held = " union all ".join(f"select {column} as mark, account_id from exchanges" for column in columns)
            rows = engine.execute(
                f"select mark from ({held}) where mark is not null group by mark"
                f" having count(distinct account_id) >= {HOLDERS} order by count(distinct account_id) desc, mark"
                f" limit {MOST_MARKS}"
            )
            heavy[kind] = pa.array([mark for (mark,) in rows.fetchall()], pa.int64())
    return heavy


def _with_sketches(jobs: Sequence[Job], setup: Setup) -> Iterator[tuple[pa.Table, pa.Table]]:
    """Yield the exchanges of `jobs` once more, each table with its sketches."""
    sketcher, counted_before = Sketcher(setup.key), Intake(setup.key, Skips(), Skips())
    for job in jobs:
        for table in tables_of(assigned(job, setup), counted_before):
            yield table, sketcher.sketch(table)


def _texts(tables: Iterator[tuple[pa.Table, pa.Table]], heavy: dict[str, pa.Array], each: int) -> Texts:
    found: Texts = {(kind, mark): {} for kind, marks in heavy.items() for mark in marks.to_pylist()}
    wanted = dict(heavy)
    for exchanges, sketches in tables:
        for kind, column, text, whole in _SOURCES:
            if len(wanted.get(kind, ())):
                for mark, place in _different(sketches, column, whole, wanted[kind]):
                    texts = found[kind, mark]
                    if len(texts) < each:
                        said = exchanges.column(text)[place].as_py()[:LONGEST_TEXT]
                        texts.setdefault(said, exchanges.column("exchange_id")[place].as_py())
        wanted = {
            kind: marks.filter(pa.array([len(found[kind, mark]) < each for mark in marks.to_pylist()], pa.bool_()))
            for kind, marks in wanted.items()
        }
    return found


def _different(sketches: pa.Table, column: str, whole: str, wanted: pa.Array) -> list[tuple[int, int]]:
    """Return one row of each different text behind each wanted mark: the mark and the position, in order."""
    hits = pc.indices_nonzero(pc.fill_null(pc.is_in(sketches.column(column), value_set=wanted), False))
    rows = pa.table(
        {"mark": sketches.column(column).take(hits), "whole": sketches.column(whole).take(hits), "place": hits}
    )
    firsts = rows.group_by(["mark", "whole"]).aggregate([("place", "min")]).sort_by("place_min")
    return list(zip(firsts.column("mark").to_pylist(), firsts.column("place_min").to_pylist(), strict=True))


def _stored(place: Path) -> pa.Table:
    return pq.read_table(place).cast(SAMPLES) if place.exists() else SAMPLES.empty_table()


def _merged(stored: pa.Table, found: Texts, each: int) -> pa.Table:
    """Return what is stored, and of what was found what still has room, by kind and mark."""
    every: Texts = {}
    for row in stored.to_pylist():
        every.setdefault((row["kind"], row["mark"]), {})[row["text"]] = row["exchange_id"]
    for place, texts in found.items():
        kept = every.setdefault(place, {})
        for text, exchange_id in texts.items():
            if len(kept) < each:
                kept.setdefault(text, exchange_id)
    rows = [
        {"kind": kind, "mark": mark, "exchange_id": exchange_id, "text": text}
        for (kind, mark), texts in sorted(every.items())
        for text, exchange_id in texts.items()
    ]
    return pa.Table.from_pylist(rows, SAMPLES)


def _write(samples: pa.Table, place: Path, *, by_way_of: Path) -> None:
    """Write the file whole or not at all, readable by its owner alone."""
    with open(os.open(by_way_of, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        pq.write_table(samples, file, compression="zstd")
    os.replace(by_way_of, place)
