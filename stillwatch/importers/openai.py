"""OpenAI-shaped logs: bodies of chat completions, responses, completions or embeddings, and what is around them."""

from __future__ import annotations

from collections.abc import Iterator

from stillwatch.importers.envelope import Envelope, exchange, opened
from stillwatch.importers.fields import first, obj, text
from stillwatch.importers.importer import Head, Json
from stillwatch.importers.lineid import with_id
from stillwatch.importers.shape import by_object, merged
from stillwatch.keys import Key

_OBJECTS = ("chat.completion", "text_completion", "response")
_DEFAULTS = {"stream": False, "choices": 1, "logprobs": 0, "reasoning": False}
"""What a request means where it says nothing."""


def _recognises(head: Head) -> bool:
    return any(_is_call(opened(value)) for value in head.values)


def _is_call(envelope: Envelope) -> bool:
    request, answer = envelope.request, obj(envelope.answer)
    if (text(answer.get("object")) or "").startswith(_OBJECTS) or isinstance(answer.get("choices"), list):
        return True
    return text(request.get("model")) is not None and _given(request) is not None


def _given(request: Json) -> object:
    """Return the messages, the input or the prompt of a request."""
    given = first(request, "messages", "input", "prompt")
    return given if isinstance(given, list | str) else None


def _exchanges(value: Json, key: Key) -> Iterator[Json | str]:
    envelope = opened(value)
    known: Json = {"operation": _operation(envelope)}
    if _given(envelope.request) is not None:
        known.update(_DEFAULTS)
    yield with_id(merged(known, exchange(envelope, key)), value, key)


def _operation(envelope: Envelope) -> str:
    url = text(first(envelope.outer, "url", "path", "endpoint")) or ""
    kind = text(obj(envelope.answer).get("object")) or ""
    if "embedding" in url or kind == "list":
        return "embeddings"
    completes = "prompt" in envelope.request or kind == "text_completion"
    return "text_completion" if completes and "messages" not in envelope.request else "chat"


OPENAI = by_object("openai", "OpenAI-shaped requests and answers", _recognises, _exchanges)
