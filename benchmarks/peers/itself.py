"""stillwatch itself, by its public command, under the same rules as its peers.

An account is accused when it is a member of a named campaign, whatever the verdict; its score is the bits of its
membership. A relay that is called `pooled_access` counts as accused, like a relay that a peer accuses.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from benchmarks.peers.accusations import Accusations
from stillwatch.cli import main


def accuse(world: Path, scratch: Path) -> Iterator[Accusations]:
    """Yield the members of the campaigns that `stillwatch scan` names."""
    out = scratch / "scan"
    logs, accounts = str(world / "exchanges.parquet"), str(world / "accounts.parquet")
    _command("scan", logs, "--accounts", accounts, "--out", str(out))
    yield members(out)


def members(out: Path) -> Accusations:
    """Return the members of the campaigns named by the scan in `out`; one of several is with its strongest."""
    campaigns = pq.read_table(out / "campaigns.parquet", columns=["campaign_id", "verdict"])
    verdicts = dict(zip(*(campaigns[name].to_pylist() for name in ("campaign_id", "verdict")), strict=True))
    rows = pq.read_table(out / "members.parquet", columns=["campaign_id", "account_id", "bits"]).to_pylist()
    bits: dict[str, float] = {}
    groups: dict[str, str] = {}
    for row in sorted(rows, key=lambda row: (row["bits"], row["campaign_id"])):
        if row["campaign_id"] in verdicts:
            bits[row["account_id"]] = row["bits"]
            groups[row["account_id"]] = row["campaign_id"]
    told = Counter(verdicts[campaign] for campaign in groups.values())
    return Accusations(
        accounts=list(bits),
        scores=np.array([*bits.values()], dtype=np.float64),
        accused=np.ones(len(bits), dtype=np.bool_),
        groups=[groups[account] for account in bits],
        notes=tuple(f"{count} accounts as {verdict}" for verdict, count in sorted(told.items())),
    )


def _command(*arguments: str) -> None:
    """Run the command as its console script does."""
    sys.argv = ["stillwatch", *arguments]
    try:
        main()
    except SystemExit as end:
        if end.code:
            raise
