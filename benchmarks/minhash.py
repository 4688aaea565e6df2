"""Our sketch against rensa's MinHash signatures on the same texts, in one run.

    python -m benchmarks.minhash [--exchanges 8000] [--repeats 5] [--environments DIR] [--json]

The texts are the newest turns of `benchmarks.sketching`, once all of them and once those in ASCII alone. Rates are MB
of UTF-8 per processor second of one core. Each repeat times every way of both, one after the other, so that other work
on the machine slows both; rates and ratios are medians over the repeats. Ours are three: `whole`
is everything that becomes of an exchange (17 marks, topic, intent, counts), `text` what becomes of its text, and
`signature` what a MinHash signature does: words, spans of six, and the least of them by residue, as keyed marks.

rensa runs in an environment of its own (`benchmarks/peers/requirements/rensa.txt`). It is given one thread, words or
spans of six words as Python strings, and is timed with making them, which is what its user pays, and without.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.measured import machine, show
from benchmarks.peers.environments import default_folder, python_of
from benchmarks.sketching import KEY, exchanges, processor_seconds
from stillwatch.errors import StillwatchError
from stillwatch.sketch import Sketcher, scaffold
from stillwatch.sketch.content import contents
from stillwatch.sketch.points import read_points
from stillwatch.sketch.siphash import keyed
from stillwatch.sketch.tokens import tokens_of

REQUIREMENTS = "rensa.txt"
WHOLE, SIGNATURE = "ours: whole", "ours: signature"
_CHILD = Path(__file__).parent / "peers" / "signatures.py"


@dataclass(frozen=True, slots=True)
class Way:
    """One way to make signatures of one set of texts.

    Attributes:
        texts: which.
        mb_per_second: text per processor second.
        whole_against_it, signature_against_it: how many times faster our whole sketch, and our signature alone, is.
    """

    texts: str
    way: str
    mb_per_second: float
    whole_against_it: float
    signature_against_it: float


def ours(table: pa.Table) -> dict[str, float]:
    """Return processor seconds of our three ways by name."""
    newest = table.column("input_text").combine_chunks()
    nothing = pa.nulls(table.num_rows, pa.string())
    ways: dict[str, Callable[[], object]] = {
        WHOLE: lambda: Sketcher(KEY).sketch(table),
        "ours: text": lambda: contents(KEY, nothing, newest),
        SIGNATURE: lambda: signature(newest),
    }
    return {name: processor_seconds(work, repeats=1) for name, work in ways.items()}


def signature(texts: pa.Array) -> object:
    """Return the marks of the least spans of each text: the part of the sketch that a MinHash signature stands for."""
    tokens, kinds = tokens_of(read_points(texts))
    least = [one.numbers for one in scaffold.shingles(scaffold.measure(tokens, kinds))]
    return keyed(least, KEY, ["shingle"] * len(least))


def rensas(texts: Path, python: Path) -> dict[str, float]:
    """Return processor seconds of rensa's ways by name.

    Raises:
        StillwatchError: rensa did not run.
    """
    command = [str(python), "-I", str(_CHILD), str(texts)]
    one = {**os.environ, "RAYON_NUM_THREADS": "1"}
    ended = subprocess.run(command, stdout=subprocess.PIPE, text=True, env=one, check=False)
    if ended.returncode:
        raise StillwatchError(f"exit code {ended.returncode}", where=" ".join(command))
    return {f"rensa: {name}": seconds for name, seconds in json.loads(ended.stdout).items()}


def compared(table: pa.Table, repeats: int, environments: Path) -> list[Way]:
    """Return every way on all texts of `table`, then on those in ASCII.

    Raises:
        StillwatchError: rensa could not be installed, or did not run.
    """
    python = python_of(REQUIREMENTS, environments)
    bare = table.select(["exchange_id", "ts", "account_id", "model", "input_text"])
    ascii_only = bare.filter(pc.string_is_ascii(bare.column("input_text")))
    found: list[Way] = []
    for name, some in (("all", bare), ("ASCII", ascii_only)):
        with tempfile.TemporaryDirectory(prefix="minhash-") as folder:
            texts = Path(folder) / "texts.parquet"
            pq.write_table(some.select(["input_text"]), texts)
            took = [ours(some) | rensas(texts, python) for _ in range(repeats)]
        size = pc.sum(pc.binary_length(some.column("input_text"))).as_py() / 1e6
        found += [_way(name, way, size, took) for way in took[0]]
    return found


def _way(texts: str, way: str, size: float, took: list[dict[str, float]]) -> Way:
    seconds = statistics.median(one[way] for one in took)
    whole, part = (statistics.median(one[way] / one[against] for one in took) for against in (WHOLE, SIGNATURE))
    return Way(texts, way, size / seconds, whole, part)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--exchanges", type=int, default=8_000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--environments", type=Path, default=default_folder(), help="folder for rensa's environment")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(arguments)
    found = [asdict(way) for way in compared(exchanges(given.exchanges), given.repeats, given.environments)]
    if given.json:
        print(json.dumps({"machine": machine(), "ways": found}))
    else:
        print(machine())
        show(found)


if __name__ == "__main__":
    main()
