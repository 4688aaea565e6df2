"""Single values and whole columns of loose Python values as the types of the record."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from types import NoneType
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from stillwatch.record import EXCHANGES

WRONG = object()
"""What a conversion returns for a value that does not fit."""

TEXTS = frozenset(name for name in EXCHANGES.names if name.endswith("_text"))
"""Columns in which an empty string is a value; in any other it means not known."""

_SPELLED = {"true": True, "false": False, "1": True, "0": False, "yes": True, "no": False}
_STRINGS = pa.list_(pa.string())
_PLAIN: dict[pa.DataType, frozenset[type]] = {
    pa.string(): frozenset({str, NoneType}),
    pa.int64(): frozenset({int, NoneType}),
    pa.int32(): frozenset({int, NoneType}),
    pa.float64(): frozenset({int, float, NoneType}),
    pa.bool_(): frozenset({bool, NoneType}),
    _STRINGS: frozenset({list, NoneType}),
}
"""Types of the values that Arrow may convert by itself; with any other it guesses (1.5 becomes 1)."""


class Repaired(str):
    """A string in which something that no UTF-8 text can hold was replaced."""

    __slots__ = ()


def fast_array(values: list[Any], field: pa.Field) -> pa.Array | None:
    """Return the column if every value is plainly of its type, else None."""
    if not _PLAIN[field.type].issuperset(map(type, values)):
        return None
    if field.type == pa.string() and field.name not in TEXTS and "" in values:
        return None
    try:
        array = pa.array(values, type=field.type)
    except (ValueError, TypeError, OverflowError):
        return None
    return array if _sound(array) else None


def _sound(array: pa.Array) -> bool:
    if array.type == pa.float64():
        infinite = pc.indices_nonzero(pc.invert(pc.is_finite(array)))
        return len(infinite) == 0
    if array.type == _STRINGS:
        return bool(array.flatten().null_count == 0)
    return True


def slow_value(value: object, field: pa.Field) -> object:
    """Return `value` as the column takes it: a plain value, None, `Repaired`, or `WRONG`."""
    if value is None or (value == "" and field.name not in TEXTS):
        return None
    return _CONVERTERS[field.type](value)


def _string(value: object) -> object:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        return WRONG
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return Repaired(value.encode("utf-8", "replace").decode("utf-8"))
    return value


def _whole(bits: int) -> Callable[[object], object]:
    def convert(value: object) -> object:
        number = _number(value)
        if not isinstance(number, int | float) or number != number // 1:
            return number if number is None else WRONG
        return int(number) if -(2**bits) <= number < 2**bits else WRONG

    return convert


def _number(value: object) -> object:
    """Return a number, None for not-a-number, or `WRONG`."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return WRONG
    try:
        number = _parsed(value) if isinstance(value, str) else value
        size = float(number)
    except (ValueError, OverflowError):
        return WRONG
    if math.isnan(size):
        return None
    return number if math.isfinite(size) else WRONG


def _parsed(text: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        return float(text)


def _real(value: object) -> object:
    number = _number(value)
    return float(number) if isinstance(number, int | float) else number


def _truth(value: object) -> object:
    if isinstance(value, bool):
        return value
    if isinstance(value, int | str):
        return _SPELLED.get(str(value).strip().lower(), WRONG)
    return WRONG


def _list(value: object) -> object:
    if isinstance(value, str):
        value = _parsed_list(value)
    if not isinstance(value, list | tuple):
        return WRONG
    parts = [_string(part) for part in value if part is not None]
    return WRONG if any(part is WRONG for part in parts) else [str(part) for part in parts]


def _parsed_list(text: str) -> object:
    """Return the list that `text` spells in JSON, as comma-separated files hold lists; None if it spells none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


_CONVERTERS: dict[pa.DataType, Callable[[object], object]] = {
    pa.string(): _string,
    pa.int64(): _whole(63),
    pa.int32(): _whole(31),
    pa.float64(): _real,
    pa.bool_(): _truth,
    _STRINGS: _list,
}
