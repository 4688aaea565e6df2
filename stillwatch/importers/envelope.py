"""Logs of requests and answers as gateways write them: two bodies, and around them who, when and from where.

No standard says what the fields around the bodies are called; the names here are those that public gateways, proxies
and batch files use. What is called otherwise needs a mapping file.
"""

from __future__ import annotations

from dataclasses import dataclass

from stillwatch.importers import times
from stillwatch.importers.answer import read_answer
from stillwatch.importers.fields import access_path, first, number, obj, text, unpacked
from stillwatch.importers.importer import Json
from stillwatch.importers.network import client_address
from stillwatch.importers.request import read_request
from stillwatch.importers.secret import header_key, key_hash
from stillwatch.importers.shape import between_ms, merged, status_number
from stillwatch.importers.stream import whole
from stillwatch.keys import Key

_REQUESTS = ("request", "request_body", "requestBody", "req", "request_json")
_ANSWERS = ("response", "response_body", "responseBody", "resp", "res", "response_json", "completion", "output")
_HEADERS = ("headers", "request_headers", "requestHeaders")
_STARTS = (
    "ts",
    "timestamp",
    "time",
    "start_time",
    "startTime",
    "created_at",
    "request_time",
    "requested_at",
    "@timestamp",
)
_ENDS = ("end_time", "endTime", "finished_at", "completed_at", "response_time", "responded_at")
_IDS = ("request_id", "requestId", "x_request_id", "x-request-id")
_ACCOUNTS = ("account_id", "accountId", "account", "customer_id", "user_id", "userId", "api_user", "consumer_id")
_ORGS = (
    "org_id",
    "organization_id",
    "organizationId",
    "organization",
    "workspace_id",
    "tenant_id",
    "team_id",
    "project_id",
)
_KEYS = ("api_key", "apiKey", "api_key_id", "apiKeyId", "key_id", "authorization")
_SESSIONS = ("session_id", "sessionId", "conversation_id", "conversationId", "thread_id")
_ADDRESSES = ("ip", "client_ip", "clientIp", "ip_address", "remote_addr", "remote_ip", "requester_ip_address")


@dataclass(frozen=True, slots=True)
class Envelope:
    """A logged call, taken apart.

    Attributes:
        outer: the record itself.
        request: body of the request; empty if none was found.
        answer: body of the answer, of any type.
        asked: headers of the request, names in lower case.
        told: headers of the answer, names in lower case.
        wrapper: the object around the body of the answer, where there is one.
    """

    outer: Json
    request: Json
    answer: object
    asked: dict[str, str]
    told: dict[str, str]
    wrapper: Json


def opened(record: Json) -> Envelope:
    """Return `record` taken apart; a record that is itself a request, with the answer in a field, counts as both."""
    carrier = obj(unpacked(first(record, *_REQUESTS)))
    body = obj(unpacked(carrier.get("body")))
    request = body or carrier or obj(unpacked(record.get("body"))) or record
    wrapper = unpacked(first(record, *_ANSWERS))
    inner = unpacked(obj(wrapper).get("body"))
    answer = whole(inner if inner is not None else wrapper if wrapper is not None else record)
    asked = _headers(first(record, *_HEADERS)) or _headers(carrier.get("headers"))
    told = _headers(first(record, "response_headers", "responseHeaders")) or _headers(obj(wrapper).get("headers"))
    return Envelope(record, request, answer, asked, told, obj(wrapper))


def _headers(value: object) -> dict[str, str]:
    """Return headers by lower-case name; of a header given as a list, the first value."""
    found = {}
    for name, held in obj(unpacked(value)).items():
        said = next(iter(held), None) if isinstance(held, list) else held
        if isinstance(said, str):
            found[str(name).lower()] = said
    return found


def exchange(envelope: Envelope, key: Key) -> Json:
    """Return the row of a logged call."""
    return merged(
        read_request(envelope.request, key),
        read_answer(envelope.answer, key),
        _who(envelope, key),
        _when(envelope),
    )


def _who(envelope: Envelope, key: Key) -> Json:
    outer, asked, told = envelope.outer, envelope.asked, envelope.told
    hashed = key_hash(first(outer, *_KEYS), key) or header_key(asked, key)
    account = first(outer, *_ACCOUNTS)
    peer = text(first(outer, *_ADDRESSES))
    return {
        "account_id": f"key:{hashed}" if account is None and hashed else account,
        "key_id": hashed,
        "org_id": first(outer, *_ORGS) or told.get("openai-organization") or told.get("anthropic-organization-id"),
        "end_user_id": first(outer, "end_user_id", "end_user"),
        "session_id": first(outer, *_SESSIONS) or asked.get("x-session-id") or _thread(envelope.request),
        "ip": client_address(asked.get("x-forwarded-for"), peer or asked.get("x-real-ip")),
        "user_agent": first(outer, "user_agent", "userAgent") or asked.get("user-agent"),
        "client_fp": first(outer, "ja4", "ja3", "client_fp"),
        "access_path": access_path(first(outer, "provider", "custom_llm_provider")),
    }


def _thread(request: Json) -> str | None:
    thread = request.get("conversation")
    return text(obj(thread).get("id")) if isinstance(thread, dict) else text(thread)


def _when(envelope: Envelope) -> Json:
    outer, answer = envelope.outer, obj(envelope.answer)
    start = first(outer, *_STARTS) or first(answer, "created", "created_at")
    latency = number(first(outer, "latency_ms", "duration_ms", "response_time_ms", "elapsed_ms"))
    end = first(outer, *_ENDS)
    codes = (
        outer.get("status_code"),
        outer.get("status"),
        envelope.wrapper.get("status_code"),
        outer.get("http_status"),
    )
    known = [code for code in map(status_number, codes) if code is not None]
    return {
        "exchange_id": first(outer, *_IDS) or _id_in_headers(envelope) or first(answer, "id") or first(outer, "id"),
        "ts": start,
        "latency_ms": between_ms(start, end) if latency is None and times.parse(end) is not None else latency,
        "ttft_ms": number(first(outer, "ttft_ms", "time_to_first_token_ms")),
        "status": known[0] if known else _error_status(answer),
    }


def _id_in_headers(envelope: Envelope) -> object:
    told, asked = envelope.told, envelope.asked
    given = first(envelope.wrapper, "request_id")
    return given or told.get("x-request-id") or told.get("request-id") or asked.get("x-request-id")


_ERRORS = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "overloaded_error": 529,
}
"""HTTP status of the error types that Anthropic documents; OpenAI uses the first of them too."""


def _error_status(answer: Json) -> int | None:
    """Return the status of an answer that is known by its body alone."""
    if isinstance(answer.get("error"), dict):
        return _ERRORS.get(text(answer["error"].get("type")) or "")
    return 200 if "choices" in answer or "content" in answer or "output" in answer else None
