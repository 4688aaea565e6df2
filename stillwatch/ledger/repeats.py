"""Ids seen before: a repeat of an `exchange_id` on the same day is dropped.

Ids are remembered as 64-bit numbers from Python's own string hash (SipHash, keyed anew in every process and never
stored), in a few sorted runs per day: 8 bytes an id. That two different ids of one day of ten million exchanges meet
has odds of one in 400,000.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch.arrays import I64, Flags

_RUNS = 8
"""Sorted runs of one day before they are merged."""
_ROOM = 32_000_000
"""Ids remembered at once (256 MB); beyond, the days looked at longest ago are forgotten and read again if need be."""


def numbers(ids: pa.Array | pa.ChunkedArray) -> I64:
    """Return the number of every id, shape (ids,); good within this process only."""
    return np.fromiter(map(hash, ids.to_pylist()), dtype=np.int64, count=len(ids))


def ids_of(path: Path) -> I64:
    """Return the numbers of the ids in a data file, in its order."""
    with pq.ParquetFile(path) as file:
        batches = file.iter_batches(columns=["exchange_id"])
        return np.concatenate([np.empty(0, np.int64), *(numbers(batch.column(0)) for batch in batches)])


@dataclass(slots=True)
class IdSet:
    """A growing set of numbers."""

    runs: list[I64] = field(default_factory=list)

    def __len__(self) -> int:
        return sum(map(len, self.runs))

    def holds(self, wanted: I64) -> Flags:
        """Return which of `wanted` are in the set; fastest where they ascend."""
        found = np.zeros(len(wanted), dtype=np.bool_)
        for run in self.runs:
            places = np.minimum(np.searchsorted(run, wanted), len(run) - 1)
            found |= run[places] == wanted
        return found

    def add(self, more: I64) -> None:
        """Add `more` to the set."""
        if len(more):
            self.runs.append(np.sort(more))
        if len(self.runs) > _RUNS:
            self.runs = [np.sort(np.concatenate(self.runs), kind="stable")]

    def take_new(self, wanted: I64) -> Flags:
        """Return which of `wanted` are met for the first time, and add them."""
        values, firsts = np.unique(wanted, return_index=True)
        fresh = ~self.holds(values)
        self.add(values[fresh])
        new = np.zeros(len(wanted), dtype=np.bool_)
        new[firsts[fresh]] = True
        return new


@dataclass(slots=True)
class SeenIds:
    """The ids of a ledger by day, read when a day is first asked for and kept up to date by `learn`.

    Attributes:
        imports: ids of the imports whose files are known.
    """

    imports: set[str] = field(default_factory=set)
    _files: dict[str, list[Path]] = field(default_factory=dict)
    _days: dict[str, tuple[IdSet, int]] = field(default_factory=dict)

    def learn(self, import_id: str, files: Iterable[tuple[str, Path]]) -> None:
        """Note the data files of one import, each with its day."""
        self.imports.add(import_id)
        for day, path in files:
            self._files.setdefault(day, []).append(path)

    def holds(self, day: str, wanted: I64) -> Flags:
        """Return which of `wanted` are ids of exchanges of `day` in the ledger."""
        files = self._files.get(day, [])
        known, read = self._days.pop(day, (IdSet(), 0))
        for path in files[read:]:
            if path.exists():  # else its day was deleted
                known.add(ids_of(path))
        self._days[day] = known, len(files)  # the day last asked for stands last
        self._forget()
        order = np.argsort(wanted)
        held = np.zeros(len(wanted), dtype=np.bool_)
        held[order] = known.holds(wanted[order])
        return held

    def _forget(self) -> None:
        size = sum(len(known) for known, _ in self._days.values())
        for day in list(self._days)[:-1]:
            if size <= _ROOM:
                return
            size -= len(self._days.pop(day)[0])
