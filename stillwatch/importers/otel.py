"""OpenTelemetry GenAI: spans and events in OTLP JSON, one span per line, or as the console exporter writes them.

Attribute names of all versions of the conventions occur, often in one file: `gen_ai.system`, `gen_ai.prompt.0.content`
and span events in old ones, `gen_ai.provider.name` and `gen_ai.input.messages` in new ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stillwatch.importers.answer import REFUSALS
from stillwatch.importers.fields import access_path, at, first, items, number, obj, text, unpacked
from stillwatch.importers.importer import REQUEST_ID, Head, Json
from stillwatch.importers.messages import conversation, read_messages
from stillwatch.importers.otlp import attributes_of, indexed, spans
from stillwatch.importers.request import tool_names
from stillwatch.importers.shape import NO_CALL, between_ms, by_object, merged, status_number
from stillwatch.keys import Key

_OPERATIONS = {
    "chat": "chat",
    "generate_content": "chat",
    "message": "chat",
    "text_completion": "text_completion",
    "completion": "text_completion",
    "embeddings": "embeddings",
    "embedding": "embeddings",
}
_DETAILS = "gen_ai.client.inference.operation.details"
_MODELS = ("gen_ai.response.model", "gen_ai.request.model", "llm.response.model", "llm.request.model")


def _recognises(head: Head) -> bool:
    return any(any(_is_model_span(span) for span in spans(value)) or "resourceSpans" in value for value in head.values)


def _is_model_span(span: Json) -> bool:
    return any(name.startswith(("gen_ai.", "llm.")) for name in attributes_of(span))


def _exchanges(value: Json, key: Key) -> Iterator[Json | str]:
    for span in spans(value):
        attributes = attributes_of(span)
        operation = _operation(attributes)
        if operation is None:
            yield NO_CALL
        else:
            yield merged(
                _texts(span, attributes, key),
                _parameters(attributes),
                _who(attributes),
                _when(span, attributes),
                {"operation": operation},
            )


def _operation(attributes: Json) -> str | None:
    """Return the operation if the span is the call of a model: not a tool, not a whole agent, not a workflow."""
    name = text(attributes.get("gen_ai.operation.name")) or text(attributes.get("llm.request.type"))
    if name is not None:
        return _OPERATIONS.get(name)
    is_call = first(attributes, *_MODELS) is not None and "gen_ai.tool.name" not in attributes
    return "chat" if is_call else None


def _texts(span: Json, attributes: Json, key: Key) -> Json:
    """Return the columns of texts, from the first of the places in which some version keeps them."""
    said, answered = _from_events(span)
    given = unpacked(first(attributes, "gen_ai.input.messages", "gen_ai.prompt")) or said
    given = given or indexed(attributes, "gen_ai.prompt") or indexed(attributes, "llm.prompts")
    got = unpacked(first(attributes, "gen_ai.output.messages", "gen_ai.completion")) or answered
    got = got or indexed(attributes, "gen_ai.completion") or indexed(attributes, "llm.completions")
    row = conversation(given, key, system=unpacked(attributes.get("gen_ai.system_instructions")))
    offered = unpacked(first(attributes, "gen_ai.tool.definitions", "gen_ai.request.tools"))
    return {**row, **_answer(got, attributes, key), "tools": tool_names(offered) or _listed_tools(attributes)}


def _answer(got: object, attributes: Json, key: Key) -> Json:
    messages = list(read_messages(got))
    parts = [part for message in messages for part in message.parts]
    reasons = unpacked(attributes.get("gen_ai.response.finish_reasons"))
    listed = [reasons] if isinstance(reasons, str) else items(reasons)
    listed += [obj(message).get("finish_reason") for message in items(got)]
    finish = next((reason for reason in listed if isinstance(reason, str) and reason), None)
    return {
        "output_text": "\n\n".join(m.text for m in messages if m.text) if messages else None,
        "tool_calls": [part.call for part in parts if part.call] if messages else None,
        "signatures_issued": [key.text(seal) for part in parts for seal in part.seals] if messages else None,
        "finish_reason": finish,
        "refused": None if finish is None else finish.lower() in REFUSALS,
    }


def _from_events(span: Json) -> tuple[list[Any], list[Any]]:
    """Return the messages to and from the model that the events of a span carry."""
    said: list[Any] = []
    answered: list[Any] = []
    for event in items(span.get("events")):
        name, fields = text(obj(event).get("name")) or "", attributes_of(obj(event))
        if name in (_DETAILS, "gen_ai.content.prompt", "gen_ai.content.completion"):
            said += _listed(unpacked(first(fields, "gen_ai.input.messages", "gen_ai.prompt")))
            answered += _listed(unpacked(first(fields, "gen_ai.output.messages", "gen_ai.completion")))
        elif name == "gen_ai.choice":
            body = obj(unpacked(fields.get("gen_ai.event.content"))) or fields
            inner = obj(unpacked(body.get("message"))) or body
            answered.append({"role": "assistant", "finish_reason": body.get("finish_reason"), **inner})
        elif name.startswith("gen_ai.") and name.endswith(".message"):
            body = obj(unpacked(fields.get("gen_ai.event.content"))) or fields
            said.append({"role": name.split(".")[1], **body})
    return said, answered


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _listed_tools(attributes: Json) -> list[str] | None:
    """Return the tools of the old numbered attributes."""
    named = [text(tool.get("name")) for tool in indexed(attributes, "llm.request.functions")]
    return [name for name in named if name] or None


def _parameters(attributes: Json) -> Json:
    return {
        "model": first(attributes, *_MODELS),
        "max_tokens": first(attributes, "gen_ai.request.max_tokens", "llm.request.max_tokens"),
        "temperature": first(attributes, "gen_ai.request.temperature", "llm.request.temperature"),
        "choices": first(attributes, "gen_ai.request.choice.count", "gen_ai.request.n"),
        "stream": first(attributes, "gen_ai.request.stream", "llm.is_streaming"),
        "tokens_in": _count(attributes, "input_tokens", "prompt_tokens"),
        "tokens_out": _count(attributes, "output_tokens", "completion_tokens"),
        "tokens_cached": _count(attributes, "cache_read.input_tokens", "cache_read_input_tokens"),
        "tokens_reasoning": _count(attributes, "reasoning.output_tokens", "reasoning_tokens"),
    }


def _count(attributes: Json, new: str, old: str) -> object:
    return first(attributes, f"gen_ai.usage.{new}", f"gen_ai.usage.{old}", f"llm.usage.{old}")


def _who(attributes: Json) -> Json:
    return {
        "account_id": first(attributes, "user.id", "enduser.id", "gen_ai.user.id", "langfuse.user.id"),
        "org_id": first(attributes, "organization.id", "tenant.id", "user.organization.id"),
        "session_id": first(attributes, "gen_ai.conversation.id", "session.id", "langfuse.session.id"),
        "end_user_id": first(attributes, "enduser.pseudo.id", "gen_ai.request.user"),
        "ip": first(attributes, "client.address", "http.client_ip", "net.peer.ip"),
        "user_agent": first(attributes, "user_agent.original", "http.user_agent"),
        REQUEST_ID: _header(attributes, "http.request.header.x-request-id"),
        "access_path": access_path(first(attributes, "gen_ai.provider.name", "gen_ai.system")),
    }


def _header(attributes: Json, name: str) -> object:
    value = attributes.get(name)
    return next(iter(value), None) if isinstance(value, list) else value


def _when(span: Json, attributes: Json) -> Json:
    start = first(span, "startTimeUnixNano", "start_time_unix_nano", "start_time", "startTime", "timeUnixNano")
    end = first(span, "endTimeUnixNano", "end_time_unix_nano", "end_time", "endTime")
    seconds = number(first(attributes, "gen_ai.server.time_to_first_token", "gen_ai.response.time_to_first_chunk"))
    context = obj(span.get("context"))
    trace = first(span, "traceId", "trace_id") or context.get("trace_id")
    own = first(span, "spanId", "span_id") or context.get("span_id")
    code = first(attributes, "http.response.status_code", "http.status_code", "error.type")
    failed = at(span, "status", "code") in (2, "STATUS_CODE_ERROR")
    return {
        "exchange_id": f"{trace}-{own}" if trace and own else first(attributes, "gen_ai.response.id"),
        "ts": start,
        "latency_ms": between_ms(start, end),
        "ttft_ms": None if seconds is None else seconds * 1000,
        "status": status_number(code) or (None if failed else 200),
    }


OTEL = by_object("otel", "OpenTelemetry GenAI spans", _recognises, _exchanges)
