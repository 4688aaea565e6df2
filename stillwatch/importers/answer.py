"""The body of a model's answer, in the form of any vendor, whole or as a stream of events, as columns of the record."""

from __future__ import annotations

from typing import Any

from stillwatch.importers.fields import at, first, items, obj, text
from stillwatch.importers.importer import Json
from stillwatch.importers.messages import Message, read_message, read_messages
from stillwatch.importers.stream import whole
from stillwatch.importers.usage import read_usage
from stillwatch.keys import Key

REFUSALS = frozenset(
    {"refusal", "content_filter", "content_filtered", "guardrail_intervened", "safety", "prohibited_content",
     "blocklist", "spii"}
)  # fmt: skip
"""Reasons of ending, in lower case, that say that the model or a filter before it declined."""

_PLAIN = ("output_text", "generation", "outputText", "completion", "text")
"""Fields in which simple interfaces give the answer as one text."""


def read_answer(body: object, key: Key) -> Json:
    """Return the columns that an answer gives.

    `refused` is known only where the interface says how the answer ended: a polite refusal in words ends like any
    other answer and counts as not refused.
    """
    body = whole(body)
    if isinstance(body, str):
        return {"output_text": body or None}
    if not isinstance(body, dict):
        return {}
    messages = list(_messages(body))
    seals = [seal for message in messages for part in message.parts for seal in part.seals]
    calls = [part.call for message in messages for part in message.parts if part.call]
    finish = _finish(body)
    return {
        "model": text(first(body, "model", "modelVersion")),
        "output_text": _output_text(body, messages),
        "tool_calls": calls if messages else None,
        "signatures_issued": [key.text(seal) for seal in dict.fromkeys(seals)] if messages else None,
        "finish_reason": finish,
        "refused": _refused(body, finish),
        **read_usage(first(body, "usage", "usageMetadata", "usage_metadata") or body),
    }


def _messages(body: Json) -> list[Message]:
    """Return the messages of an answer, one per choice."""
    if isinstance(body.get("choices"), list):
        return [read_message(_choice(obj(choice))) for choice in body["choices"]]
    if isinstance(body.get("candidates"), list):
        return [read_message({"role": "model", **obj(obj(found).get("content"))}) for found in body["candidates"]]
    if isinstance(at(body, "output", "message"), dict):
        return [read_message(body["output"]["message"])]
    if isinstance(body.get("output"), list):
        return list(read_messages(body["output"]))
    if (
        isinstance(body.get("content"), list | str)
        or isinstance(body.get("tool_calls"), list)
        or isinstance(body.get("parts"), list)
    ):
        return [read_message({"role": "assistant", **body})]
    return []


def _choice(choice: Json) -> Json:
    message = choice.get("message")
    if not isinstance(message, dict):
        return {"role": "assistant", "content": choice.get("text")}
    return message if message.get("content") else {**message, "content": message.get("refusal")}


def _output_text(body: Json, messages: list[Message]) -> str | None:
    if messages:
        return "\n\n".join(message.text for message in messages if message.text)
    plain = text(first(body, *_PLAIN))
    found = [first(obj(part), "outputText", "text") for part in items(first(body, "results", "outputs"))]
    return plain or "\n\n".join(part for part in found if isinstance(part, str)) or None


def _finish(body: Json) -> str | None:
    """Return why the answer ended, of the first choice, as the interface says it."""
    choice = obj(next(iter(items(first(body, "choices", "candidates", "results", "outputs"))), None))
    for holder in (choice, body):
        reason: Any = first(holder, "finish_reason", "finishReason", "stop_reason", "stopReason", "completionReason")
        if isinstance(reason, str):
            return reason
    return text(at(body, "incomplete_details", "reason")) or _state(body)


def _state(body: Json) -> str | None:
    """Return the state of an answer of the responses interface, which says how it ended."""
    state = body.get("status")
    return state if isinstance(state, str) and body.get("object") == "response" else None


def _refused(body: Json, finish: str | None) -> bool | None:
    choices = [obj(obj(choice).get("message")) for choice in items(body.get("choices"))]
    contents = [part for item in items(body.get("output")) for part in items(obj(item).get("content"))]
    declined = any(message.get("refusal") for message in choices)
    if declined or any(obj(part).get("type") == "refusal" for part in contents):
        return True
    return None if finish is None else finish.lower() in REFUSALS
