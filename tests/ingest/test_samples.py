"""Text is kept only when it is asked for, and then only what was asked for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from stillwatch.ingest import IngestOptions, IngestReport, ingest, samples
from stillwatch.ledger import Ledger
from tests.ingest.logs import exchange, write
from tests.ledger.sketches import read, tree

SCAFFOLD = "You grade answers of another model strictly, and you always give the reasons in full."
SECRETS = {
    "user_agent": "client Bearer abcdefghijklmnop0123456789",
    "key_id": "sk-proj-abcdefghijklmnopqrstuvwxyz",
    "session_id": "eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.SflKxwRJSMeKKF2Q",
    "ip": "203.0.113.77",
    "end_user_id": "person@customer.example",
}
TEXTS = {
    "system_text": "PLANTED-IN-SYSTEM the bridge opens at noon",
    "input_text": "PLANTED-IN-INPUT 港口的领航员叫什么名字",
    "output_text": "PLANTED-IN-OUTPUT her name is on the door",
}
LISTS = {
    "prefix_hashes": ["PLANTED-IN-PREFIX"],
    "signatures_issued": ["PLANTED-ISSUED"],
    "signatures_presented": ["PLANTED-PRESENTED"],
    "tools": ["PLANTED-TOOL"],
    "tool_calls": ["PLANTED-CALL"],
}


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger.open_or_create(tmp_path / "ledger")


def _import(path: str, ledger: Ledger, keep: int = 0) -> IngestReport:
    return ingest([path], ledger, options=IngestOptions(workers=1, keep_samples=keep))


def _planted() -> Iterator[str]:
    for value in (*SECRETS.values(), *TEXTS.values(), *(item for items in LISTS.values() for item in items)):
        yield value
        yield from value.split()


def test_no_text_and_no_secret_is_anywhere_in_a_ledger(tmp_path: Path, ledger: Ledger) -> None:
    rows = [exchange(n, **SECRETS, **TEXTS, **LISTS) for n in range(30)]
    cut = f'{{"exchange_id": "cut", "input_text": "{TEXTS["input_text"]}'
    assert _import(write(tmp_path / "a.jsonl", [*rows, cut, exchange(99, ts="x", **TEXTS)]), ledger).rows == 30
    written = b"".join(tree(ledger.folder).values()) + b"".join(_values(ledger))
    kept = {"client", "Bearer", "the", "is", "at", "on", "her", "name", "door"}  # words that metadata may have
    assert not [text for text in _planted() if text not in kept and text.encode() in written]


def _values(ledger: Ledger) -> Iterator[bytes]:
    """Yield every value of every data file as text, since the files are compressed."""
    for path in ledger.exchange_files():
        yield str(read(path).to_pydict()).encode()


def _harvest(accounts: int, **others: Any) -> list[dict[str, Any]]:
    rows = [exchange(n, system_text=SCAFFOLD, account_id=f"h{n % accounts}", **others) for n in range(4 * accounts)]
    return [{**row, "input_text": f"Rate answer {n}: " + "word " * n} for n, row in enumerate(rows)]


def test_without_being_asked_for_there_are_no_samples(tmp_path: Path, ledger: Ledger) -> None:
    assert _import(write(tmp_path / "a.jsonl", _harvest(9)), ledger).samples == 0
    assert not (ledger.folder / "samples").exists()


def test_samples_are_texts_behind_marks_that_many_accounts_share(tmp_path: Path, ledger: Ledger) -> None:
    alone = [exchange(1000 + n, account_id="alone", system_text="MINE ALONE", input_text="secret") for n in range(50)]
    path = write(tmp_path / "a.jsonl", [*_harvest(9), *alone])
    report = _import(path, ledger, keep=3)
    place = ledger.folder / "samples" / "samples.parquet"
    rows = pq.read_table(place).to_pylist()
    assert report.samples == len(rows) > 0
    assert [row["text"] for row in rows if row["kind"] == "system"] == [SCAFFOLD]
    assert (
        max(len([r for r in rows if (r["kind"], r["mark"]) == k]) for k in {(r["kind"], r["mark"]) for r in rows}) == 3
    )
    assert not [row for row in rows if "MINE ALONE" in row["text"] or row["text"] == "secret"]
    marks = {mark for file in ledger.exchange_files() for mark in read(file).column("system_mark").to_pylist()}
    assert {row["mark"] for row in rows if row["kind"] == "system"} < marks
    assert place.stat().st_mode & 0o077 == 0


def test_samples_of_a_file_that_was_imported_before_can_be_had(tmp_path: Path, ledger: Ledger) -> None:
    path = write(tmp_path / "a.jsonl", _harvest(9))
    _import(path, ledger)
    first = _import(path, ledger, keep=2)
    assert first.files[0].already
    assert first.samples > 0
    assert _import(path, ledger, keep=2).samples == first.samples


def test_long_texts_are_cut_and_missing_ones_left_out(
    tmp_path: Path, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(samples, "LONGEST_TEXT", 10)
    rows = [*_harvest(9), exchange(500, system_text=None, input_text=None)]
    _import(write(tmp_path / "a.jsonl", rows), ledger, keep=2)
    texts = pq.read_table(ledger.folder / "samples" / "samples.parquet").column("text").to_pylist()
    assert {len(text) for text in texts} == {10}
