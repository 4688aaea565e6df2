"""Profiles: sums over what each account asked, topics and lengths, from which its mean and the error of it follow.

They are of integers, so that they are the same whatever the order and the number of threads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stillwatch.arrays import F64, I64
from stillwatch.engine import Engine, Query
from stillwatch.rollups import PROFILE_COLUMNS

PROFILE_SUMS = (
    "n", "blocks", "nn", *PROFILE_COLUMNS, *(f"{c}_ss" for c in PROFILE_COLUMNS), *(f"{c}_ns" for c in PROFILE_COLUMNS)
)  # fmt: skip
PROFILES = Query(
    "profiles",
    f"""
    select place, half, {", ".join(f"sums.{name}" for name in PROFILE_SUMS)} from account_profiles as sums
    join account_places on account_places.account_id = sums.account_id
    where sums.account_id >= :first and sums.account_id <= :last""",
)
AT_ONCE = 10_000_000
"""Exchanges of the accounts whose hours are summed at once. What is summed for an hour of a profile takes half a
kilobyte, and the rows of one account stand together in the ledger, so that a part of the accounts is read alone."""


@dataclass(frozen=True, slots=True)
class Profiles:
    """Sums from which the mean profile of an account, and how far that mean may err, are computed.

    Each has shape (2, accounts) or (2, accounts, columns): first index is the half of the hours.

    Attributes:
        n: exchanges. blocks: hours with any. nn: sum over hours of the squared number of exchanges.
        sums: sum of the profile columns. ss, ns: sums over hours of squared hourly sums, and of hourly number x sum.
    """

    n: F64
    blocks: F64
    nn: F64
    sums: F64
    ss: F64
    ns: F64


def parts(ids: Sequence[str] | pa.Array, n: I64) -> list[tuple[str, str]]:
    """Return the first and the last id of parts of the accounts, each of about `AT_ONCE` exchanges.

    Args:
        ids: of the accounts, ascending. n: their exchanges, shape (accounts,).
    """
    if not len(ids):
        return [("", "")]
    lasts = np.append(np.flatnonzero(np.diff(np.cumsum(n) // AT_ONCE)), len(ids) - 1)
    firsts = np.append(0, lasts[:-1] + 1)
    return [(str(ids[first]), str(ids[last])) for first, last in zip(firsts, lasts, strict=True)]


def profiles(engine: Engine, ids: pa.Array, n: I64) -> Profiles:
    """Return the sums of all accounts, whose places `engine` has (`population.py`).

    Args:
        ids: of the accounts, ascending. n: their exchanges, shape (accounts,).
    """
    columns = len(PROFILE_COLUMNS)
    sums = {name: np.zeros((2, len(ids))) for name in ("n", "blocks", "nn")}
    wide = {name: np.zeros((2, len(ids), columns)) for name in ("sums", "ss", "ns")}
    for first_id, last_id in parts(ids, n):
        for batch in engine.batches(PROFILES, first=first_id, last=last_id):
            half, places = (batch.column(name).to_numpy() for name in ("half", "place"))
            values = [pc.fill_null(batch.column(name).cast(pa.float64()), 0.0).to_numpy() for name in PROFILE_SUMS]
            for name, value in zip(sums, values, strict=False):
                sums[name][half, places] = value
            for i, name in enumerate(wide):
                first = len(sums) + i * columns
                wide[name][half, places] = np.stack(values[first : first + columns], axis=1)
    return Profiles(**sums, **wide)
