"""Langfuse: exported observations with the fields of their trace, nested traces, names in either case style."""

from __future__ import annotations

from collections.abc import Iterator

from stillwatch.importers.answer import read_answer
from stillwatch.importers.fields import access_path, first, number, obj, text, unpacked
from stillwatch.importers.importer import Head, Json
from stillwatch.importers.request import read_parameters, read_request, tool_names
from stillwatch.importers.shape import NO_CALL, between_ms, by_object, merged, utc
from stillwatch.keys import Key

_TYPES = frozenset(
    {"SPAN", "GENERATION", "EVENT", "AGENT", "TOOL", "CHAIN", "RETRIEVER", "EVALUATOR", "EMBEDDING", "GUARDRAIL"}
)
_OPERATIONS = {"GENERATION": "chat", "EMBEDDING": "embeddings"}
"""The observations that are calls of a model; all others are not."""


def _recognises(head: Head) -> bool:
    if head.columns or head.header:
        return {"trace_id", "provided_model_name", "start_time"} <= head.names
    return any(_is_observation(value) or _is_trace(value) for value in head.values)


def _is_observation(value: Json) -> bool:
    timed = first(value, "startTime", "start_time") is not None
    return timed and text(value.get("type")) in _TYPES and ("traceId" in value or "trace_id" in value)


def _is_trace(value: Json) -> bool:
    return isinstance(value.get("observations"), list) and any(_is_observation(obj(v)) for v in value["observations"])


def _exchanges(value: Json, key: Key) -> Iterator[Json | str]:
    if isinstance(value.get("observations"), list):
        for observation in value["observations"]:
            yield _exchange(obj(observation), value, key)
    else:
        yield _exchange(value, obj(value.get("trace")), key)


def _exchange(value: Json, trace: Json, key: Key) -> Json | str:
    operation = _OPERATIONS.get(text(value.get("type")) or "")
    if operation is None:
        return NO_CALL
    parameters = obj(unpacked(first(value, "modelParameters", "model_parameters")))
    return merged(
        read_parameters(parameters),
        read_request(_request(value), key),
        read_answer(unpacked(value.get("output")) or None, key),
        _tools(value),
        _usage(value),
        _who(value, trace),
        {"operation": operation},
    )


def _request(value: Json) -> Json:
    """Return the input as the body of a request, whether it is one, a message list, or a text."""
    given = unpacked(value.get("input"))
    if isinstance(given, dict) and ("messages" in given or "input" in given or "prompt" in given):
        return given
    return {"messages": given or None}


def _tools(value: Json) -> Json:
    called = first(value, "tool_call_names", "toolCallNames")
    offered = unpacked(first(value, "tool_definitions", "toolDefinitions"))
    named = tool_names(offered) or (list(offered) if isinstance(offered, dict) and offered else None)
    return {"tools": named, "tool_calls": called or None}


def _usage(value: Json) -> Json:
    """Return the counts of tokens: the keys of the details add up, whatever they are called beyond their direction."""
    details = obj(unpacked(first(value, "usageDetails", "usage_details")))
    old = obj(value.get("usage"))
    counts = {name: n for name, n in details.items() if isinstance(n, int) and name != "total"}
    cached = [n for name, n in counts.items() if "cached" in name or "cache_read" in name]
    reasoned = [n for name, n in counts.items() if "reasoning" in name]
    into = [n for name, n in counts.items() if "input" in name or name.startswith(("cache", "prompt"))]
    out = [n for name, n in counts.items() if name.startswith(("output", "completion", "reasoning"))]
    return {
        "tokens_in": sum(into) if into else first(old, "input", "promptTokens"),
        "tokens_out": sum(out) if out else first(old, "output", "completionTokens"),
        "tokens_cached": sum(cached) if cached else None,
        "tokens_reasoning": sum(reasoned) if reasoned else None,
    }


def _who(value: Json, trace: Json) -> Json:
    metadata = obj(unpacked(value.get("metadata")))
    start = utc(first(value, "startTime", "start_time"))
    seconds = number(first(value, "timeToFirstToken", "time_to_first_token"))
    token = utc(first(value, "completionStartTime", "completion_start_time"))
    return {
        "exchange_id": value.get("id"),
        "ts": start,
        "account_id": _either(value, trace, "userId", "user_id") or first(metadata, "user_api_key_user_id", "user_id"),
        "model": first(value, "model", "provided_model_name", "providedModelName"),
        "org_id": _either(value, trace, "projectId", "project_id"),
        "session_id": _either(value, trace, "sessionId", "session_id"),
        "ip": first(metadata, "requester_ip_address", "client_ip"),
        "user_agent": first(metadata, "user_agent"),
        "access_path": access_path(first(metadata, "provider", "ls_provider")),
        "latency_ms": between_ms(start, utc(first(value, "endTime", "end_time"))),
        "ttft_ms": between_ms(start, token) if token is not None else seconds and seconds * 1000,
    }


def _either(value: Json, trace: Json, *names: str) -> object:
    found = first(value, *names)
    return first(trace, *names) if found is None else found


LANGFUSE = by_object("langfuse", "Langfuse export", _recognises, _exchanges)
