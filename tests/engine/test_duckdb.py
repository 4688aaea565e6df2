"""Queries that are checked when they are made, bound to what they were run with, and run within their memory."""

from __future__ import annotations

import datetime as dt
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlglot

import stillwatch
from stillwatch.engine import DuckDB, Query
from stillwatch.errors import StillwatchError
from tests.engine.worlds import attach_six_hours
from tests.worlds import Crowd, attached, ledger

UNEQUAL = (
    r"approx_\w+|\bhash\(|\bmd5\(|time_bucket|asof|using sample|tablesample|\bfirst\(|\blast\(|\bany_value\(|random\("
)
"""What DuckDB and Spark do not agree on, or what is not the same twice."""


def _queries() -> dict[str, Query]:
    """Return every query that a module of the package holds, by module and name."""
    found = {}
    for module in pkgutil.walk_packages(stillwatch.__path__, "stillwatch."):
        for name, value in vars(importlib.import_module(module.name)).items():
            held = value.values() if isinstance(value, dict) else (value,)
            found.update({f"{module.name}.{name}.{q.name}": q for q in held if isinstance(q, Query)})
    return found


QUERIES = _queries()
EVERY = pytest.mark.parametrize("query", QUERIES.values(), ids=list(QUERIES))


@pytest.fixture
def engine() -> Iterator[DuckDB]:
    with DuckDB(memory="200MB", threads=1) as made:
        yield made


@EVERY
def test_every_query_keeps_to_what_two_engines_agree_on(query: Query) -> None:
    assert not re.search(UNEQUAL, query.sql, re.IGNORECASE)


@EVERY
def test_every_query_can_be_written_for_spark(query: Query) -> None:
    bound = re.sub(r"(?<![:\w]):[a-z_]+", "1", query.sql)
    written = sqlglot.transpile(bound, read="duckdb", write="spark", unsupported_level=sqlglot.ErrorLevel.RAISE)
    assert len(written) == 1


@EVERY
def test_every_query_is_one_select(query: Query) -> None:
    assert sqlglot.parse_one(query.sql, read="duckdb").key in ("select", "union", "with")
    assert ";" not in query.sql


def test_a_query_that_is_no_sql_is_found_when_it_is_made() -> None:
    with pytest.raises(sqlglot.errors.ParseError):
        Query("broken", "select from where (")


@pytest.mark.parametrize(
    ("value", "literal"),
    [
        (3, "3"),
        (0.5, "0.5"),
        ("o'clock", "'o''clock'"),
        (":other", "':other'"),
        (dt.datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=dt.UTC), "timestamptz '2026-01-02 03:04:05.000006+00'"),
        (
            dt.datetime(2026, 1, 2, 3, tzinfo=dt.timezone(dt.timedelta(hours=5, minutes=30))),
            "timestamptz '2026-01-01 21:30:00.000000+00'",
        ),
    ],
)
def test_values_become_literals(value: int | float | str | dt.datetime, literal: str, engine: DuckDB) -> None:
    bound = Query("q", "select 1 as v where null is distinct from :value").bind(value=value)
    assert bound == f"select 1 as v where null is distinct from {literal}"
    assert engine.rows(bound).num_rows == 1


def test_a_place_without_a_value_is_an_error() -> None:
    with pytest.raises(KeyError):
        Query("q", "select 1 + :value as v").bind()


def test_casts_are_no_places() -> None:
    assert Query("q", "select '1'::bigint + :n as v").bind(n=1) == "select '1'::bigint + 1 as v"


def test_what_stands_in_a_value_is_not_bound_again() -> None:
    assert Query("q", "select '' || :a || :b as v").bind(a=":b", b="x") == "select '' || ':b' || 'x' as v"


def test_a_bound_query_has_no_indentation_left() -> None:
    assert Query("q", "\n        select 1 as v\n            where true").bind() == "select 1 as v\n    where true"


def _hours(engine: DuckDB) -> list[int]:
    return sorted(row["h"] for row in engine.rows("select hour(ts) as h from exchanges").to_pylist())


def test_a_scan_sees_from_since_to_before_until(tmp_path: Path, engine: DuckDB) -> None:
    attach_six_hours(engine, tmp_path, since=1, until=4)
    assert _hours(engine) == [1, 2, 3]


def test_a_folder_with_a_quote_in_its_name_is_read(tmp_path: Path, engine: DuckDB) -> None:
    folder = tmp_path / "it's"
    folder.mkdir()
    pq.write_table(ledger(Crowd("a", 2))[0], folder / "a.parquet")
    engine.attach([folder / "a.parquet"], ledger(Crowd("a", 2))[1], since=None, until=None)
    assert engine.rows("select 1 from exchanges").num_rows > 0


def test_a_loaded_table_takes_the_place_of_the_one_before(engine: DuckDB) -> None:
    for value in (1, 2):
        engine.load("groups", pa.table({"v": [value]}))
    assert engine.rows("select v from groups").to_pylist() == [{"v": 2}]


def test_staged_rows_are_kept(engine: DuckDB) -> None:
    engine.load("given", pa.table({"v": [7]}))
    engine.stage(Query("staged", "select v + :more as v from given"), more=1)
    engine.load("given", pa.table({"v": [70]}))
    assert engine.rows("select v from staged").to_pylist() == [{"v": 8}]


def test_a_view_is_computed_when_it_is_read_until_it_is_dropped(engine: DuckDB) -> None:
    engine.load("given", pa.table({"v": [7]}))
    engine.view(Query("seen", "select v + :more as v from given"), more=1)
    engine.load("given", pa.table({"v": [70]}))
    assert engine.rows("select v from seen").to_pylist() == [{"v": 71}]
    engine.drop("seen")
    engine.drop("seen")
    assert not engine.rows("select 1 from duckdb_views() where view_name = 'seen'").num_rows


def test_what_is_written_is_read_again(tmp_path: Path, engine: DuckDB) -> None:
    engine.load("given", pa.table({"v": [1, 2, 3]}))
    engine.write("given", tmp_path / "it's.parquet")
    engine.read("again", [tmp_path / "it's.parquet"], where="v > 1")
    assert sorted(row["v"] for row in engine.rows("select v from again").to_pylist()) == [2, 3]


def test_times_are_utc_whatever_the_machine_says() -> None:
    with attached(*ledger(Crowd("a", 3))) as engine:
        assert engine.rows("select current_setting('TimeZone') as z").to_pylist() == [{"z": "UTC"}]


@pytest.mark.parametrize("memory", ["much", "8 parsecs", ""])
def test_no_amount_of_memory_is_refused_with_an_example(memory: str) -> None:
    with pytest.raises(StillwatchError) as error:
        DuckDB(memory=memory)
    assert error.value.where == "--memory"
    assert "8GB" in error.value.remedy


def test_a_query_too_big_for_its_memory_says_what_to_do() -> None:
    with DuckDB(memory="20MB", threads=1) as engine, pytest.raises(StillwatchError) as error:
        engine.rows("select list(range) as v from range(20000000)", name="too much")
    assert "too much" in error.value.where
    assert "--memory" in error.value.remedy


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    with DuckDB(memory="100MB", spill=tmp_path) as engine:
        engine.stage(Query("staged", "select 1 as v"))
        assert list(tmp_path.iterdir())
    assert not list(tmp_path.iterdir())
