"""Ledgers of a few days in which everything that may cross a midnight does, for tests of sums that are kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from stillwatch.config import ProposalLimits
from stillwatch.coverage import Coverage, coverage
from stillwatch.engine import DuckDB
from stillwatch.evidence.build import HOURLY
from stillwatch.evidence.harvest_intent import BELIEVED
from stillwatch.handoffs import Handoffs, handoffs
from stillwatch.ledger import Ledger
from stillwatch.likeness import Means
from stillwatch.population import Population, population
from stillwatch.rollups import OF_EXCHANGES, Taken, kept_sums, sum_exchanges
from stillwatch.sketch.schema import TOPIC_WIDTH
from tests.ledger.sketches import DAY, HOUR, KEY, add, sketch, table

Sums = dict[str, list[dict[str, Any]]]
ACCOUNTS = 7


def new_ledger(folder: Path) -> Ledger:
    """Return an empty ledger."""
    return Ledger.create(folder, KEY)


def a_day(day: int, rng: np.random.Generator, *, rows: int = 60, text: bool = True, source: int = 0) -> pa.Table:
    """Return exchanges of one day, half of them within an hour of a midnight, with few values for every mark."""
    near = rng.choice([0, 23 * HOUR], rows) + rng.integers(0, HOUR, rows)
    times = day * DAY + np.where(rng.random(rows) < 0.5, near, rng.integers(0, DAY, rows))
    return table([_row(f"x{day}-{source}-{i:03d}", int(ts), rng, text=text) for i, ts in enumerate(times)])


def _row(name: str, ts: int, rng: np.random.Generator, *, text: bool) -> dict[str, Any]:
    def sometimes(most: int) -> int | None:
        return int(rng.integers(1, most)) if rng.random() < 0.7 else None

    def some(most: int) -> list[int]:
        return [int(mark) for mark in rng.integers(1, most, rng.integers(0, 4))]

    written = {f"topic_{i}": int(rng.integers(-127, 127)) for i in range(TOPIC_WIDTH)} | {
        "input_chars": int(rng.integers(1, 5000)),
        "intent": int(rng.integers(0, 6)),
        "intent_bits": float(rng.normal(3, 2)),
        "prompt_mark": int(rng.integers(1, 60)),
        "shingle_0_mark": sometimes(30),
        "shingle_3_mark": sometimes(90),
    }
    return sketch(
        name,
        ts,
        account_id=f"a{rng.integers(0, ACCOUNTS)}",
        half=int(ts // HOUR) % 2,
        model=f"m{rng.integers(0, 3)}",
        org_id="o" if rng.random() < 0.1 else None,
        user_agent=f"agent {rng.integers(0, 3)}" if rng.random() < 0.5 else None,
        ip_mark=sometimes(40),
        system_mark=sometimes(200),
        session_mark=sometimes(500),
        body_mark=sometimes(12),
        status=int(rng.choice([200, 500])),
        turn=sometimes(4),
        tokens_in=int(rng.integers(1, 9000)),
        tokens_out=sometimes(900),
        prefix_marks=some(9),
        issued_marks=some(40),
        presented_marks=some(40),
        tool_calls=sometimes(3),
        **(written if text else {}),
    )


@contextmanager
def of_exchanges(ledger: Ledger) -> Iterator[DuckDB]:
    """Yield an engine with the sums of all exchanges, as a scan reads them."""
    with DuckDB(memory="1GB", threads=1) as engine:
        engine.attach(ledger.exchange_files(), ledger.accounts_table(), since=None, until=None)
        sum_exchanges(engine, intent_bits=BELIEVED)
        yield engine


@contextmanager
def of_kept(ledger: Ledger) -> Iterator[tuple[DuckDB, Taken]]:
    """Yield an engine with the sums of what is kept and of what is new, as a watch reads them."""
    with DuckDB(memory="1GB", threads=1) as engine:
        engine.load("accounts", ledger.accounts_table())
        with kept_sums(engine, ledger, intent_bits=BELIEVED) as taken:
            yield engine, taken


def sums(engine: DuckDB) -> Sums:
    """Return the rows of every sum that is the same however the days were put together, in one order."""
    found = {name: engine.rows(f"select * from {name}").to_pylist() for name in OF_EXCHANGES if name != "continued"}
    return {name: sorted(rows, key=repr) for name, rows in found.items()}


def read(engine: DuckDB) -> tuple[Population, Handoffs, Coverage, list[dict[str, Any]]]:
    """Return what a scan makes of the sums."""
    people = population(engine, ProposalLimits())
    hours = engine.table(HOURLY, first="", last="~")
    return people, handoffs(engine, people), coverage(engine), hours.to_pylist()


def assert_as_a_scan(ledger: Ledger) -> Taken:
    """Fail unless what is kept gives the very sums of all exchanges; return what was read for it."""
    with of_kept(ledger) as (kept, taken):
        found, (people, moves, known, hours) = sums(kept), read(kept)
    with of_exchanges(ledger) as whole:
        expected, (all_people, all_moves, all_known, all_hours) = sums(whole), read(whole)
    for name in expected:
        assert found[name] == expected[name], name
    assert (known, hours) == (all_known, all_hours)
    assert moves.exhibit == all_moves.exhibit
    for name in ("source", "target", "motif", "n"):
        assert np.array_equal(getattr(moves, name), getattr(all_moves, name)), name
    for of, expected_of in zip(_halves(people), _halves(all_people), strict=True):
        for name in ("n", "z", "varied", "freedom"):
            assert np.array_equal(getattr(of, name), getattr(expected_of, name)), name
    for kind, marks in all_people.shared.items():
        assert (people.shared[kind].matrix != marks.matrix).nnz == 0, kind
    return taken


def _halves(people: Population) -> tuple[Means, ...]:
    return people.means.proposing, people.means.testing, people.means.overall


def put(ledger: Ledger, rows: pa.Table, number: int) -> None:
    """Import `rows` as the source of that number."""
    assert add(ledger, rows, f"{number:032x}") is not None
