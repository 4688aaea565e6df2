"""How fast logs become a finished scan: JSON Lines in, import and scan as child processes.

    python -m benchmarks.throughput [--exchanges 1000000] [--json]

The log is text of our own grammar, a good 1 KB a line, of unrelated accounts at heavy-tailed rates over a week.
It is written to a temporary folder and removed at the end. Nothing is warmed up: each command is measured whole, with
its start, and peak memory is that of the command alone.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from benchmarks.measured import Run, machine, run_stillwatch, show
from stillwatch.range.accounts import Accounts, account_table
from stillwatch.range.draw import DAY, MICRO
from stillwatch.range.events import Events, joined
from stillwatch.range.fill import Filler
from stillwatch.range.populations.blocks import by_accounts, settled, visiting
from stillwatch.range.recipes import CHAT
from stillwatch.range.render import TextMode, Writers, render
from stillwatch.range.stage import Stage, crowd

_START, _DAYS = 1_780_272_000 * MICRO, 7
_BATCH = 50_000
_TO_AN_ACCOUNT = 50


@dataclass(frozen=True, slots=True)
class Throughput:
    """Figures of one run.

    Attributes:
        exchanges, megabytes: size of the log.
        import_seconds: reading, sketching and writing the ledger, with the start of the process.
        sketch_seconds: the share of it that the import itself reports for the sketch; None when it reports none.
        import_peak_megabytes, scan_peak_megabytes: most resident memory.
        scan_seconds: the scan of the ledger, with the start of the process and the report.
    """

    exchanges: int
    megabytes: float
    import_seconds: float
    sketch_seconds: float | None
    import_peak_megabytes: float
    scan_seconds: float
    scan_peak_megabytes: float


def write_log(folder: Path, exchanges: int, seed: int) -> Path:
    """Write `exchanges.jsonl` and `accounts.parquet` to `folder`; return the path of the log."""
    log = folder / "exchanges.jsonl"
    stage = Stage(seed, "throughput", _START, _DAYS, release=_START + _DAYS * DAY)
    people = settled(stage, crowd(stage, max(exchanges // _TO_AN_ACCOUNT, 1)))
    busy = replace(people, tempo=people.tempo * 3 * _TO_AN_ACCOUNT / _DAYS / people.tempo.mean())
    duckdb.from_arrow(account_table(busy)).write_parquet(str(folder / "accounts.parquet"))
    blocks = by_accounts(stage, busy, busy.tempo, lambda rng, rows: visiting(rng, stage, busy, rows))
    part = joined(block() for block in blocks).take(np.arange(exchanges))
    with log.open("wb") as whole:
        for number, batch in enumerate(_batches(part.take(np.argsort(part.ts, kind="stable")), busy, seed)):
            piece = folder / f"part-{number}.json"
            duckdb.from_arrow(pa.table(batch)).query("batch", f"copy batch to '{piece}' (format json)")
            whole.write(piece.read_bytes())
            piece.unlink()
    return log


def _batches(part: Events, people: Accounts, seed: int) -> Iterator[pa.RecordBatch]:
    """Yield rows of a good 1 KB each."""
    recipes = (replace(CHAT, context=5.0),)
    filler, writers = Filler(people, recipes, seed), Writers(people.language)
    for first in range(0, len(part), _BATCH):
        some = part.take(np.arange(first, min(first + _BATCH, len(part))))
        texts = render(some, recipes, writers, seed=seed, mode=TextMode.FULL, prompts=None)
        yield filler.rows(some, texts, first=first)


def measure(exchanges: int, seed: int) -> Throughput:
    """Write the log, import it, scan the ledger."""
    with tempfile.TemporaryDirectory(prefix="throughput-") as name:
        folder = Path(name)
        log = write_log(folder, exchanges, seed)
        ledger, accounts = str(folder / "ledger"), str(folder / "accounts.parquet")
        size = log.stat().st_size / 1e6
        imported = run_stillwatch("import", str(log), "--accounts", accounts, "--ledger", ledger, "--json")
        log.unlink()
        scanned = run_stillwatch("scan", "--ledger", ledger, "--out", str(folder / "scan"))
    return Throughput(
        exchanges=exchanges,
        megabytes=size,
        import_seconds=imported.seconds,
        sketch_seconds=_sketch_seconds(imported),
        import_peak_megabytes=imported.peak_megabytes,
        scan_seconds=scanned.seconds,
        scan_peak_megabytes=scanned.peak_megabytes,
    )


def _sketch_seconds(imported: Run) -> float | None:
    """Return what the import reports for the sketch: `timings.sketch` of its JSON."""
    timings = json.loads(imported.output).get("timings", {})
    return float(timings["sketch"]) if "sketch" in timings else None


def main(arguments: list[str] | None = None) -> None:
    """Run the benchmark as asked on the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--exchanges", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(arguments)
    begun = time.perf_counter()
    figures = measure(asked.exchanges, asked.seed)
    if asked.json:
        print(json.dumps({"machine": machine(), **asdict(figures)}, indent=2))
    else:
        print(f"{machine()}; all in all {time.perf_counter() - begun:.0f} s\n")
        show([asdict(figures)])


if __name__ == "__main__":
    main()
