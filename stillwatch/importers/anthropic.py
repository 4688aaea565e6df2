"""Anthropic-shaped logs: bodies of the messages interface, whole or as stream events, with whatever is around them."""

from __future__ import annotations

from collections.abc import Iterator

from stillwatch.importers.envelope import Envelope, exchange, opened
from stillwatch.importers.fields import items, obj, text
from stillwatch.importers.importer import Head, Json
from stillwatch.importers.lineid import with_id
from stillwatch.importers.shape import by_object, merged
from stillwatch.keys import Key

_DEFAULTS = {"stream": False, "reasoning": False}
"""What a request means where it says nothing."""
_BLOCKS = frozenset({"tool_use", "tool_result", "thinking", "redacted_thinking"})


def _recognises(head: Head) -> bool:
    return any(_is_call(opened(value)) for value in head.values)


def _is_call(envelope: Envelope) -> bool:
    request, answer = envelope.request, obj(envelope.answer)
    if answer.get("type") == "message" and isinstance(answer.get("content"), list):
        return True
    if not isinstance(request.get("messages"), list) or "choices" in answer:
        return False
    versioned = "anthropic_version" in request or "anthropic-version" in envelope.asked
    model = text(request.get("model")) or ""
    return versioned or (model.startswith("claude") and "max_tokens" in request) or _has_blocks(request)


def _has_blocks(request: Json) -> bool:
    parts = [part for message in items(request["messages"]) for part in items(obj(message).get("content"))]
    return any(text(obj(part).get("type")) in _BLOCKS for part in parts)


def _exchanges(value: Json, key: Key) -> Iterator[Json | str]:
    envelope = opened(value)
    known: Json = {"operation": "chat"}
    if envelope.request.get("messages"):
        known.update(_DEFAULTS)
    yield with_id(merged(known, exchange(envelope, key)), value, key)


ANTHROPIC = by_object("anthropic", "Anthropic-shaped requests and answers", _recognises, _exchanges)
