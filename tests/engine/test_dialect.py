"""Expressions on both engines: what differs between them is rewritten, and what cannot be is an error."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pytest
import sqlglot
from pyspark.sql import SparkSession

from stillwatch.engine import DuckDB, Engine, Query, for_spark
from stillwatch.engine.spark import Spark
from stillwatch.errors import StillwatchError
from tests.worlds import DAY, HOUR, MIDNIGHT

TEXTS = ("o'clock", "back\\slash", "\\n", "a\nb", '"quoted"', "`tick`", "%_", "", "Ünï ☃ \U0001f600", "${x}", "{{x}}")

GIVEN = pa.table(
    {
        "id": pa.array(range(6), pa.int64()),
        "marks": pa.array([[7], [7, 8], [1, 2, 3], [], None, [9, None]], pa.list_(pa.int64())),
        "n": pa.array([3, -7, 0, None, 2**40, 5], pa.int64()),
        "small": pa.array([1, -128, 127, None, 0, 5], pa.int8()),
        "x": pa.array([0.5, 1.5, -2.5, None, 0.1, 1e9], pa.float64()),
        "text": pa.array(["b", "B", "", None, "ä", "a\\"], pa.string()),
        "flag": pa.array([True, False, None, True, None, False]),
        "ts": pa.array(
            [MIDNIGHT - 1, MIDNIGHT, MIDNIGHT + 59 * 60_000_000, None, -1, MIDNIGHT + 40 * DAY + 5 * HOUR],
            pa.timestamp("us", "UTC"),
        ),
    }
)

SAME = (
    "len(marks)",
    "length(text)",
    "marks[1]",
    "marks[len(marks)]",
    "marks[len(marks) - 1]",
    "marks[0]",
    "marks[-1]",
    "marks[9]",
    "epoch_us(ts)",
    "epoch_us(ts) // 3600000000",
    "cast(epoch_us(ts) // 3600000000 as bigint)",
    "n // 2",
    "n % 2",
    "n / 8",
    "n * 0.03 >= 0.09",
    "1.0 * n / 4",
    "n - small",
    "cast(x as bigint)",
    "cast(cast(n * 0.5 as decimal(20, 1)) as bigint)",
    "cast(n as bigint)",
    "cast(flag as bigint)",
    "cast(n as varchar)",
    "cast(flag as varchar)",
    "cast(cast(x as decimal(18, 6)) as varchar)",
    "try_cast(x * 1e9 as decimal(18, 6))",
    "round(x)",
    "round(x, 2)",
    "cast(floor(x) as bigint)",
    "greatest(n, small)",
    "greatest(n, 0)",
    "coalesce(x, 4.0 * n, 0)",
    "text || ' ' || cast(n as varchar)",
    "coalesce(text, '') || ' '",
    "text < 'a'",
    "text is not distinct from null",
    "date_trunc('hour', ts)",
    "date_trunc('day', ts)",
    "ts >= timestamptz '2026-01-01 00:00:00.000000+00'",
    "ts - interval 6 hour",
    "case when small > 1 then 1 end",
    "not flag",
    "n in (3, 5)",
    "row_number() over (order by text, id)",
    "row_number() over (order by n desc, id)",
    "lag(n) over (order by ts, id)",
    "rank() over (order by flag)",
)
"""Of each row, with its id."""

TOGETHER = (
    "count(*), count(n), count(distinct small), count(case when flag then 1 end)",
    "cast(sum(n) as bigint), cast(sum(small) as bigint), min(text), max(text), max(x)",
    "cast(sum(n * small) as decimal(38, 0))",
    "cast(sum(9223372036854775807 - id) as decimal(38, 0))",
    "avg(small), avg(0.5 * small)",
    "round(stddev_samp(x), 2), round(exp(avg(ln(abs(n) + 1))), 3)",
    "count(distinct date_trunc('hour', ts))",
    "min(epoch_us(ts)), max(epoch_us(ts))",
    "arg_max(id, text)",
)
"""Of all rows."""


@pytest.fixture(scope="module")
def engines(session: SparkSession) -> Iterator[tuple[Engine, Engine]]:
    with DuckDB(memory="200MB", threads=1) as one, Spark(session=session) as other:
        for engine in (one, other):
            engine.load("given", GIVEN)
        yield one, other


def _both(engines: tuple[Engine, Engine], sql: str) -> tuple[pa.Table, pa.Table]:
    one, other = (engine.rows(sql) for engine in engines)
    return one, other


@pytest.mark.parametrize("value", SAME)
def test_a_value_is_the_same_on_both(engines: tuple[Engine, Engine], value: str) -> None:
    one, other = _both(engines, f"select id, {value} as v from given order by id")
    assert other.column("v").to_pylist() == one.column("v").to_pylist()
    assert other.schema.types == one.schema.types


@pytest.mark.parametrize("values", TOGETHER)
def test_an_aggregate_is_the_same_on_both(engines: tuple[Engine, Engine], values: str) -> None:
    one, other = _both(engines, f"select {values} from given")
    assert [column.to_pylist() for column in other.columns] == [column.to_pylist() for column in one.columns]
    assert other.schema.types == one.schema.types


def test_lists_are_taken_apart_the_same_way(engines: tuple[Engine, Engine]) -> None:
    one, other = _both(engines, "select id, v from (select id, unnest(marks) as v from given) order by id, v")
    assert other.to_pylist() == one.to_pylist()
    assert one.num_rows == 8


def test_every_text_stays_what_it_is_in_a_statement(engines: tuple[Engine, Engine]) -> None:
    for text in TEXTS:
        bound = Query("q", "select '' || :value as v").bind(value=text)
        one, other = _both(engines, bound)
        assert one.to_pylist() == other.to_pylist() == [{"v": text}]


def test_lengths_are_rounded_the_same_way_next_to_every_step(engines: tuple[Engine, Engine]) -> None:
    """Sixteenths of a doubling: whole numbers beside each half step, where one bit of a logarithm would tell."""
    steps = [2 ** ((2 * k + 1) / 32) - 1 for k in range(16 * 31)]
    numbers = sorted({max(int(step) + d, 0) for step in steps for d in (-1, 0, 1, 2)})
    for engine in engines:
        engine.load("numbers", pa.table({"v": numbers}))
    one, other = _both(
        engines, "select v, cast(round(16 * log2(1 + greatest(v, 0))) as bigint) as l from numbers order by v"
    )
    assert other.column("l").equals(one.column("l"))


def test_a_fraction_that_becomes_text_is_an_error(engines: tuple[Engine, Engine]) -> None:
    with pytest.raises(StillwatchError, match="make it a decimal before it becomes text"):
        engines[1].rows("select cast(x as varchar) as v from given")


@pytest.mark.parametrize("sql", ["select n + 9223372036854775807 from given", "select n / (n - n) from given"])
def test_what_does_not_fit_or_has_no_value_is_an_error_and_no_other_number(
    engines: tuple[Engine, Engine], sql: str
) -> None:
    with pytest.raises(StillwatchError):
        engines[1].rows(sql)


def test_what_spark_has_not_is_found_when_it_is_translated() -> None:
    with pytest.raises(sqlglot.errors.UnsupportedError):
        for_spark("select regexp_extract(a, b, 0, 'i') from t")


def test_a_rewritten_statement_can_be_read() -> None:
    sql = "select marks[len(marks)] as v, epoch_us(ts) as t from given"
    assert for_spark(sql) == (
        "SELECT TRY_ELEMENT_AT(marks, NULLIF(CAST(CAST(SIZE(marks) AS BIGINT) AS INT), 0)) AS v,"
        " UNIX_MICROS(ts) AS t FROM given"
    )
