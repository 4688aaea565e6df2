"""Files as the importers see them: expanded, decompressed, cut into lines, with what is broken counted.

A source is opened anew by every reader. Text is UTF-8; other bytes are replaced and counted, null bytes are removed
and counted, a line longer than `LONGEST_LINE` is dropped and counted.
"""

from __future__ import annotations

import glob
import os
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
import pyarrow as pa

from stillwatch.errors import NothingUsable, Refused, StillwatchError
from stillwatch.record import Skips

BLOCK = 8 * 1024 * 1024
"""Bytes of text handed on at a time."""
LONGEST_LINE = 64 * 1024 * 1024
"""A line of more bytes is dropped: prompts of 10 MB pass, a file that has no line breaks does not fill the memory."""

_LEDGER = "ledger.json"
"""The file by which a folder is known as a ledger (`stillwatch/ledger`)."""
_DEEPEST_IN_LEDGER = 4
"""Folders of a ledger above one another: it, one of its tables, and two more in that."""

_BREAK = ord("\n")
_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
_PIECE = 16 * 1024
"""Bytes per read of a zstd stream; what a broken stream loses at its end is at most this."""
_WINDOW = 31
"""zlib's parameter for a gzip header and the largest window."""


@dataclass(frozen=True, slots=True)
class Source:
    """One file to import.

    Attributes:
        path: where it is.
        label: what a user reads as its place: the path as it was given, or found under the folder that was given.
    """

    path: str
    label: str


@dataclass(frozen=True, slots=True)
class Run:
    """Some whole lines of a source as they are stored.

    Attributes:
        first: number of the first line, counted from 1.
        raw: the lines with the breaks between them, without the last one.
    """

    first: int
    raw: bytes


@dataclass(frozen=True, slots=True)
class Lines:
    """Some whole lines of a source.

    Attributes:
        first: number of the first line, counted from 1.
        texts: the lines without their line break.
    """

    first: int
    texts: list[str]


def expand(paths: Sequence[str]) -> list[Source]:
    """Return the files that `paths` name: files, folders (all files below them) and globs, each file once.

    Order: as given; within a folder or a glob by path. Names that begin with a dot or an underscore are left out of
    folders: engines keep their own files under such names.

    Raises:
        NothingUsable: a path names nothing.
        Refused: a file belongs to a ledger, whose sketches would be read as a log that knows little.
    """
    found: dict[str, Source] = {}
    for path in paths:
        for name in _names(path):
            found.setdefault(os.path.realpath(name), Source(name, name))
    for folder in sorted({os.path.dirname(real) for real in found}):
        _no_ledger(folder)
    return list(found.values())


def _no_ledger(folder: str) -> None:
    """Refuse a folder that is, or lies in, a ledger."""
    for _ in range(_DEEPEST_IN_LEDGER):
        if os.path.isfile(os.path.join(folder, _LEDGER)):
            raise Refused(
                "is a ledger, and no log",
                where=folder,
                expected="logs as they were written",
                remedy="`--ledger FOLDER` for the ledger itself, or logs that lie outside it",
            )
        folder = os.path.dirname(folder)


def _names(path: str) -> list[str]:
    if os.path.isdir(path):
        return _below(path)
    if os.path.isfile(path):
        return [path]
    matches = sorted(glob.glob(path, recursive=True))
    names = [name for match in matches for name in (_below(match) if os.path.isdir(match) else [match])]
    names = [name for name in names if os.path.isfile(name)]
    if not names:
        raise NothingUsable("nothing is there", where=path, expected="a file, a folder with files, or a glob")
    return names


def _below(folder: str) -> list[str]:
    names = []
    for where, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith((".", "_"))]
        names += [os.path.join(where, name) for name in files if not name.startswith((".", "_"))]
    return sorted(name for name in names if os.path.isfile(name))


def magic(source: Source) -> bytes:
    """Return the first four bytes of the file as it is stored.

    Raises:
        StillwatchError: the file cannot be read.
    """
    with _open(source) as file:
        return file.read(4)


def blocks(source: Source, skips: Skips) -> Iterator[bytes]:
    """Yield the content of `source`, decompressed, in blocks of about `BLOCK` bytes.

    A compressed file that is cut off or damaged yields what comes before the damage and is counted once.

    Raises:
        StillwatchError: the file cannot be read.
    """
    pieces: list[bytes] = []
    size = 0
    for piece in _pieces(source, skips):
        pieces.append(piece)
        size += len(piece)
        if size >= BLOCK:
            yield b"".join(pieces)
            pieces, size = [], 0
    if size:
        yield b"".join(pieces)


def lines(source: Source, skips: Skips, notes: Skips) -> Iterator[Lines]:
    """Yield the lines of `source`, the last one also when it does not end in a line break.

    Raises:
        StillwatchError: the file cannot be read.
    """
    for run in runs(source, skips):
        yield decoded(run, source, notes)


def runs(source: Source, skips: Skips) -> Iterator[Run]:
    """Yield the bytes of `source` in runs of whole lines; a line that is too long is counted and left out.

    Raises:
        StillwatchError: the file cannot be read.
    """
    number = 1
    for raw in _whole_lines(blocks(source, skips)):
        if raw is None:
            skips.add("line longer than 64 MB", f"{source.label}:{number}")
            number += 1
        else:
            yield Run(number, raw)
            number += lines_in(raw)


def lines_in(raw: bytes) -> int:
    """Return how many lines `raw` has, the last one without its break."""
    return int(np.count_nonzero(np.frombuffer(raw, dtype=np.uint8) == _BREAK)) + 1  # ten times as fast as `count`


def decoded(run: Run, source: Source, notes: Skips) -> Lines:
    """Return the lines of a run as text; what had to be repaired is noted."""
    return Lines(run.first, _decode(run.raw, source, run.first, notes).split("\n"))


def _whole_lines(chunks: Iterator[bytes]) -> Iterator[bytes | None]:
    """Yield runs of whole lines without the last line break; None stands for a line that is too long."""
    rest, dropping = b"", False
    for chunk in chunks:
        if dropping:
            _, found, chunk = chunk.partition(b"\n")
            dropping = not found
            if dropping:
                continue
        whole, found, rest = (rest + chunk).rpartition(b"\n")
        if found:
            yield from _of_measure(whole)
        if len(rest) > LONGEST_LINE:
            yield None
            rest, dropping = b"", True
    if rest:
        yield rest


def _of_measure(whole: bytes) -> Iterator[bytes | None]:
    """Yield a run of lines; the first, which alone may come from many blocks, becomes None if it is too long."""
    if len(whole) > LONGEST_LINE:
        line, more, others = whole.partition(b"\n")
        if len(line) > LONGEST_LINE:
            yield None
            if more:
                yield others
            return
    yield whole


def _decode(raw: bytes, source: Source, number: int, notes: Skips) -> str:
    """Return the text of `raw`; what had to be repaired is noted per line."""
    if b"\0" in raw:
        where = raw[: raw.index(b"\0")].count(b"\n")
        bad = sum(b"\0" in line for line in raw.split(b"\n"))
        notes.add("null bytes removed", f"{source.label}:{number + where}", bad)
        raw = raw.replace(b"\0", b"")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        bad = sum(not _is_utf8(line) for line in raw.split(b"\n"))
        where = raw[: error.start].count(b"\n")
        notes.add("invalid UTF-8 replaced", f"{source.label}:{number + where}", bad)
        text = raw.decode("utf-8", "replace")
    return text.removeprefix("\ufeff") if number == 1 else text


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _pieces(source: Source, skips: Skips) -> Iterator[bytes]:
    start = magic(source)
    try:
        if start.startswith(_GZIP):
            yield from _gunzip(source, skips)
        elif start == _ZSTD:
            yield from _unzstd(source, skips)
        else:
            yield from _plain(source)
    except OSError as error:
        raise unreadable(source, error) from error


def _plain(source: Source) -> Iterator[bytes]:
    with _open(source) as file:
        while piece := file.read(BLOCK):
            yield piece


def _gunzip(source: Source, skips: Skips) -> Iterator[bytes]:
    """Yield the members of a gzip file one after the other."""
    engine = zlib.decompressobj(_WINDOW)
    fresh = True
    try:
        for piece in _plain(source):
            while piece:
                if fresh and not piece.strip(b"\0"):
                    break  # padding after the last member
                out = engine.decompress(piece, BLOCK)
                fresh = False
                if out:
                    yield out
                piece = engine.unconsumed_tail
                if engine.eof:
                    piece, engine, fresh = engine.unused_data, zlib.decompressobj(_WINDOW), True
    except zlib.error:
        skips.add("rest of a damaged compressed file", source.label)
        return
    if not fresh:
        skips.add("rest of a damaged compressed file", source.label)


def _unzstd(source: Source, skips: Skips) -> Iterator[bytes]:
    with pa.OSFile(source.path) as file, pa.CompressedInputStream(file, "zstd") as stream:
        while True:
            try:
                piece = stream.read(_PIECE)
            except OSError:
                skips.add("rest of a damaged compressed file", source.label)
                return
            if not piece:
                return
            yield piece


def _open(source: Source) -> BinaryIO:
    try:
        return open(source.path, "rb")
    except OSError as error:
        raise unreadable(source, error) from error


def unreadable(source: Source, error: Exception) -> StillwatchError:
    """Return the error that says that `source` cannot be read, and what the system said."""
    reason = getattr(error, "strerror", None) or str(error).splitlines()[0]
    return StillwatchError(f"the file cannot be read: {reason}", where=source.label)
