"""A scan on a cluster that loses a worker in the middle: run as a process by `test_cluster.py`.

    python -m tests.engine.scan_and_kill LEDGER OUT MASTER GROUP

GROUP is the process group of the worker that is killed, together with its executor, while a job runs. Prints how many
executors there were before and after, as JSON.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path

from pyspark.sql import SparkSession

from stillwatch.commands import Watcher, scan_ledger
from stillwatch.config import ScanSettings

JOBS = 25
"""Jobs that were begun before the worker goes: some rows are held on it by then, and some are not read yet."""


class Killer:
    """Kills a process group when a scan is at work."""

    def __init__(self, group: int) -> None:
        self.group = group
        self.found: dict[str, object] = {}
        self.thread = threading.Thread(target=self._kill)

    def __call__(self, stage: str) -> None:
        """Begin with the first stage, and say what is left at the last."""
        if stage == "profiles":
            self.thread.start()
        if stage == "end":
            self.thread.join()
            self.found["after"] = _executors()

    def _kill(self) -> None:
        tracker = _session().sparkContext.statusTracker()
        while max(tracker.getActiveJobsIds(), default=0) < JOBS:
            time.sleep(0.005)
        self.found["before"] = _executors()
        os.killpg(self.group, signal.SIGKILL)
        self.found["during"] = list(tracker.getActiveJobsIds())


def _session() -> SparkSession:
    session = SparkSession.builder.getOrCreate()
    assert isinstance(session, SparkSession)
    return session


def _executors() -> int:
    """Return the number of executors, which Python is told only by way of the JVM."""
    context = _session().sparkContext._jsc
    return int(context.sc().getExecutorMemoryStatus().size()) - 1


if __name__ == "__main__":
    ledger, out, master, group = sys.argv[1:]
    killer = Killer(int(group))
    settings = ScanSettings(engine=master)
    scan_ledger(Path(ledger), Path(out), settings, known=None, watcher=Watcher(on_stage=killer))
    print(json.dumps(killer.found))
