"""The whole scan on a standalone cluster of one master and two workers, one of which is killed in the middle."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from stillwatch.engine import spark
from stillwatch.errors import StillwatchError
from tests.engine.cluster import cluster
from tests.engine.java import QUICK, java
from tests.small_world import ROOT, TABLES, Scanned, parquet_bytes, rows

SECONDS = 280


@pytest.fixture(scope="module")
def scanned(few: Scanned, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, object]]:
    """Return what a scan on the cluster left, and what it said of the executors."""
    java()
    folder = tmp_path_factory.mktemp("spark")
    with cluster(folder / "cluster", workers=2) as running:
        command = [sys.executable, "-m", "tests.engine.scan_and_kill", str(few.ledger), str(folder / "out")]
        done = subprocess.run(
            [*command, running.url, str(running.workers[1])],
            env={**os.environ, **QUICK, "PYTHONPATH": str(ROOT), "SPARK_CONF_DIR": str(running.configuration)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    assert done.returncode == 0, done.stderr.decode()[-3000:]
    return folder / "out", json.loads(done.stdout)


def test_a_worker_was_lost_while_a_job_ran(scanned: tuple[Path, dict[str, object]]) -> None:
    said = scanned[1]
    assert (said["before"], said["after"]) == (2, 1)
    assert said["during"]


def test_campaigns_and_evidence_are_those_of_duckdb_to_the_byte(
    scanned: tuple[Path, dict[str, object]], few: Scanned
) -> None:
    assert rows(few.out, "campaigns")
    assert rows(few.out, "evidence")
    one, other = parquet_bytes(few.out), parquet_bytes(scanned[0])
    assert [name for name in TABLES if one[name] != other[name]] == []


def test_the_scan_says_what_ran_it(scanned: tuple[Path, dict[str, object]], few: Scanned) -> None:
    said, of_duckdb = (json.loads((out / "scan.json").read_text()) for out in (scanned[0], few.out))
    assert said["parameters"]["engine"].startswith("spark://")
    assert said["parameters"]["memory"] is None
    assert "spark" in said["versions"]
    assert "duckdb" not in said["versions"]
    assert said["ledger"] == of_duckdb["ledger"]
    assert (said["rows_read"], said["skipped"]) == (of_duckdb["rows_read"], of_duckdb["skipped"])


def test_a_cluster_without_a_worker_is_not_waited_for_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    java()
    monkeypatch.setattr(spark, "FIRST_WORK", 2)
    for name, value in {**QUICK, "SPARK_LOCAL_IP": "127.0.0.1"}.items():
        monkeypatch.setenv(name, value)
    with cluster(tmp_path / "cluster", workers=0) as running:
        with pytest.raises(StillwatchError, match="no executor did anything within 2 s") as error:
            spark.Spark(running.url)
        assert "spark.executor.memory" in error.value.remedy
