"""The JSON objects of a source, whatever container they come in: lines, an array, one document, CSV or Parquet.

What cannot be read is counted and the rest goes on: a broken line costs itself, a broken element of an array costs
what lies between it and the next line that begins an object.
"""

from __future__ import annotations

import csv
import itertools
import json
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch.importers.importer import Intake, Json
from stillwatch.importers.source import LONGEST_LINE, Lines, Source, lines, magic, unreadable
from stillwatch.keys import Key
from stillwatch.record import Skips

BROKEN = "broken JSON"
NO_OBJECT = "not a JSON object"
_PARQUET = b"PAR1"
_PARQUET_BYTES = 24 * 1024 * 1024
"""Uncompressed bytes of Parquet read at a time."""

_decoder = json.JSONDecoder(strict=False)

csv.field_size_limit(LONGEST_LINE)  # of the whole process: the module's default of 128 KB is shorter than prompts


class Record(NamedTuple):
    """One parsed object.

    Attributes:
        line: where it begins, counted from 1 (the row, in Parquet).
        size: bytes or characters it took there.
        value: the object.
    """

    line: int
    size: int
    value: Json


def is_parquet(source: Source) -> bool:
    """Return whether `source` is a Parquet file.

    Raises:
        StillwatchError: the file cannot be read.
    """
    return magic(source) == _PARQUET


def records(source: Source, intake: Intake) -> Iterator[Record]:
    """Yield the objects of a source of JSON or Parquet.

    Raises:
        StillwatchError: the file cannot be read.
    """
    if is_parquet(source):
        yield from parquet_records(source, intake)
        return
    found = _texts(source, intake)
    first = next(found, None)
    if first is None:
        return
    if begins_lines(first[1]):
        yield from line_records(_chain(first, found), source, intake)
    else:
        yield from _by_document(_chain(first, found), source, intake)


def _texts(source: Source, intake: Intake) -> Iterator[tuple[int, str]]:
    """Yield the lines that are not blank, numbered."""
    for run in lines(source, intake.skips, intake.notes):
        yield from numbered(run)


def numbered(run: Lines) -> Iterator[tuple[int, str]]:
    """Yield the lines of a run that are not blank, with their numbers."""
    for number, text in enumerate(run.texts, start=run.first):
        if text and not text.isspace():
            yield number, text


def _chain(first: tuple[int, str], rest: Iterator[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    yield first
    yield from rest


def is_json_lines(source: Source) -> bool:
    """Return whether `source` is text whose first line begins JSON Lines; nothing is counted.

    Raises:
        StillwatchError: the file cannot be read.
    """
    first = None if is_parquet(source) else next(_texts(source, Intake(Key(bytes(32)), Skips())), None)
    return first is not None and begins_lines(first[1])


def begins_lines(text: str) -> bool:
    """Return whether a first line that is `text` begins JSON Lines, rather than an array or a document over lines.

    A line that is broken inside an object still begins JSON Lines; a line that only opens one does not.
    """
    text = text.strip()
    if text.startswith("["):
        return False
    return not (text == "{" or (text.startswith("{") and text.endswith((",", "{", "["))))


def parsed(text: str) -> object:
    """Return the value that `text` spells in JSON, or `BROKEN`."""
    try:
        return _decoder.decode(text)
    except (ValueError, RecursionError):
        return BROKEN


def line_records(texts: Iterable[tuple[int, str]], source: Source, intake: Intake) -> Iterator[Record]:
    """Yield the object on each of some numbered lines; a line without one is counted."""
    decode, skips = _decoder.decode, intake.skips
    for number, text in texts:
        try:
            value = decode(text)
        except (ValueError, RecursionError):
            skips.add(BROKEN, f"{source.label}:{number}")
            continue
        if type(value) is dict:
            yield Record(number, len(text), value)
        else:
            skips.add(NO_OBJECT, f"{source.label}:{number}")


def _by_document(texts: Iterator[tuple[int, str]], source: Source, intake: Intake) -> Iterator[Record]:
    """Yield the elements of an array, or the objects that follow one another, spread over lines in any way.

    Text is gathered until it holds a whole value; the next attempt is made when it has doubled, so that the work stays
    linear. A value over `LONGEST_LINE` is dropped.
    """
    reader = _Document(source, intake)
    for number, text in texts:
        yield from reader.feed(number, text)
    yield from reader.close()


class _Document:
    """Finds the objects in text that arrives line by line."""

    __slots__ = ("_intake", "_label", "_line", "_next_try", "_pieces", "_size")

    def __init__(self, source: Source, intake: Intake) -> None:
        self._intake = intake
        self._label = source.label
        self._pieces: list[str] = []
        self._size = 0
        self._line = 1
        self._next_try = 0

    def feed(self, number: int, text: str) -> Iterator[Record]:
        if not self._pieces:
            self._line = number
        self._pieces.append(text)
        self._size += len(text) + 1
        if self._size >= self._next_try and text.rstrip().endswith(("}", "},", "}]", "]")):
            yield from self._take(final=False)

    def close(self) -> Iterator[Record]:
        yield from self._take(final=True)

    def _take(self, *, final: bool) -> Iterator[Record]:
        """Yield the whole objects of the text gathered so far and keep what is left."""
        text = "\n".join(self._pieces)
        position = _skip_marks(text, 0)
        while position < len(text):
            try:
                value, end = _decoder.raw_decode(text, position)
            except (ValueError, RecursionError):
                if not final and len(text) - position <= LONGEST_LINE:
                    break
                end = self._give_up(text, position)
            else:
                yield from self._object(value, text, position, end)
            position = _skip_marks(text, end)
        self._keep(text, position)

    def _object(self, value: object, text: str, start: int, end: int) -> Iterator[Record]:
        line = self._line + text.count("\n", 0, start)
        if isinstance(value, dict):
            yield Record(line, end - start, value)
        else:
            self._intake.skips.add(NO_OBJECT, f"{self._label}:{line}")

    def _give_up(self, text: str, position: int) -> int:
        """Count a value that cannot be read and return where the next one may begin."""
        line = self._line + text.count("\n", 0, position)
        self._intake.skips.add(BROKEN, f"{self._label}:{line}")
        indent = text[text.rfind("\n", 0, position) + 1 : position]
        following = text.find(f"\n{indent if indent.isspace() else ''}{{", position + 1)
        return following if following >= 0 else len(text)

    def _keep(self, text: str, position: int) -> None:
        self._line += text.count("\n", 0, position)
        rest = text[position:]
        self._pieces = [rest] if rest else []
        self._size = len(rest)
        self._next_try = 2 * len(rest)


def _skip_marks(text: str, position: int) -> int:
    """Return the first position from `position` on that is neither blank nor a bracket or comma between elements."""
    while position < len(text) and (text[position] in ",[]" or text[position].isspace()):
        position += 1
    return position


def csv_records(source: Source, intake: Intake) -> Iterator[Record]:
    """Yield the rows of comma-separated text with a header as objects of strings; an empty cell is absent.

    Raises:
        StillwatchError: the file cannot be read.
    """
    header: list[str] | None = None
    for line, row in _csv_rows(source, intake):
        if header is None:
            header = [cell.strip() for cell in row]
        elif len(row) != len(header):
            intake.skips.add("CSV row of another width", f"{source.label}:{line}")
        else:
            value = {name: cell for name, cell in zip(header, row, strict=True) if cell}
            yield Record(line, sum(map(len, row)), value)


def separator(header: str) -> str:
    """Return what separates the cells of a header: the comma, or the semicolon, tab or bar if it occurs more often."""
    return max(",;\t|", key=header.count)


def _csv_rows(source: Source, intake: Intake) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows that are not empty, with the line each begins on."""
    texts = _csv_lines(source, intake)
    first = next(texts, "")
    rows = csv.reader(itertools.chain([first], texts), delimiter=separator(first))
    while True:
        line = rows.line_num + 1
        try:
            row = next(rows, None)
        except csv.Error:
            intake.skips.add("broken CSV", f"{source.label}:{line}")
            continue
        if row is None:
            return
        if row:
            yield line, row


def _csv_lines(source: Source, intake: Intake) -> Iterator[str]:
    for run in lines(source, intake.skips, intake.notes):
        for text in run.texts:
            yield text + "\n"


def parquet_records(source: Source, intake: Intake) -> Iterator[Record]:
    """Yield the rows of a Parquet file as objects.

    Raises:
        StillwatchError: the file is no readable Parquet.
    """
    row = 1
    for batch in parquet_batches(source, intake):
        size = batch.nbytes // max(1, batch.num_rows)
        for value in batch.to_pylist():
            yield Record(row, size, value)
            row += 1


def parquet_batches(source: Source, intake: Intake) -> Iterator[pa.RecordBatch]:
    """Yield a Parquet file in batches of bounded size; a damaged rest is counted once.

    Raises:
        StillwatchError: the file is no readable Parquet.
    """
    with open_parquet(source) as file:
        try:
            yield from file.iter_batches(batch_size=_batch_rows(file))
        except (OSError, pa.ArrowException):
            intake.skips.add("rest of a damaged Parquet file", source.label)


def _batch_rows(file: pq.ParquetFile) -> int:
    groups = [file.metadata.row_group(i) for i in range(file.metadata.num_row_groups)]
    widest = max((group.total_byte_size / max(1, group.num_rows) for group in groups), default=1.0)
    return int(max(1, min(16_384, _PARQUET_BYTES / max(1.0, widest))))


def open_parquet(source: Source) -> pq.ParquetFile:
    """Return the Parquet file `source`, opened.

    Raises:
        StillwatchError: the file is no readable Parquet.
    """
    try:
        return pq.ParquetFile(source.path)
    except (OSError, pa.ArrowException) as error:
        raise unreadable(source, error) from error
