"""Looking into parsed JSON whose shape is not sure, without raising."""

from __future__ import annotations

import json
from typing import Any

from stillwatch.importers.importer import Json

_EMPTY: Json = {}


def obj(value: object) -> Json:
    """Return `value` if it is an object, else an empty one (which nobody may change)."""
    return value if isinstance(value, dict) else _EMPTY


def items(value: object) -> list[Any]:
    """Return `value` if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def at(value: object, *path: str) -> Any:
    """Return what lies under `path` in nested objects, or None."""
    for name in path:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


def first(record: Json, *names: str) -> Any:
    """Return the first value among `names` that is neither null nor an empty string, or None."""
    for name in names:
        if name in record:
            value = record[name]
            if value is not None and value != "":
                return value
    return None


def text(value: object) -> str | None:
    """Return `value` if it is a string with something in it, else None."""
    return value if isinstance(value, str) and value else None


def unpacked(value: object) -> Any:
    """Return the value that a string spells if it spells an object or an array in JSON, else `value` itself."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value, strict=False)
        except (ValueError, RecursionError):
            return value
    return value


def number(value: object) -> float | None:
    """Return `value` if it is a number, else None."""
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def total(*values: object) -> int | None:
    """Return the sum of those values that are whole numbers, or None if none is."""
    known = [value for value in values if isinstance(value, int) and not isinstance(value, bool)]
    return sum(known) if known else None


def access_path(provider: object) -> str:
    """Return the access path of the record for a provider's name as gateways and instrumentations write it."""
    name = str(provider).lower() if isinstance(provider, str) else ""
    for part, path in _PATHS:
        if part in name:
            return path
    return "api"


_PATHS = (
    ("bedrock", "bedrock"),
    ("vertex", "vertex"),
    ("azure", "azure"),
    ("az.ai", "azure"),
    ("openrouter", "aggregator"),
)
