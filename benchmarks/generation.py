"""How fast worlds are built, and whether memory stays flat while they grow.

    python -m benchmarks.generation [--text none short full] [--scales 0.01 0.03 0.1] [--repeats 3] [--json]

Each world is built by the public command, as a child process of its own, start-up and all files included, and removed
again. Peak memory is that of the command. Rates are the median of several builds: the machine may be shared.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.measured import machine, run_stillwatch, show


@dataclass(frozen=True, slots=True)
class Generation:
    """One size of world: exchanges and accounts, median seconds of `repeats` builds, exchanges a second, most resident
    memory of any of them, bytes on disk an exchange."""

    text: str
    scale: float
    exchanges: int
    accounts: int
    repeats: int
    seconds: float
    a_second: float
    peak_megabytes: float
    bytes_each: float


def measure(scenario: str, scale: float, *, text: str, seed: int, repeats: int, folder: Path | None) -> Generation:
    """Build one world `repeats` times in a temporary folder inside `folder`."""
    runs, world, size = [], {"exchanges": 0, "accounts": 0}, 0
    for _ in range(repeats):
        with tempfile.TemporaryDirectory(prefix="generation-", dir=folder) as name:
            out = Path(name) / "world"
            options = ("--scale", str(scale), "--seed", str(seed), "--text", text, "--out", str(out), "--json")
            runs.append(run_stillwatch("range", "build", scenario, *options))
            world = json.loads(runs[-1].output)
            size = (out / "exchanges.parquet").stat().st_size
    seconds = statistics.median(run.seconds for run in runs)
    return Generation(
        text=text,
        scale=scale,
        exchanges=world["exchanges"],
        accounts=world["accounts"],
        repeats=repeats,
        seconds=round(seconds, 2),
        a_second=round(world["exchanges"] / seconds),
        peak_megabytes=round(max(run.peak_megabytes for run in runs)),
        bytes_each=round(size / world["exchanges"], 1),
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark as asked on the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--scenario", default="letter-2026-06")
    parser.add_argument("--text", nargs="+", default=["none", "short", "full"])
    parser.add_argument("--scales", nargs="+", type=float, default=[0.01, 0.03, 0.1])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where the worlds are built; the system's temporary folder")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(arguments)
    found = [
        measure(asked.scenario, scale, text=text, seed=asked.seed, repeats=asked.repeats, folder=asked.folder)
        for text in asked.text
        for scale in asked.scales
    ]
    if asked.json:
        print(json.dumps({"machine": machine(), "worlds": [asdict(one) for one in found]}, indent=2))
    else:
        print(f"{machine()}\n")
        show([asdict(one) for one in found])


if __name__ == "__main__":
    main()
