"""Of the exchanges of a campaign's members, which are its harvest? What the scan says beside the truth of a world.

    python -m benchmarks.mixed WORLD [WORLD ...]

WORLD is a folder that `stillwatch range build` left, with its `harvest.parquet`. Over the exchanges of the members of
every campaign that may harvest: the precision and recall of *carries its marks* as a sign of *is harvested*, and how
far the share of each account lies from the true one.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from stillwatch.config import ScanSettings
from stillwatch.engine import DuckDB, Query
from stillwatch.evidence.harvest_intent import BELIEVED
from stillwatch.findings import Earlier
from stillwatch.ingest import IngestOptions, ingest
from stillwatch.ledger import Ledger
from stillwatch.pipeline import scan
from stillwatch.rollups import sum_exchanges

BESIDE_THE_TRUTH = Query(
    "beside_the_truth",
    """
    select carried.account_id, count(*) as n, sum(carries) as carries, count(harvest.exchange_id) as taken,
        count(case when carries = 1 then harvest.exchange_id end) as both
    from carried left join harvest on harvest.exchange_id = carried.exchange_id
    group by carried.account_id""",
)


@dataclass(frozen=True, slots=True)
class ToldApart:
    """Exchanges of members: all, those that carry the marks, those that are harvested, those that are both; and the
    mean distance between the two shares of an account."""

    accounts: int
    exchanges: int
    carrying: int
    taken: int
    both: int
    distance: float

    @property
    def precision(self) -> float:
        """Share of those that carry the marks that are harvested."""
        return self.both / max(self.carrying, 1)

    @property
    def recall(self) -> float:
        """Share of those that are harvested that carry the marks."""
        return self.both / max(self.taken, 1)


def told_apart_in(world: Path) -> ToldApart | None:
    """Import and scan a world; None when no campaign of it has marks to tell by."""
    with tempfile.TemporaryDirectory(prefix="mixed-") as folder, DuckDB(memory="4GB") as engine:
        ledger = Ledger.open_or_create(Path(folder) / "ledger", None)
        accounts = IngestOptions(accounts=(str(world / "accounts.parquet"),))
        ingest([str(world / "exchanges.parquet")], ledger, options=accounts, on_progress=lambda _: None)
        engine.attach(ledger.exchange_files(), ledger.accounts_table(), since=None, until=None)
        sum_exchanges(engine, intent_bits=BELIEVED)
        found = scan(engine, ScanSettings(), known=Earlier(), on_stage=lambda _: None)
        if all(member.carrying is None for campaign in found.campaigns for member in campaign.members):
            return None
        engine.load("harvest", pq.read_table(world / "harvest.parquet"))
        table = engine.table(BESIDE_THE_TRUTH)
    n, carries, taken, both = (np.array(table[name], dtype=np.float64) for name in ("n", "carries", "taken", "both"))
    return ToldApart(
        accounts=len(n),
        exchanges=int(n.sum()),
        carrying=int(carries.sum()),
        taken=int(taken.sum()),
        both=int(both.sum()),
        distance=float(np.abs(carries / n - taken / n).mean()),
    )


def main(worlds: list[str]) -> None:
    """Print one line for each world."""
    for world in worlds:
        found = told_apart_in(Path(world))
        if found is None:
            print(f"{world}: nothing to tell apart by")
            continue
        print(
            f"{world}: {found.accounts} accounts, {found.exchanges:,} exchanges, harvest {found.taken:,};"
            f" precision {found.precision:.2%}, recall {found.recall:.2%}, shares {found.distance:.3f} apart"
        )


if __name__ == "__main__":
    main(sys.argv[1:])
