"""LiteLLM: the `StandardLoggingPayload` that its proxy writes per call, as JSON Lines or an array.

`litellm_call_id` is the id where there is one: `id` is the id of the answer, which providers and caches repeat.
"""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from stillwatch.importers.answer import read_answer
from stillwatch.importers.fields import access_path, at, first, items, obj, text, unpacked
from stillwatch.importers.importer import REQUEST_ID, Head, Intake, Json
from stillwatch.importers.litellm_block import HISTORY, NOBODY, REDACTED, TEXTS, longest_agent, read_plain
from stillwatch.importers.request import read_request
from stillwatch.importers.secret import key_hash
from stillwatch.importers.shape import between_ms, by_object, merged, status_number
from stillwatch.importers.source import Run, Source
from stillwatch.keys import Key

_OPERATIONS = {
    "completion": "chat",
    "anthropic_messages": "chat",
    "responses": "chat",
    "generate_content": "chat",
    "text_completion": "text_completion",
    "embedding": "embeddings",
    "pass_through_endpoint": "chat",
}


def _recognises(head: Head) -> bool:
    return any(_is_payload(_payload(value)) for value in head.values)


def _payload(value: Json) -> Json:
    """Return the payload, also where a callback logged it inside its arguments."""
    inner = value.get("standard_logging_object")
    return inner if isinstance(inner, dict) else value


def _is_payload(value: Json) -> bool:
    if "call_type" not in value or "startTime" not in value:
        return False
    return "litellm_call_id" in value or "hidden_params" in value or "user_api_key_hash" in obj(value.get("metadata"))


def exchange_of(value: Json, key: Key) -> Iterator[Json]:
    """Yield the row of one payload."""
    payload = _payload(value)
    metadata = obj(payload.get("metadata"))
    body = {**obj(payload.get("model_parameters")), **_history(payload)}
    answer = payload.get("response")
    row = merged(
        {"stream": payload.get("stream"), "model": text(payload.get("model"))},
        read_request(body, key),
        read_answer(unpacked(answer), key),
        _counts(payload),
        _who(payload, metadata, key),
        _when(payload),
    )
    hidden = [name for name in TEXTS if row.get(name) == REDACTED]
    if hidden:
        row.update(dict.fromkeys([*hidden, *HISTORY]))
    yield row


def _history(payload: Json) -> Json:
    messages = unpacked(payload.get("messages"))
    return messages if isinstance(messages, dict) else {"messages": messages}


def _counts(payload: Json) -> Json:
    return {
        "tokens_in": payload.get("prompt_tokens"),
        "tokens_out": payload.get("completion_tokens"),
    }


def _who(payload: Json, metadata: Json, key: Key) -> Json:
    hashed = key_hash(first(metadata, "user_api_key_hash", "user_api_key"), key)
    user = first(metadata, "user_api_key_user_id")
    account = (f"key:{hashed}" if hashed else user) if user in (None, NOBODY) else user
    forwarded = obj(metadata.get("requester_custom_headers"))
    return {
        "exchange_id": first(payload, "litellm_call_id", "id"),
        REQUEST_ID: first(forwarded, "x-request-id", "X-Request-Id"),
        "account_id": account,
        "org_id": first(metadata, "user_api_key_org_id", "user_api_key_team_id"),
        "key_id": hashed,
        "end_user_id": first(payload, "end_user") or first(metadata, "user_api_key_end_user_id"),
        "session_id": first(payload, "session_id", "litellm_session_id") or first(metadata, "session_id"),
        "ip": first(payload, "requester_ip_address") or first(metadata, "requester_ip_address"),
        "user_agent": first(metadata, "user_agent") or _agent_tag(payload),
        "access_path": access_path(payload.get("custom_llm_provider")),
    }


def _agent_tag(payload: Json) -> str | None:
    return longest_agent(tag for tag in items(payload.get("request_tags")) if isinstance(tag, str))


def _when(payload: Json) -> Json:
    start, token = payload.get("startTime"), payload.get("completionStartTime")
    failed = payload.get("status") == "failure"
    code = at(payload, "error_information", "error_code")
    return {
        "ts": start,
        "latency_ms": between_ms(start, payload.get("endTime")),
        "ttft_ms": between_ms(start, token) if payload.get("stream") is True else None,
        "operation": _operation(payload.get("call_type")),
        "status": status_number(code) if failed else 200,
    }


def _operation(kind: object) -> str | None:
    name = kind.removeprefix("a") if isinstance(kind, str) and kind != "anthropic_messages" else kind
    return _OPERATIONS.get(str(name), text(name))


def _plain(run: Run, source: Source, intake: Intake) -> pa.Table | None:
    return read_plain(run, source, intake, _operation)


LITELLM = by_object("litellm", "LiteLLM StandardLoggingPayload", _recognises, exchange_of, _plain)
