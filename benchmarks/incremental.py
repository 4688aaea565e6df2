"""What a new day costs: a watch that takes in the last day of a world, beside a scan of all its days.

    python -m benchmarks.incremental [--scale 0.002] [--seed 20] [--repeats 3] [--json]

The world is the letter's, 45 days. All days but the last are imported and watched once; then the last day is imported,
and each repeat watches a copy of that ledger and scans it whole. Each command is a process of its own, measured with
its start and its report. `reading` is the part that grows with the exchanges (sums of accounts, marks and pairs), as
the runs themselves report it; the rest is proposals, evidence and verdicts, which look at all accounts in both.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb

from benchmarks.measured import machine, run_stillwatch, show

READING = ("new days", "profiles", "hand-offs")
"""Stages that read the sums."""


@dataclass(frozen=True, slots=True)
class Cost:
    """One way to have the verdicts of all days: seconds, medians over the repeats, and the most memory of any."""

    name: str
    seconds: float
    reading_seconds: float
    peak_megabytes: float


def split(world: Path) -> tuple[Path, Path]:
    """Write the exchanges of a world before its last day, and those of that day."""
    paths = world / "before.parquet", world / "last.parquet"
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute("set enable_progress_bar = false")
        source = f"read_parquet('{world / 'exchanges.parquet'}')"
        connection.execute(f"create table last_day as select max(date_trunc('day', ts)) as day from {source}")
        for path, sign in zip(paths, ("<", ">="), strict=True):
            rows = f"select * from {source} where ts {sign} (select day from last_day)"
            connection.execute(f"copy ({rows}) to '{path}' (format parquet)")
    return paths


def costs(folder: Path, scale: float, seed: int, repeats: int) -> list[Cost]:
    """Build, import and measure in `folder`."""
    world, ledger, runs = folder / "world", folder / "ledger", folder / "runs"
    made = ("--scale", str(scale), "--seed", str(seed), "--text", "short", "--out", str(world))
    run_stillwatch("range", "build", "letter-2026-06", *made)
    before, last = split(world)
    (world / "exchanges.parquet").unlink()
    accounts = ("--accounts", str(world / "accounts.parquet"))
    run_stillwatch("import", str(before), *accounts, "--ledger", str(ledger))
    first = _watched("first watch, 44 days", ledger, runs)
    run_stillwatch("import", str(last), "--ledger", str(ledger))
    watched, scanned = [], []
    for repeat in range(repeats):
        copies = folder / f"ledger-{repeat}", folder / f"runs-{repeat}"
        for source, copy in zip((ledger, runs), copies, strict=True):
            shutil.copytree(source, copy, symlinks=True, copy_function=os.link)
        watched.append(_watched("watch, one day more", *copies))
        scanned.append(_scanned("scan, 45 days", ledger, folder / f"scan-{repeat}"))
    return [first, _median(watched), _median(scanned)]


def _watched(name: str, ledger: Path, out: Path) -> Cost:
    ran = run_stillwatch("watch", "--ledger", str(ledger), "--out", str(out), "--once")
    return Cost(name, ran.seconds, _reading(out / "latest"), ran.peak_megabytes)


def _scanned(name: str, ledger: Path, out: Path) -> Cost:
    ran = run_stillwatch("scan", "--ledger", str(ledger), "--out", str(out))
    return Cost(name, ran.seconds, _reading(out), ran.peak_megabytes)


def _reading(out: Path) -> float:
    timings = json.loads((out / "scan.json").read_text(encoding="utf-8"))["timings"]
    return float(sum(timings.get(stage, 0.0) for stage in READING))


def _median(ran: list[Cost]) -> Cost:
    return Cost(
        ran[0].name,
        statistics.median(cost.seconds for cost in ran),
        statistics.median(cost.reading_seconds for cost in ran),
        max(cost.peak_megabytes for cost in ran),
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--scale", type=float, default=0.002)
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        first, watch, scan = costs(Path(folder), given.scale, given.seed, given.repeats)
    ratios = {
        "whole run": watch.seconds / scan.seconds,
        "reading": watch.reading_seconds / scan.reading_seconds,
    }
    if given.json:
        found = [asdict(cost) for cost in (first, watch, scan)]
        print(json.dumps({"machine": machine(), "costs": found, "ratios": ratios}))
    else:
        print(machine())
        show([asdict(cost) for cost in (first, watch, scan)])
        print(", ".join(f"{name}: {ratio:.1%} of the scan" for name, ratio in ratios.items()))


if __name__ == "__main__":
    main()
