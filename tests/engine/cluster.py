"""A standalone Spark cluster of processes on this machine, from the jars that pyspark brings."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyspark

from tests.engine.java import QUICK, SETTINGS

SECONDS = 120
"""In which a process of the cluster must have started."""
SPARK = Path(pyspark.__file__).parent
_DEPLOY = "org.apache.spark.deploy"
_ENVIRONMENT = {"SPARK_HOME": str(SPARK), "SPARK_DAEMON_MEMORY": "256m", "SPARK_LOCAL_IP": "127.0.0.1"}


@dataclass(frozen=True, slots=True)
class Cluster:
    """A master and its workers.

    Attributes:
        url: of the master. workers: the process group of each, with its executors.
        configuration: folder with a `spark-defaults.conf` for whoever scans.
    """

    url: str
    workers: tuple[int, ...]
    configuration: Path


@contextlib.contextmanager
def cluster(folder: Path, workers: int) -> Iterator[Cluster]:
    """Start a master and workers of one core each, logs and scratch in `folder`; end all of them."""
    folder.mkdir()
    started: list[int] = []
    try:
        master = _start(folder, "master", "master.Master", "--host", "127.0.0.1", "--port", "0", "--webui-port", "0")
        started.append(master)
        url = _said(folder / "master.log", r"Starting Spark master at (spark://\S+)")
        for i in range(workers):
            where = ("--work-dir", str(folder / f"work-{i}"), "--webui-port", "0", "--host", "127.0.0.1")
            started.append(
                _start(folder, f"worker-{i}", "worker.Worker", "--cores", "1", "--memory", "1g", *where, url)
            )
        for i in range(workers):
            _said(folder / f"worker-{i}.log", r"(Successfully registered) with master")
        yield Cluster(url, tuple(started[1:]), _configured(folder))
    finally:
        for group in started:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)


def _start(folder: Path, name: str, part: str, *arguments: str) -> int:
    """Start a part of the cluster in a process group of its own and return its number."""
    command = [str(SPARK / "bin" / "spark-class"), f"{_DEPLOY}.{part}", *arguments]
    scratch = {"SPARK_LOCAL_DIRS": str(folder / f"scratch-{name}")}
    with open(folder / f"{name}.log", "wb") as log:
        process = subprocess.Popen(
            command,
            env={**_without_spark(os.environ), **QUICK, **_ENVIRONMENT, **scratch},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    return process.pid


def _without_spark(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if not name.startswith(("SPARK_", "PYSPARK_"))}


def _said(log: Path, pattern: str) -> str:
    """Return what a log says, as soon as it does."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        found = re.search(pattern, log.read_text(encoding="utf-8", errors="replace"))
        if found:
            return found[1]
        time.sleep(0.1)
    raise AssertionError(log.read_text(encoding="utf-8", errors="replace")[-2000:])


def _configured(folder: Path) -> Path:
    """Write settings as an operator would: one executor a worker, and little patience with one that is gone."""
    settings = {
        **SETTINGS,
        "spark.executor.memory": "512m",
        "spark.shuffle.io.retryWait": "200ms",
        "spark.log.level": "OFF",
    }
    place = folder / "conf"
    place.mkdir()
    lines = [f"{key} {value}\n" for key, value in settings.items()]
    (place / "spark-defaults.conf").write_text("".join(lines), encoding="utf-8")
    return place
