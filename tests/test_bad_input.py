"""Bad input, as files that a user hands to the commands: what is good goes on, what is not is counted and placed."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillwatch.errors import ExitCode
from stillwatch.ledger import Ledger
from tests.small_world import ROOT, bare, done, stillwatch, stillwatch_process, write_lines

SAMPLES = ROOT / "tests" / "samples"
START = 1_767_225_600
"""2026-01-01 in UTC, in seconds."""


def _imported(tmp_path: Path, *logs: object) -> dict[str, Any]:
    said: dict[str, Any] = done(stillwatch("import", *logs, "--ledger", tmp_path / "ledger", "--json")).json
    return said


def _first(said: dict[str, Any], kind: str = "skipped") -> dict[str, tuple[int, str]]:
    return {part["reason"]: (part["count"], part["first"]) for part in said[kind]}


def _with_bad(tmp_path: Path, *bad: Any) -> tuple[dict[str, Any], Path]:
    """Import two good exchanges with bad lines between them; the good ones must go in."""
    log = write_lines(tmp_path / "log.jsonl", [bare(1), *bad, bare(2)])
    said = _imported(tmp_path, log)
    assert said["exchanges"] >= 2
    return said, log


# --- one bad line -----------------------------------------------------------------------------------------------------


def test_truncated_json_is_counted_and_the_next_line_is_read(tmp_path: Path) -> None:
    said, log = _with_bad(tmp_path, '{"exchange_id": "x9", "ts": 17', '{"exchange_id": "x10"')
    (count, first), *others = _first(said).values()
    assert (count, first, others) == (2, f"{log}:2", [])


@pytest.mark.parametrize(
    ("column", "value"),
    [("exchange_id", {"a": 1}), ("account_id", [1, 2]), ("ts", True), ("ts", "soon"), ("model", {}), ("ts", None)],
)
def test_a_wrong_type_where_a_value_is_required_costs_the_row(tmp_path: Path, column: str, value: object) -> None:
    said, log = _with_bad(tmp_path, bare(9, **{column: value}))
    assert said["exchanges"] == 2
    ((reason, (count, first)),) = _first(said).items()
    assert (count, first) == (1, f"{log}:2")
    assert column in reason or "timestamp" in reason


@pytest.mark.parametrize(
    ("column", "value"),
    [("tokens_in", "many"), ("turn", [1]), ("tools", 7), ("stream", "perhaps"), ("temperature", {}), ("status", 1e300)],
)
def test_a_wrong_type_elsewhere_costs_the_value_and_is_noted(tmp_path: Path, column: str, value: object) -> None:
    said, _ = _with_bad(tmp_path, bare(9, **{column: value}))
    assert (said["exchanges"], said["skipped"]) == (3, [])
    assert any(column in reason for reason in _first(said, "notes"))


@pytest.mark.parametrize(
    "moment", [0, -1, 1e30, "1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "0001-01-01", 4_102_444_800, "-5"]
)
def test_an_absurd_timestamp_costs_the_row(tmp_path: Path, moment: object) -> None:
    said, log = _with_bad(tmp_path, bare(9, ts=moment))
    assert said["exchanges"] == 2
    ((_, found),) = _first(said).items()
    assert found == (1, f"{log}:2")


def test_duplicate_ids_are_dropped_and_counted(tmp_path: Path) -> None:
    said, _ = _with_bad(tmp_path, bare(1), bare(1, account_id="other"))
    assert said["exchanges"] == 2
    ((reason, (count, _)),) = _first(said).items()
    assert ("exchange_id" in reason or "id" in reason, count) == (True, 2)


def test_null_bytes_are_removed_and_noted(tmp_path: Path) -> None:
    line = json.dumps(bare(9, input_text="a\x00b")).encode()
    said, _ = _with_bad(tmp_path, line, b"\x00\x00" + json.dumps(bare(8)).encode())
    assert said["exchanges"] == 4
    assert any("null byte" in reason for reason in _first(said, "notes"))


def test_invalid_utf8_is_replaced_and_noted(tmp_path: Path) -> None:
    line = json.dumps(bare(9, input_text="caf@")).encode().replace(b"@", b"\xe9")
    said, _ = _with_bad(tmp_path, line)
    assert (said["exchanges"], said["skipped"]) == (3, [])
    assert any("UTF-8" in reason for reason in _first(said, "notes"))


def test_a_prompt_of_ten_megabytes_passes_and_keeps_its_length(tmp_path: Path) -> None:
    text = "Explain this line of the log. " * (10 * 1024 * 1024 // 30)
    _with_bad(tmp_path, bare(9, input_text=text))
    (path,) = Ledger.open(tmp_path / "ledger").exchange_files()
    assert max(filter(None, pq.read_table(path, partitioning=None)["input_chars"].to_pylist())) == len(text)


# --- whole files ------------------------------------------------------------------------------------------------------


def test_mixed_time_zones_and_units_are_one_time(tmp_path: Path) -> None:
    moments = [START, START * 1_000, START * 10**6, "2026-01-01T00:00:00Z", "2026-01-01T05:45:00+05:45"]
    moments += ["2025-12-31T16:00:00-08:00", "2026-01-01 00:00:00"]
    log = write_lines(tmp_path / "log.jsonl", [bare(n, ts=moment) for n, moment in enumerate(moments)])
    said = _imported(tmp_path, log)
    assert (said["exchanges"], said["skipped"]) == (len(moments), [])
    (path,) = Ledger.open(tmp_path / "ledger").exchange_files()
    times = set(pq.read_table(path, partitioning=None)["ts"].to_pylist())
    assert times == {dt.datetime(2026, 1, 1, tzinfo=dt.UTC)}
    assert any("zone" in reason for reason in _first(said, "notes"))


def test_an_empty_file_among_others_is_counted_and_named(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    write_lines(folder / "good.jsonl", [bare(1)])
    (folder / "empty.jsonl").touch()
    said = _imported(tmp_path, folder)
    assert said["exchanges"] == 1
    assert [part["first"] for part in said["skipped"]] == [str(folder / "empty.jsonl")]


def test_a_folder_of_mixed_formats_and_rubbish_gives_what_is_good(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    shutil.copytree(SAMPLES, folder)
    good = _imported(tmp_path / "a", folder)["exchanges"]
    (folder / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    (folder / "notes.txt").write_text("buy milk\n")
    (folder / "cut.parquet").write_bytes(b"PAR1 and then nothing")
    (folder / "cut.gz").write_bytes(gzip.compress(json.dumps(bare(1)).encode() * 100)[:40])
    said = _imported(tmp_path / "b", folder)
    assert said["exchanges"] == good > 0
    placed = " ".join(part["first"] for part in said["skipped"])
    assert sum(part["count"] for part in said["skipped"]) >= 4
    assert placed


@pytest.mark.parametrize("missing", ["ts", "exchange_id", "account_id", "model"])
def test_a_parquet_file_without_a_required_column_is_refused_by_name(tmp_path: Path, missing: str) -> None:
    table = pa.Table.from_pylist([bare(n) for n in range(5)]).drop_columns([missing])
    pq.write_table(table, tmp_path / "log.parquet")
    ran = stillwatch("import", tmp_path / "log.parquet", "--ledger", tmp_path / "ledger", "--from", "stillwatch")
    assert ran.code == ExitCode.NOTHING_USABLE
    assert f"`{missing}`" in ran.err


def test_a_parquet_file_without_required_columns_does_not_stop_the_others(tmp_path: Path) -> None:
    pq.write_table(pa.table({"weather": ["sun"], "wind": [3]}), tmp_path / "a.parquet")
    log = write_lines(tmp_path / "b.jsonl", [bare(1)])
    said = _imported(tmp_path, tmp_path / "a.parquet", log)
    assert said["exchanges"] == 1
    assert [part["first"] for part in said["skipped"]] == [str(tmp_path / "a.parquet")]


def test_a_parquet_file_of_other_types_gives_what_fits(tmp_path: Path) -> None:
    columns = {
        "exchange_id": pa.array(["a", "b", "c"]),
        "ts": pa.array([START, START + 1, START + 2], pa.int64()),
        "account_id": pa.array([1, 2, 3], pa.int32()),
        "model": pa.array(["m", "m", "m"]).dictionary_encode(),
        "tokens_in": pa.array(["12", "many", None]),
        "input_text": pa.array(["x", "y", "z"], pa.large_string()),
    }
    pq.write_table(pa.table(columns), tmp_path / "log.parquet")
    assert _imported(tmp_path, tmp_path / "log.parquet")["exchanges"] == 3


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="an empty file"),
        pytest.param(b"\n\n\n", id="empty lines"),
        pytest.param(b"what is this\n", id="prose"),
        pytest.param(bytes(range(256)) * 40, id="bytes"),
        pytest.param(b"PAR1", id="a Parquet file that is none"),
        pytest.param(gzip.compress(b""), id="compressed nothing"),
        pytest.param(b"[]", id="an array of nothing"),
        pytest.param(b'{"exchange_id": "x", "ts": 5, "account_id": "a", "model": "m"}', id="nothing but a bad record"),
        pytest.param(b"exchange_id,ts,account_id,model\n", id="a header alone"),
        pytest.param(b"[" * 100_000, id="brackets"),
        pytest.param(b"\xff\xfe" + "exchange_id,ts\n".encode("utf-16-le"), id="UTF-16"),
    ],
)
@pytest.mark.parametrize("command", ["import", "scan", "inspect"])
def test_nothing_usable_ends_with_two_and_says_what_was_expected(tmp_path: Path, content: bytes, command: str) -> None:
    (tmp_path / "log").write_bytes(content)
    new = {"import": ("--ledger", tmp_path / "new"), "scan": ("--out", tmp_path / "new"), "inspect": ()}
    ran = stillwatch(command, tmp_path / "log", *new[command])
    assert ran.code == ExitCode.NOTHING_USABLE
    assert "expected: " in ran.err
    assert not (tmp_path / "new").exists()


def test_a_folder_of_rubbish_and_an_empty_folder_are_nothing_usable(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "rubbish").mkdir()
    for n in range(5):
        (tmp_path / "rubbish" / str(n)).write_bytes(bytes([n]) * 50)
    for folder in ("empty", "rubbish"):
        assert stillwatch("scan", tmp_path / folder, "--out", tmp_path / "out").code == ExitCode.NOTHING_USABLE


def test_no_traceback_reaches_a_user(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(bytes(range(256)) * 40)
    ran = stillwatch_process("inspect", tmp_path / "log")
    assert ran.code == ExitCode.NOTHING_USABLE
    assert "Traceback" not in ran.out + ran.err


def test_a_bad_table_of_accounts_is_counted_and_the_good_rows_stay(tmp_path: Path) -> None:
    lines: list[Any] = [{"account_id": "account-1", "plan": "pro"}, '{"account_id"', {"plan": "x"}]
    lines += [{"account_id": "account-1", "plan": "free"}, {"account_id": "account-2", "created_at": "long ago"}]
    table = write_lines(tmp_path / "accounts.jsonl", lines)
    log = write_lines(tmp_path / "log.jsonl", [bare(n) for n in range(20)])
    said = _imported(tmp_path, log, "--accounts", table)
    assert (said["exchanges"], said["accounts"]) == (20, 2)
    assert sum(part["count"] for part in said["skipped"]) == 3


# --- counted to the end -----------------------------------------------------------------------------------------------


def test_what_was_skipped_stands_in_every_result(tmp_path: Path) -> None:
    log = write_lines(tmp_path / "log.jsonl", [bare(1), '{"cut', bare(2, ts=0), bare(3, account_id=None), bare(1)])
    out = tmp_path / "out"
    seen = done(stillwatch("inspect", log, "--json")).json["files"][0]["skipped"]
    scanned = done(stillwatch("scan", log, "--out", out, "--json"))
    said = json.loads((out / "scan.json").read_text("utf-8"))
    assert (said["rows_read"], said["ledger"]["exchanges"]) == (5, 1)
    assert {part["reason"]: part["count"] for part in said["skipped"]}.items() >= {
        part["reason"]: part["count"] for part in seen
    }.items()
    assert sum(part["count"] for part in said["skipped"]) == 4
    assert all(part["first"].startswith(str(log)) for part in said["skipped"])
    assert all(part["reason"] in (out / "report.html").read_text("utf-8") for part in said["skipped"])
    assert scanned.err == ""
