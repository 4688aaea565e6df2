"""What `inspect` says of a pile of logs."""

from __future__ import annotations

import datetime as dt
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from stillwatch.importers import expand, load_mapping, read_accounts
from stillwatch.inspection import Inspection, availability, inspect
from stillwatch.record import EXCHANGES, Skips

SAMPLES = Path(__file__).resolve().parent / "samples"


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of a table of evidence, as far as inspection looks at it."""

    kind: str
    family: str
    needs: tuple[str, ...]


KINDS = (
    Entry("by_address", "infrastructure", ("ip",)),
    Entry("by_instrument", "identity", ("payment_id|device_id",)),
    Entry("by_logprobs", "intent", ("input_text", "logprobs")),
)


def _inspect(*names: str, with_accounts: bool = False) -> Inspection:
    sources = expand([str(SAMPLES / name) for name in names])
    accounts = read_accounts([str(SAMPLES / "accounts.csv")], Skips()) if with_accounts else None
    return inspect(sources, kinds=KINDS, accounts=accounts)


def test_a_file_is_described_by_format_rows_span_and_fill() -> None:
    (report,) = _inspect("bedrock.jsonl").files
    assert (report.format, report.rows) == ("bedrock", 3)
    assert report.first == dt.datetime(2026, 3, 2, 10, 0, tzinfo=dt.UTC)
    assert report.last == dt.datetime(2026, 3, 2, 10, 2, tzinfo=dt.UTC)
    assert list(report.filled) == EXCHANGES.names
    assert report.filled["account_id"] == 1.0
    assert report.filled["output_text"] == pytest.approx(2 / 3)
    assert report.filled["ip"] == 0.0
    assert report.filled["signatures_presented"] == 0.0  # empty lists are no values


def test_the_files_together() -> None:
    found = _inspect("bedrock.jsonl", "litellm.jsonl")
    assert found.rows == 5
    assert found.filled["ip"] == pytest.approx(2 / 5)


def test_what_can_and_what_cannot_be_had_and_why() -> None:
    alone = {one.kind: one for one in _inspect("bedrock.jsonl").evidence}
    assert not any(one.possible for one in alone.values())
    assert alone["by_address"].reason == "no row has `ip`"
    assert alone["by_logprobs"].reason == "no row has `logprobs`"
    assert "`--accounts`" in alone["by_instrument"].reason
    both = {one.kind: one for one in _inspect("litellm.jsonl", with_accounts=True).evidence}
    assert all(one.possible and one.reason == "" for one in both.values())


def test_a_column_with_a_value_in_either_table_counts() -> None:
    kind = Entry("by_org", "identity", ("org_id",))
    assert availability(kind, {"org_id": 0}, {"org_id": 3}).possible
    assert not availability(kind, {"org_id": 0}, {"org_id": 0}).possible


def test_network_logs_are_reported_and_joined() -> None:
    found = _inspect("litellm.jsonl", "envoy.jsonl")
    assert [(one.format, one.rows) for one in found.files] == [("litellm", 2), ("envoy", 2)]
    assert found.rows == 2
    assert found.filled["client_fp"] == 0.5


def test_network_logs_alone_are_described() -> None:
    found = _inspect("envoy.log")
    assert [(one.format, one.rows, one.skips.counts) for one in found.files] == [("envoy", 2, {"no request_id": 1})]
    assert found.rows == 0


def test_what_is_not_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "diary.txt").write_text("nothing\nhappened\n")
    shutil.copy(SAMPLES / "openai.jsonl", tmp_path / "log.jsonl")
    found = inspect(expand([str(tmp_path)]), kinds=KINDS)
    assert [one.format for one in found.files] == ["openai"]
    assert found.skips.counts == {"file of no known format": 1}
    assert any("diary.txt" in note for note in found.notes.counts)


def test_a_table_through_its_mapping() -> None:
    mapping = load_mapping(SAMPLES / "table.toml")
    found = inspect(expand([str(SAMPLES / "table.csv")]), kinds=KINDS, mapping=mapping)
    assert [(one.format, one.rows) for one in found.files] == [("map", 2)]
    assert found.filled["key_id"] == 0.5
