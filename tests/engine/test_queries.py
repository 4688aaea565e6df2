"""Every query of a scan, on DuckDB and on Spark: the same rows, of the same types."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from stillwatch.engine import DuckDB, Engine, Query
from stillwatch.engine.spark import Spark
from stillwatch.evidence import EVIDENCE_TABLE
from stillwatch.sketch.schema import SKETCHES
from tests.engine.test_duckdb import QUERIES
from tests.engine.worlds import Small, bound, small

NOT_OF_A_SCAN = "stillwatch.range."
"""Where queries count what a world holds, always on this machine."""

EACH = {(q.name, q.sql): q for name, q in QUERIES.items() if not name.startswith(NOT_OF_A_SCAN)}
"""Queries that several modules name, once."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Small:
    return small(tmp_path_factory.mktemp("small"))


@pytest.fixture(scope="module")
def engines(session: SparkSession, world: Small) -> Iterator[tuple[Engine, Engine]]:
    with DuckDB(memory="1GB", threads=1) as one, Spark(session=session) as other:
        for engine in (one, other):
            world.attach(engine)
        yield one, other


def _sorted(table: pa.Table) -> list[dict[str, Any]]:
    return sorted(table.to_pylist(), key=repr)


@pytest.mark.parametrize("query", EACH.values(), ids=[name for name, _ in EACH])
def test_a_query_gives_the_same_rows_on_both(engines: tuple[Engine, Engine], query: Query) -> None:
    sql = bound(query)
    one, other = (engine.rows(sql, name=query.name) for engine in engines)
    assert _sorted(_numbers(other)) == _sorted(_numbers(one))
    if ":group" in query.sql:
        assert other.column_names == one.column_names
    else:
        assert other.schema.equals(one.schema)


def _numbers(table: pa.Table) -> pa.Table:
    """Return `table` with the sums of an exhibit, which no type is asked of, as whole numbers of one kind."""
    for place, kind in enumerate(table.schema):
        if pa.types.is_integer(kind.type):
            table = table.set_column(place, kind.name, table.column(place).cast(pa.decimal128(38, 0)))
    return table


def test_no_query_is_compared_on_nothing(engines: tuple[Engine, Engine]) -> None:
    """Only those that look for one mark, of which a test cannot guess the numbers, may find none."""
    empty = [query.name for query in EACH.values() if not engines[0].rows(bound(query)).num_rows]
    assert not [name for name in empty if not name.startswith(("habit_", "templated_"))]


def test_every_kind_of_evidence_shows_a_query_that_runs_on_both(engines: tuple[Engine, Engine], world: Small) -> None:
    assert set(world.exhibits) >= {kind.kind for kind in EVIDENCE_TABLE} - {"independent_owners"}
    for kind, sql in world.exhibits.items():
        one, other = (_numbers(engine.rows(sql, name=kind)).to_pylist() for engine in engines)
        assert one == other, kind
        assert len(one) == 1, kind


def test_the_ledger_of_these_tests_has_a_null_in_every_column_that_may_have_one(world: Small) -> None:
    engine = DuckDB(memory="1GB", threads=1)
    with engine:
        engine.attach(world.exchanges, world.accounts, since=None, until=None)
        rows = engine.rows("select * from exchanges")
    optional = [kind.name for kind in SKETCHES if kind.nullable]
    assert all(rows.column(name).null_count for name in optional)
    assert not [
        kind.name for kind in world.accounts.schema if kind.nullable and not world.accounts[kind.name].null_count
    ]
