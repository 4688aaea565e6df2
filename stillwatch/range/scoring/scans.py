"""Scans of one world, oldest cut-off first: whom each of them named, and as what."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from stillwatch.arrays import I64, Flags
from stillwatch.errors import NothingUsable, StillwatchError
from stillwatch.findings import CAMPAIGNS, MEMBERS
from stillwatch.range.scoring.truth import NEVER, Truth
from stillwatch.report.scanfile import Scan, broken_table, missing_table, read_scan

_MICROSECOND = dt.timedelta(microseconds=1)
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Named:
    """One campaign of a scan: its verdict, and its members as positions in the truth."""

    campaign_id: str
    verdict: str
    members: I64


@dataclass(frozen=True, slots=True)
class Accusations:
    """What one scan said.

    Attributes:
        folder: where it lies. head: its `scan.json`.
        until: the scan saw exchanges before this microsecond; `NEVER` when it saw all.
        named: its campaigns, in its order.
        size: accounts of the truth.
    """

    folder: Path
    head: Scan
    until: int
    named: tuple[Named, ...]
    size: int

    def accused(self, verdict: str | None = None) -> Flags:
        """Return which accounts of the truth are members of a campaign, of that verdict if one is given."""
        out = np.zeros(self.size, dtype=np.bool_)
        for one in self.named:
            if verdict is None or one.verdict == verdict:
                out[one.members] = True
        return out

    def verdicts_on(self, accounts: I64) -> tuple[str, ...]:
        """Return the verdicts of the campaigns that hold any of `accounts`, of most of them first."""
        mine = np.zeros(self.size, dtype=np.bool_)
        mine[accounts] = True
        counts = [(int(mine[one.members].sum()), one) for one in self.named]
        held = sorted(((n, one) for n, one in counts if n), key=lambda item: (-item[0], item[1].campaign_id))
        return tuple(one.verdict for _, one in held)


def load_scans(folders: Sequence[Path], truth: Truth) -> tuple[Accusations, ...]:
    """Return the scans in `folders` by growing cut-off.

    Raises:
        NothingUsable: no folder is given, or one holds no scan.
        StillwatchError: a scan is of another world, begins late, or has the cut-off of another one.
    """
    if not folders:
        raise NothingUsable("no scan is given", where="--scan", expected="one or more", remedy="`--scan DIR`")
    scans = sorted((_load(folder, truth) for folder in folders), key=lambda scan: scan.until)
    for one, other in pairwise(scans):
        if one.until == other.until:
            raise StillwatchError(
                f"has the same cut-off as `{one.folder}`: {said(one.until)}",
                where=str(other.folder),
                expected="one scan per cut-off",
                remedy="leave one out, or scan again with another `--until`",
            )
    return tuple(scans)


def said(until: int) -> str:
    """Return a cut-off as a user would type it."""
    return "no `--until`" if until == NEVER else f"`--until {moment(until).isoformat()}`"


def moment(microseconds: int) -> dt.datetime:
    """Return the moment that many microseconds after 1970 began."""
    return _EPOCH + int(microseconds) * _MICROSECOND


def microseconds(at: dt.datetime) -> int:
    """Return the microseconds from the beginning of 1970 to `at`; a moment that does not say is UTC."""
    return ((at if at.tzinfo else at.replace(tzinfo=dt.UTC)) - _EPOCH) // _MICROSECOND


def another_world(where: Path, found: str) -> StillwatchError:
    """Return the error that a scan and a truth do not belong together."""
    return StillwatchError(
        found,
        where=str(where),
        expected="a scan of the world that the truth belongs to",
        remedy="scan the `exchanges.parquet` beside the truth, or name the truth of the world that was scanned",
    )


def column(folder: Path, name: str, columns: Sequence[str]) -> pa.Table:
    """Return columns of a table of a scan.

    Raises:
        NothingUsable: the table is missing.
        StillwatchError: it cannot be read or lacks a column.
    """
    path = folder / f"{name}.parquet"
    try:
        return pq.read_table(path, columns=list(columns), partitioning=None)
    except FileNotFoundError:
        raise missing_table(path) from None
    except (pa.ArrowException, OSError) as error:
        raise broken_table(path, str(error)) from error


def _load(folder: Path, truth: Truth) -> Accusations:
    head = read_scan(folder)
    if head.parameters.get("since") is not None:
        raise StillwatchError(
            f"this scan begins at {head.parameters['since']} and has not seen the whole world",
            where=str(folder),
            expected="a scan from the beginning",
            remedy="scan again without `--since`",
        )
    return Accusations(folder, head, _until(folder, head), _named(folder, truth), len(truth))


def _until(folder: Path, head: Scan) -> int:
    value = head.parameters.get("until")
    if value is None:
        return int(NEVER)
    try:
        return microseconds(dt.datetime.fromisoformat(str(value)))
    except ValueError as error:
        raise StillwatchError(
            f"`parameters.until` is `{value}`, which is no moment", where=str(folder / "scan.json"),
            expected="ISO 8601", remedy="run the scan again",
        ) from error  # fmt: skip


def _named(folder: Path, truth: Truth) -> tuple[Named, ...]:
    campaigns = column(folder, "campaigns", [CAMPAIGNS.names[0], "verdict"])
    members = column(folder, "members", MEMBERS.names[:2])
    members = members.filter(pc.is_in(members["campaign_id"], campaigns["campaign_id"].combine_chunks()))
    places = truth.places(members["account_id"].combine_chunks().cast(pa.string()))
    strangers = int((places < 0).sum())
    if strangers:
        raise another_world(folder, f"{strangers} of {len(places)} members of the scan are not in this truth")
    of = np.array(members["campaign_id"].to_pylist(), dtype=object)
    ids, verdicts = campaigns["campaign_id"].to_pylist(), campaigns["verdict"].to_pylist()
    return tuple(Named(i, v, np.unique(places[of == i])) for i, v in zip(ids, verdicts, strict=True))
