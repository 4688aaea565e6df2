"""Small ledgers put together from prompts that were sketched once: any prompt, under any account, at any time."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch.arrays import I64
from stillwatch.config import ProposalLimits
from stillwatch.engine import DuckDB
from stillwatch.evidence.build import build_case
from stillwatch.evidence.case import Case
from stillwatch.evidence.harvest_intent import BELIEVED
from stillwatch.handoffs import handoffs
from stillwatch.keys import Key
from stillwatch.population import population
from stillwatch.record import ACCOUNTS, EXCHANGES, TIMESTAMP, conform
from stillwatch.rollups import sum_exchanges
from stillwatch.sketch import Sketcher
from stillwatch.sketch.schema import SKETCHES
from stillwatch.sketch.sketcher import halves

START = 1_780_272_000_000_000
"""1 June 2026 in UTC, in microseconds."""
HOUR = 3_600_000_000
_KEY = Key(bytes(range(32)))


def sketched(prompts: Sequence[str]) -> pa.Table:
    """Return the sketch of each prompt; ids, times and accounts in it mean nothing."""
    count = len(prompts)
    columns = {
        "exchange_id": pa.array(np.arange(count)).cast(pa.string()),
        "ts": pa.array(np.full(count, START)).cast(TIMESTAMP),
        "account_id": pa.array([""] * count, pa.string()),
        "model": pa.array(["m"] * count, pa.string()),
        "input_text": pa.array(prompts, pa.string()),
    }
    return Sketcher(_KEY).sketch(conform(pa.table(columns), EXCHANGES))


@contextmanager
def assembled(sketches: pa.Table, item: I64, account: I64, ts: I64) -> Iterator[Case]:
    """Write a ledger and read it as a scan does; account `i` of those that send anything is row `i` of the case.

    Args:
        item: the row of `sketches` that each exchange is. account: who sends it. ts: when, in microseconds.
    """
    ids = pa.array([f"{number:06d}" for number in np.unique(account)], pa.string())
    times = pa.array(ts).cast(TIMESTAMP)
    made = {
        "exchange_id": pa.array(np.arange(len(item))).cast(pa.string()),
        "ts": times,
        "account_id": ids.take(pa.array(np.unique(account, return_inverse=True)[1])),
        "half": pa.array(halves(times)),
    }
    rows = sketches.take(pa.array(item))
    columns = [made.get(field.name, rows[field.name]) for field in SKETCHES]
    table = pa.Table.from_arrays(
        [c.cast(field.type) for c, field in zip(columns, SKETCHES, strict=True)], schema=SKETCHES
    )
    accounts = conform(pa.table({"account_id": ids}), ACCOUNTS)
    with tempfile.TemporaryDirectory(prefix="assembled-") as folder, DuckDB(memory="4GB", threads=1) as engine:
        path = Path(folder) / "exchanges.parquet"
        pq.write_table(table, path)
        engine.attach([path], accounts, since=None, until=None)
        sum_exchanges(engine, intent_bits=BELIEVED)
        people = population(engine, ProposalLimits())
        yield build_case(engine, people, handoffs(engine, people), ProposalLimits())
