"""Folders of scans made by hand, from what each kind of evidence says of each group."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from scipy import optimize

from stillwatch.evidence import EVIDENCE_TABLE
from stillwatch.findings import CAMPAIGNS, CLEARED, EVIDENCE, MEMBERS, Evidence
from stillwatch.nulls import bits_of
from stillwatch.verdict import judge, reweighed, scores
from stillwatch.weights import TODAY

LEVEL = 0.01
START = dt.datetime(2026, 7, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Told:
    """A group: bits of its p-values by kind, before any cap; a kind that is not named was not tested."""

    group_id: str
    raw: Mapping[str, float]
    shares: Mapping[str, float] = field(default_factory=dict)
    q_value: float = 1e-6


def p_of(bits: float) -> float:
    """Return the p-value that is worth so many bits."""
    return float(10 ** optimize.brentq(lambda power: bits_of(10.0**power) - bits, -299.0, 0.0))


def evidence(told: Told) -> tuple[Evidence, ...]:
    """Return the evidence of a group as the numbers of the table count it."""
    items = tuple(
        Evidence(
            kind=kind.kind, family=kind.family, question=kind.question, bits=0.0,
            p_value=p_of(told.raw[kind.kind]) if kind.kind in told.raw else None,
            null_model=kind.null, statement=f"{kind.kind} of {told.group_id}", share=told.shares.get(kind.kind, 1.0),
        )
        for kind in EVIDENCE_TABLE
    )  # fmt: skip
    return reweighed(items, TODAY)


def write_folder(out: Path, groups: Sequence[Told], **more: Any) -> Path:
    """Write the folder of a scan that tested `groups`, and return it; `more` are parameters of the scan."""
    out.mkdir(parents=True)
    head = {"format": 1, "parameters": {"false_discoveries": LEVEL, **more}}
    (out / "scan.json").write_text(json.dumps(head), encoding="utf-8")
    items = {told.group_id: evidence(told) for told in groups}
    verdicts = {told.group_id: judge(items[told.group_id], told.q_value, LEVEL) for told in groups}
    accused = [_row(t, items[t.group_id]) | {"verdict": v} for t in groups if (v := verdicts[t.group_id][0])]
    cleared = [
        _row(t, items[t.group_id]) | {"reason": verdicts[t.group_id][1]} for t in groups if not verdicts[t.group_id][0]
    ]
    _write(out / "campaigns.parquet", CAMPAIGNS, accused)
    _write(out / "cleared.parquet", CLEARED, cleared)
    _write(out / "evidence.parquet", EVIDENCE, [_line(g, item) for g, some in items.items() for item in some])
    _write(out / "members.parquet", MEMBERS, [])
    return out


def _row(told: Told, items: Sequence[Evidence]) -> dict[str, Any]:
    sums = scores(items)
    return {
        "campaign_id": told.group_id, "coordination_bits": sums.coordination, "extraction_bits": sums.extraction,
        "deception_bits": sums.deception, "innocence_bits": sums.innocence, "q_value": told.q_value, "n_accounts": 20,
        "n_exchanges": 400, "first_ts": START, "last_ts": START + dt.timedelta(days=9), "summary": "a group",
    }  # fmt: skip


def _line(group: str, item: Evidence) -> dict[str, Any]:
    return {
        "campaign_id": group, "evidence": item.kind, "family": str(item.family), "question": str(item.question),
        "bits": item.bits, "p_value": item.p_value, "null_model": item.null_model, "statement": item.statement,
        "numbers": "{}", "exhibits": [], "query": "", "share": item.share,
    }  # fmt: skip


def _write(path: Path, schema: pa.Schema, rows: list[dict[str, Any]]) -> None:
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), path)


HARVESTER = {"shared_scaffold": 30.0, "interchangeable": 25.0, "even_load": 14.0, "harvest_intent": 20.0}
COURSE = {"signup_burst": 40.0, "registration_form": 30.0, "in_step": 9.0, "single_shot": 20.0}
RELAY = {"continued_conversation": 40.0, "failover": 20.0, "shared_scaffold": 20.0, "appetite": 9.0}


def alike(name: str, raw: Mapping[str, float], count: int) -> list[Told]:
    """Return groups that show nearly the same, named in a row."""
    return [Told(f"{name}-{i}", {kind: bits + 0.3 * i for kind, bits in raw.items()}) for i in range(count)]


def write_labels(file: Path, verdicts: Mapping[str, str]) -> Path:
    """Write a file of labels as CSV."""
    lines = ["campaign_id,verdict,note", *(f"{group},{verdict},because" for group, verdict in verdicts.items())]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file
