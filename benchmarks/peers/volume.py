"""A threshold on each account by itself: exchanges a day, over the days on which it sent any.

The rule is three standard deviations above the mean of all accounts, since no number of requests is known to be
right; the score is the number itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.peers.accusations import Accusations
from benchmarks.peers.tables import connect

DEVIATIONS = 3.0
_PER_DAY = """
    select account_id, count(*) / count(distinct epoch_us(ts) // 86400000000) as per_day
    from exchanges group by account_id order by account_id"""


def accuse(world: Path, scratch: Path) -> Iterator[Accusations]:  # noqa: ARG001 - every peer is called alike
    """Yield the accounts that send far more than others."""
    rows = connect(world).execute(_PER_DAY).fetchnumpy()
    per_day = np.asarray(rows["per_day"], dtype=np.float64)
    limit = float(per_day.mean() + DEVIATIONS * per_day.std())
    note = f"its threshold is {limit:.0f} exchanges a day"
    yield Accusations(rows["account_id"].tolist(), per_day, per_day > limit, notes=(note,))
