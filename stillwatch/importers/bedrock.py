"""AWS Bedrock: the model invocation log, as it lies in S3 or comes out of CloudWatch Logs."""

from __future__ import annotations

from collections.abc import Iterator

from stillwatch.importers.answer import read_answer
from stillwatch.importers.fields import at, first, number, obj, text, total, unpacked
from stillwatch.importers.importer import Head, Json
from stillwatch.importers.request import read_request
from stillwatch.importers.shape import NO_CALL, by_object, merged
from stillwatch.keys import Key

_ERRORS = {
    "ValidationException": 400,
    "AccessDeniedException": 403,
    "ResourceNotFoundException": 404,
    "ModelTimeoutException": 408,
    "ModelErrorException": 424,
    "ThrottlingException": 429,
    "ModelNotReadyException": 429,
    "InternalServerException": 500,
    "ServiceUnavailableException": 503,
}
"""HTTP status of the error codes that Bedrock documents."""
_KIND = "ModelInvocationLog"


def _recognises(head: Head) -> bool:
    return any(_event(value) is not None for value in head.values)


def _event(value: Json) -> Json | None:
    """Return the event, also where CloudWatch wrapped it as the text of a message."""
    for candidate in (value, *(unpacked(value.get(name)) for name in ("message", "@message"))):
        if isinstance(candidate, dict) and _is_event(candidate):
            return candidate
    return None


def _is_event(value: Json) -> bool:
    return value.get("schemaType") == _KIND or {"modelId", "requestId", "operation", "input"} <= value.keys()


def _exchanges(value: Json, key: Key) -> Iterator[Json | str]:
    event = _event(value)
    if event is None:
        yield NO_CALL
        return
    given, returned = obj(event.get("input")), obj(event.get("output"))
    request = obj(unpacked(given.get("inputBodyJson")))
    answer = unpacked(returned.get("outputBodyJson"))
    row = merged(read_request(request, key), read_answer(answer, key), _counts(given, returned), _who(event))
    if row.get("latency_ms") is None:
        row["latency_ms"] = number(at(answer, "metrics", "latencyMs"))
    yield row


def _counts(given: Json, returned: Json) -> Json:
    """Return the counts of the log itself; it counts cached input beside the input."""
    cached = given.get("cacheReadInputTokenCount")
    counted = given.get("inputTokenCount")
    return {
        "tokens_in": total(counted, cached, given.get("cacheWriteInputTokenCount")) if counted is not None else None,
        "tokens_out": returned.get("outputTokenCount"),
        "tokens_cached": cached,
    }


def _who(event: Json) -> Json:
    metadata = obj(event.get("requestMetadata"))
    operation = text(event.get("operation")) or ""
    code = text(event.get("errorCode"))
    return {
        "exchange_id": event.get("requestId"),
        "ts": event.get("timestamp"),
        "account_id": at(event, "identity", "arn"),
        "org_id": event.get("accountId"),
        "model": _model(event.get("modelId")),
        "session_id": first(metadata, "session_id", "sessionId", "conversation_id"),
        "end_user_id": first(metadata, "user_id", "userId", "end_user_id"),
        "access_path": "bedrock",
        "operation": "embeddings" if "embed" in str(event.get("modelId")) else "chat",
        "stream": operation.endswith("Stream") if operation else None,
        "status": 200 if code is None else _ERRORS.get(code),
    }


def _model(model: object) -> object:
    """Return the name of a model without the ARN around it."""
    return model.rpartition("/")[2] if isinstance(model, str) and model.startswith("arn:") else model


BEDROCK = by_object("bedrock", "AWS Bedrock model invocation log", _recognises, _exchanges)
