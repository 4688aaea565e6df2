"""Figures of the intent model on what it has not seen: `python -m benchmarks.intent.evaluate`.

Every template and every real data set is scored by a model that was trained without it (four folds, whole units);
the data sets that may never be trained on are scored by the shipped model. Prints Markdown tables.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from benchmarks.intent.corpus import DATA_SETS, LANGUAGES, Row, data_set
from benchmarks.intent.held_out import HeldOut, cross_validate, decide, temperature
from stillwatch.sketch.intent import classify
from stillwatch.sketch.schema import INTENTS
from stillwatch.sketch.tokens import tokenize

F64 = npt.NDArray[np.float64]
LEVELS = (-99.0, 2.0, 4.0)
"""Bits from which a class is counted as named; the first lets every row through."""
TEMPLATE_SETS = ("awesome_prompts", "fabric_patterns")
"""Collections of prompts to build on, of which some do ask for agents, judges and visible reasoning."""
MOST_ROWS = 4000
"""Rows of a data set that is only reported on."""


def main() -> int:
    """Print all tables; return the exit code."""
    held_out = cross_validate()
    divisor = temperature(held_out)
    print(f"temperature {divisor}\n")
    best, bits = decide(held_out.scores, divisor)
    tables = (
        real_table(held_out.rows, best, bits),
        alarm_table(held_out.rows, best, bits),
        class_table(held_out, best, bits),
        language_table(held_out.rows, best, bits),
        confusion_table(held_out, best),
        calibration_table(held_out, best, bits),
        shipped_table(),
    )
    for lines in tables:
        print("\n".join(lines), end="\n\n")
    return 0


def real_table(rows: list[Row], best: npt.NDArray[np.int64], bits: F64) -> Iterator[str]:
    """Yield one line per real data set: recall of its class, and how often another class than ordinary is named."""
    yield "| data set, held out | class | rows | recall | recall, ≥ 2 bits | false alarms ≥ 2 bits | ≥ 4 bits |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for name in sorted({row.unit for row in rows if row.language == "real"}):
        yield _data_set_line(name, np.flatnonzero([row.unit == name for row in rows]), rows, best, bits)


def alarm_table(rows: list[Row], best: npt.NDArray[np.int64], bits: F64) -> Iterator[str]:
    """Yield how often ordinary rows of the held-out real data are named another class, for several groups of sets."""
    yield "| ordinary rows of real data, held out | rows | another class, any bits | ≥ 2 bits | ≥ 4 bits |"
    yield "| --- | --- | --- | --- | --- |"
    real = np.array([row.language == "real" and row.intent == 0 for row in rows])
    shared = np.array([row.unit in TEMPLATE_SETS for row in rows])
    for name, chosen in (("all", real), ("shared templates", real & shared), ("all others", real & ~shared)):
        here = np.flatnonzero(chosen)
        if len(here):
            yield f"| {name} | {len(here)} | {' | '.join(f'{_alarms(here, best, bits, b):.2%}' for b in LEVELS)} |"


def shipped_table() -> Iterator[str]:
    """Yield one line per data set that is never trained on, scored by the shipped model."""
    yield "| data set, never trained on | class | rows | recall | recall, ≥ 2 bits | false alarms ≥ 2 bits | ≥ 4 bits |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for name in sorted(name for name, about in DATA_SETS.items() if about.fold is None):
        rows = data_set(name, MOST_ROWS)
        if rows:
            empty = tokenize(pa.array([""] * len(rows)))
            best, bits = classify(empty, tokenize(pa.array([row.text for row in rows])))
            everywhere = np.arange(len(rows))
            yield _data_set_line(name, everywhere, rows, best.astype(np.int64), bits.astype(np.float64))


def class_table(held_out: HeldOut, best: npt.NDArray[np.int64], bits: F64) -> Iterator[str]:
    """Yield recall and precision of each class on our own held-out templates, at each level of bits."""
    yield "| class, own templates held out | rows | " + "recall / precision | ≥ 2 bits | ≥ 4 bits |"
    yield "| --- | --- |" + " --- |" * len(LEVELS)
    own = np.array([row.language != "real" for row in held_out.rows])
    best, bits, intents = best[own], bits[own], held_out.intents[own]
    for intent, name in enumerate(INTENTS):
        cells = []
        for level in LEVELS:
            named = (best == intent) & (bits >= level)
            right = (named & (intents == intent)).sum()
            cells.append(f"{right / (intents == intent).sum():.0%} / {right / max(named.sum(), 1):.0%}")
        yield f"| {name} | {(intents == intent).sum()} | {' | '.join(cells)} |"


def language_table(rows: list[Row], best: npt.NDArray[np.int64], bits: F64) -> Iterator[str]:
    """Yield recall per class and false alarms per language on our own held-out templates."""
    yield "| language | " + " | ".join(INTENTS) + " | false alarms ≥ 2 bits | ≥ 4 bits |"
    yield "| --- |" + " --- |" * (len(INTENTS) + 2)
    for language in LANGUAGES:
        here = np.flatnonzero([row.language == language for row in rows])
        intents = np.array([rows[i].intent for i in here])
        recalls = [f"{(best[here[intents == k]] == k).mean():.0%}" for k in range(len(INTENTS))]
        ordinary = here[intents == 0]
        alarms = [f"{_alarms(ordinary, best, bits, level):.1%}" for level in LEVELS[1:]]
        yield f"| {language} | {' | '.join(recalls + alarms)} |"


def confusion_table(held_out: HeldOut, best: npt.NDArray[np.int64]) -> Iterator[str]:
    """Yield what each class was taken for, in rows of our own held-out templates."""
    yield "| is, taken for | " + " | ".join(INTENTS) + " |"
    yield "| --- |" + " --- |" * len(INTENTS)
    own = np.array([row.language != "real" for row in held_out.rows])
    for intent, name in enumerate(INTENTS):
        counts = np.bincount(best[own & (held_out.intents == intent)], minlength=len(INTENTS))
        yield f"| {name} | {' | '.join(str(count) for count in counts)} |"


def calibration_table(held_out: HeldOut, best: npt.NDArray[np.int64], bits: F64) -> Iterator[str]:
    """Yield, per range of stated bits, how often the named class was right: all held-out rows, unweighted."""
    yield "| bits stated | rows | right |"
    yield "| --- | --- | --- |"
    for low, high in ((-4, 0), (0, 1), (1, 2), (2, 4), (4, 6), (6, 99)):
        here = (bits >= low) & (bits < high)
        if here.any():
            right = (best[here] == held_out.intents[here]).mean()
            yield f"| {low} to {high if high < 99 else '…'} | {here.sum()} | {right:.1%} |"


def _data_set_line(
    name: str, here: npt.NDArray[np.int64], rows: list[Row], best: npt.NDArray[np.int64], bits: F64
) -> str:
    intent = rows[here[0]].intent
    right = best[here] == intent
    strong = right & (bits[here] >= 2)
    wrong = here[~right]
    shares = [len(wrong) * _alarms(wrong, best, bits, level) / len(here) for level in LEVELS[1:]]
    cells = [f"{right.mean():.1%}", f"{strong.mean():.1%}", *(f"{share:.1%}" for share in shares)]
    return f"| {name} | {INTENTS[intent]} | {len(here)} | {' | '.join(cells)} |"


def _alarms(here: npt.NDArray[np.int64], best: npt.NDArray[np.int64], bits: F64, level: float) -> float:
    """Return the share of `here` that is named another class than ordinary with at least `level` bits."""
    return float(((best[here] > 0) & (bits[here] >= level)).mean()) if len(here) else 0.0


if __name__ == "__main__":
    sys.exit(main())
