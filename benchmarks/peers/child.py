"""What runs in a peer's own process and environment: hand it the world, write down what it says.

    python child.py MODULE WORLD OUT

A peer may give its accusations more than once, each time better; the last ones written are what counts, also when its
time is up.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path


def main(module: str, world: Path, out: Path) -> None:
    """Run `accuse` of `module` on the folder `world`; leave `accused.parquet` in `out`."""
    sys.path.append(str(Path(__file__).resolve().parents[2]))
    peer = importlib.import_module(f"benchmarks.peers.{module}")
    accusations = importlib.import_module("benchmarks.peers.accusations")
    scratch = out / "scratch"
    scratch.mkdir()
    for found in peer.accuse(world, scratch):
        accusations.write(out, found)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
