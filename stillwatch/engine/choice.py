"""Which engine runs, by the name that a user gives."""

from __future__ import annotations

import re

from stillwatch.engine.base import Engine
from stillwatch.engine.duckdb import DuckDB
from stillwatch.errors import NothingUsable, StillwatchError

DEFAULT = "duckdb"
_MASTER = re.compile(r"spark|local(-cluster)?(\[.+\])?|yarn|(spark|k8s)://.+")
"""What names a Spark session: `spark` is the one that the environment sets up; the others are URLs of a master."""


def is_spark(name: str) -> bool:
    """Return whether `name` is of a Spark session.

    Raises:
        NothingUsable: there is no such engine.
    """
    if name != DEFAULT and not _MASTER.fullmatch(name):
        raise NothingUsable(
            f"there is no engine `{name}`",
            where="--engine",
            expected="`duckdb`, `spark`, or the URL of a Spark master",
            remedy="`spark://HOST:7077`, `yarn`, `k8s://HOST`, `local[4]`, `local-cluster[2,1,1024]`",
        )
    return name != DEFAULT


def open_engine(name: str, *, memory: str | None, threads: int | None) -> Engine:
    """Return the engine of that name.

    Args:
        memory, threads: of DuckDB; a cluster has settings of its own.

    Raises:
        NothingUsable: there is no such engine, or it is told of memory or threads that are not its own.
        StillwatchError: it does not start.
    """
    if not is_spark(name):
        return DuckDB(memory=memory, threads=threads)
    if memory is not None or threads is not None:
        raise NothingUsable(
            "a cluster has settings of its own",
            where="--memory" if memory is not None else "--threads",
            expected="an engine of this machine",
            remedy="`spark.executor.memory` and `spark.executor.cores` in `spark-defaults.conf`",
        )
    try:
        from stillwatch.engine.spark import Spark
    except ModuleNotFoundError as error:
        raise StillwatchError(
            "pyspark is not installed",
            where=f"--engine {name}",
            expected="the extra `spark`",
            remedy="pip install 'stillwatch[spark]', in the version of your cluster",
        ) from error
    return Spark(name)
