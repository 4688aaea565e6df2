"""What a scan held for a planted group, found or not: bits by family and kind, and the reason for the verdict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from stillwatch.findings import Family, Question
from stillwatch.range.store import CAMPAIGN

_TRUE = "select group_id, account_id from read_parquet(?) where kind = ?"
_PLANTED = f"select group_id, count(*) as planted from ({_TRUE}) group by group_id order by group_id"
_NEAREST = f"""
    with own as ({_TRUE}),
        tested as (select campaign_id, count(*) as size from read_parquet(?) group by campaign_id),
        held as (select group_id, campaign_id, count(*) as among from own
            join read_parquet(?) using (account_id) group by group_id, campaign_id),
        planted as (select group_id, count(*) as planted from own group by group_id),
        said as (select campaign_id, verdict, '' as reason from read_parquet(?)
            union all select campaign_id, '' as verdict, reason from read_parquet(?))
    select group_id, campaign_id, among, size, verdict, reason
    from held join tested using (campaign_id) join planted using (group_id) join said using (campaign_id)
    qualify row_number() over (partition by group_id
        order by verdict = '', among / (size + planted - among) desc, campaign_id) = 1"""
_BITS = (
    "select evidence, family, question, bits from read_parquet(?) where campaign_id = ? order by bits desc, evidence"
)


@dataclass(frozen=True, slots=True)
class Carried:
    """The tested group nearest to a planted one; of those that were named, if there are any.

    Attributes:
        group_id: of the truth. accounts: how many it has.
        among: how many of them the tested group holds. size: accounts of the tested group; 0 where none holds any.
        verdict: what it was called, empty if nothing. reason: why it was called nothing, empty if it was named.
        families: bits of coordination by family, most first, without families that say nothing.
        kinds: bits that count for the group by kind of evidence, most first. against: bits of innocence by kind.
        extraction: bits of extraction.
    """

    group_id: str
    accounts: int
    among: int
    size: int
    verdict: str
    reason: str
    families: Mapping[str, float]
    kinds: Mapping[str, float]
    against: Mapping[str, float]
    extraction: float


def carried(truth: Path, scan: Path) -> tuple[Carried, ...]:
    """Return what the scan in the folder `scan` held for each planted campaign of the file `truth`."""
    groups, named, cleared, evidence = (
        str(scan / f"{name}.parquet") for name in ("groups", "campaigns", "cleared", "evidence")
    )
    with duckdb.connect() as connection:
        connection.execute("set enable_progress_bar = false")
        planted = connection.execute(_PLANTED, [str(truth), CAMPAIGN]).fetchall()
        nearest = connection.execute(_NEAREST, [str(truth), CAMPAIGN, groups, groups, named, cleared]).fetchall()
        found = {row[0]: row[1:] for row in nearest}
        return tuple(
            _carried(
                (group_id, accounts),
                found[group_id][1:],
                connection.execute(_BITS, [evidence, found[group_id][0]]).fetchall(),
            )
            if group_id in found
            else Carried(group_id, accounts, 0, 0, "", "no proposer handed in any of its accounts", {}, {}, {}, 0.0)
            for group_id, accounts in planted
        )


def _carried(
    planted: tuple[str, int], group: tuple[int, int, str, str], rows: Sequence[tuple[str, str, str, float]]
) -> Carried:
    families = {str(family): round(bits, 1) for family, bits in _families(rows) if bits >= 1}
    among, size, verdict, reason = group
    return Carried(
        *planted,
        among=among,
        size=size,
        verdict=verdict,
        reason=reason,
        families=dict(sorted(families.items(), key=lambda item: -item[1])),
        kinds={kind: round(bits, 1) for kind, _, _, bits in rows if bits >= 1},
        against={kind: round(bits, 1) for kind, _, question, bits in rows if question == Question.INNOCENCE and bits},
        extraction=round(sum(bits for _, _, question, bits in rows if question == Question.EXTRACTION), 1),
    )


def _families(rows: Sequence[tuple[str, str, str, float]]) -> Iterator[tuple[Family, float]]:
    for family in Family:
        of = (bits for _, name, question, bits in rows if name == family and question == Question.COORDINATION)
        yield family, sum(of)
