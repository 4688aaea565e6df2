"""The commit of one source: what was read from it, what was not, and which files belong to it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from pydantic import BaseModel, ConfigDict

from stillwatch.record import Skips

Kind = Literal["exchanges", "accounts"]
KINDS: tuple[Kind, ...] = ("exchanges", "accounts")


class Skipped(BaseModel):
    """Rows of one source that were not used (or, among notes, were repaired), for one reason.

    Attributes:
        count: how many.
        first: where the first of them stood, as `file:line` or `file`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    reason: str
    count: int
    first: str


def as_skipped(skips: Skips) -> tuple[Skipped, ...]:
    """Return `skips` as values, by reason."""
    return tuple(Skipped(reason=r, count=skips.counts[r], first=skips.first[r]) for r in sorted(skips.counts))


def as_skips(parts: Iterable[Skipped]) -> Skips:
    """Return the sum of `parts`; the first place of a reason is that of the first part that has it."""
    total = Skips()
    for part in parts:
        total.add(part.reason, part.first, part.count)
    return total


class Origin(BaseModel):
    """Where an import came from and how it was read.

    Attributes:
        import_id: digest of the bytes of the source and of how it was read, 32 hex digits.
        kind: which of the two tables it has.
        label: the source as the user named it.
        reader: name of the importer.
        size: bytes of the source.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    import_id: str
    kind: Kind
    label: str
    reader: str
    size: int


class DataFile(BaseModel):
    """One Parquet file of the ledger.

    Attributes:
        path: below the ledger's folder.
        day: of its exchanges, as YYYY-MM-DD in UTC; empty for accounts.
        content: sum of the numbers of its rows (`ledger/content.py`), 16 hex digits.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    day: str
    rows: int
    size: int
    content: str


class Manifest(BaseModel):
    """One import. It is written last, whole or not at all; a file that no manifest names is no part of the ledger.

    Attributes:
        skips: rows that were not used.
        notes: what was repaired in rows that were used.
        made_by: version of stillwatch.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    origin: Origin
    files: tuple[DataFile, ...]
    skips: tuple[Skipped, ...]
    notes: tuple[Skipped, ...] = ()
    made_by: str

    @property
    def rows(self) -> int:
        """Rows of all its files."""
        return sum(file.rows for file in self.files)
