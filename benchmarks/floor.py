"""The least that a scan could cost: DuckDB alone counts exchanges by account and mark, once for each kind of mark.

    python -m benchmarks.floor LEDGER [--memory 8GB] [--threads N] [--json]

Reads the Parquet files of a ledger with the memory limit that a scan has. Nothing is kept but the number of pairs of
account and mark, and of exchanges in them.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.measured import machine, show
from stillwatch.engine import DuckDB, Query
from stillwatch.ledger import Ledger
from stillwatch.rollups import MARKS

HISTORY = "select account_id, prefix_marks[len(prefix_marks)] as mark from exchanges where len(prefix_marks) >= 1"
"""What was said before an exchange, as a kind of mark."""
KINDS = MARKS | {"history": HISTORY}


def counted(ledger: Path, *, memory: str | None, threads: int | None) -> list[dict[str, object]]:
    """Return for each kind of mark the pairs of account and mark, the exchanges in them, and the seconds it took."""
    found: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory(prefix="floor-") as folder:
        engine = DuckDB(memory=memory, threads=threads, spill=Path(folder))
        engine.read("exchanges", Ledger.open(ledger).exchange_files())
        for kind, source in KINDS.items():
            begun = time.perf_counter()
            pairs = f"select count(*) as n from ({source}) where mark is not null group by account_id, mark"
            query = f"select count(*) as pairs, cast(coalesce(sum(n), 0) as bigint) as exchanges from ({pairs})"
            rows = engine.rows(Query(kind, query).bind()).to_pylist()[0]
            found.append({"kind": kind, **rows, "seconds": time.perf_counter() - begun})
        engine.close()
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark as asked on the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("ledger", type=Path)
    parser.add_argument("--memory", help="what DuckDB may use before it spills; that of a scan")
    parser.add_argument("--threads", type=int, help="of DuckDB; all cores")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(arguments)
    found = counted(asked.ledger, memory=asked.memory, threads=asked.threads)
    if asked.json:
        print(json.dumps({"machine": machine(), "kinds": found}))
    else:
        print(f"{machine()}\n")
        show(found)


if __name__ == "__main__":
    main()
