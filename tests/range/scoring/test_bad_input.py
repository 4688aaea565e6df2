"""What does not belong together is not scored, and the error says what to do."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillwatch.errors import NothingUsable, Refused, StillwatchError
from stillwatch.range.scoring import read_score, score, score_json
from tests.range.scoring.hand import PEOPLE, add_groups, scored, write_scan, write_world

NAMED = {"k": ("distillation_campaign", "l1 l2")}
SENT = [(name, float(hour)) for name in PEOPLE for hour in range(3)]


@pytest.fixture
def truth(tmp_path: Path) -> Path:
    return write_world(tmp_path / "world", exchanges=SENT)


@pytest.fixture
def scan(tmp_path: Path) -> Path:
    return write_scan(tmp_path / "scan", NAMED)


def test_a_truth_that_is_not_there(tmp_path: Path, scan: Path) -> None:
    with pytest.raises(NothingUsable, match=r"no such file[\s\S]*--truth"):
        score(tmp_path / "nowhere.parquet", scan)


def test_a_file_that_is_no_truth(truth: Path, scan: Path) -> None:
    with pytest.raises(StillwatchError, match=r"`kind`|`group_id`[\s\S]*truth.parquet"):
        score(truth.with_name("accounts.parquet"), scan)
    truth.write_bytes(b"not parquet")
    with pytest.raises(StillwatchError, match=r"is no truth[\s\S]*range build"):
        score(truth, scan)


def test_a_truth_beside_the_accounts_of_another_world(truth: Path, scan: Path) -> None:
    pq.write_table(pa.table({"account_id": [*list(PEOPLE)[:15], "somebody"]}), truth.with_name("accounts.parquet"))
    with pytest.raises(StillwatchError, match=r"5 of 20 accounts of the truth are not in `accounts.parquet`"):
        score(truth, scan)


def test_a_truth_beside_the_exchanges_of_another_world(truth: Path, tmp_path: Path, scan: Path) -> None:
    other = write_world(tmp_path / "other", exchanges=[*SENT, ("somebody", 1.0)])
    shutil.copy(other.with_name("exchanges.parquet"), truth.with_name("exchanges.parquet"))
    with pytest.raises(
        StillwatchError, match=r"1 of 21 accounts with exchanges are not in the truth[\s\S]*range build"
    ):
        score(truth, scan)


def test_an_account_that_stands_in_the_truth_twice(truth: Path, scan: Path) -> None:
    rows = pq.read_table(truth)
    pq.write_table(pa.concat_tables([rows, rows.slice(0, 2)]), truth)
    with pytest.raises(StillwatchError, match="2 accounts stand in the truth more than once"):
        score(truth, scan)


def test_a_campaign_account_without_a_group(truth: Path, scan: Path) -> None:
    rows = pq.read_table(truth)
    place = rows.schema.get_field_index("group_id")
    pq.write_table(rows.set_column(place, rows.schema.field(place), pa.array([""] * rows.num_rows)), truth)
    with pytest.raises(StillwatchError, match="8 accounts of a campaign or relay have no group"):
        score(truth, scan)


def test_a_folder_that_is_no_scan(truth: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(NothingUsable, match=r"there is no `scan.json` in this folder[\s\S]*stillwatch scan"):
        score(truth, tmp_path / "empty")
    with pytest.raises(NothingUsable, match="there is no such folder"):
        score(truth, tmp_path / "nowhere")
    with pytest.raises(NothingUsable, match=r"no scan is given[\s\S]*--scan"):
        score(truth)


def test_a_scan_with_a_table_missing(truth: Path, scan: Path) -> None:
    (scan / "members.parquet").unlink()
    with pytest.raises(NothingUsable, match=r"members.parquet[\s\S]*run the scan again"):
        score(truth, scan)


def test_a_scan_of_another_world_by_its_members(truth: Path, tmp_path: Path) -> None:
    stranger = write_scan(tmp_path / "stranger", {"k": ("coordinated", "l1 somebody")})
    with pytest.raises(
        StillwatchError, match=r"1 of 2 members of the scan are not in this truth[\s\S]*beside the truth"
    ):
        score(truth, stranger)


def test_a_scan_of_another_world_by_the_groups_it_tested(truth: Path, scan: Path) -> None:
    add_groups(scan, {"k": ("l1 l2 somebody", 1.0, 1.0)})
    with pytest.raises(StillwatchError, match="1 of 3 tested accounts are not in this truth"):
        score(truth, scan)


@pytest.mark.parametrize(
    ("ledger", "found"),
    [
        ({"exchanges": 61}, "saw 61 exchanges, the world has 60"),
        ({"accounts": 21}, "saw 21 accounts, the truth has 20"),
    ],
)
def test_a_scan_of_another_world_that_found_nothing(
    truth: Path, tmp_path: Path, ledger: dict[str, int], found: str
) -> None:
    other = write_scan(tmp_path / "other", {}, head={"ledger": ledger})
    with pytest.raises(StillwatchError, match=found):
        score(truth, other)


def test_rows_that_the_import_left_out_are_no_other_world(truth: Path, tmp_path: Path) -> None:
    skipped = [{"reason": "no time", "count": 2}]
    score(truth, write_scan(tmp_path / "a", {}, head={"ledger": {"exchanges": 58}, "skipped": skipped}))
    with pytest.raises(StillwatchError, match="saw 57 exchanges"):
        score(truth, write_scan(tmp_path / "b", {}, head={"ledger": {"exchanges": 57}, "skipped": skipped}))


def test_scans_of_two_worlds_in_one_series(truth: Path, scan: Path, tmp_path: Path) -> None:
    other = write_scan(tmp_path / "other", {"k": ("coordinated", "x1 x2")}, until=2)
    with pytest.raises(StillwatchError, match=r"other: 2 of 2 members"):
        score(truth, scan, other)


def test_two_scans_with_the_same_cut_off(truth: Path, tmp_path: Path, scan: Path) -> None:
    again = write_scan(tmp_path / "again", NAMED)
    with pytest.raises(StillwatchError, match=r"has the same cut-off as `.*`: no `--until`[\s\S]*another `--until`"):
        score(truth, scan, again)
    early = [write_scan(tmp_path / name, NAMED, until=2) for name in "ab"]
    with pytest.raises(StillwatchError, match=r"`--until 2026-06-01T02:00:00\+00:00`"):
        score(truth, scan, *early)


def test_a_scan_that_begins_late(truth: Path, scan: Path) -> None:
    path = scan / "scan.json"
    path.write_text(path.read_text().replace('"since": null', '"since": "2026-06-01T01:00:00Z"'))
    with pytest.raises(StillwatchError, match=r"begins at 2026-06-01T01:00:00Z[\s\S]*without `--since`"):
        score(truth, scan)


def test_a_scan_of_another_format(truth: Path, scan: Path) -> None:
    (scan / "scan.json").write_text(json.dumps({"format": 99}))
    with pytest.raises(Refused, match="written in format 99"):
        score(truth, scan)


def test_exchanges_that_are_no_record(truth: Path, scan: Path) -> None:
    pq.write_table(pa.table({"account_id": ["l1"], "ts": ["yesterday"]}), truth.with_name("exchanges.parquet"))
    with pytest.raises(StillwatchError, match="has no column `ts` of the record's type"):
        score(truth, scan)


def test_world_parameters_that_are_no_json(truth: Path, scan: Path) -> None:
    truth.with_name("world.json").write_text("{")
    with pytest.raises(StillwatchError, match=r"world.json: is not JSON"):
        score(truth, scan)


def test_a_file_that_is_no_score(tmp_path: Path) -> None:
    with pytest.raises(NothingUsable, match="no such file"):
        read_score(tmp_path / "nowhere.json")
    path = tmp_path / "score.json"
    path.write_text("[1, 2]")
    with pytest.raises(StillwatchError, match=r"score.json: [\s\S]*range score"):
        read_score(path)
    values = score_json(scored(tmp_path, NAMED))
    with pytest.raises(Refused, match="written in format 9"):
        read_score(values | {"format": 9})
    with pytest.raises(StillwatchError, match=r"one: `groups"):
        read_score(values | {"groups": [{"group_id": "x"}]}, where="one")
