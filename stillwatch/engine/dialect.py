"""The differences between the two engines: a statement of ours, rewritten so that Spark gives the rows of DuckDB.

sqlglot writes the grammar of Spark; the rules below are for what means something else there, or nothing. They are by
the shape of a statement and know no table, so they hold for queries that are not written yet. Spark must run in the
mode that `spark.SEMANTICS` sets. What is left to the author of a query, since no rule can know the types of columns:

- `len` is of a list, `length` of a text;
- a sum of whole numbers that is returned is cast: DuckDB's has 128 bits, Spark's 64, and an overflow is an error;
- a number with a fraction becomes a decimal before it becomes text: the two write 1e-05 differently (Spark then stops
  with the sentence below);
- `floor` and `ceil` are cast: Spark's are whole numbers;
- no divisor and no argument of a logarithm is zero: DuckDB answers with infinity, Spark with an error or null.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

import sqlglot
from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB

WRITTEN_DIFFERENTLY = "engines write a number with a fraction differently: make it a decimal before it becomes text"
"""What Spark stops with when a floating-point number becomes text."""

_WHOLE = ("tinyint", "smallint", "int", "bigint")
_TEXT = exp.DataType.build("varchar")
_LARGE = exp.DataType.build("decimal(38, 0)")
_NEVER_A_FRACTION = (exp.Count, exp.Round, exp.Floor, exp.Ceil, exp.IntDiv)
_RANKS = (exp.RowNumber, exp.Rank, exp.DenseRank)
_RENAMED = {"epoch_us": "unix_micros", "epoch_ms": "unix_millis"}


class Portable(DuckDB):
    """DuckDB's grammar, where `len` is of a list and an index stays as it is written: from 1."""

    INDEX_OFFSET = 0

    class Parser(DuckDB.Parser):  # type: ignore[misc, valid-type]  # an attribute, made by a metaclass
        """Reads `len` as the size of a list, which sqlglot takes for that of a text."""

        FUNCTIONS: ClassVar[dict[str, Callable[..., exp.Expr]]] = {
            **DuckDB.Parser.FUNCTIONS,
            "LEN": exp.ArraySize.from_arg_list,
        }


def for_spark(sql: str) -> str:
    """Return a bound statement in Spark's SQL.

    Raises:
        sqlglot.errors.ParseError: it is not SQL.
        sqlglot.errors.UnsupportedError: Spark has nothing like it.
    """
    tree = sqlglot.parse_one(sql, read=Portable)
    for node in reversed(list(tree.walk(bfs=False))):
        rule = next((rule for kinds, rule in _RULES if isinstance(node, kinds)), None)
        if rule is not None:
            node.replace(rule(node.copy()))
    return tree.sql(dialect="spark", unsupported_level=sqlglot.ErrorLevel.RAISE)


def _call(name: str, *arguments: exp.Expr | str) -> exp.Expr:
    return exp.func(name, *arguments, dialect="spark")


def _renamed(call: exp.Anonymous) -> exp.Expr:
    name = _RENAMED.get(call.name.lower())
    return call if name is None else _call(name, *call.expressions)


def _size(call: exp.ArraySize | exp.Length) -> exp.Expr:
    """Of 64 bits, null of a list that is null."""
    return exp.cast(call, "bigint")


def _element(place: exp.Bracket) -> exp.Expr:
    """Null outside the list; Spark would stop."""
    if len(place.expressions) != 1 or isinstance(place.expressions[0], exp.Slice):
        return place
    index = _call("nullif", exp.cast(place.expressions[0], "int"), "0")
    return _call("try_element_at", place.this, index)


def _division(node: exp.Div) -> exp.Expr:
    """Of floating point, also of decimals."""
    return exp.paren(exp.Div(this=_double(node.this), expression=_double(node.expression)))


def _average(node: exp.Avg) -> exp.Expr:
    return exp.Avg(this=_double(node.this))


def _double(value: exp.Expr) -> exp.Expr:
    return exp.cast(value, "double")


def _rank(node: exp.Window) -> exp.Expr:
    """Of 64 bits."""
    return exp.cast(node, "bigint") if isinstance(node.this, _RANKS) else node


def _cast(node: exp.Cast) -> exp.Expr:
    if node.to == _LARGE and isinstance(node.this, exp.Sum):
        return exp.Sum(this=exp.cast(node.this.this, _LARGE))
    if node.to.is_type(*_WHOLE) and not isinstance(node.this, _NEVER_A_FRACTION):
        return _rounded(node)
    if node.to.is_type(*exp.DataType.TEXT_TYPES) and not node.this.is_string:
        return _written(node)
    return node


def _rounded(node: exp.Cast) -> exp.Expr:
    """Nearest, as DuckDB does it; Spark would cut off."""
    whole, kind = type(node), _call("typeof", node.this)
    nearest = whole(this=_call("rint", _double(node.this)), to=node.to)
    away = whole(this=exp.Round(this=exp.cast(node.this, "decimal(38, 6)")), to=node.to)
    case = exp.case().when(kind.isin("float", "double"), nearest)
    return case.when(exp.Like(this=kind.copy(), expression=exp.Literal.string("decimal%")), away).else_(node)


def _written(node: exp.Cast) -> exp.Expr:
    """Stops where text would differ."""
    stop = _call("raise_error", exp.Literal.string(WRITTEN_DIFFERENTLY))
    return exp.case().when(_call("typeof", node.this).isin("float", "double"), stop).else_(node)


_RULES: tuple[tuple[tuple[type[exp.Expr], ...], Callable[..., exp.Expr]], ...] = (
    ((exp.Anonymous,), _renamed),
    ((exp.ArraySize, exp.Length), _size),
    ((exp.Bracket,), _element),
    ((exp.Div,), _division),
    ((exp.Avg,), _average),
    ((exp.Window,), _rank),
    ((exp.Cast,), _cast),
)
"""What is rewritten, inner parts before outer ones; the first that fits counts."""
