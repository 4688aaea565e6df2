"""Times of any log, as microseconds since the epoch in UTC."""

from __future__ import annotations

import datetime as dt
import math
import re

from stillwatch.record import EARLIEST, LATEST

MICROSECOND = dt.timedelta(microseconds=1)
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_NUMBER = re.compile(r"\s*[+-]?\d{9,}(\.\d*)?\s*")
"""An epoch time written as text; with fewer digits it is a date such as 20260101."""
_SCALES = ((1e11, 1_000_000.0), (1e14, 1_000.0), (1e17, 1.0), (math.inf, 0.001))
"""Below the first number a time counts seconds, then milliseconds, microseconds, nanoseconds: to microseconds."""
UNITS = {"s": 1_000_000.0, "ms": 1_000.0, "us": 1.0, "ns": 0.001}


def micros(moment: dt.datetime) -> int:
    """Return `moment`, which has a zone, in microseconds since the epoch."""
    return (moment - _EPOCH) // MICROSECOND


def moment(amount: int) -> dt.datetime | None:
    """Return the time `amount` microseconds after the epoch, or None outside the years that a calendar has."""
    try:
        return _EPOCH + amount * MICROSECOND
    except OverflowError:
        return None


FIRST = micros(EARLIEST)
LAST = micros(LATEST)


class NoZone(int):
    """Microseconds of a time that was written without a zone and taken for UTC."""


def parse(value: object) -> int | None:
    """Return a time in microseconds, as `NoZone` if it had no zone, or None if `value` is not a time.

    Read are ISO 8601 with any zone or none, seconds, milliseconds, microseconds or nanoseconds since the epoch as a
    number or as text (the unit follows from the size), and `datetime`.
    """
    if isinstance(value, str):
        return _from_text(value)
    if isinstance(value, dt.datetime):
        return _from_moment(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return _from_number(value)


def _from_text(text: str) -> int | None:
    try:
        return _from_moment(dt.datetime.fromisoformat(text))
    except ValueError:
        pass
    if _NUMBER.fullmatch(text):
        return _from_number(float(text) if "." in text else int(text))
    text = text.strip()
    try:
        return _from_moment(dt.datetime.fromisoformat(text.removesuffix(" UTC") + "Z" * text.endswith(" UTC")))
    except ValueError:
        return None


def _from_moment(moment: dt.datetime) -> int | None:
    if moment.tzinfo is None:
        return NoZone(micros(moment.replace(tzinfo=dt.UTC)))
    try:
        return micros(moment)
    except OverflowError:
        return None


def _from_number(number: float) -> int | None:
    try:
        size = abs(float(number))
    except OverflowError:
        return None
    if not math.isfinite(size):
        return None
    return scaled(number, scale_of(size))


def scale_of(size: float) -> float:
    """Return how many microseconds are in the unit of a time since the epoch that is `size` units, which is finite."""
    return next(scale for limit, scale in _SCALES if size < limit)


def scaled(number: float, scale: float) -> int:
    """Return `number` times `scale`, exactly where `number` is a whole number."""
    if isinstance(number, int):
        return number * int(scale) if scale >= 1 else number // round(1 / scale)
    return round(number * scale)
