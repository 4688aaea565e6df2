"""The commands as they are typed. This module reads arguments and prints; what they do is in `commands.py`."""

from __future__ import annotations

import datetime as dt
import io
import json
import signal
import sys
import tempfile
import time
from pathlib import Path
from types import FrameType
from typing import Annotated

import duckdb
import typer
from rich.console import Console
from typer import TyperException

from stillwatch import __version__, calibrate, commands
from stillwatch.cli_range import app as range_app
from stillwatch.config import ScanSettings
from stillwatch.console import show, show_text, watching, working
from stillwatch.engine import DEFAULT, Place, is_spark
from stillwatch.errors import ExitCode, NothingUsable, StillwatchError, disk_is_full, no_room
from stillwatch.ingest import IngestOptions
from stillwatch.memory import SHARE
from stillwatch.report import intake, terminal
from stillwatch.report.json import campaign_json, campaigns_json
from stillwatch.report.result import Result, load_result
from stillwatch.trials import SETS, Effect, effects
from stillwatch.watch import facts, lines, watch_ledger
from stillwatch.weights import read_weights

app = typer.Typer(
    help="Find distillation campaigns in the logs of a model API, with the evidence for and against.",
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,
)


app.add_typer(range_app, name="range")

Logs = Annotated[
    list[str], typer.Argument(metavar="LOG...", help="Log files, folders and globs, of any mix of formats.")
]
MaybeLogs = Annotated[list[str] | None, typer.Argument(metavar="[LOG]...", help="Logs, if there is no ledger yet.")]
Accounts = Annotated[
    list[str] | None, typer.Option("--accounts", help="Table of accounts: Parquet, JSON Lines or CSV.")
]
Format = Annotated[str | None, typer.Option("--from", help="Format of all files; without it each is recognised.")]
Mapping = Annotated[Path | None, typer.Option("--map", help="TOML file that names the columns of a foreign table.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a machine.")]
Key = Annotated[Path | None, typer.Option("--key", help="Your key file; a new ledger without one makes its own.")]
Memory = Annotated[
    str | None,
    typer.Option(
        "--memory", help="What the process may hold, all in all.", show_default=f"{SHARE:.0%} of what is there"
    ),
]
Spill = Annotated[
    Path | None, typer.Option("--spill", help="Folder for what does not fit into memory.", show_default="/var/tmp")
]
Out = Annotated[Path, typer.Option("--out", help="Folder for the tables, `scan.json` and `report.html`.")]


@app.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False,
) -> None:
    """Find distillation campaigns in the logs of a model API, with the evidence for and against."""
    if version:
        print(__version__)
        raise typer.Exit
    if context.invoked_subcommand is None:
        print(context.get_help())
        raise typer.Exit(ExitCode.NOTHING_USABLE)


@app.command()
def inspect(
    logs: Logs, accounts: Accounts = None, form: Format = None, mapping: Mapping = None, as_json: AsJson = False
) -> None:
    """Say what logs hold and which kinds of evidence can be had from them."""
    with working("reading"):
        found = commands.inspect_logs(logs, accounts=accounts or [], name=form, mapping=mapping)
    show(as_json, lambda: intake.inspection_json(found), lambda: intake.inspection_view(found))
    if not found.rows and not any(file.rows for file in found.files):
        raise NothingUsable(
            "no usable exchange in these files", expected="logs in one of the formats of docs/log-formats.md"
        )


@app.command("import")
def import_(
    logs: Logs,
    ledger: Annotated[Path, typer.Option("--ledger", help="Folder of the ledger; made if it is not there.")],
    accounts: Accounts = None,
    form: Format = None,
    mapping: Mapping = None,
    key: Key = None,
    keep_samples: Annotated[
        int, typer.Option(min=0, help="Keep up to N real texts per scaffold, for the analyst.")
    ] = 0,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; as many as cores by default.")] = None,
    as_json: AsJson = False,
) -> None:
    """Read logs into a ledger of sketches; their text is not kept."""
    options = IngestOptions(form, tuple(accounts or ()), mapping, keep_samples, workers)
    with watching() as watcher:
        done = commands.import_logs(logs, ledger, key=key, options=options, watcher=watcher)
    show(as_json, lambda: intake.import_json(done), lambda: intake.import_view(done))


@app.command()
def scan(
    out: Out,
    logs: MaybeLogs = None,
    ledger: Annotated[str | None, typer.Option("--ledger", help="Folder of the ledger, or a URL with Spark.")] = None,
    accounts: Accounts = None,
    form: Format = None,
    mapping: Mapping = None,
    engine: Annotated[str, typer.Option("--engine", help="`duckdb`, `spark` or the URL of a Spark master.")] = DEFAULT,
    memory: Memory = None,
    spill: Spill = None,
    since: Annotated[str | None, typer.Option("--since", help="First moment, ISO 8601; UTC unless it says.")] = None,
    until: Annotated[str | None, typer.Option("--until", help="Moment after the last, ISO 8601.")] = None,
    known: Annotated[Path | None, typer.Option("--known", help="Earlier scan whose campaigns keep their ids.")] = None,
    false_discoveries: Annotated[float, typer.Option(help="Accepted share of false campaigns.")] = 0.01,
    threads: Annotated[int | None, typer.Option(min=1, help="Threads of the engine; all cores by default.")] = None,
    weights: Annotated[Path | None, typer.Option("--weights", help="Proposal of `calibrate` that you apply.")] = None,
    as_json: AsJson = False,
) -> None:
    """Find the campaigns in a ledger, or in logs, and say why."""
    is_spark(engine)
    _check_share(false_discoveries)
    settings = ScanSettings(
        since=_moment(since, "--since"),
        until=_moment(until, "--until"),
        engine=engine,
        memory=memory,
        threads=threads,
        spill=spill,
        false_discoveries=false_discoveries,
        weights=read_weights(weights) if weights else None,
    )
    with watching() as watcher:
        if ledger is not None and not logs:
            result = commands.scan_ledger(_place(ledger), out, settings, known=known, watcher=watcher)
        elif logs and ledger is None:
            options = IngestOptions(form, tuple(accounts or ()), mapping)
            result = commands.scan_logs(logs, out, settings, options=options, known=known, watcher=watcher)
        else:
            raise NothingUsable(
                "give logs or `--ledger`, one of the two", where="stillwatch scan", remedy="stillwatch scan --help"
            )
    _show_scan(as_json, result, out)


@app.command()
def watch(
    ledger: Annotated[Path, typer.Option("--ledger", help="Folder of the ledger; sums are kept in it.")],
    out: Annotated[Path, typer.Option("--out", help="Folder of the runs; `latest` in it leads to the newest.")],
    once: Annotated[bool, typer.Option("--once", help="One run, if the ledger has changed; for cron.")] = False,
    every: Annotated[int, typer.Option(min=1, help="Seconds between the end of a run and the next look.")] = 600,
    keep: Annotated[int, typer.Option(min=1, help="Runs that stay in the folder.")] = 30,
    labels: Annotated[
        Path | None, typer.Option("--labels", help="Past verdicts; nobody is looked for by a false alarm's marks.")
    ] = None,
    memory: Memory = None,
    spill: Spill = None,
    false_discoveries: Annotated[float, typer.Option(help="Accepted share of false campaigns.")] = 0.01,
    threads: Annotated[int | None, typer.Option(min=1, help="Threads of the engine; all cores by default.")] = None,
    as_json: AsJson = False,
) -> None:
    """Scan a ledger whenever it has grown, reading new days only, and say what became of each campaign.

    What goes wrong ends the first look, and no later one: a disk that was full, a lock that somebody held, may be free
    at the next.
    """
    _check_share(false_discoveries)
    settings = ScanSettings(memory=memory, threads=threads, spill=spill, false_discoveries=false_discoveries)
    may_fail = False
    while True:
        try:
            muted = calibrate.false_alarms(labels) if labels else frozenset()
            with watching() as watcher:
                run = watch_ledger(ledger, out, settings, keep=keep, watcher=watcher, muted=muted)
            if run is not None or once:
                show_text(json.dumps(facts(run)) if as_json else "\n".join(lines(run)))
            may_fail = not once
        except StillwatchError as error:
            if not may_fail:
                raise
            now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
            _complain(f"{now} {error}\n  the next look is in {every} s")
        if once:
            return
        time.sleep(every)


@app.command()
def explain(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="Folder that a scan left.")],
    campaign: Annotated[str, typer.Argument(metavar="CAMPAIGN", help="Id of a campaign or of a cleared group.")],
    as_json: AsJson = False,
) -> None:
    """Show one campaign's evidence as a waterfall in bits, for and against."""
    result = load_result(out)
    show(as_json, lambda: campaign_json(result, campaign), lambda: terminal.explain_campaign(result, campaign))


@app.command("calibrate")
def calibrate_(
    labels: Annotated[Path, typer.Option("--labels", help="Past verdicts: JSON Lines or CSV.")],
    scans: Annotated[list[Path], typer.Option("--scan", help="Folder of a scan that they are about; repeat.")],
    out: Annotated[Path | None, typer.Option("--out", help="File for the proposal.")] = None,
    on_range: Annotated[str | None, typer.Option("--on-range", help="Try it on a set of the range: `fast`.")] = None,
    as_json: AsJson = False,
) -> None:
    """Propose weights from past verdicts, with their effect; nothing is applied."""
    if on_range is not None and on_range not in SETS:
        raise NothingUsable(f"there is no set `{on_range}`", where="--on-range", expected=" or ".join(SETS))
    with working("weighing"):
        proposal = calibrate.propose(labels, scans)
    tried: list[Effect] = []
    if proposal.changed and out is not None:
        calibrate.write_proposal(proposal, tried, out)
    if proposal.changed and on_range is not None:
        with watching() as watcher, tempfile.TemporaryDirectory(prefix="stillwatch-range-") as folder:
            tried = effects(SETS[on_range], proposal.weights, Path(folder), watcher=watcher)
    if proposal.changed and out is not None:
        calibrate.write_proposal(proposal, tried, out)
    show(as_json, lambda: calibrate.proposal_json(proposal, tried), lambda: calibrate.proposal_view(proposal, tried))


@app.command()
def demo(
    out: Annotated[Path, typer.Option("--out", help="Folder for the world, its scan and its report.")] = Path(
        "stillwatch-demo"
    ),
    seed: Annotated[int, typer.Option(help="Of the world.")] = 7,
    as_json: AsJson = False,
) -> None:
    """Build a small labelled world, scan it and show what was found."""
    with watching() as watcher:
        result = commands.demo(out, seed=seed, watcher=watcher)
    _show_scan(as_json, result, out / "scan")


def _show_scan(as_json: bool, result: Result, out: Path) -> None:
    show(as_json, lambda: campaigns_json(result), lambda: terminal.campaign_table(result))
    if not as_json:
        report = out / "report.html"
        first = (
            f"\nOne campaign in full: stillwatch explain {out} {result.campaigns[0].group_id}"
            if result.campaigns
            else ""
        )
        memory = terminal.memory_line(result)
        Console().print(f"Report: {report}{first}{memory}", markup=False, highlight=False, soft_wrap=True)


def _place(text: str) -> Place:
    return text if "://" in text else Path(text)


def _moment(text: str | None, option: str) -> dt.datetime | None:
    if text is None:
        return None
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise NothingUsable(
            f"`{text}` is no moment", where=option, expected="ISO 8601", remedy=f"`{option} 2026-04-22T00:00:00Z`"
        ) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def _check_share(share: float) -> None:
    if not 0 < share < 1:
        raise NothingUsable(
            f"`{share:g}` is no share", where="--false-discoveries", expected="a number between 0 and 1"
        )


INTERRUPTED = 130
"""What typer returns after Ctrl-C instead of letting it through."""

_OUT_OF_MEMORY = """this machine or container has no memory left
  expected: what `--memory` says, or more
  try: less of `--memory`, so that more of the work is done on disk, or fewer days in one scan"""


class _Interrupt:
    """Remembers that Ctrl-C was pressed: one that comes while DuckDB calls back into Python returns as an error of
    its own, or as `RuntimeError`, not as `KeyboardInterrupt`. Where interrupts are ignored they still are."""

    def __init__(self) -> None:
        self.came = False
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, self._come)

    def _come(self, number: int, frame: FrameType | None) -> None:
        self.came = True
        signal.default_int_handler(number, frame)


def main() -> None:
    """Run the command line; every error is told in one grammar, and its exit code has a name."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    interrupt = _Interrupt()
    try:
        code = app(standalone_mode=False)
    except StillwatchError as error:
        _end(str(error), error.exit_code)
    except typer.Exit as end:
        code = end.exit_code
    except TyperException as error:
        _end(f"{_sentence(error)}\n  try: stillwatch --help", ExitCode.NOTHING_USABLE)
    except MemoryError:
        _end(_OUT_OF_MEMORY, ExitCode.FAILED)
    except OSError as error:
        if not disk_is_full(error):
            raise
        _end(str(no_room(Path(error.filename or "."), error.strerror or str(error))), ExitCode.FAILED)
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    except (duckdb.Error, RuntimeError):
        if not interrupt.came:
            raise
        code = INTERRUPTED
    if code == INTERRUPTED:
        _end("stopped; what was finished stays", ExitCode.FAILED)
    sys.exit(code if isinstance(code, int) else ExitCode.OK)


def _sentence(error: TyperException) -> str:
    """Return what was wrong with the command line, in the grammar of our own errors."""
    text = error.format_message().rstrip(".")
    return text[:1].lower() + text[1:]


def _complain(text: str) -> None:
    Console(stderr=True).print(text, markup=False, highlight=False, style="red", soft_wrap=True)


def _end(text: str, code: ExitCode) -> None:
    _complain(text)
    sys.exit(code)


if __name__ == "__main__":
    main()
