"""Anything tabular, through a small TOML file that names the columns.

ts_unit = "ms"                      # s, ms, us or ns; without it the unit follows from the size of the numbers

[columns]                           # column of the record = name in the log; a dot goes into a nested object
ts = "time"
account_id = "user.id"
messages = "body.messages"          # also: request, response, api_key, request_id

[constants]                         # column of the record = a value for every row
access_path = "aggregator"
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from stillwatch.errors import NothingUsable, StillwatchError
from stillwatch.importers import times
from stillwatch.importers.answer import read_answer
from stillwatch.importers.columns import tables
from stillwatch.importers.fields import at, number, obj, unpacked
from stillwatch.importers.head import read_head
from stillwatch.importers.importer import REQUEST_ID, Head, Importer, Intake, Json, Row
from stillwatch.importers.lineid import with_id
from stillwatch.importers.messages import conversation
from stillwatch.importers.records import Record, csv_records, records
from stillwatch.importers.request import read_request
from stillwatch.importers.secret import key_hash
from stillwatch.importers.shape import merged
from stillwatch.importers.source import Source
from stillwatch.keys import Key
from stillwatch.record import EXCHANGES, required_columns

EXTRA = ("messages", "request", "response", "api_key", REQUEST_ID)
"""What may stand on the left of `[columns]` besides the columns of the record: a message list, a whole request body, a
whole answer body, an API key (only its hash is kept), and the id under which a proxy knows the call."""

_MADE = ("exchange_id",)
"""Required columns that a mapping may leave out, since they can be made."""


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """How the columns of a foreign table become those of the record.

    Attributes:
        columns: name in the foreign table, by column of the record or name of `EXTRA`.
        constants: value of every row, by column of the record.
        scale: microseconds of one unit of `ts` where it is a number, or None to tell it from the size.
    """

    columns: Mapping[str, str]
    constants: Mapping[str, Any]
    scale: float | None = None


def load_mapping(path: Path) -> ColumnMap:
    """Return the mapping in the file `path`.

    Raises:
        StillwatchError: the file cannot be read, or names what the record does not have; all problems at once.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        found = error.strerror or str(error) if isinstance(error, OSError) else str(error)
        raise NothingUsable(f"the mapping cannot be read: {found}", where=str(path)) from error
    problems = [*_problems(content)]
    if problems:
        raise NothingUsable(
            "; ".join(problems),
            where=str(path),
            expected="a table `[columns]` from columns of the record to names in the log, see `docs/log-formats.md`",
        )
    unit = content.get("ts_unit")
    scale = None if unit is None else times.UNITS[unit]
    return ColumnMap(content["columns"], content.get("constants", {}), scale)


def _problems(content: Json) -> Iterator[str]:
    columns, constants = content.get("columns"), content.get("constants", {})
    for name in sorted(set(content) - {"columns", "constants", "ts_unit"}):
        yield f"`{name}` is not known"
    if not isinstance(columns, dict) or not isinstance(constants, dict):
        yield "no table `[columns]`" if not isinstance(columns, dict) else "`constants` is not a table"
        return
    for name in sorted(columns.keys() - set(EXCHANGES.names) - set(EXTRA) | constants.keys() - set(EXCHANGES.names)):
        yield f"`{name}` is no column of the record"
    for name, value in columns.items():
        if not isinstance(value, str):
            yield f"`{name}` is not given as a name"
    named = columns.keys() | constants.keys() | set(_MADE) | _made_by(columns)
    for name in required_columns(EXCHANGES):
        if name not in named:
            yield f"nothing is said of `{name}`"
    if content.get("ts_unit") not in (None, *times.UNITS):
        yield f"`ts_unit` is none of {', '.join(times.UNITS)}"


def _made_by(columns: Json) -> set[str]:
    """Return the required columns that follow from others."""
    made = {"model"} if {"request", "response"} & columns.keys() else set()
    return made | ({"account_id"} if "api_key" in columns else set())


def mapped(mapping: ColumnMap) -> Importer:
    """Return the importer of tables that `mapping` describes: CSV, JSON Lines or Parquet."""

    def recognises(head: Head) -> bool:
        return _fits(mapping, head)

    def reads(source: Source, intake: Intake) -> Iterator[pa.Table]:
        head = read_head(source)
        if not _fits(mapping, head):
            raise _misfit(mapping, head, source)
        found = csv_records(source, intake) if head.header else records(source, intake)
        return tables((_row(record, mapping, intake.key) for record in found), source, intake)

    return Importer("map", "table read through a mapping file", recognises, reads)


def _fits(mapping: ColumnMap, head: Head) -> bool:
    """Return whether a file has the columns from which the required ones are made."""
    wanted = [mapping.columns[name] for name in required_columns(EXCHANGES) if name in mapping.columns]
    if head.values:
        return any(all(_value(value, name) is not None for name in wanted) for value in head.values)
    return bool(head.names) and all(name in head.names or name.partition(".")[0] in head.names for name in wanted)


def _misfit(mapping: ColumnMap, head: Head, source: Source) -> StillwatchError:
    wanted = [mapping.columns[name] for name in required_columns(EXCHANGES) if name in mapping.columns]
    return StillwatchError(
        f"the mapping does not fit: columns are {', '.join(sorted(head.names)[:20]) or 'not to be found'}",
        where=source.label,
        expected=f"columns {', '.join(f'`{name}`' for name in wanted)}",
    )


def _value(value: Json, name: str) -> Any:
    """Return a column, or what lies under a path with dots."""
    return value[name] if name in value else at(value, *name.split("."))


def _row(record: Record, mapping: ColumnMap, key: Key) -> Row:
    found = {name: _value(record.value, foreign) for name, foreign in mapping.columns.items()}
    plain = {name: value for name, value in found.items() if name not in EXTRA or name == REQUEST_ID}
    if mapping.scale is not None:
        plain["ts"] = _scaled(plain.get("ts"), mapping.scale)
    row = merged(dict(mapping.constants), _bodies(found, key), plain)
    return Row(record.line, record.size, with_id(row, record.value, key))


def _bodies(found: Json, key: Key) -> Json:
    """Return the columns that come from message lists, bodies and keys."""
    request, answer = obj(unpacked(found.get("request"))), unpacked(found.get("response"))
    messages, hashed = unpacked(found.get("messages")), key_hash(found.get("api_key"), key)
    return merged(
        read_request(request, key) if request else {},
        conversation(messages, key) if messages else {},
        read_answer(answer, key) if answer is not None else {},
        {"key_id": hashed, "account_id": f"key:{hashed}" if hashed else None},
    )


def _scaled(value: object, scale: float) -> object:
    """Return a time that is given as a number of a known unit; anything else as it is, to be read as usual."""
    try:
        amount = number(float(value) if isinstance(value, str) else value)
    except ValueError:
        return value
    if amount is None or abs(amount) > 1e20:
        return value
    return times.moment(times.scaled(amount, scale)) or value
