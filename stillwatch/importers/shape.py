"""What the readers of nested formats have in common: objects in, rows out, the unusable counted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import pyarrow as pa

from stillwatch.importers import times
from stillwatch.importers.columns import tables
from stillwatch.importers.importer import Intake, Json, Row
from stillwatch.importers.records import records
from stillwatch.importers.source import Source
from stillwatch.keys import Key

NO_CALL = "not a model call"
"""Reason against records that logs of traces and sessions hold besides the calls of models."""

Convert = Callable[[Json, Key], Iterable[Json | str]]
"""Makes the rows of one object; a string in the place of a row is the reason why there is none."""


def shaped(source: Source, intake: Intake, convert: Convert) -> Iterator[pa.Table]:
    """Yield the exchanges that `convert` makes of the objects of `source`."""
    return tables(_rows(source, intake, convert), source, intake)


def _rows(source: Source, intake: Intake, convert: Convert) -> Iterator[Row]:
    key, skips = intake.key, intake.skips
    for line, size, value in records(source, intake):
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
