"""Several processes do what one does, to the byte."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from stillwatch.errors import StillwatchError
from stillwatch.importers import source
from stillwatch.ingest import IngestOptions, ingest, workers
from stillwatch.keys import make_key
from stillwatch.ledger import Ledger
from tests.ingest.logs import exchange, log, write
from tests.ledger.sketches import tree


@pytest.fixture(autouse=True)
def _processes_for_any_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "WORTH_IT", 0)


def _files(folder: Path, paths: list[str], processes: int, **options: object) -> dict[str, bytes]:
    """Return the data files and manifests of a ledger of `paths` that so many processes made."""
    if not (folder / "key").exists():
        make_key(folder / "key")
    ledger = Ledger.open_or_create(folder / f"ledger {processes}", folder / "key")
    ingest(paths, ledger, options=IngestOptions(workers=processes, **options))  # type: ignore[arg-type]
    return {name: data for name, data in tree(ledger.folder).items() if name != "lock"}


def test_the_ledger_is_the_same_to_the_byte_whatever_the_number_of_processes(tmp_path: Path) -> None:
    proxy = [{"start_time": "2026-01-01T00:00:00Z", "x-request-id": "x000003", "user-agent": "agent/1",
              "downstream_remote_address": "9.9.9.9:1", "response_code": 200, "duration": 5, "method": "POST",
              "path": "/v1"}]  # fmt: skip
    paths = [
        log(tmp_path / "a.jsonl", 0, 400, user_agent=None),
        write(tmp_path / "b.jsonl", [*(exchange(n) for n in range(300, 600)), "{broken", exchange(599)]),
        write(tmp_path / "proxy.jsonl", proxy),
        str(Path(__file__).parents[1] / "samples" / "litellm.jsonl"),
    ]
    by_one = _files(tmp_path, paths, 1)
    assert sum(name.startswith("exchanges/") for name in by_one) > 6
    assert _files(tmp_path, paths, 2) == by_one  # a process a file
    assert _files(tmp_path, paths, 4) == by_one  # more processes than files: one reads, the others sketch


def test_lines_read_by_several_processes_are_the_same_to_the_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "BLOCK", 20_000)
    payloads = [_payload(number) for number in range(120)]
    odd: list[dict[str, Any] | str] = [
        {**_payload(200), "messages": "one text"},
        _payload(7),
        "{broken",
        {**_payload(201), "startTime": None},
    ]
    proxy = [{"start_time": "2026-01-01T00:00:00Z", "x-request-id": f"edge-{number}", "user-agent": "agent/1",
              "downstream_remote_address": "9.9.9.9:1", "response_code": 200, "duration": 5, "method": "POST",
              "path": "/v1"} for number in (3, 110, 999)]  # fmt: skip
    paths = [write(tmp_path / "log.jsonl", [*payloads, *odd, *payloads[:5]]), write(tmp_path / "proxy.jsonl", proxy)]
    by_one = _files(tmp_path, paths, 1)
    assert len(by_one) > 3
    assert _files(tmp_path, paths, 3) == by_one


def _payload(number: int) -> dict[str, Any]:
    """Return what LiteLLM logs of a call; ten minutes lie between two numbers."""
    return {
        "litellm_call_id": f"call-{number}",
        "call_type": "acompletion",
        "startTime": 1767225600.0 + 600 * number,
        "model": "m-1",
        "metadata": {
            "user_api_key_user_id": f"account-{number % 7}",
            "requester_custom_headers": {"x-request-id": f"edge-{number}"},
        },
        "messages": [{"role": "user", "content": f"Which ships leave pier {number} tomorrow? " * 20}],
        "response": {"choices": [{"finish_reason": "stop", "message": {"role": "assistant", "content": "None."}}]},
    }


def test_an_error_of_a_process_reaches_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = Ledger.open_or_create(tmp_path / "ledger")
    paths = [log(tmp_path / f"{n}.jsonl", n * 10, n * 10 + 10) for n in range(2)]
    monkeypatch.setattr(workers, "_prepare_there", _give_in)
    with pytest.raises(StillwatchError, match="a process of the import was killed"):
        ingest(paths, ledger, options=IngestOptions(workers=2))
    assert ledger.rows == 0


def _give_in(_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)
