"""The engine that runs on a Spark cluster: the same queries, in the same session of SQL, over files the cluster reads.

Nothing of ours runs on the executors, and nothing needs to be installed there: they get SQL. What is read more than
once is held in their memory and on their disks, never checkpointed: rows that are lost with an executor are computed
again from the ledger. Arrow tables come back to this process, at most as long as the account table or the marks that
accounts share.
"""

from __future__ import annotations

import os
import shutil
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
from py4j.protocol import Py4JError
from pyspark import SparkConf, SparkContext, __version__
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from stillwatch.engine.base import Engine, Place
from stillwatch.engine.dialect import for_spark
from stillwatch.engine.far import FarLedger, url
from stillwatch.engine.query import Query, Value
from stillwatch.errors import Refused, StillwatchError
from stillwatch.ledger import AnyLedger, Ledger
from stillwatch.memory import Plan

SEMANTICS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.legacy.sizeOfNull": "false",
    "spark.sql.caseSensitive": "false",
    "spark.sql.parser.escapedStringLiterals": "false",
    "spark.sql.variable.substitute": "false",
    "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
    "spark.sql.files.ignoreMissingFiles": "false",
    "spark.sql.files.ignoreCorruptFiles": "false",
}
"""What a session must be set to for rows to be those of DuckDB: times are UTC, an overflow stops the query, nothing in
a text is a variable, and a file that cannot be read is never left out."""

_UNLESS_SAID = {"spark.driver.maxResultSize": "0", "spark.log.level": "ERROR", "spark.ui.showConsoleProgress": "false"}
"""Settings of a session of our own, where the environment has none: a result may be as large as the account table."""

_PATIENCE = 10
"""Seconds in which a master must accept a connection."""
FIRST_WORK = 300
"""Seconds in which the first executor must have done something; a cluster may have to start it."""


class Spark(Engine):
    """Queries in a session of their own on a cluster, or on threads of this machine."""

    def __init__(self, master: str = "spark", *, session: SparkSession | None = None) -> None:
        """Begin a session.

        Args:
            master: URL of the master, or `spark` for what the environment sets up (`spark-defaults.conf`).
            session: one that exists, in place of a new one; without it that of this process, if there is one. Such a
                session is left running, and its settings as they are.

        Raises:
            Refused: this process has a session on another master.
            StillwatchError: Java, the master or every executor is missing.
        """
        running = session or _running(master)
        base = running or _begun(master)
        self._own = None if running is not None else base
        self._session = base.newSession()
        for key, value in SEMANTICS.items():
            self._session.conf.set(key, value)
        self._held: list[str] = []
        self.plan = Plan.of(None)

    @property
    def versions(self) -> Mapping[str, str]:
        """Versions of the cluster and of what speaks to it."""
        return {"spark": self._session.version, "pyspark": __version__}

    def ledger(self, place: Place) -> AnyLedger:
        """Return the ledger in a folder that this machine and every executor sees, or at a URL that Spark reads."""
        if isinstance(place, Path):
            return Ledger.open(place.resolve())
        with _told("ledger"):
            return FarLedger.open(self._session, place)

    def read(self, name: str, files: Sequence[Place], *, where: str = "true") -> None:
        """Make the view `name` of the rows of some Parquet files, in place of one that was there."""
        with _told(name):
            rows = self._session.read.parquet(*map(url, files))
            rows.createOrReplaceTempView(f"{name}_files")
            self._view(name, f"select * from {name}_files where {where}")

    def load(self, name: str, table: pa.Table) -> None:
        """Copy an Arrow table into the session under `name`, in place of one that was there."""
        with _told(name):
            self._session.createDataFrame(table).createOrReplaceTempView(name)

    def view(self, query: Query, **values: Value) -> None:
        """Give the rows of `query` its name, in place of what had it; they are computed when they are read."""
        with _told(query.name):
            self._view(query.name, query.bind(**values))

    def _view(self, name: str, sql: str) -> None:
        self._session.sql(f"create or replace temporary view {name} as {for_spark(sql)}")

    def hold(self, name: str) -> None:
        """Keep the rows of a view on the executors when it is first read."""
        with _told(name):
            self._session.sql(f"cache lazy table {name}")
        self._held.append(name)

    def rows(self, sql: str, *, name: str = "query") -> pa.Table:
        """Return the rows of a statement that is already bound."""
        with _told(name):
            found = self._session.sql(for_spark(sql)).toArrow()
        return found.cast(pa.schema([kind.with_nullable(True).remove_metadata() for kind in found.schema]))

    def batches(self, query: Query, **values: Value) -> Iterator[pa.RecordBatch]:
        """Yield the rows of `query`, in its order, in the parts in which they came: all of them at once."""
        found = self.table(query, **values)
        yield pa.RecordBatch.from_pylist([], found.schema)
        yield from found.to_batches()

    def parts(self, size: int) -> int:  # noqa: ARG002 - the same for every size
        """Return one: a cluster spills, and divides by itself."""
        return 1

    def rest(self) -> None:
        """Do nothing: the memory of the cluster is its own."""

    @property
    def spilled(self) -> int:
        """Nothing on the disks of this machine; those of the cluster are `spark.local.dir`."""
        return 0

    def close(self) -> None:
        """Forget what was held, and end the session if it is our own."""
        with _told("end"):
            for name in self._held:
                self._session.sql(f"uncache table if exists {name}")
            if self._own is not None:
                self._own.stop()


def _running(master: str) -> SparkSession | None:
    """Return the session of this process, if there is one."""
    session = SparkSession.getActiveSession()
    if session is not None and master not in ("spark", session.sparkContext.master):
        raise Refused(
            f"this process has a Spark session on `{session.sparkContext.master}`",
            where=f"--engine {master}",
            expected="one master for a process",
            remedy="`spark` uses the session that is there; else stop it first",
        )
    return session


def _begun(master: str) -> SparkSession:
    """Return a new session on a master that was seen to answer, with executors that were seen to work."""
    _check_java()
    builder = SparkSession.builder.appName("stillwatch")
    if master != "spark":
        _check_answer(master)
        builder = builder.master(master)
    try:
        SparkContext._ensure_initialized()  # until then nothing is known of `spark-defaults.conf`
        given = SparkConf()
        for key, value in _UNLESS_SAID.items():
            builder = builder.config(key, given.get(key, value))
        session = builder.getOrCreate()
    except (PySparkException, Py4JError) as error:
        raise StillwatchError(
            f"no session could be begun: {_first_line(error)}",
            where=f"--engine {master}",
            expected=f"a cluster of Spark {__version__}, and Java 17 or newer here",
            remedy="the log of the master; `docs/operating/spark.md` has what to check",
        ) from error
    _check_work(session, master)
    return session


def _check_work(session: SparkSession, master: str) -> None:
    """Make sure that some executor works: a cluster without a free one lets queries wait for ever."""
    done = threading.Event()

    def give_up() -> None:
        while not done.wait(FIRST_WORK):
            session.sparkContext.cancelAllJobs()

    threading.Thread(target=give_up, daemon=True).start()
    try:
        session.range(1).toArrow()
    except (PySparkException, Py4JError) as error:
        session.stop()
        raise StillwatchError(
            f"no executor did anything within {FIRST_WORK} s: {_first_line(error)}",
            where=f"--engine {master}",
            expected="a worker with as many cores and as much memory free as an executor asks for",
            remedy="`spark.executor.memory` and `spark.cores.max` in `spark-defaults.conf`, or a cluster that is idle",
        ) from error
    finally:
        done.set()


def _check_java() -> None:
    home = os.environ.get("JAVA_HOME")
    if shutil.which("java") is None and not (home and Path(home, "bin", "java").exists()):
        raise StillwatchError(
            "there is no Java on this machine",
            where="--engine",
            expected="Java 17 or newer, which Spark runs on",
            remedy="install one (Debian: `apt-get install openjdk-17-jre-headless`), or set JAVA_HOME",
        )


def _check_answer(master: str) -> None:
    """Make sure that one of the masters of a `spark://` URL accepts connections."""
    if not master.startswith("spark://"):
        return
    reasons = []
    for address in master.removeprefix("spark://").split(","):
        host, _, port = address.rpartition(":")
        try:
            socket.create_connection((host.strip("[]"), int(port)), timeout=_PATIENCE).close()
        except (OSError, ValueError, OverflowError) as error:
            reasons.append(f"{address}: {error}")
        else:
            return
    raise StillwatchError(
        f"the master cannot be reached: {'; '.join(reasons)}",
        where=f"--engine {master}",
        expected="`spark://HOST:PORT` of a master that runs",
        remedy="the URL that its web page shows; a firewall between here and there",
    )


@contextmanager
def _told(name: str) -> Iterator[None]:
    """Turn what Spark says into errors that a user can act on."""
    try:
        yield
    except (PySparkException, Py4JError) as error:
        raise StillwatchError(
            f"Spark could not run it: {_first_line(error)}",
            where=f"query `{name}`",
            expected="executors that see every file of the ledger, with room on their disks",
            remedy="the page of the application on the cluster, then again; the ledger is as it was",
        ) from error


def _first_line(error: Exception) -> str:
    """Return what is worth reading of an error that comes with the trace of another machine."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    cause = next((line for line in lines if "Exception:" in line or "Error:" in line), lines[0] if lines else "")
    return cause.removeprefix(": ").removesuffix(".")
