"""Answers that were logged as the events of a stream, put together to the answer they make."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from stillwatch.importers.fields import at, items, obj
from stillwatch.importers.importer import Json


def whole(body: object) -> Any:
    """Return the answer that a list of stream events makes; anything else as it is.

    Known are the events of Anthropic, the chunks of OpenAI chat completions, the final event of OpenAI responses, and
    lists of pieces that each hold some text (Titan, Llama on Bedrock).
    """
    if not isinstance(body, list) or not body:
        return body
    events = [event for event in body if isinstance(event, dict)]
    if any(event.get("type") == "message_start" for event in events):
        return _anthropic(events)
    final = [event["response"] for event in events if isinstance(event.get("response"), dict)]
    if final:
        return final[-1]
    if any(isinstance(at(next(iter(items(event.get("choices"))), None), "delta"), dict) for event in events):
        return _chunks(events)
    if all("role" in event for event in events):
        return {"output": body}
    return _pieces(events)


def _anthropic(events: list[Json]) -> Json:
    message: Json = {}
    blocks: dict[object, Json] = {}
    for event in events:
        kind, place = event.get("type"), str(event.get("index"))
        if kind == "message_start":
            message = {**obj(event.get("message"))}
        elif kind == "content_block_start":
            blocks[place] = {**obj(event.get("content_block"))}
        elif kind == "content_block_delta":
            _grow(blocks.setdefault(place, {"type": "text"}), obj(event.get("delta")))
        elif kind == "message_delta":
            message.update(obj(event.get("delta")))
            message["usage"] = {**obj(message.get("usage")), **obj(event.get("usage"))}
    return {**message, "content": list(blocks.values())}


def _grow(block: Json, delta: Json) -> None:
    """Add what a delta brings to the block it belongs to."""
    for name in ("text", "thinking", "signature"):
        piece = delta.get(name)
        if isinstance(piece, str):
            before = block.get(name)
            block[name] = (before if isinstance(before, str) else "") + piece


def _chunks(events: Iterable[Json]) -> Json:
    answer: Json = {}
    said: list[str] = []
    calls: dict[str, Json] = {}
    finish = None
    for event in events:
        answer.update({name: event[name] for name in ("id", "model", "usage", "created") if event.get(name)})
        choice = obj(next(iter(items(event.get("choices"))), None))
        delta = obj(choice.get("delta"))
        said += [piece for piece in (delta.get("content"),) if isinstance(piece, str)]
        for call in items(delta.get("tool_calls")):
            calls.setdefault(str(obj(call).get("index")), obj(call))
        finish = choice.get("finish_reason") or finish
    message = {"role": "assistant", "content": "".join(said), "tool_calls": list(calls.values())}
    return {**answer, "choices": [{"message": message, "finish_reason": finish}]}


def _pieces(events: list[Json]) -> Json:
    """Return one answer with the texts of all pieces and the other fields of the last."""
    answer: Json = {}
    for event in events:
        answer.update(event)
    for name in ("outputText", "generation", "completion", "text"):
        found = [event[name] for event in events if isinstance(event.get(name), str)]
        if found:
            answer[name] = "".join(found)
    return answer
