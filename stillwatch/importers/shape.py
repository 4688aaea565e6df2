"""What the readers of nested formats have in common: objects in, rows out, the unusable counted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import pyarrow as pa

from stillwatch.importers import times
from stillwatch.importers.columns import tables
from stillwatch.importers.importer import Head, Importer, Intake, Json, Row
from stillwatch.importers.jsonblock import parts
from stillwatch.importers.records import Record, is_json_lines, line_records, numbered, records
from stillwatch.importers.source import Run, Source, decoded, runs
from stillwatch.keys import Key

NO_CALL = "not a model call"
"""Reason against records that logs of traces and sessions hold besides the calls of models."""

Convert = Callable[[Json, Key], Iterable[Json | str]]
"""Makes the rows of one object; a string in the place of a row is the reason why there is none."""


Plain = Callable[[Run, Source, Intake], pa.Table | None]
"""Reads lines that are all of the plainest kind at once; returns None, and counts nothing, if they are not."""


def by_object(
    name: str, title: str, recognises: Callable[[Head], bool], convert: Convert, plain: Plain | None = None
) -> Importer:
    """Return the importer of a format whose every object is read by itself.

    Args:
        convert: makes the rows of an object.
        plain: makes the same rows of many lines at once.
    """

    def lines(run: Run, source: Source, intake: Intake) -> Iterator[pa.Table]:
        whole = None if plain is None else plain(run, source, intake)
        if whole is not None:
            yield whole
        elif plain is not None and len(small := list(parts(run))) > 1:
            for part in small:
                yield from lines(part, source, intake)
        else:
            found = line_records(numbered(decoded(run, source, intake.notes)), source, intake)
            yield from tables(_rows(found, source, intake, convert), source, intake)

    def reads(source: Source, intake: Intake) -> Iterator[pa.Table]:
        if is_json_lines(source):
            for run in runs(source, intake.skips):
                yield from lines(run, source, intake)
        else:
            yield from tables(_rows(records(source, intake), source, intake, convert), source, intake)

    return Importer(name, title, recognises, reads, reads_lines=lines)


def _rows(found: Iterable[Record], source: Source, intake: Intake, convert: Convert) -> Iterator[Row]:
    key, skips = intake.key, intake.skips
    for line, size, value in found:
        try:
            made = list(convert(value, key))
        except (AttributeError, IndexError, KeyError, OverflowError, RecursionError, TypeError, ValueError):
            made = ["unexpected shape"]  # nothing is known to get here; a log that does must not stop the run
        for row in made:
            if isinstance(row, str):
                skips.add(row, f"{source.label}:{line}")
            else:
                yield Row(line, size // len(made), row)


def merged(*parts: Json) -> Json:
    """Return the columns of `parts` as one row; what a later part knows goes before what an earlier one says."""
    row: Json = {}
    for part in parts:
        for name, value in part.items():
            if value is not None:
                row[name] = value
    return row


def between_ms(start: object, end: object) -> float | None:
    """Return the milliseconds from one time to another, or None if one is not known or they are the wrong way round."""
    first, last = times.parse(start), times.parse(end)
    if first is None or last is None or last < first:
        return None
    return (int(last) - int(first)) / 1000


def utc(time: object) -> object:
    """Return a time that its format defines to be UTC, with its zone written out."""
    return f"{time}Z" if isinstance(times.parse(time), times.NoZone) and isinstance(time, str) else time


def status_number(value: object) -> int | None:
    """Return an HTTP status that is written as a number or as text, else None."""
    if isinstance(value, str) and value.isdecimal():
        value = int(value[:4])
    known = isinstance(value, int) and not isinstance(value, bool) and 100 <= value <= 599
    return int(str(value)) if known else None
