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
from stillwatch.range.draw import generator
from stillwatch.range.grammar import Voices, pick_topics, say
from stillwatch.range.people import People, account_table
from stillwatch.range.rhythm import Visits, converse, moments
from stillwatch.range.scene import Stage, answers, crowd
from stillwatch.range.traffic import exchange_table, requests
from stillwatch.range.world import DEMO

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
    stage = Stage(generator(seed, "throughput"), DEMO.start, DEMO.days)
    people, voices = crowd(stage, max(exchanges // _TO_AN_ACCOUNT, 1))
    people = replace(people, created_at=np.minimum(people.created_at, stage.start))
    duckdb.from_arrow(account_table(people)).write_parquet(str(folder / "accounts.parquet"))
    with log.open("wb") as whole:
        for number, batch in enumerate(_batches(stage, people, voices, exchanges)):
            part = folder / f"part-{number}.json"
            duckdb.from_arrow(batch).query("batch", f"copy batch to '{part}' (format json)")
            whole.write(part.read_bytes())
            part.unlink()
    return log


def _batches(stage: Stage, people: People, voices: Voices, exchanges: int) -> Iterator[pa.Table]:
    left = exchanges
    while left > 0:
        batch = _batch(stage, people, voices, min(_BATCH, left))
        left -= batch.num_rows
        yield batch


def _batch(stage: Stage, people: People, voices: Voices, rows: int) -> pa.Table:
    """Return `rows` exchanges of a good 1 KB; a conversation lies within one batch."""
    rng = stage.rng
    weights = people.tempo / people.tempo.sum()
    account = rng.choice(len(people), size=rows, p=weights)
    begin = moments(rng, people, account, stage.start, days=stage.days)
    when = converse(rng, account, begin, people.follows)
    when = Visits(when.account[:rows], when.ts[:rows], when.session[:rows], when.turn[:rows])
    topic = pick_topics(rng, voices, when.account)
    none = np.zeros(rows, dtype=np.int64)
    kinds = [none + 1, rng.poisson(5.0, size=rows), none, none]
    text = say(rng, voices, when.account, topic=topic, kinds=kinds)
    sent = requests(when.account, when.ts, when.session, turn=when.turn, text=text)
    sent = replace(sent, answer=answers(rng, voices, when.account, topic), retry=np.zeros(rows, dtype=np.bool_))
    return exchange_table(rng, people, sent)


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
