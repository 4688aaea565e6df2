"""The command line: what is read, how errors are told, what is printed where, and how a process ends."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from stillwatch import __version__
from stillwatch.errors import ExitCode
from tests.small_world import ROOT, Scanned, bare, campaign_of, done, stillwatch, stillwatch_process, write_lines

COMMANDS = ("inspect", "import", "scan", "watch", "explain", "calibrate", "demo")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Twenty exchanges with nothing but what is required."""
    return write_lines(tmp_path / "log.jsonl", [bare(n) for n in range(20)])


def test_the_version_is_that_of_the_package() -> None:
    assert done(stillwatch("--version")).out.strip() == __version__


def test_help_names_every_command() -> None:
    text = done(stillwatch("--help")).out
    assert not [name for name in COMMANDS if name not in text]


def test_without_a_command_the_help_is_shown() -> None:
    ran = stillwatch()
    assert ran.code == ExitCode.NOTHING_USABLE
    assert "Usage:" in ran.out + ran.err
    assert "inspect" in ran.out + ran.err


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    assert "Usage:" in done(stillwatch(command, "--help")).out


# --- how a run ends ---------------------------------------------------------------------------------------------------


def test_a_scan_that_finds_nothing_has_done_its_work(log: Path, tmp_path: Path) -> None:
    ran = done(stillwatch("scan", log, "--out", tmp_path / "out"))
    assert "no campaign" in ran.out.lower()


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (("frobnicate",), "frobnicate"),
        (("scan", "{log}"), "--out"),
        (("scan", "{log}", "--out", "{new}", "--frobnicate"), "--frobnicate"),
        (("scan", "--out", "{new}"), "--ledger"),
        (("scan", "{log}", "--ledger", "{new}", "--out", "{new}"), "one of the two"),
        (("scan", "{log}", "--out", "{new}", "--engine", "abacus"), "duckdb"),
        (("scan", "{log}", "--out", "{new}", "--since", "yesterday"), "ISO 8601"),
        (("scan", "{log}", "--out", "{new}", "--until", "2026-13-01"), "ISO 8601"),
        (("scan", "{log}", "--out", "{new}", "--false-discoveries", "1"), "between 0 and 1"),
        (("scan", "{log}", "--out", "{new}", "--threads", "0"), "--threads"),
        (("scan", "{log}", "--out", "{new}", "--threads", "many"), "--threads"),
        (("scan", "{missing}", "--out", "{new}"), "nothing is there"),
        (("scan", "--ledger", "{missing}", "--out", "{new}"), "there is no ledger"),
        (("import", "{log}", "--ledger", "{new}", "--from", "papyrus"), "papyrus"),
        (("import", "{log}", "--ledger", "{new}", "--keep-samples", "-1"), "--keep-samples"),
        (("import", "{log}", "--ledger", "{new}", "--map", "{missing}"), "{missing}"),
        (("import", "{log}", "--ledger", "{new}", "--key", "{missing}"), "{missing}"),
        (("import", "{missing}", "--ledger", "{new}"), "nothing is there"),
        (("import", "{log}", "--ledger", "{new}", "--accounts", "{missing}"), "{missing}"),
        (("inspect", "{missing}"), "nothing is there"),
        (("inspect", "{log}", "--from", "papyrus"), "papyrus"),
        (("explain", "{missing}", "c-1"), "no such folder"),
    ],
)
def test_a_wrong_command_line_ends_with_two_and_says_what_was_expected(
    log: Path, tmp_path: Path, arguments: tuple[str, ...], names: str
) -> None:
    places = {"log": log, "new": tmp_path / "new", "missing": tmp_path / "missing"}
    ran = stillwatch(*(argument.format(**places) for argument in arguments))
    assert ran.code == ExitCode.NOTHING_USABLE, ran.err
    assert names.format(**places) in ran.err
    assert ran.out == ""
    assert not (tmp_path / "new").exists()


def test_an_amount_of_memory_that_is_none_is_said_before_anything_is_read(log: Path, tmp_path: Path) -> None:
    ran = stillwatch("scan", log, "--out", tmp_path / "new", "--memory", "lots")
    assert ran.code != ExitCode.OK
    assert "--memory" in ran.err
    assert not (tmp_path / "new").exists()


def test_an_earlier_scan_that_is_none_is_said_before_anything_is_read(log: Path, tmp_path: Path) -> None:
    ran = stillwatch("scan", log, "--out", tmp_path / "new", "--known", tmp_path / "missing")
    assert ran.code == ExitCode.NOTHING_USABLE
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    "arguments",
    [("frobnicate",), ("scan", "--out", "x"), ("inspect", "missing"), ("explain", "missing", "c-1")],
    ids=" ".join,
)
def test_an_error_is_told_in_one_grammar(arguments: tuple[str, ...]) -> None:
    ran = stillwatch(*arguments)
    lines = ran.err.splitlines()
    assert lines[0][0] == lines[0][0].lower()
    assert not lines[0].endswith(".")
    assert all(line.startswith(("  expected: ", "  try: ")) for line in lines[1:])


# --- what a machine reads ---------------------------------------------------------------------------------------------


def test_inspect_prints_json(log: Path) -> None:
    found = done(stillwatch("inspect", log, "--json")).json
    assert found["rows"] == 20
    assert found["files"][0]["format"] == "stillwatch"
    assert {kind["evidence"] for kind in found["evidence"] if kind["possible"]} >= {"even_load", "in_step"}


def test_import_prints_json(log: Path, tmp_path: Path) -> None:
    said = done(stillwatch("import", log, "--ledger", tmp_path / "ledger", "--json")).json
    assert (said["exchanges"], said["skipped"], said["already_imported"]) == (20, [], 0)
    assert {"read", "sketch", "store", "total"} <= said["timings"].keys()


def test_scan_prints_json(everyone: Scanned) -> None:
    said = everyone.said.json
    assert said["format"] == 1
    assert {campaign["verdict"] for campaign in said["campaigns"]} == {"distillation_campaign", "pooled_access"}
    assert all(campaign["strongest"] for campaign in said["campaigns"])


def test_explain_prints_json(everyone: Scanned) -> None:
    name = campaign_of(everyone.world, everyone.out, "letter")
    said = done(stillwatch("explain", everyone.out, name, "--json")).json
    assert said["campaign_id"] == name
    assert len(said["members"]) == said["n_accounts"]


def test_json_stays_in_the_script_of_its_text(tmp_path: Path) -> None:
    log = write_lines(tmp_path / "日志.jsonl", [bare(1)])
    assert "日志.jsonl" in done(stillwatch("inspect", log, "--json")).out


# --- what a person sees -----------------------------------------------------------------------------------------------


def test_inspect_shows_how_full_each_column_is_and_which_evidence_can_be_had(log: Path) -> None:
    text = done(stillwatch("inspect", log)).out
    assert re.search(r"account_id\s+always", text)
    assert re.search(r"payment|ip\s+never", text)
    assert re.search(r"shared address\s+infrastructure\s+no: no row has `ip`", text)
    assert re.search(r"even load\s+timing\s+yes", text)


def test_scan_shows_campaigns_their_strongest_evidence_and_the_report(few: Scanned, tmp_path: Path) -> None:
    out = tmp_path / "out"
    text = done(stillwatch("scan", "--ledger", few.ledger, "--out", out)).out
    assert "1 distillation campaign and 1 case of pooled access" in text
    assert "displaced reasoning" in text
    assert f"Report: {out / 'report.html'}" in text
    assert f"stillwatch explain {out} c-" in text


def test_without_a_terminal_there_is_no_progress_and_no_colour(log: Path, tmp_path: Path) -> None:
    ran = stillwatch_process("scan", log, "--out", tmp_path / "out")
    assert (ran.code, ran.err) == (0, "")
    assert "\x1b" not in ran.out
    assert "importing" not in ran.out


def test_on_a_terminal_progress_is_shown(few: Scanned, tmp_path: Path) -> None:
    seen = _on_a_terminal("scan", "--ledger", few.ledger, "--out", tmp_path / "out")
    assert "scanning" in seen
    assert "Report:" in seen


def _on_a_terminal(*arguments: object) -> str:
    """Return all that a command writes to a terminal."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "stillwatch.cli", *map(str, arguments)]
    with subprocess.Popen(command, stdout=theirs, stderr=theirs, env=_environment()) as process:
        os.close(theirs)
        seen = b"".join(iter(lambda: _read(ours), b""))
        assert process.wait(60) == 0
    os.close(ours)
    return seen.decode()


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200", "TERM": "xterm"}


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65_536)
    except OSError:  # the other end is closed
        return b""


def test_a_reader_that_goes_away_is_no_error(everyone: Scanned) -> None:
    name = campaign_of(everyone.world, everyone.out, "letter")
    command = [sys.executable, "-m", "stillwatch.cli", "explain", str(everyone.out), name, "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=_environment()) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        told = process.stderr.read().decode()
        assert process.wait(60) == ExitCode.OK
    assert told == ""


def test_stopped_by_the_user_it_says_so_and_leaves_no_half_scan(everyone: Scanned, tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = [sys.executable, "-m", "stillwatch.cli", "scan", "--ledger", str(everyone.ledger), "--out", str(out)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, env=_environment()) as process:
        assert process.stderr is not None
        _wait_for_its_engine(process.pid)
        process.send_signal(signal.SIGINT)
        told = process.stderr.read().decode()
        assert process.wait(60) == ExitCode.FAILED
    assert told == "stopped; what was finished stays\n"
    assert not (out / "scan.json").exists()


def test_stopped_while_the_engine_reads_from_python_it_says_the_same() -> None:
    script = """
        import os, signal, duckdb, pyarrow as pa
        from stillwatch import cli

        def batches():
            yield pa.record_batch({"n": [1]})
            os.kill(os.getpid(), signal.SIGINT)
            yield pa.record_batch({"n": [2]})

        def app(**options):
            reader = pa.RecordBatchReader.from_batches(pa.schema([("n", pa.int64())]), batches())
            duckdb.connect().register("incoming", reader).execute("create table kept as select * from incoming")

        cli.app = app
        cli.main()
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=False)
    assert done.stderr == "stopped; what was finished stays\n"
    assert done.returncode == ExitCode.FAILED


def _wait_for_its_engine(pid: int) -> None:
    """Wait until a scan has its database open."""
    for _ in range(600):
        folder = Path(f"/proc/{pid}/fd")
        if any("scan.duckdb" in _target(link) for link in folder.iterdir()):
            return
        time.sleep(0.05)
    pytest.fail("the scan never began")


def _target(link: Path) -> str:
    try:
        return os.readlink(link)
    except OSError:
        return ""
