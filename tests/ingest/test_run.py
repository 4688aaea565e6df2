"""Logs in, ledger out: what is added, what is counted, and what is refused."""

from __future__ import annotations

import gzip
import os
import random
from pathlib import Path

import pytest

from stillwatch.errors import NothingUsable, StillwatchError
from stillwatch.importers.load import UNRECOGNISED
from stillwatch.ingest import IngestOptions, IngestReport, Progress, ingest
from stillwatch.ingest import run as module
from stillwatch.ingest.prepare import CHANGED
from stillwatch.keys import make_key
from stillwatch.ledger import Ledger
from stillwatch.ledger.commit import KNOWN, REPEATED
from tests.ingest.logs import exchange, log, write
from tests.ledger.sketches import ids, read, tree

SAMPLES = Path(__file__).parents[1] / "samples"


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger.open_or_create(tmp_path / "ledger")


def _one(paths: list[str], ledger: Ledger, **options: object) -> IngestReport:
    return ingest(paths, ledger, options=IngestOptions(workers=1, **options))  # type: ignore[arg-type]


def test_a_log_becomes_sketches_by_day(tmp_path: Path, ledger: Ledger) -> None:
    report = _one([log(tmp_path / "a.jsonl", 0, 300)], ledger)
    assert (report.rows, report.already, report.skips) == (300, 0, ())
    assert ledger.days() == ["2026-01-01", "2026-01-02", "2026-01-03"]
    assert sorted(ids(ledger)) == [f"x{n:06d}" for n in range(300)]
    assert {"read", "sketch", "store", "total"} <= report.timings.keys()


def test_the_same_file_twice_changes_nothing_and_says_so(tmp_path: Path, ledger: Ledger) -> None:
    path = log(tmp_path / "a.jsonl", 0, 50)
    _one([path], ledger)
    before = tree(ledger.folder)
    copy = tmp_path / "under another name.jsonl"
    copy.write_bytes(Path(path).read_bytes())
    for paths in ([path], [str(copy)], [path, str(copy)]):
        report = _one(paths, ledger)
        assert [file.already for file in report.files] == [True] * len(paths)
        assert report.rows == 0
        assert tree(ledger.folder) == before


def test_two_copies_in_one_import_count_once(tmp_path: Path, ledger: Ledger) -> None:
    paths = [log(tmp_path / name, 0, 50) for name in ("a.jsonl", "b.jsonl")]
    report = _one(paths, ledger)
    assert [file.already for file in report.files] == [False, True]
    assert ledger.rows == 50


def test_the_same_exchanges_in_another_file_are_dropped_and_counted(tmp_path: Path, ledger: Ledger) -> None:
    path = log(tmp_path / "a.jsonl", 0, 200)
    packed = tmp_path / "a.jsonl.gz"
    packed.write_bytes(gzip.compress(Path(path).read_bytes()))
    report = _one([path, str(packed), log(tmp_path / "b.jsonl", 150, 250)], ledger)
    assert [(file.rows, [(s.reason, s.count) for s in file.skips]) for file in report.files] == [
        (200, []),
        (0, [(KNOWN, 200)]),
        (50, [(KNOWN, 50)]),
    ]
    assert sorted(ids(ledger)) == [f"x{n:06d}" for n in range(250)]


def test_a_repeated_id_within_a_file_is_dropped_and_counted(tmp_path: Path, ledger: Ledger) -> None:
    path = write(tmp_path / "a.jsonl", [exchange(1), exchange(2), exchange(1, model="other")])
    report = _one([path], ledger)
    assert [(s.reason, s.count, s.first) for s in report.skips] == [(REPEATED, 1, path)]
    assert ledger.rows == 2


def test_bad_lines_are_counted_with_their_first_place_and_remembered(tmp_path: Path, ledger: Ledger) -> None:
    bad = exchange(2, ts="1915-01-01T00:00:00Z"), exchange(3, account_id=None)
    path = write(tmp_path / "a.jsonl", [exchange(1), '{"exchange_id": "cut', *bad, exchange(4)])
    report = _one([path], ledger)
    assert report.rows == 2
    assert sum(s.count for s in report.skips) == 3
    assert {s.first for s in report.skips} == {f"{path}:{line}" for line in (2, 3, 4)}
    assert ledger.skips().total == 3


def test_a_folder_of_everything_goes_in(ledger: Ledger) -> None:
    report = _one([str(SAMPLES)], ledger)
    assert {file.reader for file in report.files} >= {"stillwatch", "litellm", "otel", "langfuse", "bedrock"}
    assert {s.reason for s in report.skips} >= {UNRECOGNISED}
    assert ledger.rows == report.rows > 10


def test_network_logs_are_joined_on_the_request_id(tmp_path: Path, ledger: Ledger) -> None:
    content = write(tmp_path / "a.jsonl", [exchange(n, ip=None, user_agent=None) for n in range(3)])
    proxy = [
        {"start_time": "2026-01-01T00:00:00Z", "x-request-id": f"x{n:06d}", "downstream_remote_address": "9.9.9.9:1",
         "user-agent": "agent/1", "response_code": 200, "duration": 5, "method": "POST", "path": "/v1/messages"}
        for n in (0, 1, 77)
    ]  # fmt: skip
    report = _one([content, write(tmp_path / "proxy.jsonl", proxy)], ledger)
    rows = read(ledger.exchange_files()[0])
    assert rows.column("user_agent").to_pylist() == ["agent/1", "agent/1", None]
    assert [mark is None for mark in rows.column("ip_mark").to_pylist()] == [False, False, True]
    assert [(n.reason, n.count) for n in report.notes] == [("network rows without an exchange", 1)]
    with pytest.raises(NothingUsable, match="network logs alone"):
        _one([str(tmp_path / "proxy.jsonl")], ledger)


def test_a_mapping_reads_what_no_importer_knows(ledger: Ledger) -> None:
    report = _one([str(SAMPLES / "table.csv")], ledger, mapping=SAMPLES / "table.toml")
    assert report.rows == ledger.rows > 0
    assert report.files[0].reader == "map"


def test_accounts_go_in_without_the_address_of_their_sign_up(tmp_path: Path, ledger: Ledger) -> None:
    accounts = tmp_path / "accounts.csv"
    accounts.write_text("account_id,plan,signup_ip\naccount-1,pro,203.0.113.77\naccount-1,pro,203.0.113.77\n")
    for expected in (1, 0):
        report = _one([log(tmp_path / "a.jsonl", 0, 5)], ledger, accounts=(str(accounts),))
        assert report.accounts == expected
    assert ledger.accounts_table().column("plan").to_pylist() == ["pro"]
    assert b"203.0.113.77" not in b"".join(tree(ledger.folder).values())
    assert ledger.rows == 5


def test_one_account_with_half_of_the_traffic_is_no_problem(tmp_path: Path, ledger: Ledger) -> None:
    rows = [exchange(n, account_id="heavy" if n % 2 else f"a{n}") for n in range(2000)]
    assert _one([write(tmp_path / "a.jsonl", rows)], ledger).rows == 2000
    heavy = sum(read(path).column("account_id").to_pylist().count("heavy") for path in ledger.exchange_files())
    assert heavy == 1000


@pytest.mark.parametrize("content", ["", "no log at all\n", '{"a": 1}\n', '{"exchange_id": "x", "ts": "never"}\n'])
def test_nothing_usable_is_said_with_the_reason(tmp_path: Path, ledger: Ledger, content: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(content)
    with pytest.raises(NothingUsable, match=r"no exchange can be used: .*first in") as error:
        _one([str(path)], ledger)
    assert "litellm" in error.value.expected
    assert ledger.import_ids() == []


def test_accounts_without_an_account_are_said_before_anything_is_imported(tmp_path: Path, ledger: Ledger) -> None:
    (tmp_path / "accounts.csv").write_text("name,plan\nx,pro\n")
    with pytest.raises(StillwatchError, match="account_id"):
        _one([log(tmp_path / "a.jsonl", 0, 5)], ledger, accounts=(str(tmp_path / "accounts.csv"),))
    assert ledger.rows == 0


def test_a_file_that_cannot_be_read_does_not_stop_the_others(tmp_path: Path, ledger: Ledger) -> None:
    unreadable = tmp_path / "0.parquet"
    unreadable.write_bytes(b"PAR1 and then nothing PAR1")
    report = _one([str(unreadable), log(tmp_path / "a.jsonl", 0, 5)], ledger)
    assert report.rows == 5
    assert [s.first for s in report.skips] == [str(unreadable)]


def test_a_file_that_changes_while_it_is_read_is_left_out(
    tmp_path: Path, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    growing, steady = log(tmp_path / "growing.jsonl", 0, 5), log(tmp_path / "steady.jsonl", 10, 15)

    def write_more(*_: object) -> None:
        with open(growing, "a") as file:
            file.write("\n")

    monkeypatch.setattr(module._Run, "_read", write_more)
    report = _one([growing, steady], ledger)
    assert [(s.reason, s.first) for s in report.skips] == [(CHANGED, growing)]
    assert ledger.rows == 5


def test_an_import_needs_the_key(tmp_path: Path) -> None:
    make_key(tmp_path / "key")
    Ledger.open_or_create(tmp_path / "ledger", tmp_path / "key")
    without = Ledger.open(tmp_path / "ledger")
    with pytest.raises(StillwatchError, match="the key is not in the ledger's folder"):
        _one([log(tmp_path / "a.jsonl", 0, 5)], without)


def test_the_order_of_imports_does_not_show_in_the_digest(tmp_path: Path) -> None:
    make_key(tmp_path / "key")
    paths = [log(tmp_path / f"{n}.jsonl", n * 40, n * 40 + 80) for n in range(4)]
    digests = set()
    for seed in range(3):
        random.Random(seed).shuffle(paths)
        ledger = Ledger.open_or_create(tmp_path / f"ledger {seed}", tmp_path / "key")
        for path in paths:
            _one([path], ledger)
        digests.add(ledger.digest())
    assert len(digests) == 1


def test_progress_ends_with_everything_done(tmp_path: Path, ledger: Ledger) -> None:
    paths = [log(tmp_path / f"{n}.jsonl", n * 10, n * 10 + 10) for n in range(3)]
    told: list[Progress] = []
    ingest(paths, ledger, options=IngestOptions(workers=1), on_progress=told.append)
    size = sum(os.stat(path).st_size for path in paths)
    assert told[0] == Progress(files=3, files_done=0, size=size, size_done=0, rows=0)
    assert told[-1] == Progress(files=3, files_done=3, size=size, size_done=size, rows=30)
