"""The sums as views of an engine: computed from exchanges when they are read, or merged from sums that were kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import pyarrow as pa

from stillwatch.engine import DuckDB, Engine, Query
from stillwatch.rollups.pace import PACE
from stillwatch.rollups.readings import READ_OF_EXCHANGES, READ_OF_SUMS, SPAN, TEXTS
from stillwatch.rollups.sums import MERGED, OF_EXCHANGES, REACH
from stillwatch.sketch.schema import SHINGLES, TEXT_MARK_BITS

_RECENT = (
    "account_id, exchange_id, ts, status, body_mark, prefix_marks, session_mark, turn, tokens_out, tokens_reasoning,"
    " input_chars, tools_mark, tool_calls"
)
RECENT = Query("recent", f"select {_RECENT}, true as own from exchanges")
RECENT_AND_EARLIER = Query("recent", f"{RECENT.sql} union all select {_RECENT}, false as own from earlier")
"""What a hand-off or a follow-up may join: the exchanges that are summed (`own`), and of the hours before."""

WITH_TEXT = Query("with_text", "select count(input_chars) as n from exchanges")


MARK_BYTES = 48
"""Memory that finding the marks that come often takes for each mark, with room to spare: 28 were measured."""
_LEAST, _MOST = -(1 << 63), (1 << 63) - 1

READ_AGAIN = ("account_hours",)
"""Sums that a scan reads twice: hours for the tests and for the timeline."""


def sum_exchanges(engine: Engine, *, intent_bits: float, with_earlier: bool = False) -> None:
    """Make every sum a view of the `exchanges` of `engine`.

    Args:
        intent_bits: log2 odds from which a prompt's class is believed.
        with_earlier: whether the view `earlier` holds what came before on days that are not summed.
    """
    _span(engine)
    engine.view(RECENT_AND_EARLIER if with_earlier else RECENT)
    without_text = int(engine.table(WITH_TEXT).column("n")[0].as_py() == 0)
    for query in (*OF_EXCHANGES.values(), *READ_OF_EXCHANGES.values()):
        engine.view(query, intent_bits=intent_bits, without_text=without_text, **REACH, **PACE)
    for name in READ_AGAIN:
        engine.hold(name)


def merge_sums(engine: DuckDB, past: Path, new: Sequence[Path]) -> None:
    """Make every sum a view of those kept in the folder `past` and in the folders `new`."""
    _span(engine)
    for name, query in MERGED.items():
        if not new:
            engine.read(name, [past / f"{name}.parquet"])
            continue
        engine.read(f"past_{name}", [past / f"{name}.parquet"])
        engine.read(f"new_{name}", [folder / f"{name}.parquet" for folder in new])
        engine.view(query)
    for query in READ_OF_SUMS.values():
        engine.view(query, **REACH)


def texts_in_parts(engine: Engine, kind: str, exchanges: int) -> Iterator[None]:
    """Let the sum `repeated_KIND` have as many marks at a time as memory holds, in parts that ascend, and then all.

    Marks of texts are digests, and as many in each part.

    Args:
        kind: of mark; one that no text leaves is read whole.
        exchanges: how many there are.
    """
    marks = exchanges * (SHINGLES if kind == "shingle" else 1)
    parts = engine.parts(marks * MARK_BYTES) if kind in TEXTS else 1
    if parts == 1:
        yield
        return
    bounds = [_LEAST, *((i << TEXT_MARK_BITS) // parts for i in range(1, parts)), _MOST + 1]
    for first, beyond in pairwise(bounds):
        _span(engine, first, beyond - 1)
        yield
    _span(engine)


def _span(engine: Engine, first: int = _LEAST, last: int = _MOST) -> None:
    """Let sums of texts have the marks from `first` to `last` alone."""
    engine.load(SPAN, pa.table({"first": pa.array([first], pa.int64()), "last": pa.array([last], pa.int64())}))
