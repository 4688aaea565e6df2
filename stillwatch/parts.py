"""Which part of its members' traffic carries a campaign's marks, and whose the rest is.

A pool sends the requests of one harvester and of people who never heard of it. The verdict is about accounts; here
their exchanges are told apart, as far as the data allow: by the texts that are a habit of the members and of few
others, exchange by exchange, and by the end users that a customer names. Without such a text nothing is said. A text
that a gateway puts before everybody's requests stands before its customers' too: carrying the marks is what was seen,
and not yet harvest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from stillwatch.arrays import I64
from stillwatch.engine import Engine
from stillwatch.evidence.case import Case
from stillwatch.evidence.shared_scaffold import telling_marks
from stillwatch.findings import Campaign, EndUser, Part, VerdictKind
from stillwatch.held import columns
from stillwatch.nulls import binomial_tail
from stillwatch.population import SCAFFOLDS
from stillwatch.rollups import CARRIED, CARRIED_BY_ACCOUNT, CARRIED_BY_USER

SURELY = 0.01
"""Accepted chance, over all end users of a campaign together, that one is taken for the harvester; for each of them
that the harvester is taken for a customer."""
LEAST_CARRIED = 0.5
"""Share of the harvester's own exchanges that carry its marks, at the least; judged: later turns may carry none."""


@dataclass(frozen=True, slots=True)
class _Telling:
    """Texts that are a habit of a campaign's members and of few others.

    Attributes:
        rate: share of the exchanges of all other accounts that carry one, at the most.
        marks: by kind and mark.
    """

    rate: float
    marks: tuple[tuple[str, int], ...]


def told_apart(campaigns: Sequence[Campaign], case: Case, engine: Engine) -> tuple[Campaign, ...]:
    """Return the campaigns with what part of their members' exchanges carries their marks.

    Args:
        engine: has the view `exchanges`; it is read if there is anything to tell apart.
    """
    inside = {c.campaign_id: _inside(c, case) for c in campaigns}
    everyone = np.unique(np.concatenate([np.empty(0, dtype=np.int64), *inside.values()]))
    found = {c.campaign_id: _telling(inside[c.campaign_id], everyone, case) for c in campaigns if _may_harvest(c)}
    found = {campaign_id: telling for campaign_id, telling in found.items() if telling.marks}
    if not found:
        return tuple(campaigns)
    _load(engine, [c for c in campaigns if c.campaign_id in found], found)
    carrying = {
        (row["campaign_id"], row["account_id"]): row["carrying"] for row in engine.table(CARRIED_BY_ACCOUNT).to_pylist()
    }
    users = sorted(engine.table(CARRIED_BY_USER).to_pylist(), key=lambda row: (-row["carrying"], row["exhibit"]))
    return tuple(
        replace(
            campaign,
            members=tuple(
                replace(m, carrying=carrying.get((campaign.campaign_id, m.account_id))) for m in campaign.members
            ),
            end_users=_end_users([row for row in users if row["campaign_id"] == campaign.campaign_id], found, campaign),
        )
        for campaign in campaigns
    )


def _may_harvest(campaign: Campaign) -> bool:
    return campaign.verdict is not None and campaign.verdict is not VerdictKind.POOLED_ACCESS


def _inside(campaign: Campaign, case: Case) -> I64:
    return np.sort(case.people.positions([member.account_id for member in campaign.members]))


def _telling(inside: I64, everyone: I64, case: Case) -> _Telling:
    """Return the texts of some accounts, compared with people who are in no campaign.

    Args:
        everyone: accounts of all campaigns.
    """
    exchanges = int(case.people.n.sum()) - int(case.people.n[everyone].sum())
    marks: list[tuple[str, int]] = []
    elsewhere = 1
    for kind in SCAFFOLDS:
        shared, telling = case.people.shared[kind], telling_marks(kind, inside, case, everyone)
        marks += [(kind, int(mark)) for mark in shared.marks[telling]]
        held = columns(shared.matrix, telling)
        elsewhere += int(held.sum()) - int(held[everyone].sum())
    return _Telling(min(elsewhere / max(exchanges, 1), 1.0), tuple(marks))


def _load(engine: Engine, campaigns: Sequence[Campaign], found: dict[str, _Telling]) -> None:
    suspects = [{"campaign_id": c.campaign_id, "account_id": m.account_id} for c in campaigns for m in c.members]
    telling = [
        {"campaign_id": name, "kind": kind, "mark": mark} for name, one in found.items() for kind, mark in one.marks
    ]
    text = pa.string()
    engine.load("suspects", pa.Table.from_pylist(suspects, pa.schema([("campaign_id", text), ("account_id", text)])))
    columns = [("campaign_id", text), ("kind", text), ("mark", pa.int64())]
    engine.load("telling", pa.Table.from_pylist(telling, pa.schema(columns)))
    engine.view(CARRIED)


def _end_users(
    rows: Sequence[dict[str, int | str]], found: dict[str, _Telling], campaign: Campaign
) -> tuple[EndUser, ...]:
    return tuple(
        EndUser(
            exhibit=str(row["exhibit"]),
            accounts=int(row["accounts"]),
            exchanges=int(row["exchanges"]),
            carrying=int(row["carrying"]),
            part=part(
                int(row["carrying"]),
                int(row["exchanges"]),
                rate=found[campaign.campaign_id].rate,
                tried=len(rows),
            ),
        )
        for row in rows
    )


def part(carrying: int, exchanges: int, *, rate: float, tried: int) -> Part:
    """Return whose an end user's exchanges are, by how many of them carry the marks.

    Harvest, if people who have nothing to do with it would carry so many less than once in a hundred campaigns
    (binomial, Bonferroni); a customer's, if a harvester would carry so few less than once in a hundred.

    Args:
        rate: share of other people's exchanges that carry the marks. tried: end users of the campaign.
    """
    if carrying and binomial_tail(carrying, exchanges, rate) * tried <= SURELY:
        return Part.HARVEST
    if binomial_tail(exchanges - carrying, exchanges, 1 - LEAST_CARRIED) <= SURELY:
        return Part.CUSTOMER
    return Part.UNCLEAR
