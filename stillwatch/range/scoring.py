"""What a scan found of what a world holds: the truth beside the members of the named campaigns."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from stillwatch.errors import StillwatchError
from stillwatch.range.store import CAMPAIGN, RELAY

_EXPECTED = {CAMPAIGN: "distillation_campaign", RELAY: "pooled_access"}


@dataclass(frozen=True, slots=True)
class GroupScore:
    """One group of the truth.

    Attributes:
        group_id, kind: as in the truth.
        accounts: how many it has, whether or not they sent anything.
        named: how many of them are members of a named campaign, whatever its verdict.
        recall: `named` as a share of `accounts`.
        precision: of all members of the campaigns in which this group is the largest part, the share that is in it;
            None when there is no such campaign.
        verdicts: verdicts of those campaigns, in order of the number of its accounts.
        as_expected: whether the verdict with most of its accounts is right: none for a look-alike.
    """

    group_id: str
    kind: str
    accounts: int
    named: int
    recall: float
    precision: float | None
    verdicts: tuple[str, ...]
    as_expected: bool


@dataclass(frozen=True, slots=True)
class Score:
    """A whole scan against a whole truth.

    Attributes:
        groups: every group of the truth, by kind and id.
        innocent_accounts: accounts that belong to no campaign and no relay.
        innocent_named: how many of them are members of a named campaign.
        campaigns: how many campaigns the scan named.
    """

    groups: tuple[GroupScore, ...]
    innocent_accounts: int
    innocent_named: int
    campaigns: int


def score(truth: Path, scan: Path) -> Score:
    """Return the score of the scan in the folder `scan` against the truth file.

    Raises:
        StillwatchError: a member of the scan is not in the truth.
    """
    known = pq.read_table(truth)
    campaigns = pq.read_table(scan / "campaigns.parquet", columns=["campaign_id", "verdict"])
    verdicts = dict(zip(campaigns["campaign_id"].to_pylist(), campaigns["verdict"].to_pylist(), strict=True))
    members = pq.read_table(scan / "members.parquet", columns=["campaign_id", "account_id"])
    members = members.filter(pc.is_in(members["campaign_id"], pa.array(list(verdicts), pa.string())))
    _same_world(known, members, truth)
    groups_of = zip(known["group_id"].to_pylist(), known["kind"].to_pylist(), strict=True)
    places = dict(zip(known["account_id"].to_pylist(), groups_of, strict=True))
    held: dict[str, Counter[str]] = {campaign: Counter() for campaign in verdicts}
    for campaign, account in zip(members["campaign_id"].to_pylist(), members["account_id"].to_pylist(), strict=True):
        held[campaign][places[account][0]] += 1
    sizes = Counter(places.values())
    groups = [_group(g, k, n, held=held, verdicts=verdicts) for (g, k), n in sorted(sizes.items(), key=_by_kind) if g]
    named = {account for account in members["account_id"].to_pylist() if places[account][1] not in _EXPECTED}
    innocent = sum(n for (_, kind), n in sizes.items() if kind not in _EXPECTED)
    return Score(tuple(groups), innocent, len(named), len(verdicts))


def _by_kind(item: tuple[tuple[str, str], int]) -> tuple[int, str]:
    (group, kind), _ = item
    return (CAMPAIGN, RELAY).index(kind) if kind in _EXPECTED else 2, group


def _same_world(known: pa.Table, members: pa.Table, truth: Path) -> None:
    strangers = pc.invert(pc.is_in(members["account_id"], known["account_id"].combine_chunks()))
    count = pc.sum(strangers).as_py() or 0
    if count:
        raise StillwatchError(
            f"{count} members of the scan are not in this truth",
            where=str(truth),
            expected="the truth of the world that was scanned",
            remedy="scan the exchanges that lie beside this file",
        )


def _group(
    group: str, kind: str, accounts: int, *, held: dict[str, Counter[str]], verdicts: dict[str, str]
) -> GroupScore:
    mine = sorted((c for c in held if held[c][group]), key=lambda c: (-held[c][group], c))
    leading = [c for c in mine if held[c][group] == max(held[c].values())]
    named = sum(held[c][group] for c in mine)
    members = sum(held[c].total() for c in leading)
    given = tuple(verdicts[c] for c in mine)
    expected = _EXPECTED.get(kind, "")
    return GroupScore(
        group_id=group,
        kind=kind,
        accounts=accounts,
        named=named,
        recall=named / accounts,
        precision=sum(held[c][group] for c in leading) / members if members else None,
        verdicts=given,
        as_expected=(given[0] if given else "") == expected,
    )
