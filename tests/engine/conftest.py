"""A Spark session on threads of this machine, for tests that hold it against DuckDB."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from pyspark.sql import SparkSession

from tests.engine.java import QUICK, SETTINGS, java


@pytest.fixture(scope="module")
def session() -> Iterator[SparkSession]:
    """A session that somebody else began, with settings that are not ours."""
    java()
    os.environ |= QUICK
    builder = SparkSession.builder.master("local[2]").config("spark.sql.session.timeZone", "Asia/Kolkata")
    builder = builder.config("spark.sql.ansi.enabled", "false")
    for key, value in SETTINGS.items():
        builder = builder.config(key, value)
    made = builder.getOrCreate()
    yield made
    made.stop()
