"""A small ledger with every trace there is and a null in every column that may have one, for both engines."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from stillwatch.engine import DuckDB, Engine, Query, Value
from stillwatch.evidence import EVIDENCE_TABLE
from stillwatch.evidence.build import build_case
from stillwatch.evidence.case import Group
from stillwatch.evidence.harvest_intent import BELIEVED
from stillwatch.handoffs import handoffs
from stillwatch.population import population
from stillwatch.record import ACCOUNTS, conform
from stillwatch.rollups import CARRIED, OF_EXCHANGES, PACE, REACH, sum_exchanges
from stillwatch.sketch.schema import SKETCHES
from tests.evidence.everything import PEOPLE, POOL
from tests.worlds import DAY, HOUR, LIMITS, MIDNIGHT, Column, ledger

GROUP = "c-000000000001"
HOLES = 0.05
"""Share of nulls in each column."""
NOON = MIDNIGHT + 2 * DAY
"""Where the ledger is cut in two, for sums of several days."""

_VALUES: dict[str, Value] = {
    **REACH,
    **PACE,
    "group": GROUP,
    "intent_bits": BELIEVED,
    "believed": BELIEVED,
    "share": 0.03,
    "least": 2,
    "members": 2,
    "others": 1,
    "carried": 4,
    "start": MIDNIGHT - 40 * 24 * HOUR,
    "stop": MIDNIGHT - 20 * 24 * HOUR,
    "value": "Firm Ltd",
    "without_text": 0,
    "first": "",
    "last": "\U0010ffff",
}

_MORE: dict[str, Column] = {name: lambda rows: rows.number % 50 for name in ("tail_mark", "shingle_0_mark")}
_MORE |= {
    "session_mark": lambda rows: np.where(
        rows.number % 7, 10**7 + rows.account * 100 + rows.nth // 3, rows.number % 70
    ),
    "end_user_mark": lambda rows: rows.number % 9,
    "access_path": lambda rows: [("api", "app")[n % 2] for n in rows.number],
    "max_tokens": 512,
}
"""Columns in which the crowds know nothing."""


_TELLING = pa.table({"campaign_id": [GROUP] * 3, "kind": ["tail"] * 3, "mark": [1, 2, 3]})
"""Texts by which exchanges of the group are told."""


def bound(query: Query) -> str:
    """Return a query with values for whatever it asks for."""
    names = re.findall(r"(?<![:\w]):([a-z_]+)", query.sql)
    return query.bind(**{name: _VALUES[name] for name in names})


@dataclasses.dataclass(frozen=True, slots=True)
class Small:
    """A ledger on disk.

    Attributes:
        exchanges: its files. members: who is in the group under test.
        lots: sums of the days before a noon and of those after it, by name.
        exhibits: the queries of every kind of evidence on the group, by kind.
    """

    exchanges: tuple[Path, ...]
    accounts: pa.Table
    members: pa.Table
    lots: dict[str, pa.Table]
    exhibits: dict[str, str]

    def attach(self, engine: Engine) -> None:
        """Give an engine the ledger, its sums, those of two lots of days, and the group."""
        engine.attach(self.exchanges, self.accounts, since=None, until=None)
        sum_exchanges(engine, intent_bits=BELIEVED)
        places = engine.rows("select account_id, n from account_totals").sort_by("account_id")
        engine.load("account_places", places.append_column("place", pa.array(range(len(places)), pa.int32())))
        tables = self.lots | dict.fromkeys(("groups", "members", "suspects"), self.members) | {"telling": _TELLING}
        for name, table in tables.items():
            engine.load(name, table)
        engine.read("earlier", self.exchanges[:1])
        engine.view(CARRIED)


def small(folder: Path) -> Small:
    """Write the ledger into `folder`."""
    rng = np.random.default_rng(5)
    people, pool = (dataclasses.replace(c, columns={**c.columns, **_MORE}) for c in (PEOPLE, POOL))
    people = dataclasses.replace(people, accounts=64)
    exchanges, accounts = (_holed(table, rng) for table in ledger(people, pool))
    paths = tuple(folder / f"{i}.parquet" for i in range(2))
    late = pc.greater_equal(exchanges.column("ts").cast(pa.int64()), NOON)
    for path, part in zip(paths, (exchanges.filter(pc.invert(late)), exchanges.filter(late)), strict=True):
        pq.write_table(part, path)
    members = pa.table({"campaign_id": [GROUP] * len(pool.ids), "account_id": pool.ids})
    lots = _sums("past", paths[0], accounts) | _sums("new", paths[1], accounts)
    made = Small(paths, accounts, members, lots, {})
    return dataclasses.replace(made, exhibits=_exhibits(made))


def _holed(table: pa.Table, rng: np.random.Generator) -> pa.Table:
    """Return `table` with nulls wherever there may be some; topics are known together."""
    without_text = rng.random(table.num_rows) < HOLES
    for place, kind in enumerate(table.schema):
        if kind.nullable:
            holes = without_text if kind.name.startswith("topic_") else rng.random(table.num_rows) < HOLES
            column = pc.if_else(pa.array(holes), pa.scalar(None, kind.type), table.column(place))
            table = table.set_column(place, kind, column)
    return table


def _sums(lot: str, path: Path, accounts: pa.Table) -> dict[str, pa.Table]:
    with DuckDB(memory="1GB", threads=1) as engine:
        engine.attach([path], accounts, since=None, until=None)
        sum_exchanges(engine, intent_bits=BELIEVED)
        return {f"{lot}_{name}": engine.rows(f"select * from {name}") for name in OF_EXCHANGES}


def attach_six_hours(engine: Engine, folder: Path, *, since: int, until: int) -> None:
    """Give an engine the exchanges `x0` to `x5` of one account, one on each hour of a day, as far as a scan sees them.

    Args:
        since, until: hours of that day at which the scan begins, and before which it ends.
    """
    start = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    hours = [start + dt.timedelta(hours=h) for h in range(6)]
    rows = [
        {"exchange_id": f"x{h}", "ts": ts, "account_id": "a", "model": "m", "half": 0} for h, ts in enumerate(hours)
    ]
    pq.write_table(pa.Table.from_pylist(rows, SKETCHES), folder / "a.parquet")
    accounts = conform(pa.table({"account_id": ["a"]}), ACCOUNTS)
    engine.attach([folder / "a.parquet"], accounts, since=hours[since], until=hours[until])


def _exhibits(made: Small) -> dict[str, str]:
    with DuckDB(memory="1GB", threads=1) as engine:
        made.attach(engine)
        people = population(engine, LIMITS)
        case = build_case(engine, people, handoffs(engine, people), LIMITS)
    accounts = people.positions(sorted(made.members.column("account_id").to_pylist()))
    group = Group(GROUP, accounts, {}, "none")
    found = {kind.kind: kind.test(group, case).query for kind in EVIDENCE_TABLE}
    return {kind: query for kind, query in found.items() if query}
