"""Envoy's access logs complete the exchanges of other logs."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from stillwatch.errors import NothingUsable
from stillwatch.importers import Intake, chosen, expand, load
from stillwatch.importers.network import client_address
from tests.importers.reading import SAMPLES, at, intake, read, sample, written


def test_the_default_text_format() -> None:
    counted = intake()
    first, second = read(sample("envoy.log"), counted)
    assert first == {
        "request_id": "edge-1",
        "ts": at(10, 0, 0.25),
        "ip": "203.0.113.40",
        "user_agent": "OpenAI/Python 2.1.0",
        "status": 200,
        "latency_ms": 1740.0,
    }
    assert second == {  # the longer line of a service mesh
        "request_id": "edge-2",
        "ts": at(10, 0, 11),
        "ip": "203.0.113.41",
        "user_agent": "anthropic/1",
        "status": 200,
        "latency_ms": 120.0,
    }
    assert counted.skips.counts == {"no request_id": 1}


def test_json_lines_are_known_under_both_ids() -> None:
    rows = read(sample("envoy.jsonl"), intake())
    assert [row["request_id"] for row in rows] == ["edge-1", "call-1"]
    assert all(row["ip"] == "203.0.113.40" and row["client_fp"].startswith("t13d") for row in rows)


def _folder(tmp_path: Path, *names: str) -> list[str]:
    for name in names:
        shutil.copy(SAMPLES / name, tmp_path / name)
    return [str(tmp_path)]


def _loaded(paths: list[str], into: Intake) -> dict[str, dict[str, object]]:
    tables = [one.table for one in load(chosen(expand(paths), into), into)]
    return {row["exchange_id"]: row for table in tables for row in table.to_pylist()}


def test_what_the_network_knows_fills_what_the_content_log_lacks(tmp_path: Path) -> None:
    counted = intake()
    rows = _loaded(_folder(tmp_path, "litellm.jsonl", "envoy.jsonl"), counted)
    assert str(rows["call-1"]["client_fp"]).startswith("t13d")
    assert rows["call-1"]["ip"] == "198.51.100.7"  # known already, and kept
    assert rows["call-2"]["client_fp"] is None
    assert counted.notes.counts == {"network rows without an exchange": 1}  # call-1 is found under `edge-1`


def test_the_join_goes_by_the_header_the_client_sent(tmp_path: Path) -> None:
    content = (SAMPLES / "litellm.jsonl").read_text().replace('"requester_ip_address":"198.51.100.7"', '"x":1')
    written(tmp_path, "litellm.jsonl", content)
    rows = _loaded(_folder(tmp_path, "envoy.log"), intake())
    assert rows["call-1"]["ip"] == "203.0.113.40"


def test_the_earliest_of_two_proxies_counts(tmp_path: Path) -> None:
    line = '[2026-03-02T10:00:0{}.000Z] "GET / HTTP/2" 200 - 1 1 1 1 "{}" "ua" "call-2" "h" "10.0.0.1:1"\n'
    written(tmp_path, "proxies.log", line.format(2, "203.0.113.2") + line.format(1, "203.0.113.1"))
    content = (SAMPLES / "litellm.jsonl").read_text().replace('"requester_ip_address":"198.51.100.8",', "")
    written(tmp_path, "litellm.jsonl", content)
    counted = intake()
    assert _loaded([str(tmp_path)], counted)["call-2"]["ip"] == "203.0.113.1"
    assert counted.notes.counts["request id logged more than once by proxies"] == 1


def test_network_logs_alone_are_refused_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(NothingUsable, match="neither accounts nor models"):
        _loaded(_folder(tmp_path, "envoy.log"), intake())


@pytest.mark.parametrize(
    ("forwarded", "peer", "client"),
    [
        ("203.0.113.1", None, "203.0.113.1"),
        ("6.6.6.6, 203.0.113.1, 10.0.0.2", "10.0.0.3:80", "203.0.113.1"),  # the first was written by the client
        (None, "[2001:db8::1]:443", "2001:db8::1"),
        ("10.0.0.1", "10.0.0.2:80", "10.0.0.2"),
        ("unknown", "-", None),
        (None, None, None),
    ],
)
def test_the_address_of_the_client(forwarded: str | None, peer: str | None, client: str | None) -> None:
    assert client_address(forwarded, peer) == client
