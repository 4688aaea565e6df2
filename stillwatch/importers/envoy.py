"""Envoy access logs, as JSON or in the default text format: the network's side of requests, joined on the request id.

Each request is known under the id that Envoy set or passed on, and under the id that the answer carried where the log
format names it; either may be the id of an exchange.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pyarrow as pa

from stillwatch.importers.columns import tables
from stillwatch.importers.fields import first, text
from stillwatch.importers.importer import Head, Importer, Intake, Json, Row
from stillwatch.importers.network import NETWORK, client_address
from stillwatch.importers.records import NO_OBJECT, parsed
from stillwatch.importers.shape import status_number
from stillwatch.importers.source import Source, lines

_DEFAULT = re.compile(
    r'\[(?P<start_time>[^\]]+)\] "(?P<method>\S+) (?P<path>.*?) (?P<protocol>[^ "]+)" '
    r"(?P<response_code>\d+|-) (?P<response_flags>\S+)"
    r'(?: (?P<details>(?:[^"\s]|"-")\S*) \S+ "[^"]*")? '
    r"(?P<bytes_received>\d+|-) (?P<bytes_sent>\d+|-) (?P<duration>\d+|-) (?P<upstream_time>\d+|-) "
    r'"(?P<x_forwarded_for>[^"]*)" "(?P<user_agent>.*?)" "(?P<request_id>[^"]*)" "(?P<authority>[^"]*)" '
    r'"(?P<upstream_host>[^"]*)"(?P<rest>.*)'
)
"""The default format, and the longer one of service meshes that begins and ends like it."""
_PEER = re.compile(r"(?P<peer>\S+:\d+) \S+ \S+\s*$")
"""In the longer format the address of the peer is the third from the end."""

_IDS = ("request_id", "x_request_id", "x-request-id", "requestId", "response_request_id", "upstream_request_id")
_ANSWER_IDS = ("litellm_call_id", "x_litellm_call_id", "x-litellm-call-id", "call_id")


def _recognises(head: Head) -> bool:
    if head.texts:
        return any(_DEFAULT.match(line) for line in head.texts)
    return any(_is_access(value) for value in head.values)


def _is_access(value: Json) -> bool:
    timed = "start_time" in value or "@timestamp" in value or "timestamp" in value
    marked = {"response_flags", "upstream_host", "upstream_cluster", "downstream_remote_address"} & value.keys()
    return timed and "response_code" in value and bool(marked) and first(value, *_IDS, *_ANSWER_IDS) is not None


def _reads(source: Source, intake: Intake) -> Iterator[pa.Table]:
    return tables(_rows(source, intake), source, intake, schema=NETWORK)


def _rows(source: Source, intake: Intake) -> Iterator[Row]:
    for run in lines(source, intake.skips, intake.notes):
        for number, line in enumerate(run.texts, start=run.first):
            if not line or line.isspace():
                continue
            value = _fields(line)
            if isinstance(value, str):
                intake.skips.add(value, f"{source.label}:{number}")
                continue
            for row in _requests(value):
                yield Row(number, len(line), row)


def _fields(line: str) -> Json | str:
    """Return the fields of a line, or why there are none."""
    if line.lstrip().startswith("{"):
        value = parsed(line)
        return value if isinstance(value, dict | str) else NO_OBJECT
    match = _DEFAULT.match(line)
    if match is None:
        return "not a line of an access log"
    peer = _PEER.search(match["rest"])
    return {**match.groupdict(), "downstream_remote_address": peer["peer"] if peer else None}


def _requests(value: Json) -> Iterator[Json]:
    """Yield the row of a request once per id it is known by; a request without an id yields one that is not usable."""
    row = {
        "ts": first(value, "start_time", "@timestamp", "timestamp"),
        "ip": client_address(*_addresses(value)),
        "user_agent": _given(first(value, "user_agent", "user-agent", "userAgent")),
        "client_fp": _given(first(value, "ja4", "ja3", "tls_ja4_fingerprint", "tls_ja3_fingerprint")),
        "status": status_number(value.get("response_code")),
        "latency_ms": _given(first(value, "duration", "duration_ms")),
    }
    found = [_given(first(value, *names)) for names in (_IDS, _ANSWER_IDS)]
    for request_id in dict.fromkeys(name for name in found if isinstance(name, str)) or [None]:
        yield {**row, "request_id": request_id}


def _addresses(value: Json) -> tuple[str | None, str | None]:
    forwarded = first(value, "x_forwarded_for", "x-forwarded-for", "xff")
    peer = first(value, "downstream_remote_address", "downstream_direct_remote_address", "client_ip")
    return text(_given(forwarded)), text(_given(peer))


def _given(value: object) -> object:
    """Return a value, or None for the dash that stands for nothing."""
    return None if value == "-" else value


ENVOY = Importer("envoy", "Envoy access log", _recognises, _reads, network_only=True)
