"""Several processes do what one does, to the byte."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from stillwatch.errors import StillwatchError
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


def test_an_error_of_a_process_reaches_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = Ledger.open_or_create(tmp_path / "ledger")
    paths = [log(tmp_path / f"{n}.jsonl", n * 10, n * 10 + 10) for n in range(2)]
    monkeypatch.setattr(workers, "_prepare_there", _give_in)
    with pytest.raises(StillwatchError, match="a process of the import was killed"):
        ingest(paths, ledger, options=IngestOptions(workers=2))
    assert ledger.rows == 0


def _give_in(_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)
