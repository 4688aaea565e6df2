"""The sums as views of an engine: computed from exchanges when they are read, or merged from sums that were kept."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from stillwatch.engine import DuckDB, Engine, Query
from stillwatch.rollups.pace import PACE
from stillwatch.rollups.readings import READ_OF_EXCHANGES, READ_OF_SUMS
from stillwatch.rollups.sums import MERGED, OF_EXCHANGES, REACH

_RECENT = (
    "account_id, exchange_id, ts, status, body_mark, prefix_marks, session_mark, turn, tokens_out, tokens_reasoning,"
    " input_chars, tools_mark, tool_calls"
)
RECENT = Query("recent", f"select {_RECENT}, true as own from exchanges")
RECENT_AND_EARLIER = Query("recent", f"{RECENT.sql} union all select {_RECENT}, false as own from earlier")
"""What a hand-off or a follow-up may join: the exchanges that are summed (`own`), and of the hours before."""

WITH_TEXT = Query("with_text", "select count(input_chars) as n from exchanges")


READ_AGAIN = ("account_hours",)
"""Sums that a scan reads twice: hours for the tests and for the timeline."""


def sum_exchanges(engine: Engine, *, intent_bits: float, with_earlier: bool = False) -> None:
    """Make every sum a view of the `exchanges` of `engine`.

    Args:
        intent_bits: log2 odds from which a prompt's class is believed.
        with_earlier: whether the view `earlier` holds what came before on days that are not summed.
    """
    engine.view(RECENT_AND_EARLIER if with_earlier else RECENT)
    without_text = int(engine.table(WITH_TEXT).column("n")[0].as_py() == 0)
    for query in (*OF_EXCHANGES.values(), *READ_OF_EXCHANGES.values()):
        engine.view(query, intent_bits=intent_bits, without_text=without_text, **REACH, **PACE)
    for name in READ_AGAIN:
        engine.hold(name)


def merge_sums(engine: DuckDB, past: Path, new: Sequence[Path]) -> None:
    """Make every sum a view of those kept in the folder `past` and in the folders `new`."""
    for name, query in MERGED.items():
        if not new:
            engine.read(name, [past / f"{name}.parquet"])
            continue
        engine.read(f"past_{name}", [past / f"{name}.parquet"])
        engine.read(f"new_{name}", [folder / f"{name}.parquet" for folder in new])
        engine.view(query)
    for query in READ_OF_SUMS.values():
        engine.view(query, **REACH)
