"""Named statements: checked when they are made, bound to the values that they were run with."""

from __future__ import annotations

import datetime as dt
import re
import textwrap
from dataclasses import dataclass

import sqlglot

Value = int | float | str | dt.datetime


@dataclass(frozen=True, slots=True)
class Query:
    """A named statement; `:name` stands for a value that `bind` fills in.

    Attributes:
        name: what it computes; with `Engine.view`, the name under which its rows are read.
        sql: one `select`.
    """

    name: str
    sql: str

    def __post_init__(self) -> None:
        """Parse the statement.

        Raises:
            sqlglot.errors.ParseError: it is not SQL.
        """
        sqlglot.parse_one(self.sql, read="duckdb")

    def bind(self, **values: Value) -> str:
        """Return the statement with every `:name` replaced by a literal, as it can be run again by a reader.

        Raises:
            KeyError: a placeholder has no value.
        """
        return _PLACE.sub(lambda place: literal(values[place[1]]), textwrap.dedent(self.sql).strip())


_PLACE = re.compile(r"(?<![:\w]):([a-z_]+)")


def literal(value: Value) -> str:
    """Return `value` as it stands in a statement."""
    if isinstance(value, dt.datetime):
        return f"timestamptz '{value.astimezone(dt.UTC).strftime('%Y-%m-%d %H:%M:%S.%f+00')}'"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return repr(value)
