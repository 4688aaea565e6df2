"""What a scan leaves in its folder: the tables of `findings.py`, two for the report, and `scan.json`.

The tables carry no time of writing and no path, and their rows have a fixed order: the same ledger and parameters give
the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from scipy import sparse

from stillwatch.engine import Engine, Query
from stillwatch.evidence import EVIDENCE_TABLE
from stillwatch.findings import (
    CAMPAIGNS,
    CLEARED,
    END_USERS,
    EVIDENCE,
    GROUPS,
    LINKS,
    MEMBERS,
    TIMELINE,
    Campaign,
    Evidence,
)
from stillwatch.memory import peak, peak_of_children
from stillwatch.pipeline import Scan
from stillwatch.population import OF_ACCOUNTS, SCAFFOLDS, Population

MOST_LINKED = 80
"""Members whose links are kept for the report, most certain first."""
RAREST = 100
"""Accounts; a mark that more hold does not link two members in the report."""

HOURS = Query(
    "timeline",
    """
    select members.campaign_id, hour * 3600000000 as hour, cast(sum(n) as bigint) as exchanges, count(*) as accounts
    from account_hours join members on members.account_id = account_hours.account_id
    group by members.campaign_id, hour order by members.campaign_id, hour""",
)


def write_results(out: Path, found: Scan, engine: Engine, head: Mapping[str, Any]) -> None:
    """Write all tables and `scan.json` into the folder `out`.

    Args:
        engine: has the sums of the ledger; the timeline is read off them.
        head: what `scan.json` says beside what is in `found`.

    Raises:
        OSError: the folder cannot be written.
        StillwatchError: a query needs more memory or disk than there is.
    """
    for name, table in _tables(found, engine).items():
        pq.write_table(table, out / f"{name}.parquet", compression="zstd", store_schema=False)
    said = {**head, **_facts(found), "memory": _memory(engine)}
    (out / "scan.json").write_text(json.dumps(said, indent=2) + "\n", encoding="utf-8")


def _tables(found: Scan, engine: Engine) -> dict[str, pa.Table]:
    groups = [*found.campaigns, *found.cleared]
    members = pa.Table.from_pylist([row for c in found.campaigns for row in _members(c)], MEMBERS)
    engine.load("members", members)
    return {
        "campaigns": pa.Table.from_pylist(
            [_campaign(c) | {"verdict": str(c.verdict)} for c in found.campaigns], CAMPAIGNS
        ),
        "cleared": pa.Table.from_pylist([_campaign(c) | {"reason": c.reason} for c in found.cleared], CLEARED),
        "members": members,
        "end_users": pa.Table.from_pylist([row for c in found.campaigns for row in _end_users(c)], END_USERS),
        "groups": pa.Table.from_pylist(
            [{"campaign_id": c.campaign_id, "account_id": a} for c in groups for a in found.tested[c.campaign_id]],
            GROUPS,
        ),
        "evidence": pa.Table.from_pylist([_evidence(c, item) for c in groups for item in c.evidence], EVIDENCE),
        "timeline": engine.table(HOURS).cast(TIMELINE),
        "links": pa.Table.from_pylist([row for c in found.campaigns for row in _links(c, found.people)], LINKS),
    }


def _campaign(campaign: Campaign) -> dict[str, Any]:
    scores = campaign.scores
    return {
        "campaign_id": campaign.campaign_id,
        "coordination_bits": scores.coordination,
        "extraction_bits": scores.extraction,
        "deception_bits": scores.deception,
        "innocence_bits": scores.innocence,
        "q_value": campaign.q_value,
        "n_accounts": campaign.n_accounts,
        "n_exchanges": campaign.n_exchanges,
        "first_ts": campaign.first_ts,
        "last_ts": campaign.last_ts,
        "summary": campaign.summary,
        "regrown_from": campaign.regrown_from or None,
        "regrown": campaign.regrown or None,
    }


def _members(campaign: Campaign) -> list[dict[str, Any]]:
    return [
        {
            "campaign_id": campaign.campaign_id,
            "account_id": member.account_id,
            "bits": member.bits,
            "joined_ts": member.joined,
            "core": member.core,
            "n_exchanges": member.exchanges,
            "n_carrying": member.carrying,
        }
        for member in campaign.members
    ]


def _end_users(campaign: Campaign) -> list[dict[str, Any]]:
    return [
        {
            "campaign_id": campaign.campaign_id,
            "exhibit": user.exhibit,
            "n_accounts": user.accounts,
            "n_exchanges": user.exchanges,
            "n_carrying": user.carrying,
            "part": str(user.part),
        }
        for user in campaign.end_users
    ]


def _evidence(campaign: Campaign, item: Evidence) -> dict[str, Any]:
    return {
        "campaign_id": campaign.campaign_id,
        "evidence": item.kind,
        "family": str(item.family),
        "question": str(item.question),
        "bits": item.bits,
        "p_value": item.p_value,
        "null_model": item.null_model,
        "statement": item.statement,
        "numbers": json.dumps(dict(item.numbers), ensure_ascii=False),
        "exhibits": list(item.exhibits),
        "query": item.query,
        "share": item.share,
    }


def _links(campaign: Campaign, people: Population) -> list[dict[str, Any]]:
    """Return pairs of the most certain members that share rare marks, by kind."""
    chosen = people.positions([member.account_id for member in campaign.members[:MOST_LINKED]])
    rows = []
    for kind in (*OF_ACCOUNTS, *SCAFFOLDS):
        marks = people.shared[kind]
        rare = np.flatnonzero(marks.holders <= RAREST)
        held = (marks.matrix[chosen][:, rare] > 0).astype(np.int64)
        pairs = sparse.coo_array(sparse.triu(held @ held.T, k=1))
        rows += [
            {
                "campaign_id": campaign.campaign_id,
                "account_a": people.ids[chosen[i]],
                "account_b": people.ids[chosen[j]],
                "kind": kind,
                "marks": int(n),
            }
            for i, j, n in sorted(zip(pairs.row.tolist(), pairs.col.tolist(), pairs.data.tolist(), strict=True))
        ]
    return rows


def _needs(kind: str) -> list[str]:
    """Return the columns that a kind of evidence needs; `a|b` means either."""
    return next(list(row.needs) for row in EVIDENCE_TABLE if row.kind == kind)


def _facts(found: Scan) -> dict[str, Any]:
    return {
        "could_not_run": [
            {"evidence": kind.kind, "family": kind.family, "reason": kind.reason, "columns": _needs(kind.kind)}
            for kind in found.could_not_run
        ],
        "proposals": dict(found.proposals),
        "customers": found.customers,
        "timings": dict(found.timings),
    }


def _memory(engine: Engine) -> dict[str, int]:
    """Return what this process might hold and what it held at most, in bytes."""
    return {
        "limit": engine.plan.limit,
        "peak": peak(),
        "peak_of_children": peak_of_children(),
        "spilled": engine.spilled,
    }
