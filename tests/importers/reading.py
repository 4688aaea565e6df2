"""How the tests of the importers read a sample, and how they write down what it must become."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from stillwatch.importers import Importer, Intake, Source, recognise
from stillwatch.importers.messages import Message, Part, next_hash
from stillwatch.keys import Key
from stillwatch.record import EXCHANGES, Skips

SAMPLES = Path(__file__).resolve().parents[1] / "samples"
KEY = Key(bytes(range(32)))
Rows = list[dict[str, Any]]
SCALARS = (st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), st.text(max_size=4))
"""What JSON may hold in place of what is expected, but for lists and objects: strategies."""


def sample(name: str) -> Source:
    """Return a sample as a source."""
    return Source(str(SAMPLES / name), name)


def intake() -> Intake:
    """Return an intake with nothing counted."""
    return Intake(KEY, Skips(), Skips())


def written(folder: Path, name: str, content: str | bytes) -> Source:
    """Return a new file with `content` as a source."""
    path = folder / name
    path.write_bytes(content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content)
    return Source(str(path), name)


def read(source: Source, into: Intake, importer: Importer | None = None) -> Rows:
    """Return the rows of a file without their nulls, after checking that every table is of the record."""
    rows: Rows = []
    for table in (importer or recognise(source)).read(source, into):
        if not (importer or recognise(source)).network_only:
            assert table.schema == EXCHANGES
        rows += [{name: value for name, value in row.items() if value is not None} for row in table.to_pylist()]
    return rows


def at(hour: int, minute: int, second: float = 0) -> dt.datetime:
    """Return a time of the day on which all samples lie."""
    return dt.datetime(2026, 3, 2, hour, minute, tzinfo=dt.UTC) + dt.timedelta(seconds=second)


def history(*messages: tuple[str, str]) -> str:
    """Return the hash of a history of plain messages, given as role and text."""
    last = ""
    for role, text in messages:
        last = next_hash(last, Message(role, (Part(text),)), KEY)
    return last
