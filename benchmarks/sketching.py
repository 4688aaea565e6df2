"""How fast exchanges with text become sketches: the whole and its parts, in MB of prompt text per second of one core.

    python -m benchmarks.sketching [--exchanges 8000] [--repeats 7] [--json]

The text is generated: words of an invented vocabulary at Zipf's rates, about 1 KB a prompt. Of ten prompts seven are
ASCII, two are as much in Cyrillic letters or with typographic quotes, one is Chinese. Two of five exchanges have one of
fifty system texts of 2 KB. MB counts the UTF-8 bytes of system texts and newest turns; seconds are processor seconds,
so that a busy machine changes the figures little. Every figure is the median of the repeats after one that is not
counted.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from benchmarks.measured import machine, show
from stillwatch.keys import Key
from stillwatch.record import EXCHANGES, conform
from stillwatch.sketch import Sketcher, scaffold, topic
from stillwatch.sketch.content import contents
from stillwatch.sketch.exact import marks
from stillwatch.sketch.intent import classify
from stillwatch.sketch.points import folded, read_points
from stillwatch.sketch.siphash import keyed
from stillwatch.sketch.tokens import tokenize, tokens_of

KEY = Key(bytes(range(32)))
SEED = 20_260_601
VOCABULARY = 20_000
PROMPT_WORDS, PROMPT_CHARACTERS, SYSTEM_WORDS, SYSTEMS = 160, 350, 330, 50
_START = 1_780_272_000_000_000
_LATIN, _CYRILLIC = "abcdefghijklmnopqrstuvwxyz", "абвгдежзийклмнопрстуфхцчшщыэюя"


@dataclass(frozen=True, slots=True)
class Rate:
    """What one part took.

    Attributes:
        part: the part, each on its own over the newest turns; `whole` and `text` over system texts as well.
        mb_per_second: text per processor second.
        microseconds: processor time per exchange.
    """

    part: str
    mb_per_second: float
    microseconds: float


def exchanges(count: int) -> pa.Table:
    """Return `count` exchanges of the record with generated text; the same every time."""
    rng = np.random.default_rng(SEED)
    latin, cyrillic = _vocabulary(rng, _LATIN), _vocabulary(rng, _CYRILLIC)
    systems = [_prose(rng, latin, SYSTEM_WORDS) for _ in range(SYSTEMS)]
    told = [systems[i] if i < SYSTEMS else None for i in rng.integers(0, SYSTEMS * 5 // 2, size=count)]
    columns = {
        "exchange_id": [f"x{i:09d}" for i in range(count)],
        "ts": pa.array(_START + np.arange(count) * 1_000_000, pa.timestamp("us", tz="UTC")),
        "account_id": [f"account-{i}" for i in rng.integers(0, count // 20 + 1, size=count)],
        "model": ["m"] * count,
        "session_id": [f"session-{i}" for i in rng.integers(0, count, size=count)],
        "ip": [f"198.51.100.{i}" for i in rng.integers(0, 250, size=count)],
        "prefix_hashes": [
            [f"{h:016x}" for h in rng.integers(0, 2**60, size=n)] for n in rng.integers(0, 4, size=count)
        ],
        "system_text": told,
        "input_text": [_prompt(rng, i % 10, latin, cyrillic) for i in range(count)],
    }
    return conform(pa.table(columns), EXCHANGES)


def _vocabulary(rng: np.random.Generator, letters: str) -> npt.NDArray[np.str_]:
    lengths = rng.integers(1, 12, size=VOCABULARY)
    return np.array(["".join(rng.choice(list(letters), size=n)) for n in lengths])


def _prose(rng: np.random.Generator, words: npt.NDArray[np.str_], count: int) -> str:
    said = words[np.minimum(rng.zipf(1.3, size=count), VOCABULARY) - 1]
    return " ".join(f"{word}.\n" if i % 17 == 16 else word for i, word in enumerate(said))


def _prompt(rng: np.random.Generator, kind: int, latin: npt.NDArray[np.str_], cyrillic: npt.NDArray[np.str_]) -> str:
    if kind == 0:
        return "".join(map(chr, 0x4E00 + np.minimum(rng.zipf(1.2, size=PROMPT_CHARACTERS), 5_000)))
    if kind == 1:
        return _prose(rng, cyrillic, PROMPT_WORDS // 2)
    text = _prose(rng, latin, PROMPT_WORDS)
    return f"“{text}”" if kind == 2 else text


def rates(table: pa.Table, repeats: int) -> list[Rate]:
    """Return the rate of the whole sketch and of its parts on `table`."""
    system, newest = (table.column(name).combine_chunks() for name in ("system_text", "input_text"))
    size = newest.nbytes / 1e6
    both = (sum(len(text.encode()) for text in system.to_pylist() if text) / 1e6) + size
    points = read_points(newest)
    tokens, kinds = tokens_of(points)
    none = tokenize(pa.nulls(table.num_rows, pa.string()))
    measured, whole = scaffold.measure(tokens, kinds), folded(points)
    picked = [one.numbers for one in scaffold.shingles(measured)]
    parts: list[tuple[str, float, Callable[[], object]]] = [
        ("whole", both, lambda: Sketcher(KEY).sketch(table)),
        ("text", both, lambda: contents(KEY, system, newest)),
        ("read", size, lambda: read_points(newest)),
        ("tokens", size, lambda: tokens_of(points)),
        ("fold", size, lambda: folded(points)),
        ("mark", size, lambda: marks(KEY, "prompt", whole)),
        ("spans", size, lambda: scaffold.shingles(scaffold.measure(tokens, kinds))),
        ("siphash", size, lambda: keyed(picked, KEY, ["shingle"] * len(picked))),
        ("topic", size, lambda: topic.profile(tokens, kinds)),
        ("intent", size, lambda: classify(none, tokens)),
    ]
    return [_rate(name, megabytes, work, rows=table.num_rows, repeats=repeats) for name, megabytes, work in parts]


def _rate(name: str, megabytes: float, work: Callable[[], object], *, rows: int, repeats: int) -> Rate:
    median = processor_seconds(work, repeats)
    return Rate(name, megabytes / median, median / rows * 1e6)


def processor_seconds(work: Callable[[], object], repeats: int) -> float:
    """Return the median processor time of `work` over `repeats` runs after one that is not counted."""
    seconds = []
    for _ in range(repeats + 1):
        begun = time.process_time()
        work()
        seconds.append(time.process_time() - begun)
    return statistics.median(seconds[1:])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--exchanges", type=int, default=8_000)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    found = [asdict(rate) for rate in rates(exchanges(given.exchanges), given.repeats)]
    if given.json:
        print(json.dumps({"machine": machine(), "rates": found}))
    else:
        print(machine())
        show(found)


if __name__ == "__main__":
    main()
