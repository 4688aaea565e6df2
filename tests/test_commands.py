"""The commands at work on files: what goes in, what is refused, what stays as it was."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from stillwatch.errors import ExitCode
from stillwatch.keys import make_key
from stillwatch.ledger import Ledger
from tests.ledger.sketches import tree
from tests.small_world import (
    ROOT,
    Scanned,
    bare,
    campaign_of,
    done,
    members,
    parquet_bytes,
    stillwatch,
    truth,
    write_lines,
)

SAMPLES = ROOT / "tests" / "samples"
HOUR = 3_600


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """An exchange every ten minutes from 2026-01-01, forty in all."""
    return write_lines(tmp_path / "log.jsonl", [bare(n) for n in range(40)])


@pytest.fixture
def ledger(log: Path, tmp_path: Path) -> Path:
    """The ledger of `log`."""
    done(stillwatch("import", log, "--ledger", tmp_path / "ledger"))
    return tmp_path / "ledger"


def _scan_json(out: Path) -> dict[str, dict[str, object]]:
    said: dict[str, dict[str, object]] = json.loads((out / "scan.json").read_text("utf-8"))
    return said


# --- inspect ----------------------------------------------------------------------------------------------------------


def test_inspect_recognises_every_format_of_a_mixed_folder() -> None:
    found = done(stillwatch("inspect", SAMPLES, "--map", SAMPLES / "table.toml", "--json")).json
    formats = {file["format"] for file in found["files"]}
    assert formats >= {"stillwatch", "litellm", "otel", "langfuse", "bedrock", "claude-code", "anthropic", "openai"}
    assert "envoy" in formats
    assert found["rows"] == sum(file["rows"] for file in found["files"] if file["format"] != "envoy")


def test_inspect_says_the_span_of_time_and_how_full_each_column_is(tmp_path: Path) -> None:
    log = write_lines(tmp_path / "a.jsonl", [bare(n, country="XA" if n % 4 == 0 else None) for n in range(20)])
    (file,) = done(stillwatch("inspect", log, "--json")).json["files"]
    assert (file["rows"], file["first_ts"], file["last_ts"]) == (
        20,
        "2026-01-01T00:00:00+00:00",
        "2026-01-01T03:10:00+00:00",
    )
    assert (file["filled"]["account_id"], file["filled"]["country"]) == (1.0, 0.25)


def test_inspect_names_for_each_kind_of_evidence_why_it_cannot_be_had(log: Path, tmp_path: Path) -> None:
    accounts = tmp_path / "accounts.csv"
    accounts.write_text("account_id,payment_id\naccount-1,p1\n")
    kinds = {kind["evidence"]: kind for kind in done(stillwatch("inspect", log, "--json")).json["evidence"]}
    again = done(stillwatch("inspect", log, "--accounts", accounts, "--json")).json["evidence"]
    assert not kinds["shared_instrument"]["possible"]
    assert "payment_id" in kinds["shared_instrument"]["reason"]
    assert {kind["evidence"]: kind for kind in again}["shared_instrument"]["possible"]


def test_inspect_counts_accounts_it_cannot_use(log: Path, tmp_path: Path) -> None:
    accounts = write_lines(tmp_path / "accounts.jsonl", [{"account_id": "account-1"}, '{"account_id": ', {"plan": "x"}])
    found = done(stillwatch("inspect", log, "--accounts", accounts, "--json")).json
    assert sum(part["count"] for part in found["skipped"]) == 2


def test_inspect_and_scan_agree_on_what_evidence_can_be_had(log: Path, tmp_path: Path) -> None:
    found = done(stillwatch("inspect", log, "--json")).json
    scanned = done(stillwatch("scan", log, "--out", tmp_path / "out", "--json")).json
    missing = {kind["evidence"] for kind in found["evidence"] if not kind["possible"]}
    assert {kind["evidence"] for kind in scanned["could_not_run"]} == missing


def test_inspect_leaves_nothing_behind(log: Path) -> None:
    before = tree(log.parent)
    done(stillwatch("inspect", log))
    assert tree(log.parent) == before


# --- import -----------------------------------------------------------------------------------------------------------


def test_import_takes_files_folders_globs_and_compressed_logs_at_once(tmp_path: Path) -> None:
    lines = [json.dumps(bare(n)).encode() + b"\n" for n in range(50)]
    (tmp_path / "folder" / "deep").mkdir(parents=True)
    (tmp_path / "folder" / "deep" / "a.jsonl").write_bytes(b"".join(lines[:10]))
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress(b"".join(lines[10:20])))
    with pa.CompressedOutputStream(tmp_path / "c.zst", "zstd") as file:
        file.write(b"".join(lines[20:30]))
    (tmp_path / "glob-1.log").write_bytes(b"".join(lines[30:40]))
    (tmp_path / "glob-2.log").write_bytes(b"".join(lines[40:]))
    named = [tmp_path / name for name in ("folder", "b.jsonl.gz", "c.zst", "glob-*.log")]
    said = done(stillwatch("import", *named, "--ledger", tmp_path / "ledger", "--json")).json
    assert (said["exchanges"], len(said["files"]), said["skipped"]) == (50, 5, [])


def test_import_with_a_mapping_and_a_named_format(tmp_path: Path) -> None:
    mapped = ("import", SAMPLES / "table.csv", "--map", SAMPLES / "table.toml", "--ledger", tmp_path / "a", "--json")
    named = ("import", SAMPLES / "litellm.jsonl", "--from", "litellm", "--ledger", tmp_path / "b", "--json")
    assert done(stillwatch(*mapped)).json["exchanges"] > 0
    assert {file["format"] for file in done(stillwatch(*named)).json["files"]} == {"litellm"}


def test_the_same_file_twice_changes_nothing_and_says_so(log: Path, ledger: Path) -> None:
    before = tree(ledger)
    said = done(stillwatch("import", log, "--ledger", ledger, "--json")).json
    assert (said["exchanges"], said["already_imported"]) == (0, 1)
    assert tree(ledger) == before


def test_import_says_what_it_added_and_what_it_left_out(tmp_path: Path) -> None:
    log = write_lines(tmp_path / "log.jsonl", [bare(1), '{"exchange_id": "cut', bare(2)])
    text = done(stillwatch("import", log, "--ledger", tmp_path / "ledger")).out
    assert "2 exchanges and 0 accounts added from 1 files" in text
    assert "not used:" in text
    assert f"first in {log}:2" in text


def test_samples_are_kept_only_when_they_are_asked_for(tmp_path: Path) -> None:
    text = "You are the grader of a long contest and you always say why in the end."
    log = write_lines(tmp_path / "log.jsonl", [bare(n, system_text=text, input_text=f"take {n}") for n in range(60)])
    done(stillwatch("import", log, "--ledger", tmp_path / "without"))
    asked = done(stillwatch("import", log, "--ledger", tmp_path / "with", "--keep-samples", 2, "--json"))
    assert asked.json["samples"] > 0
    assert text in str(pq.read_table(next((tmp_path / "with").glob("samples/*.parquet"))).to_pylist())
    assert not list((tmp_path / "without").glob("samples*"))


def test_an_import_with_nothing_usable_leaves_no_new_ledger_and_an_old_one_as_it_was(
    ledger: Path, tmp_path: Path
) -> None:
    (tmp_path / "rubbish.jsonl").write_text("what is this\n")
    before = tree(ledger)
    for place in (ledger, tmp_path / "new"):
        assert stillwatch("import", tmp_path / "rubbish.jsonl", "--ledger", place).code == ExitCode.NOTHING_USABLE
    assert tree(ledger) == before
    assert not (tmp_path / "new").exists()


# --- what is refused --------------------------------------------------------------------------------------------------


def test_a_ledger_given_as_a_log_is_refused_with_the_option_that_was_meant(ledger: Path, tmp_path: Path) -> None:
    day = next(ledger.glob("exchanges/*"))
    for command in (("inspect",), ("scan", "--out", tmp_path / "out"), ("import", "--ledger", tmp_path / "new")):
        for given in (ledger, day, f"{day}/*.parquet"):
            ran = stillwatch(*command, given)
            assert ran.code == ExitCode.REFUSED
            assert "is a ledger, and no log" in ran.err
            assert "--ledger FOLDER" in ran.err
    assert not (tmp_path / "out").exists()


def test_another_key_is_refused(log: Path, ledger: Path, tmp_path: Path) -> None:
    make_key(tmp_path / "other.key")
    before = tree(ledger)
    ran = stillwatch("import", log, "--ledger", ledger, "--key", tmp_path / "other.key")
    assert ran.code == ExitCode.REFUSED
    assert "not the one this ledger was made with" in ran.err
    assert tree(ledger) == before


@pytest.mark.parametrize("command", ["import", "scan"])
def test_a_ledger_of_another_version_is_refused_with_the_way_out(
    log: Path, ledger: Path, tmp_path: Path, command: str
) -> None:
    head = ledger / "ledger.json"
    head.write_text(json.dumps({**json.loads(head.read_text("utf-8")), "format": 99}))
    arguments = {"import": (log, "--ledger", ledger), "scan": ("--ledger", ledger, "--out", tmp_path / "out")}
    ran = stillwatch(command, *arguments[command])
    assert ran.code == ExitCode.REFUSED
    assert "99" in ran.err
    assert "try: " in ran.err


def test_a_scan_into_a_foreign_folder_is_refused_and_leaves_it_as_it_was(
    log: Path, ledger: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "thesis.txt").write_text("ten years of work")
    for source in ((log,), ("--ledger", ledger)):
        ran = stillwatch("scan", *source, "--out", out)
        assert ran.code == ExitCode.REFUSED
        assert "another `--out`" in ran.err
    assert tree(out) == {"thesis.txt": b"ten years of work"}


def test_a_scan_into_a_file_is_refused(ledger: Path, log: Path) -> None:
    before = log.read_bytes()
    assert stillwatch("scan", "--ledger", ledger, "--out", log).code == ExitCode.REFUSED
    assert log.read_bytes() == before


def test_a_scan_into_a_ledger_is_refused(ledger: Path) -> None:
    before = tree(ledger)
    assert stillwatch("scan", "--ledger", ledger, "--out", ledger).code == ExitCode.REFUSED
    assert tree(ledger) == before


def test_a_ledger_in_a_foreign_folder_is_refused(log: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "photo.jpg").write_bytes(b"\xff\xd8")
    assert stillwatch("import", log, "--ledger", tmp_path / "mine").code == ExitCode.REFUSED
    assert tree(tmp_path / "mine") == {"photo.jpg": b"\xff\xd8"}


def test_a_demo_in_a_foreign_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "world").mkdir()
    (tmp_path / "world" / "map.txt").write_text("here be dragons")
    assert stillwatch("demo", "--out", tmp_path).code == ExitCode.REFUSED
    assert tree(tmp_path) == {"world/map.txt": b"here be dragons"}


# --- scan -------------------------------------------------------------------------------------------------------------


def test_a_scan_of_logs_is_import_and_scan_in_one(few: Scanned, tmp_path: Path) -> None:
    logs = (few.world / "exchanges.parquet", "--accounts", few.world / "accounts.parquet")
    done(stillwatch("scan", *logs, "--out", tmp_path / "out"))
    assert parquet_bytes(tmp_path / "out") == parquet_bytes(few.out)
    assert _scan_json(tmp_path / "out")["ledger"]["exchanges"] == _scan_json(few.out)["ledger"]["exchanges"]


def test_a_second_scan_of_logs_takes_the_place_of_the_first(log: Path, tmp_path: Path) -> None:
    other = write_lines(tmp_path / "other.jsonl", [bare(n, account_id="else") for n in range(100, 103)])
    for logs, exchanges in ((log, 40), (other, 3)):
        done(stillwatch("scan", logs, "--out", tmp_path / "out"))
        assert _scan_json(tmp_path / "out")["ledger"]["exchanges"] == exchanges


def test_a_scan_does_not_change_its_ledger(ledger: Path, tmp_path: Path) -> None:
    before = tree(ledger)
    done(stillwatch("scan", "--ledger", ledger, "--out", tmp_path / "out"))
    assert tree(ledger) == before


def test_a_ledger_without_its_key_can_be_scanned(ledger: Path, tmp_path: Path) -> None:
    (ledger / "key").rename(tmp_path / "key")
    done(stillwatch("scan", "--ledger", ledger, "--out", tmp_path / "out"))


@pytest.mark.parametrize(
    ("since", "until", "exchanges"),
    [
        ("2026-01-01T01:00:00Z", None, 34),
        ("2026-01-01T01:00:00.000001Z", None, 33),
        (None, "2026-01-01T01:00:00Z", 6),
        ("2026-01-01T01:00:00", "2026-01-01T02:00", 6),
        ("2026-01-01T06:45+05:45", "2026-01-01T02:00Z", 6),
        ("2025-12-31", "2026-01-02", 40),
    ],
)
def test_since_is_the_first_moment_and_until_the_one_after_the_last(
    ledger: Path, tmp_path: Path, since: str | None, until: str | None, exchanges: int
) -> None:
    limits = [part for name, value in (("--since", since), ("--until", until)) if value for part in (name, value)]
    done(stillwatch("scan", "--ledger", ledger, "--out", tmp_path / "out", *limits))
    assert _scan_json(tmp_path / "out")["ledger"]["exchanges"] == exchanges


def test_a_time_in_which_nothing_happened_names_the_time_in_which_something_did(ledger: Path, tmp_path: Path) -> None:
    ran = stillwatch("scan", "--ledger", ledger, "--out", tmp_path / "out", "--since", "2027-01-01")
    assert ran.code == ExitCode.NOTHING_USABLE
    assert "from 2026-01-01 to 2026-01-01" in ran.err
    assert not (tmp_path / "out").exists()


def test_a_campaign_that_grew_keeps_its_id(few: Scanned, tmp_path: Path) -> None:
    group = truth(few.world)
    late = [account for account, population in sorted(group.items()) if population == "grader"][::3]
    early_world, late_log = _split(few.world, tmp_path, late)
    ledger, out = tmp_path / "ledger", tmp_path / "out"
    done(stillwatch("import", early_world, "--accounts", few.world / "accounts.parquet", "--ledger", ledger))
    done(stillwatch("scan", "--ledger", ledger, "--out", out))
    first = campaign_of(few.world, out, "grader")
    done(stillwatch("import", late_log, "--ledger", ledger))
    done(stillwatch("scan", "--ledger", ledger, "--out", tmp_path / "anew"))
    done(stillwatch("scan", "--ledger", ledger, "--out", out, "--known", out))
    assert campaign_of(few.world, out, "grader") == first
    assert campaign_of(few.world, tmp_path / "anew", "grader") != first
    assert set(late) <= members(out)[first]


def _split(world: Path, place: Path, late: list[str]) -> tuple[Path, Path]:
    """Write the exchanges of all other accounts, and those of `late`."""
    table = pq.read_table(world / "exchanges.parquet")
    is_late = pc.is_in(table["account_id"], pa.array(late))
    pq.write_table(table.filter(pc.invert(is_late)), place / "early.parquet")
    pq.write_table(table.filter(is_late), place / "late.parquet")
    return place / "early.parquet", place / "late.parquet"


def test_a_deleted_day_is_gone_from_the_next_scan(tmp_path: Path) -> None:
    log = write_lines(tmp_path / "log.jsonl", [bare(n, ts=1_767_225_600 + 12 * HOUR * n) for n in range(6)])
    done(stillwatch("import", log, "--ledger", tmp_path / "ledger"))
    days = sorted({path.parent for path in Ledger.open(tmp_path / "ledger").exchange_files()})
    shutil.rmtree(days[0])
    done(stillwatch("scan", "--ledger", tmp_path / "ledger", "--out", tmp_path / "out"))
    assert _scan_json(tmp_path / "out")["ledger"]["exchanges"] == 4
