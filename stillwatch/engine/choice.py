"""Which engine runs, by the name that a user gives."""

from __future__ import annotations

import re
from pathlib import Path

from stillwatch.engine.base import Engine
from stillwatch.engine.duckdb import DuckDB
from stillwatch.errors import NothingUsable, StillwatchError
from stillwatch.memory import Plan

DEFAULT = "duckdb"
_MASTER = re.compile(r"spark|local(-cluster)?(\[.+\])?|yarn|(spark|k8s)://.+")
"""What names a Spark session: `spark` is the one that the environment sets up; the others are URLs of a master."""
_OF_A_CLUSTER = {
    "--memory": "spark.executor.memory",
    "--threads": "spark.executor.cores",
    "--spill": "spark.local.dir",
}
"""What a cluster calls what DuckDB is told on the command line."""


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


def open_engine(name: str, *, memory: str | None, threads: int | None, spill: Path | None = None) -> Engine:
    """Return the engine of that name.

    Args:
        memory: what this process may hold, engine and all; without it a share of the machine or container.
        threads, spill: of DuckDB, and where it puts what does not fit; a cluster has settings of its own.

    Raises:
        NothingUsable: there is no such engine, it is told of what is not its own, or there is no folder to spill to.
        StillwatchError: it does not start.
    """
    if not is_spark(name):
        return DuckDB(plan=Plan.of(memory), threads=threads, spill=spill)
    told = {"--memory": memory, "--threads": threads, "--spill": spill}
    for option, value in told.items():
        if value is not None:
            raise NothingUsable(
                "a cluster has settings of its own",
                where=option,
                expected="an engine of this machine",
                remedy=f"`{_OF_A_CLUSTER[option]}` in `spark-defaults.conf`",
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
