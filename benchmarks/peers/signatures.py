"""MinHash signatures by rensa 0.5.0, timed: what runs in its own environment for `benchmarks.minhash`.

    RAYON_NUM_THREADS=1 python signatures.py TEXTS

TEXTS is a Parquet file with a column `input_text`. Printed is JSON: processor seconds by way, after one run that is not
counted. Signatures have 128 slots. Words are `text.split()`, as rensa's own page has it; spans are
runs of six of them. For texts in scripts without spaces that is hardly any work, which is in rensa's favour.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from functools import partial

import pyarrow.parquet as pq
from rensa import CMinHash, RMinHash  # type: ignore[import-not-found]

SLOTS, SEED = 128, 42
SPAN = 6
Sets = list[list[str]]


def words(texts: list[str]) -> Sets:
    """Return the words of each text."""
    return [text.split() for text in texts]


def spans(texts: list[str]) -> Sets:
    """Return every run of `SPAN` words of each text; of a shorter one all its words together."""
    return [[" ".join(said[i : i + SPAN]) for i in range(max(1, len(said) - SPAN + 1))] for said in words(texts)]


def one_by_one(sets: Sets) -> object:
    """Make a signature for each text with a call of its own."""
    made = []
    for tokens in sets:
        sketch = RMinHash(num_perm=SLOTS, seed=SEED)
        sketch.update(tokens)
        made.append(sketch.digest())
    return made


SIGNATURES: dict[str, Callable[[Sets], object]] = {
    "RMinHash, one by one": one_by_one,
    "RMinHash, all at once": lambda sets: RMinHash.from_token_sets(sets, num_perm=SLOTS, seed=SEED),
    "rho, as a matrix": lambda sets: RMinHash.digest_matrix_from_token_sets_rho(sets, num_perm=SLOTS, seed=SEED),
    "CMinHash, all at once": lambda sets: CMinHash.from_token_sets(sets, num_perm=SLOTS, seed=SEED),
}


def timed(work: Callable[[], object]) -> float:
    """Return the processor seconds of the second of two runs."""
    work()
    begun = time.process_time()
    work()
    return time.process_time() - begun


def _both(split: Callable[[list[str]], Sets], sign: Callable[[Sets], object], texts: list[str]) -> object:
    return sign(split(texts))


def main(path: str) -> None:
    """Time all ways on the texts in `path`."""
    texts = pq.read_table(path).column("input_text").to_pylist()
    found = {}
    for of, split in (("words", words), ("spans", spans)):
        sets = split(texts)
        for name, sign in SIGNATURES.items():
            found[f"{name}: {of} made before"] = timed(partial(sign, sets))
            found[f"{name}: {of}"] = timed(partial(_both, split, sign, texts))
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1])
