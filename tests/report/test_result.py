"""The folder of a scan becomes values, or an error that says what is wrong with it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from stillwatch.errors import NothingUsable, Refused, StillwatchError
from stillwatch.findings import Family, Question, VerdictKind
from stillwatch.report.result import Result, load_result
from tests.report.sample_scan import SAMPLES, write_scan


def test_groups_come_in_the_order_of_the_files(sample: Result) -> None:
    assert [g.group_id for g in (*sample.campaigns, *sample.cleared)] == [s.group_id for s in SAMPLES]


def test_a_campaign_has_all_that_was_written_about_it(sample: Result) -> None:
    first = sample.campaigns[0]
    assert first.verdict is VerdictKind.DISTILLATION
    assert (first.n_accounts, len(first.members), sum(m.core for m in first.members)) == (300, 300, 216)
    assert sum(h.exchanges for h in first.timeline) > 100_000
    assert first.links[0].marks >= first.links[-1].marks
    by_kind = {e.kind: e for e in first.evidence}
    assert by_kind["harvest_intent"].question is Question.EXTRACTION
    assert by_kind["harvest_intent"].family is Family.INTENT
    assert by_kind["harvest_intent"].numbers["prompts"] == 163_812
    assert by_kind["same_list"].p_value is None


def test_core_members_come_first(sample: Result) -> None:
    standing = [m.core for m in sample.campaigns[0].members]
    assert standing == sorted(standing, reverse=True)


def test_the_tables_for_the_report_may_be_absent(tmp_path: Path) -> None:
    out = write_scan(tmp_path / "out")
    (out / "timeline.parquet").unlink()
    (out / "links.parquet").unlink()
    (out / "groups.parquet").unlink()
    first = load_result(out).campaigns[0]
    assert (first.timeline, first.links, first.n_tested) == ((), (), None)


def test_a_column_that_was_added_later_is_ignored(tmp_path: Path) -> None:
    out = write_scan(tmp_path / "out")
    path = out / "members.parquet"
    table = pq.read_table(path)
    pq.write_table(table.append_column("later", pa.nulls(table.num_rows)), path)
    assert load_result(out) == load_result(write_scan(tmp_path / "other" / "out"))


def test_a_scan_file_needs_its_format_only(tmp_path: Path) -> None:
    assert load_result(write_scan(tmp_path, (), {"format": 1})).scan.rows_read is None


@pytest.mark.parametrize("name", ["missing", "a-file"])
def test_no_folder_is_no_scan(tmp_path: Path, name: str) -> None:
    (tmp_path / "a-file").write_text("x")
    with pytest.raises(NothingUsable, match=r"no such folder"):
        load_result(tmp_path / name)


def test_a_folder_without_a_scan_is_told(tmp_path: Path) -> None:
    with pytest.raises(NothingUsable, match=r"`scan\.json`"):
        load_result(tmp_path)


@pytest.mark.parametrize(("version", "remedy"), [(2, "a newer stillwatch"), (0, "run the scan again")])
def test_another_format_is_refused_with_the_way_out(tmp_path: Path, version: int, remedy: str) -> None:
    out = write_scan(tmp_path, (), {"format": version, "ledger": "of another shape"})
    with pytest.raises(Refused, match=f"format {version}") as caught:
        load_result(out)
    assert remedy in caught.value.remedy


def _no_evidence(out: Path) -> None:
    (out / "evidence.parquet").unlink()


def _no_parquet(out: Path) -> None:
    (out / "campaigns.parquet").write_bytes(b"PAR1 and then nothing")


def _no_json(out: Path) -> None:
    (out / "scan.json").write_text('{"format": 1,')


def _wrong_scan(out: Path) -> None:
    (out / "scan.json").write_text(json.dumps({"format": 1, "skipped": [{"count": 1}]}))


def _no_column(out: Path) -> None:
    path = out / "members.parquet"
    pq.write_table(pq.read_table(path).drop_columns(["core"]), path)


def _wrong_type(out: Path) -> None:
    path = out / "members.parquet"
    table = pq.read_table(path)
    pq.write_table(table.set_column(2, "bits", pa.array(["many"] * table.num_rows)), path)


def _null(out: Path) -> None:
    path = out / "members.parquet"
    table = pq.read_table(path)
    bits = pc.if_else(pc.equal(table["bits"], table["bits"][0]), None, table["bits"])
    pq.write_table(
        pa.Table.from_arrays([bits if n == "bits" else table[n] for n in table.column_names], table.column_names), path
    )


def _unknown_family(out: Path) -> None:
    path = out / "evidence.parquet"
    table = pq.read_table(path)
    pq.write_table(table.set_column(2, "family", pa.array(["astrology"] * table.num_rows)), path)


def _numbers_no_json(out: Path) -> None:
    path = out / "evidence.parquet"
    table = pq.read_table(path)
    place = table.column_names.index("numbers")
    pq.write_table(table.set_column(place, "numbers", pa.array(["[1]"] * table.num_rows)), path)


@pytest.mark.parametrize(
    ("spoil", "where", "found"),
    [
        (_no_evidence, "evidence.parquet", "missing"),
        (_no_parquet, "campaigns.parquet", ""),
        (_no_json, "scan.json", "json"),
        (_wrong_scan, "scan.json", "skipped.0.reason"),
        (_no_column, "members.parquet", "column `core` is required"),
        (_wrong_type, "members.parquet", "many"),
        (_null, "members.parquet", "column `bits` has nulls"),
        (_unknown_family, "evidence.parquet", "astrology"),
        (_numbers_no_json, "evidence.parquet", "`numbers` is not a JSON object"),
    ],
)
def test_a_spoiled_folder_says_which_file_and_what(
    sample_folder: Path, tmp_path: Path, spoil: Callable[[Path], None], where: str, found: str
) -> None:
    out = tmp_path / "out"
    shutil.copytree(sample_folder, out)
    spoil(out)
    with pytest.raises(StillwatchError) as caught:
        load_result(out)
    assert caught.value.where.endswith(where)
    assert found in caught.value.found
    assert not caught.value.found.endswith(".")
    assert caught.value.expected
    assert caught.value.remedy


def test_a_wrong_id_names_the_nearest(sample: Result) -> None:
    with pytest.raises(StillwatchError, match="c-7f31d0a3") as caught:
        sample.find("c-7f31d0a3")
    assert caught.value.remedy.startswith("`c-7f31d0a2`")


def test_a_cleared_group_is_found_too(sample: Result) -> None:
    assert sample.find("g-51b0c3aa").verdict is None


def test_a_wrong_id_in_an_empty_scan_is_told(tmp_path: Path) -> None:
    with pytest.raises(StillwatchError, match="there is no campaign"):
        load_result(write_scan(tmp_path, ())).find("c-1")


def test_a_mixed_campaign_has_its_parts_and_another_has_none(sample: Result) -> None:
    alone, mixed = sample.campaigns[:2]
    assert (alone.carrying, alone.end_users) == (None, ())
    assert mixed.carrying == (sum(30 + i for i in range(41)), 4_100)
    assert [user.part for user in mixed.end_users] == ["harvest", *["customer"] * 3, *["unclear"] * 2]
