"""The engine on Spark as a user meets it: by name, on sessions of others, on odd paths, with something missing."""

from __future__ import annotations

import builtins
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from stillwatch.commands import Watcher, scan_ledger
from stillwatch.config import ScanSettings
from stillwatch.engine import DuckDB, Engine, Query, Value, is_spark, open_engine
from stillwatch.engine.spark import SEMANTICS, Spark
from stillwatch.errors import NothingUsable, Refused, StillwatchError
from stillwatch.ledger import Ledger
from stillwatch.rollups import OF_EXCHANGES
from stillwatch.rollups.views import READ_AGAIN
from stillwatch.watch import watch_ledger
from tests.engine.worlds import attach_six_hours
from tests.small_world import Scanned, parquet_bytes, stillwatch

MASTERS = ("spark", "local", "local[2]", "local[*]", "local-cluster[2,1,1024]", "spark://h:7077", "yarn", "k8s://h:443")


@pytest.fixture(scope="module")
def engine(session: SparkSession) -> Iterator[Engine]:
    with Spark(session=session) as made:
        yield made


@pytest.mark.parametrize("name", MASTERS)
def test_a_master_is_an_engine(name: str) -> None:
    assert is_spark(name)


def test_duckdb_is_the_default_and_no_spark() -> None:
    assert not is_spark(ScanSettings().engine)


@pytest.mark.parametrize("name", ["", "sparks", "duck", "mesos://h", "local[", "spark://", "sc://h:1"])
def test_what_is_no_engine_is_said(name: str) -> None:
    with pytest.raises(NothingUsable, match="no engine") as error:
        is_spark(name)
    assert "spark://HOST:7077" in error.value.remedy


_OWN: list[tuple[str, dict[str, Any]]] = [
    ("--memory", {"memory": "1GB"}),
    ("--threads", {"threads": 2}),
    ("--spill", {"spill": Path("/scratch")}),
]


@pytest.mark.parametrize(("option", "told"), _OWN)
def test_a_cluster_is_not_told_what_is_its_own(option: str, told: dict[str, Any]) -> None:
    with pytest.raises(NothingUsable, match="settings of its own") as error:
        open_engine("local", **{"memory": None, "threads": None, **told})
    assert error.value.where == option
    assert "`spark." in error.value.remedy


def test_without_pyspark_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    found = builtins.__import__

    def without(name: str, *rest: Any, **named: Any) -> Any:
        if name.partition(".")[0] == "pyspark":
            raise ModuleNotFoundError(f"No module named '{name}'", name=name)
        return found(name, *rest, **named)

    for name in [name for name in sys.modules if name.startswith(("pyspark", "stillwatch.engine.spark"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(StillwatchError, match="pyspark is not installed") as error:
        open_engine("local", memory=None, threads=None)
    assert "stillwatch[spark]" in error.value.remedy


def test_without_java_it_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(StillwatchError, match="no Java") as error:
        Spark("local")
    assert "JAVA_HOME" in error.value.remedy


def test_a_master_that_does_not_answer_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: "/usr/bin/java")
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        port = silent.getsockname()[1]
        with pytest.raises(StillwatchError, match="cannot be reached") as error:
            Spark(f"spark://127.0.0.1:{port},127.0.0.1:nonsense")
    assert error.value.where == f"--engine spark://127.0.0.1:{port},127.0.0.1:nonsense"
    assert "nonsense" in error.value.found


def test_pyspark_is_not_imported_unless_it_runs_the_queries() -> None:
    code = "import sys, stillwatch.cli; sys.exit('pyspark' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], check=False, env={"PYTHONPATH": ":".join(sys.path)})
    assert ran.returncode == 0


def test_a_session_of_others_stays_as_it_is(session: SparkSession) -> None:
    before = {key: session.conf.get(key) for key in SEMANTICS}
    assert before["spark.sql.session.timeZone"] != "UTC"
    with Spark(session=session) as engine:
        engine.load("given", pa.table({"v": [7]}))
        engine.view(Query("seen", "select v from given"))
        engine.hold("seen")
        assert engine.rows("select v from seen").to_pylist() == [{"v": 7}]
    assert {key: session.conf.get(key) for key in SEMANTICS} == before
    assert not session.catalog.listTables()
    assert session.range(3).count() == 3


def test_another_master_than_that_of_the_running_session_is_refused(session: SparkSession) -> None:
    assert session.sparkContext.master == "local[2]"
    with pytest.raises(Refused, match=r"`local\[2\]`"):
        Spark("local[3]")
    with Spark("local[2]") as engine:
        assert engine.rows("select 1 as v").num_rows == 1
    assert session.range(3).count() == 3


def test_a_view_is_computed_when_it_is_read(engine: Engine) -> None:
    engine.load("given", pa.table({"v": [7]}))
    engine.view(Query("seen", "select v + :more as v from given"), more=1)
    engine.load("given", pa.table({"v": [70]}))
    assert engine.rows("select v from seen").to_pylist() == [{"v": 71}]


def test_a_scan_holds_what_it_reads_twice(few: Scanned) -> None:
    asked: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        rows, batches = DuckDB.rows, DuckDB.batches

        def noted(self: DuckDB, sql: str, *, name: str = "query") -> pa.Table:
            asked.append(sql)
            return rows(self, sql, name=name)

        def noted_in_parts(self: DuckDB, query: Query, **values: Value) -> Iterator[pa.RecordBatch]:
            asked.append(query.sql)
            return batches(self, query, **values)

        patch.setattr(DuckDB, "rows", noted)
        patch.setattr(DuckDB, "batches", noted_in_parts)
        scan_ledger(few.ledger, few.out.parent / "again", ScanSettings(), known=None, watcher=Watcher())
    read = {name: sum(bool(re.search(rf"\b{name}\b", sql)) for sql in asked) for name in OF_EXCHANGES}
    assert {name for name, times in read.items() if times > 1} == set(READ_AGAIN)


def test_an_odd_folder_is_read(engine: Engine, tmp_path: Path) -> None:
    folder = tmp_path / "it's a [very] {odd} *folder?, 100%20 day=2026-01-01"
    folder.mkdir()
    pq.write_table(pa.table({"v": [1, 2, 3]}), folder / "a b.parquet")
    engine.read("odd", [folder / "a b.parquet"], where="v > 1")
    found = engine.rows("select * from odd order by v")
    assert found.to_pylist() == [{"v": 2}, {"v": 3}]


def test_a_scan_sees_from_since_to_before_until(engine: Engine, tmp_path: Path) -> None:
    attach_six_hours(engine, tmp_path, since=1, until=4)
    assert engine.rows("select * from exchanges order by ts").column("exchange_id").to_pylist() == ["x1", "x2", "x3"]


def test_what_spark_cannot_read_is_said(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(StillwatchError, match="PATH_NOT_FOUND") as error:
        engine.read("gone", [tmp_path / "gone.parquet"])
    assert error.value.where == "query `gone`"


def test_a_ledger_beyond_a_url_is_the_ledger(engine: Engine, few: Scanned) -> None:
    near, far = Ledger.open(few.ledger), engine.ledger(f"file://{few.ledger}/")
    assert far.digest() == near.digest()
    assert far.manifests() == near.manifests()
    assert far.accounts_table().equals(near.accounts_table())
    assert (far.days(), far.rows, far.size) == (near.days(), near.rows, near.size)
    assert list(far.exchange_files()) == [f"file://{path}" for path in near.exchange_files()]


def test_a_day_that_was_deleted_and_a_file_that_is_gone_are_told_apart(
    engine: Engine, few: Scanned, tmp_path: Path
) -> None:
    copy = tmp_path / "a copy"
    shutil.copytree(few.ledger, copy)
    first, second = Ledger.open(copy).exchange_files()[:2]
    shutil.rmtree(first.parent)
    assert engine.ledger(f"file://{copy}").days() == Ledger.open(copy).days() == Ledger.open(few.ledger).days()[1:]
    second.rename(second.with_name("elsewhere.parquet"))
    with pytest.raises(StillwatchError, match="is gone") as error:
        engine.ledger(f"file://{copy}").exchange_files()
    assert error.value.where == f"file://{second}"


@pytest.mark.parametrize("head", ["{", '{"format": 9, "key": "k", "made_by": "9.9"}'])
def test_a_head_that_is_not_ours_is_said_with_its_url(engine: Engine, tmp_path: Path, head: str) -> None:
    (tmp_path / "ledger.json").write_text(head)
    with pytest.raises(StillwatchError) as error:
        engine.ledger(f"file://{tmp_path}")
    assert error.value.where.startswith(f"file://{tmp_path}")


def test_where_there_is_no_ledger_it_is_said(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(NothingUsable, match="no ledger") as error:
        engine.ledger(f"file://{tmp_path}/nothing")
    assert error.value.where == f"file://{tmp_path}/nothing"


def test_duckdb_reads_no_url(tmp_path: Path) -> None:
    ran = stillwatch("scan", "--ledger", "s3a://bucket/ledger", "--out", tmp_path / "out")
    assert ran.code == 2
    assert "DuckDB reads no ledger at a URL" in ran.err
    assert "--engine spark://" in ran.err


def test_a_url_is_scanned_from_the_command_line(session: SparkSession, few: Scanned, tmp_path: Path) -> None:
    """On the session of this process, which is on the master that is named."""
    out = tmp_path / "out"
    ran = stillwatch(
        "scan", "--ledger", f"file://{few.ledger}", "--out", out, "--engine", session.sparkContext.master, "--json"
    )
    assert ran.code == 0, ran.err
    assert parquet_bytes(out) == parquet_bytes(few.out)


def test_a_watch_runs_on_duckdb(few: Scanned, tmp_path: Path) -> None:
    with pytest.raises(NothingUsable, match="kept in files of DuckDB") as error:
        watch_ledger(few.ledger, tmp_path / "out", ScanSettings(engine="local"), keep=1, watcher=Watcher())
    assert "scan --known" in error.value.remedy
    assert not (tmp_path / "out").exists()
