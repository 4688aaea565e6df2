"""What a peer says of the accounts of a world, as a value and as `accused.parquet`: all that it gives back."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

FILE = "accused.parquet"
ACCUSED = pa.schema(
    [
        pa.field("account_id", pa.string(), nullable=False),
        pa.field("group", pa.string()),  # whom it was accused together with; null for a peer that knows no groups
        pa.field("score", pa.float64(), nullable=False),  # higher is more suspicious; comparable within one peer only
        pa.field("accused", pa.bool_(), nullable=False),  # by the peer's own rule
    ]
)
"""One row per account that the peer gives a score; an account without a row is less suspicious than all others."""

_NOTES = b"notes"


@dataclass(frozen=True, slots=True)
class Accusations:
    """What a peer says of the accounts of a world.

    Attributes:
        accounts: ids, each once, shape (accounts,).
        scores: higher is more suspicious, shape (accounts,).
        accused: by the peer's own rule, shape (accounts,).
        groups: whom each was accused together with; empty for a peer that knows no groups.
        notes: what the reader of the figures should know of this run, in sentences.
    """

    accounts: Sequence[str]
    scores: npt.NDArray[np.float64]
    accused: npt.NDArray[np.bool_]
    groups: Sequence[str | None] = ()
    notes: tuple[str, ...] = ()


def nobody(note: str) -> Accusations:
    """Return the accusations of a peer that had nothing to go on, with the reason."""
    return Accusations((), np.zeros(0), np.zeros(0, dtype=np.bool_), notes=(note,))


def write(folder: Path, found: Accusations) -> None:
    """Write `found` to `accused.parquet` in `folder`, whole, in place of what was there."""
    groups = found.groups or [None] * len(found.accounts)
    columns = zip((found.accounts, groups, found.scores, found.accused), ACCUSED.types, strict=True)
    arrays = [pa.array(values, kind) for values, kind in columns]
    table = pa.Table.from_arrays(arrays, schema=ACCUSED).sort_by("account_id")
    table = table.replace_schema_metadata({_NOTES: json.dumps(found.notes).encode()})
    half = folder / f"{FILE}.part"
    pq.write_table(table, half)
    os.replace(half, folder / FILE)


def read(folder: Path) -> Accusations:
    """Return what a peer wrote to `folder`."""
    table = pq.read_table(folder / FILE)
    return Accusations(
        accounts=table["account_id"].to_pylist(),
        scores=table["score"].to_numpy(),
        accused=table["accused"].to_numpy(),
        groups=table["group"].to_pylist(),
        notes=tuple(json.loads(table.schema.metadata[_NOTES])),
    )
