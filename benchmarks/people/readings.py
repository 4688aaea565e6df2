"""The three public traces as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.people import F64, I64, Flags

AZURE = "azure_llm_2023.parquet"
MOONCAKE = "mooncake_conversation.parquet"
SERVEGEN = "servegen_client_windows.parquet"
BLOCK = 512
"""Tokens of one of Mooncake's blocks."""
SLACK = 20
"""Tokens by which a follow-up may be shorter than the conversation before it: a template is written anew each time."""
DAYS, HOURS, PARTS = 14, 24, 6
"""ServeGen's two weeks in days, hours and windows of ten minutes."""
STEADY = 0.9
"""A client is steady when it sent ten requests or more in this share of the two weeks' windows."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens of requests and answers, one entry a request."""

    given: I64
    answered: I64


@dataclass(frozen=True, slots=True)
class Clients:
    """ServeGen.

    Attributes:
        every_day: share of those watched for two weeks that were seen on each day.
        rate: requests a second over the whole time its kind was watched, shape (clients,).
        kind: number of the client's model.
        counts: requests of the steady clients, shape (steady, DAYS, HOURS, PARTS); windows of fewer than ten requests
            are not in the file and count as none.
        cv: coefficient of variation of the gaps in a window, shape (windows,).
        owner: client of each window.
    """

    every_day: float
    rate: F64
    kind: I64
    counts: F64
    cv: F64
    owner: I64


@dataclass(frozen=True, slots=True)
class Talks:
    """Mooncake, one entry a request, in order of time.

    Attributes:
        tokens: length of the prompt and of its answer.
        ts: seconds.
        before: the request that this one continues, repeats or edits, -1 for none.
        turn: 1 for the first request of a conversation.
        root: first request of the conversation.
        redo: -1, 0, 1: goes back behind the answer it had, says the same again, or is neither.
        cached: tokens in blocks that an earlier prompt began with, too.
        whole: whole blocks of the prompt.
    """

    tokens: Tokens
    ts: F64
    before: I64
    turn: I64
    root: I64
    redo: I64
    cached: I64
    whole: I64

    @property
    def follows(self) -> Flags:
        """Requests that go on with a conversation."""
        goes_on: Flags = (self.before >= 0) & (self.redo == 1)
        return goes_on

    @property
    def added(self) -> I64:
        """Tokens that a request adds to the prompt and the answer before it."""
        before = np.maximum(self.before, 0)
        grown: I64 = self.tokens.given - self.tokens.given[before] - self.tokens.answered[before]
        return grown


def read_azure(real: Path, workload: str) -> Tokens:
    """Return the requests of `workload`, `conv` or `code`."""
    table = pq.read_table(real / AZURE, filters=[("workload", "=", workload)])
    return Tokens(table["input_tokens"].to_numpy(), table["output_tokens"].to_numpy())


def read_clients(real: Path) -> Clients:
    """Return ServeGen's clients."""
    table = pq.read_table(real / SERVEGEN, columns=["t", "rate", "cv", "model", "client"])
    _, first, owner = np.unique(_words(table["client"]), return_index=True, return_inverse=True)
    _, models = np.unique(_words(table["model"]), return_inverse=True)
    kind = models[first]
    window = table["t"].to_numpy() // 600
    rate = table["rate"].to_numpy().astype(np.float64)
    watched = np.array([window[models == k].max() + 1 for k in range(kind.max() + 1)])
    counts = np.zeros((len(first), DAYS * HOURS * PARTS))
    counts[owner, window] = rate * 600
    steady = (counts > 0).mean(axis=1) >= STEADY
    cv = table["cv"].to_numpy().astype(np.float64)
    mean = counts.sum(axis=1) / watched[kind] / 600
    daily = counts[watched[kind] == counts.shape[1]].reshape(-1, DAYS, HOURS * PARTS).sum(axis=2)
    every_day = float((daily > 0).all(axis=1).mean())
    return Clients(every_day, mean, kind, counts[steady].reshape(-1, DAYS, HOURS, PARTS), cv, owner)


def _words(column: pa.ChunkedArray) -> npt.NDArray[np.str_]:
    words: npt.NDArray[np.str_] = column.to_numpy(zero_copy_only=False).astype(str)
    return words


def read_talks(real: Path) -> Talks:
    """Return Mooncake's requests, each with the one before it in its conversation.

    A request belongs to the latest one all of whose whole blocks it begins with. The first block is the service's own
    and says nothing, so a prompt under two blocks (1,024 tokens, about 880 of them the service's) has no successor.
    """
    table = pq.read_table(real / MOONCAKE)
    tokens = Tokens(table["input_length"].to_numpy(), table["output_length"].to_numpy())
    blocks: list[list[int]] = table["hash_ids"].to_pylist()
    whole = tokens.given // BLOCK
    before, cached = _chain(blocks, whole)
    redo = _redone(tokens, before)
    turn, root = _places(before, redo)
    return Talks(tokens, table["timestamp"].to_numpy() / 1_000, before, turn, root, redo, cached * BLOCK, whole)


def _chain(blocks: list[list[int]], whole: I64) -> tuple[I64, I64]:
    """Return the predecessor of each request, and how many of its first blocks were in an earlier prompt."""
    ends: dict[int, int] = {}
    seen: set[int] = set()
    before = np.full(len(blocks), -1, dtype=np.int64)
    cached = np.zeros(len(blocks), dtype=np.int64)
    for j, row in enumerate(blocks):
        cached[j] = next((k for k, block in enumerate(row) if block not in seen), len(row))
        before[j] = next((ends[block] for block in reversed(row[: whole[j]]) if block in ends), -1)
        seen.update(row)
        if whole[j] >= 2:
            ends[row[whole[j] - 1]] = j
    return before, cached


def _redone(tokens: Tokens, before: I64) -> I64:
    last = np.maximum(before, 0)
    same = tokens.given == tokens.given[last]
    back = tokens.given - tokens.given[last] - tokens.answered[last] < -SLACK
    return np.where(before < 0, 1, np.where(same, 0, np.where(back, -1, 1))).astype(np.int64)


def _places(before: I64, redo: I64) -> tuple[I64, I64]:
    turn = np.ones(len(before), dtype=np.int64)
    root = np.arange(len(before))
    for j in np.flatnonzero(before >= 0):
        turn[j] = turn[before[j]] + (redo[j] == 1)
        root[j] = root[before[j]]
    return turn, root
