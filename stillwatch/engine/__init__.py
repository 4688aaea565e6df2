"""Where SQL runs: on this machine (`duckdb`, the default) or on a cluster (`spark`), with the same rows.

`query` is a named statement, in the subset of SQL that both agree on (`docs/decisions/0001-duckdb-and-sqlglot.md`);
`dialect` holds what still differs; `base` is what a scan asks of either; `far` is a ledger that only a cluster reads.
pyspark is an extra: it is imported when a session is asked for, and not before.
"""

from stillwatch.engine.base import Engine, Place
from stillwatch.engine.choice import DEFAULT, is_spark, open_engine
from stillwatch.engine.dialect import for_spark
from stillwatch.engine.duckdb import DuckDB
from stillwatch.engine.query import Query, Value

__all__ = ["DEFAULT", "DuckDB", "Engine", "Place", "Query", "Value", "for_spark", "is_spark", "open_engine"]
