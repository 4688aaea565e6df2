"""Events put in order of time without holding them all: a bucket per slice of the world's time, on disk when many."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from stillwatch.arrays import I64
from stillwatch.range.draw import DAY
from stillwatch.range.events import PACKED, Events, unpacked

ROWS = 1 << 17
"""Events of a run that is filled in at once, about."""
_FINER = 2
"""Buckets to a run, so that a busy hour does not make a large one."""
_HELD = 6_000_000
"""Events held in memory before the buckets are written out."""

_SCATTER = 0x9E3779B1
"""An odd number: multiplying by it mixes the numbers below any power of two and can be undone."""

Packed = np.ndarray[tuple[int], np.dtype[np.void]]


class Slices:
    """Takes events in any order and gives them back in order of time.

    Args:
        folder: where buckets are written; made here and removed after the last run.
        start, days: of the world. expected: events in all, about.
    """

    def __init__(self, folder: Path, *, start: int, days: int, expected: float) -> None:
        count = int(np.clip(expected / ROWS * _FINER, 1, 32_000))
        folder.mkdir()
        self._folder, self._start, self._end = folder, start, start + days * DAY
        self._width = -(-days * DAY // count)
        self._sizes = np.zeros(count, dtype=np.int64)
        self._buckets: dict[int, list[Packed]] = {}
        self._held = 0

    def __len__(self) -> int:
        return int(self._sizes.sum())

    def add(self, part: Events) -> None:
        """Take the events of `part`, all of them within the world's time."""
        bucket = ((part.ts - self._start) // self._width).astype(np.int16)
        order = np.argsort(bucket, kind="stable")
        packed = _rows(part.packed(), order)
        counts = np.bincount(bucket, minlength=len(self._sizes))
        self._sizes += counts
        edges = np.concatenate(([0], np.cumsum(counts)))
        for index in np.flatnonzero(counts).tolist():
            self._buckets.setdefault(index, []).append(packed[edges[index] : edges[index + 1]])
        self._held += len(part)
        if self._held > _HELD:
            self._write()

    def runs(self) -> Iterator[Packed]:
        """Yield all events in runs of about `ROWS`, one after the other in time and each still to be put in order by
        `ordered`; what is yielded is forgotten."""
        waiting: list[int] = []
        for index, size in enumerate(self._sizes.tolist()):
            waiting.append(index)
            if size and (self._sizes[waiting].sum() >= ROWS):
                yield self._run(waiting)
                waiting = []
        if self._sizes[waiting].sum():
            yield self._run(waiting)
        self._folder.rmdir()

    def _run(self, indices: list[int]) -> Packed:
        pieces = []
        for index in indices:
            path = self._path(index)
            if path.exists():
                pieces.append(np.fromfile(path, dtype=PACKED))
                path.unlink()
            pieces.extend(self._buckets.pop(index, []))
        return np.concatenate(pieces)

    def _write(self) -> None:
        for index, pieces in self._buckets.items():
            with self._path(index).open("ab") as file:
                for piece in pieces:
                    piece.tofile(file)
        self._buckets.clear()
        self._held = 0

    def _path(self, index: int) -> Path:
        return self._folder / f"bucket-{index:05d}"


def ordered(run: Packed) -> Events:
    """Return the events of a run in order of time, equal times in no order that tells who added them."""
    return unpacked(_rows(run, _order(np.ascontiguousarray(run["ts"]))))


def _rows(packed: Packed, order: I64) -> Packed:
    """Return `packed[order]`; as bytes, whose rows numpy copies several times faster than those of a structure."""
    flat = packed.view(np.uint8).reshape(len(packed), PACKED.itemsize)
    return flat.take(order, axis=0).view(PACKED).reshape(len(order))


def _order(ts: I64) -> I64:
    """Return the positions of `ts` in order of time; equal times in an order that has nothing to do with the one in
    which they came, which is that of the players.

    Sorting one number that holds both is several times faster than a stable argsort; a run is a small part of the
    world's time, so both fit.
    """
    bits = len(ts).bit_length()
    low = (1 << bits) - 1
    keys = ((ts - ts.min()) << bits) | (np.arange(len(ts)) * _SCATTER & low)
    keys.sort()
    order: I64 = (keys & low) * pow(_SCATTER, -1, 1 << bits) & low
    return order
