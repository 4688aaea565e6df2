"""The containers of OTLP JSON: resources, scopes, spans, log records, and attributes as lists of typed values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stillwatch.importers.fields import at, items, obj, text
from stillwatch.importers.importer import Json

_DEPTH = 12
"""Attributes nested deeper than this are left out; the conventions need four."""


def spans(value: Json) -> Iterator[Json]:
    """Yield the spans and the log records of one object of a trace file, each with the attributes of its resource.

    The object is an OTLP export request, one span, or what the console exporter prints.
    """
    groups = items(value.get("resourceSpans")) + items(value.get("resourceLogs"))
    if not groups and "resourceSpans" not in value and "resourceLogs" not in value:
        yield {
            **value,
            "attributes": {**_plain(at(value, "resource", "attributes")), **_plain(value.get("attributes"))},
        }
    for group in map(obj, groups):
        resource = _plain(at(group, "resource", "attributes"))
        for span in _inner(group):
            own = _plain(span.get("attributes"))
            yield {**span, "attributes": {**resource, **_event_fields(span), **own}}


def _inner(group: Json) -> Iterator[Json]:
    scopes = [*items(group.get("scopeSpans")), *items(group.get("instrumentationLibrarySpans"))]
    for scope in [*scopes, *items(group.get("scopeLogs"))]:
        yield from map(obj, items(obj(scope).get("spans")))
        yield from map(obj, items(obj(scope).get("logRecords")))


def _event_fields(record: Json) -> Json:
    """Return the fields that a log record carries in its body, which some exporters use instead of attributes."""
    body = record.get("body")
    fields = _typed(body, 0) if isinstance(body, dict) else None
    return fields if isinstance(fields, dict) else {}


def attributes_of(span: Json) -> Json:
    """Return the attributes of a span or an event by name."""
    return _plain(span.get("attributes"))


def _plain(attributes: object) -> Json:
    """Return attributes by name, from a list of typed values or from an object of plain ones."""
    if isinstance(attributes, dict):
        return attributes
    pairs = [obj(pair) for pair in items(attributes)]
    return {name: _typed(pair.get("value"), 0) for pair in pairs if (name := text(pair.get("key")))}


def _typed(value: object, depth: int) -> Any:
    """Return the plain value of one typed value."""
    if not isinstance(value, dict) or depth > _DEPTH:
        return None if isinstance(value, dict) else value
    if "intValue" in value:
        return _whole(value["intValue"])
    if "arrayValue" in value:
        return [_typed(part, depth + 1) for part in items(obj(value["arrayValue"]).get("values"))]
    if "kvlistValue" in value:
        pairs = [obj(pair) for pair in items(obj(value["kvlistValue"]).get("values"))]
        return {name: _typed(pair.get("value"), depth + 1) for pair in pairs if (name := text(pair.get("key")))}
    return next((value[name] for name in ("stringValue", "doubleValue", "boolValue") if name in value), None)


def _whole(value: object) -> object:
    """Return a whole number, which OTLP writes as text."""
    if isinstance(value, str) and len(value) <= 20 and value.removeprefix("-").isdecimal():
        return int(value)
    return value


def indexed(attributes: Json, prefix: str) -> list[Json]:
    """Return the objects that numbered attributes spell, `PREFIX.0.role` and so on, in the order of their numbers."""
    found: dict[int, Json] = {}
    for name, value in attributes.items():
        if name.startswith(f"{prefix}."):
            place, _, field = name[len(prefix) + 1 :].partition(".")
            if place.isdecimal() and field and len(place) < 6:
                found.setdefault(int(place), {})[field] = value
    return [_with_calls(found[place]) for place in sorted(found)]


def _with_calls(message: Json) -> Json:
    """Return a message with its numbered tool calls as a list."""
    calls = indexed(message, "tool_calls") if any(name.startswith("tool_calls.") for name in message) else []
    return {**message, "tool_calls": calls} if calls else message
