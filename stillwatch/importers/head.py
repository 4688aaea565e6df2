"""The beginning of a file, from which its format is recognised."""

from __future__ import annotations

import csv
import itertools
import re

from stillwatch.importers.importer import Head, Intake
from stillwatch.importers.records import is_parquet, open_parquet, records, separator
from stillwatch.importers.source import Source, lines
from stillwatch.keys import Key
from stillwatch.record import Skips

_OBJECTS = 40
"""JSON objects looked at: session files begin with some lines of housekeeping."""
_LINES = 5
_NAME = re.compile(r"[\w .\-/()#$%@]{1,256}")
"""What a column of a comma-separated file may be called; JSON never looks like it."""


def read_head(source: Source) -> Head:
    """Return what the beginning of `source` looks like; nothing is counted.

    Raises:
        StillwatchError: the file cannot be read.
    """
    if is_parquet(source):
        with open_parquet(source) as file:
            return Head(columns=tuple(file.schema_arrow.names))
    silent = Skips()
    run = next(lines(source, silent, silent), None)
    texts = [] if run is None else [text for text in run.texts[:_OBJECTS] if text and not text.isspace()]
    if not texts:
        return Head()
    if texts[0].lstrip().startswith(("{", "[")) and not _is_bracketed_text(texts[0]):
        return Head(values=tuple(_objects(source)))
    header = _header(texts[0])
    if header:
        return Head(header=header)
    values = tuple(_objects(source)) if any(text.lstrip().startswith("{") for text in texts) else ()
    return Head(values=values) if values else Head(texts=tuple(texts[:_LINES]))


def _is_bracketed_text(text: str) -> bool:
    """Return whether a line opens a bracket that is no JSON, such as the time of an access log."""
    text = text.lstrip()
    if not text.startswith("[") or text.strip() == "[":
        return False
    return text[1:].lstrip()[:1] not in ("{", '"', "[", "]", "")


def _objects(source: Source) -> list[dict[str, object]]:
    silent = Intake(Key(bytes(32)), Skips())
    return [record.value for record in itertools.islice(records(source, silent), _OBJECTS)]


def _header(text: str) -> tuple[str, ...]:
    """Return the cells of a line that can be the header of a comma-separated file, else nothing."""
    try:
        cells = next(csv.reader([text], delimiter=separator(text)), [])
    except csv.Error:
        return ()
    names = tuple(cell.strip() for cell in cells)
    usable = len(names) > 1 and len(set(names)) == len(names) and all(map(_NAME.fullmatch, names))
    return names if usable else ()
