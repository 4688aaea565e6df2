"""Worlds and scans written by hand: a dozen accounts of which every figure can be worked out on paper."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch.range.scoring import Score, score
from stillwatch.range.store import TRUTH
from stillwatch.record import TIMESTAMP

START = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)
KINDS = {"letter": "campaign", "relay": "relay", "class-1": "classroom", "class-2": "classroom", "": "ordinary"}
PEOPLE = {f"{name}{k}": group for name, group in zip("lrcdo", KINDS, strict=True) for k in range(1, 5)}
"""Four accounts of each group: `l1` of the campaign, `r1` of the relay, `c1` and `d1` of two classes, `o1` of none."""
Verdicts = Mapping[str, tuple[str, str]]
"""Verdict and members, as words, of each campaign of a scan."""


Head = Mapping[str, Any] | None
NOBODY: Verdicts = MappingProxyType({})


def at(hour: float) -> dt.datetime:
    """Return the moment that many hours after the world begins."""
    return START + dt.timedelta(hours=hour)


def write_world(
    folder: Path,
    *,
    people: Mapping[str, str] = PEOPLE,
    exchanges: Sequence[tuple[str, float]] | None = None,
    harvest: Mapping[str, float] | None = None,
) -> Path:
    """Write a world and return its truth file.

    Args:
        people: group of each account. exchanges: account and hour of each; none are written without it.
        harvest: hour from which an account harvests.
    """
    folder.mkdir(parents=True, exist_ok=True)
    names = list(people)
    starts = [at(harvest[name]) if harvest and name in harvest else None for name in names]
    kinds = [KINDS[people[name]] for name in names]
    columns = [names, [people[name] for name in names], kinds, ["x"] * len(names), starts]
    truth = pa.Table.from_arrays([pa.array(c, f.type) for c, f in zip(columns, TRUTH, strict=True)], schema=TRUTH)
    pq.write_table(truth, folder / "truth.parquet")
    pq.write_table(pa.table({"account_id": names}), folder / "accounts.parquet")
    (folder / "world.json").write_text(json.dumps({"name": "hand", "seed": 1}), encoding="utf-8")
    if exchanges is not None:
        ts = pa.array([at(hour) for _, hour in exchanges], TIMESTAMP)
        sent = pa.array([account for account, _ in exchanges], pa.string())
        pq.write_table(pa.table({"account_id": sent, "ts": ts}), folder / "exchanges.parquet")
    return folder / "truth.parquet"


def write_scan(
    folder: Path, named: Verdicts, *, until: float | None = None, head: Mapping[str, Any] | None = None
) -> Path:
    """Write the part of a scan that every detector can write, and return its folder.

    Args:
        until: cut-off in hours. head: more of `scan.json`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    cut_off = None if until is None else at(until).isoformat()
    parameters = {"since": None, "until": cut_off}
    (folder / "scan.json").write_text(
        json.dumps({"format": 1, "parameters": parameters, **(head or {})}), encoding="utf-8"
    )
    verdicts = pa.array([verdict for verdict, _ in named.values()], pa.string())
    pq.write_table(pa.table({"campaign_id": pa.array(named, pa.string()), "verdict": verdicts}),
                   folder / "campaigns.parquet")  # fmt: skip
    pairs = [(name, account) for name, (_, members) in named.items() for account in members.split()]
    pairs.append(("cleared", "c1"))
    table = {"campaign_id": pa.array([p[0] for p in pairs]), "account_id": pa.array([p[1] for p in pairs])}
    pq.write_table(pa.table(table), folder / "members.parquet")
    return folder


def scored(folder: Path, named: Verdicts) -> Score:
    """Return the score of one scan of a world of which only the truth is known."""
    return score(write_world(folder / "world"), write_scan(folder / "scan", named))


def add_groups(folder: Path, groups: Mapping[str, tuple[str, float, float]], *, verdicts: Verdicts = NOBODY) -> None:
    """Write what a scan of ours leaves beside its members: tested groups with bits, q-values and evidence.

    Args:
        groups: accounts as words, bits and q-value of each group; each has evidence of two kinds with p = 2^-bits, of
            so many bits for and against it, and ten bits of extraction less than bits.
        verdicts: those of `groups` that are campaigns.
    """
    rows = {name: (bits, q) for name, (_, bits, q) in groups.items()}
    for table, names in (("campaigns", [n for n in rows if n in verdicts]),
                         ("cleared", [n for n in rows if n not in verdicts])):  # fmt: skip
        columns = {
            "campaign_id": pa.array(names, pa.string()),
            "verdict": pa.array([verdicts[n][0] if n in verdicts else None for n in names], pa.string()),
            "coordination_bits": pa.array([rows[n][0] + 1 for n in names], pa.float64()),
            "extraction_bits": pa.array([max(rows[n][0] - 10, 0.0) for n in names], pa.float64()),
            "innocence_bits": pa.array([-1.0 for _ in names], pa.float64()),
            "q_value": pa.array([rows[n][1] for n in names], pa.float64()),
        }
        pq.write_table(pa.table(columns), folder / f"{table}.parquet")
    pairs = [(name, account) for name, (accounts, _, _) in groups.items() for account in accounts.split()]
    pq.write_table(pa.table({"campaign_id": [p[0] for p in pairs], "account_id": [p[1] for p in pairs]}),
                   folder / "groups.parquet")  # fmt: skip
    evidence = [(name, kind, question) for name in groups
                for kind, question in (("in_step", "coordination"), ("same_list", "innocence"))]  # fmt: skip
    pq.write_table(
        pa.table(
            {
                "campaign_id": [name for name, _, _ in evidence],
                "evidence": [kind for _, kind, _ in evidence],
                "question": [question for _, _, question in evidence],
                "bits": [rows[name][0] * (1 if question == "coordination" else -1) for name, _, question in evidence],
                "p_value": [min(2.0 ** -rows[name][0], 1.0) for name, _, _ in evidence],
            }
        ),
        folder / "evidence.parquet",
    )
