"""Level and power of the tests of sameness.

python -m benchmarks.sameness [--part level|range|power] [--seed 101] [--out FOLDER]

`level`: composite worlds of real prompts. `range`: innocent worlds of the range, seeds below 200. `power`: pools with
bare prompts; the curves go to FOLDER. Seed 1 was looked at while the tests were mended; 101 is for reporting.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.measured import machine
from benchmarks.real_prompts import REAL
from benchmarks.sameness.level import Sizes, composite, ranged, table
from benchmarks.sameness.people import read_prompts
from benchmarks.sameness.plot import drawn
from benchmarks.sameness.power import Power, powers

RANGE_SEEDS = (121, 122, 123, 124, 125)
RANGE_SCALE = 0.4
PARTS = ("level", "range", "power")


def main(arguments: list[str] | None = None) -> None:
    """Run the benchmark as asked on the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--part", choices=PARTS, action="append", help="all without it")
    parser.add_argument("--seed", type=int, default=101, help="of the composite worlds and of the pools")
    parser.add_argument("--out", type=Path, help="folder for the curves")
    parser.add_argument("--real", type=Path, default=REAL, help="folder of the real data")
    asked = parser.parse_args(arguments)
    parts = asked.part or PARTS
    print(f"{machine()}\n")
    if "range" in parts:
        print("\n".join(table(ranged(RANGE_SEEDS, Sizes(), RANGE_SCALE))), end="\n\n", flush=True)
    if {"level", "power"} & set(parts):
        prompts = read_prompts(asked.real, asked.seed)
        if "level" in parts:
            print("\n".join(table(composite(prompts, Sizes(), asked.seed))), end="\n\n", flush=True)
        if "power" in parts:
            found = list(powers(prompts, asked.seed))
            print("\n".join(power_table(found)))
            if asked.out is not None:
                write_curves(found, asked.out)


def power_table(found: Sequence[Power]) -> Iterator[str]:
    """Yield what is seen of pools as Markdown, a line for each number of exchanges."""
    sizes = sorted({power.members for power in found})
    yield f"| exchanges | {' | '.join(f'{size} accounts: told | found' for size in sizes)} | wrong groups |"
    yield "| --- " * (2 + 2 * len(sizes)) + "|"
    for exchanges in sorted({power.exchanges for power in found}):
        mine = [next(p for p in found if (p.members, p.exchanges) == (size, exchanges)) for size in sizes]
        cells = " | ".join(f"{p.told:.0%} | {p.found:.0%}" for p in mine)
        yield f"| {exchanges} | {cells} | {sum(p.wrong for p in mine)} |"


def write_curves(found: Sequence[Power], folder: Path) -> None:
    """Write both curves into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    told = drawn(found, "share of pools that are called interchangeable when tested", lambda power: power.told)
    seen = drawn(found, "share of a pool's accounts that are proposed and called so", lambda power: power.found)
    (folder / "told.svg").write_text(told, encoding="utf-8")
    (folder / "found.svg").write_text(seen, encoding="utf-8")


if __name__ == "__main__":
    main()
