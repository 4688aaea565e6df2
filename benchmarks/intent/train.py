"""Train the intent model and write `stillwatch/sketch/intent_model.tsv`: `python -m benchmarks.intent.train`.

The same text gives the same bytes. Real data is read from ../shared/real when that folder is there; the head of the
file says which data sets took part.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections import Counter
from pathlib import Path

import numpy as np

from benchmarks.intent.corpus import DATA_SETS, FOLDER, FOLDS, LANGUAGES, Row, own_rows, real_rows
from benchmarks.intent.fit import Weights, fit
from benchmarks.intent.held_out import cross_validate, temperature
from benchmarks.intent.naming import names_of
from stillwatch.arrays import I64
from stillwatch.sketch.intent import MODEL_FILE, UNITS_PER_BIT
from stillwatch.sketch.schema import INTENTS

WEAKEST = 0.2
"""N-grams that weigh less than so many bits for every class are left out."""


def main(arguments: list[str] | None = None) -> int:
    """Train, calibrate on held-out units, write the model file; return the exit code."""
    parser = argparse.ArgumentParser(description="train the intent model")
    parser.add_argument("--out", type=Path, default=MODEL_FILE)
    parsed = parser.parse_args(arguments)
    divisor = temperature(cross_validate())
    real = real_rows()
    own = own_rows(real, range(FOLDS))
    lines = [*head(own, real, divisor), *body(fit(own + real), divisor, own)]
    parsed.out.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{parsed.out}: {len(lines)} lines, {parsed.out.stat().st_size:,} bytes", file=sys.stderr)
    return 0


def head(own: list[Row], real: list[Row], divisor: float) -> list[str]:
    """Return the comment lines that say what the model was made of."""
    digest = hashlib.sha256()
    for language in LANGUAGES:
        digest.update((FOLDER / f"{language}.txt").read_bytes())
    used = Counter(row.unit for row in real)
    return [
        "# Weights of n-grams in bits, against ordinary. Made by: python -m benchmarks.intent.train",
        f"# Our own text: {len(own)} texts in {', '.join(LANGUAGES)}; templates sha256 {digest.hexdigest()[:16]}",
        *[f"# Real data: {name}, {used[name]} rows, {DATA_SETS[name].licence}" for name in sorted(used)],
        *([] if used else ["# Real data: none"]),
        f"# Scores divided by {divisor:.3f}, so that odds are right on units held out of training",
        "# Every n-gram stands in text that we wrote. First line: the bias, when no n-gram is known",
        "# n-gram\t" + "\t".join(INTENTS[1:]),
    ]


def body(weights: Weights, divisor: float, own: list[Row]) -> list[str]:
    """Return the line of the bias and one line per n-gram that matters, in order of the n-grams' text."""
    to_units = UNITS_PER_BIT / divisor / np.log(2)
    units = np.rint(weights.values * to_units).astype(np.int64)
    strong = np.abs(units).max(axis=1) >= WEAKEST * UNITS_PER_BIT
    named = names_of(row.text for row in own if row.ours)
    _, mine, theirs = np.intersect1d(weights.numbers[strong], named.hashes, return_indices=True)
    lines = [_line(named.ngrams[name], units[strong][at]) for at, name in zip(mine, theirs, strict=True)]
    return [_line("(bias)", np.rint(weights.bias * to_units).astype(np.int64)), *sorted(lines)]


def _line(name: str, units: I64) -> str:
    return "\t".join([name, *(f"{unit / UNITS_PER_BIT:g}" if unit else "" for unit in units.tolist())])


if __name__ == "__main__":
    sys.exit(main())
