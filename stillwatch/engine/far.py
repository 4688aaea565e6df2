"""A ledger beyond a URL, read by the session that scans it.

Its head, manifests and accounts come the same way as its exchanges, through the cluster's own connectors and rights:
whatever Spark reads (`s3a://`, `gs://`, `abfss://`, `hdfs://`, `file://`) holds a ledger, and this machine needs no
access of its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, Row, SparkSession

from stillwatch.ledger import HEAD, AnyLedger, no_ledger, read_head

_SMALL = re.compile(r"imports/[^/]+\.json|accounts/[^/]+\.parquet")
"""Files of a ledger that are read whole: together about as large as the account table."""


@dataclass(frozen=True, slots=True)
class FarLedger(AnyLedger):
    """A ledger as it was when it was opened.

    Attributes:
        root: URL of its folder.
        fingerprint: of the key its marks were made with.
        paths: every file below it.
        contents: the small ones.
    """

    root: str
    fingerprint: str
    paths: frozenset[str]
    contents: Mapping[str, bytes]

    @classmethod
    def open(cls, session: SparkSession, place: str) -> Self:
        """Return the ledger at the URL `place`.

        Raises:
            NothingUsable: there is none.
            Refused: it is of another format version.
            StillwatchError: its head was damaged.
            PySparkException: the place cannot be read.
        """
        place = place.rstrip("/")
        head = _head(session, place)
        fingerprint = read_head(bytes(head.content).decode(errors="replace"), place)
        start = len(head.path) - len(HEAD)
        paths = frozenset(row.path[start:] for row in _files(session, [place]).select("path").collect())
        small = [f"{place}/{path}" for path in paths if _SMALL.fullmatch(path)]
        rows = _files(session, small).select("path", "content").collect() if small else []
        return cls(place, fingerprint, paths, {row.path[start:]: bytes(row.content) for row in rows})

    def place(self, path: str) -> str:
        """Return the URL of a file of the ledger."""
        return f"{self.root}/{path}"

    def import_ids(self) -> list[str]:
        """Return the ids of all imports, ascending."""
        names = [path for path in self.contents if path.startswith("imports/")]
        return sorted(name.removeprefix("imports/").removesuffix(".json") for name in names)

    def text(self, path: str) -> str:
        """Return a file as text."""
        return self.contents[path].decode()

    def has(self, path: str) -> bool:
        """Return whether there is such a file, or one in a folder of that name."""
        return path in self.paths or any(name.startswith(f"{path}/") for name in self.paths)

    def account_rows(self, path: str) -> pa.Table:
        """Return the rows of a file of accounts."""
        return pq.read_table(pa.BufferReader(self.contents[path]))


def url(place: Path | str) -> str:
    """Return a file as Spark is told of it: with its scheme, and with nothing in it that Spark takes for a pattern."""
    text = f"file://{place}" if isinstance(place, Path) else place
    return re.sub(r"([\\{}\[\]*?])", r"\\\1", text)


def _head(session: SparkSession, place: str) -> Row:
    """Return path and content of the head of the ledger at `place`."""
    try:
        return _files(session, [f"{place}/{HEAD}"]).select("path", "content").collect()[0]
    except AnalysisException as error:
        if error.getCondition() == "PATH_NOT_FOUND":
            raise no_ledger(place) from error
        raise


def _files(session: SparkSession, places: list[str]) -> DataFrame:
    """Return path and content of every file in some places; contents are read only where they are asked for."""
    reader = session.read.format("binaryFile").option("recursiveFileLookup", "true")
    return reader.load([url(place) for place in places])
