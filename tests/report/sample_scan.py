"""A scan's folder as a scan would leave it, written without one: every figure is invented, every shape is the contract's.

`write_scan` writes two distillation campaigns, a case of pooled access, a coordinated group and four cleared groups.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch.findings import CAMPAIGNS, CLEARED, EVIDENCE, MEMBERS
from stillwatch.report.result import LINKS, TIMELINE

START = dt.datetime(2026, 7, 1, tzinfo=dt.UTC)
QUERY = """-- {kind}
select
  e.prompt_mark,
  count(*) as draws,
  count(distinct e.account_id) as accounts
from exchanges as e
join members as m
  on m.account_id = e.account_id
where m.group_id = {group}
  and e.ts >= timestamptz '2026-07-01 00:00:00+00'
group by e.prompt_mark
having count(*) > 1
order by draws desc, e.prompt_mark
"""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of evidence as a group of the sample shows it."""

    kind: str
    family: str
    question: str
    null: str
    says: str
    numbers: Mapping[str, Any]
    causes: tuple[str, ...] = ()
    blind: tuple[str, ...] = ()


KINDS = (
    Kind(
        "dealt_out", "content", "coordination", "draws with replacement from a list of the same size",
        "Members asked {draws:,} questions of one family and repeated {repeats:,}, where independent drawing gives about 6,240.",
        {"draws": 163_812, "prompts": 163_401, "repeats": 411, "expected_repeats": 6_240.4},
        ("one customer's sharded batch job", "a public benchmark run by many owners"),
        ("lists under 200 prompts, where chance alone explains little overlap",),
    ),
    Kind(
        "shared_scaffold", "content", "coordination", "random groups of the same size and activity",
        "A prompt scaffold that 0.02 % of other accounts use opens 94 % of the exchanges of {members:,} members.",
        {"members": 288, "share": 0.9412, "elsewhere": 0.0002, "scaffold": "5f1c09a2"},
        ("a product with one system prompt and many keys", "a popular open-source agent"),
        ("a scaffold that is written anew for each request",),
    ),
    Kind(
        "interchangeable", "sameness", "coordination", "independent owners of the same plan and activity",
        "Between-account variance of topic, length and hour is {ratio} of what independent owners show.",
        {"ratio": 0.07, "accounts": 300, "features": 24},
        ("a fleet of one organisation's workers",),
        ("members that are given different tasks",),
    ),
    Kind(
        "sign_up_burst", "lifecycle", "coordination", "sign-ups of the whole service in the same weeks",
        "{created:,} of the accounts were created within 41 hours, where 9 would be expected.",
        {"created": 262, "expected": 9.3, "window_hours": 41},
        ("a hackathon", "a company that moves to single sign-on"),
    ),
    Kind(
        "even_load", "timing", "coordination", "counts of independent accounts of the same total",
        "Daily counts of the members differ by {spread} of what chance gives: something deals the requests out.",
        {"spread": 0.31, "days": 20, "mean_per_day": 26.0},
        ("a scheduler in front of one organisation's keys",),
    ),
    Kind(
        "prefix_handoff", "relay", "coordination", "conversations that change account by chance",
        "{handoffs:,} conversations went on under another account, most within two minutes.",
        {"handoffs": 1_204, "median_seconds": 94, "organisations": 288},
        ("a thread shared in a team", "a public transcript that was imported"),
    ),
    Kind(
        "shared_payment", "identity", "coordination", "payment instruments dealt out at random",
        "{instruments} payment instruments are behind {members} of the accounts.",
        {"instruments": 7, "members": 61},
        ("a corporate card", "a university"),
        ("virtual cards, one an account",),
    ),
    Kind(
        "client_tuple", "infrastructure", "coordination", "client tuples of accounts in the same week",
        "{members} members announce a client, version and runtime that never existed together.",
        {"members": 173, "tuple": "cli/2.0.14 · node 18.2 · linux-arm"},
        ("a golden machine image", "TLS inspection in one company"),
    ),
    Kind(
        "reasoning_elicitation", "intent", "extraction", "share among accounts of the same plan",
        "71 % of the prompts ask for the reasoning behind a finished answer; of others, 1.1 % do.",
        {"share": 0.71, "elsewhere": 0.011, "exchanges": 116_306},
        ("an audit trail that asks for reasons", "an evaluation harness"),
    ),
    Kind(
        "breadth", "intent", "extraction", "breadth of accounts with as many exchanges",
        "97 % of the questions are asked once and never followed up.",
        {"unique": 0.974, "follow_up": 0.003},
        ("batch enrichment of a customer's own corpus",),
    ),
    Kind(
        "disposable_mail", "identity", "deception", "mail domains of all accounts",
        "{members} accounts use disposable mail; 12 would be expected.",
        {"members": 201, "expected": 12.1},
        ("people who guard their privacy",),
    ),
    Kind(
        "declared_organisation", "identity", "innocence", "organisations of random groups",
        "The members declare {organisations} organisations; one declared organisation would have spoken for them.",
        {"organisations": 288, "largest_share": 0.01},
    ),
    Kind(
        "humans_editing", "intent", "innocence", "follow-ups of accounts known to be people",
        "1.2 % of the answers are followed by a correction or a question about them, as people do.",
        {"share": 0.012, "people": 0.21},
    ),
    Kind(
        "reasoning_replay", "relay", "extraction", "blocks presented where they were issued",
        "No reasoning block was brought back by these accounts, so nothing can be said.",
        {},
        ("fail-over inside one organisation",),
    ),
)
"""In the order of the sample's table; the last was never tested."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A group of the sample. `bits` maps kinds to bits; a kind that is not named is not in its evidence."""

    group_id: str
    verdict: str | None
    summary: str
    accounts: int
    exchanges: int
    days: float
    bits: Mapping[str, float]
    reason: str = ""
    core: float = 0.72
    ids: Sequence[str] = ()
    links: int = 0
    statements: Mapping[str, str] = field(default_factory=dict)


HARVEST = {
    "dealt_out": 23.1, "shared_scaffold": 19.4, "interchangeable": 14.8, "sign_up_burst": 9.6, "even_load": 6.2,
    "shared_payment": 0.0, "client_tuple": 3.3, "reasoning_elicitation": 21.7, "breadth": 8.8, "disposable_mail": 7.4,
    "declared_organisation": -0.6, "humans_editing": -1.9, "reasoning_replay": 0.0,
}  # fmt: skip
SAMPLES = (
    Sample(
        "k7f3-2026-07-01", "distillation_campaign",
        "300 accounts created in two days ask 163,812 questions from one list that is dealt out between them, "
        "71 % of them for the reasoning behind a finished answer.",
        300, 163_812, 20.9, HARVEST, links=900,
    ),
    Sample(
        "m2q9-2026-07-09", "distillation_campaign",
        "41 accounts continue each other's conversations and grade answers by rubric in step, day and night.",
        41, 35_074, 2.1,
        {"prefix_handoff": 31.0, "even_load": 11.9, "reasoning_elicitation": 12.2, "shared_scaffold": 4.9,
         "interchangeable": -2.2, "declared_organisation": -0.3, "humans_editing": 0.0, "reasoning_replay": 0.0},
        links=160, core=0.9,
    ),
    Sample(
        "p4tt-2026-07-03", "pooled_access",
        "118 accounts are served through one relay that moves conversations between them; what is asked is as mixed as "
        "the questions of ordinary developers.",
        118, 48_911, 18.4,
        {"prefix_handoff": 42.5, "client_tuple": 18.0, "even_load": 9.1, "interchangeable": -3.8, "breadth": -4.6,
         "humans_editing": -11.3, "declared_organisation": -0.4},
        links=420,
    ),
    Sample(
        "c8ab-2026-07-11", "coordinated",
        "22 accounts share payment instruments and a clock; what they ask for is not what students are trained on.",
        22, 2_310, 9.0,
        {"shared_payment": 17.3, "even_load": 8.8, "sign_up_burst": 5.0, "reasoning_elicitation": -1.4, "breadth": 0.4,
         "humans_editing": -0.8},
        links=60, core=1.0,
    ),
    Sample(
        "x101", None, "640 accounts with one system prompt", 640, 91_220, 20.0,
        {"shared_scaffold": 22.0, "interchangeable": 3.1, "declared_organisation": -40.0},
        reason="one declared organisation owns 638 of the 640 accounts",
    ),
    Sample(
        "x102", None, "5,120 accounts with a popular agent's prompt", 5_120, 310_400, 20.9,
        {"shared_scaffold": 12.4, "interchangeable": -8.7, "humans_editing": -19.5},
        reason="the scaffold is popular among clearly unrelated accounts, and people edit the answers",
    ),
    Sample(
        "x103", None, "33 accounts behind one address", 33, 1_804, 11.0, {"client_tuple": 1.2, "humans_editing": -3.0},
        reason="evidence from one family only (infrastructure)",
    ),
    Sample(
        "x104", None, "87 accounts that ran one benchmark on release day", 87, 14_300, 1.1,
        {"shared_scaffold": 9.9, "dealt_out": -12.8, "breadth": 4.0, "declared_organisation": -2.0},
        reason="every account asked the whole list: nothing was dealt out",
    ),
)  # fmt: skip

SCAN: Mapping[str, Any] = {
    "format": 1,
    "stillwatch": "0.1.0",
    "finished_at": "2026-07-22T02:51:09Z",
    "versions": {"python": "3.11.7", "duckdb": "2.0.0", "pyarrow": "26.0.0", "numpy": "2.4.1"},
    "parameters": {
        "engine": "duckdb", "memory": "8GB", "since": None, "until": None, "false_discovery_rate": 0.01,
        "families_needed": 2, "proposers": ["rare_marks", "heavy_marks", "sameness", "relay", "regrowth"],
    },
    "ledger": {
        "digest": "sha256:5e1b5f0c4a3de0d7b0f4b7b6a2c8d1e9f3a7c5b1d2e4f60718293a4b5c6d7e8f",
        "exchanges": 1_204_118, "accounts": 20_312,
        "first_ts": "2026-07-01T00:00:04Z", "last_ts": "2026-07-21T23:59:58Z",
    },
    "rows_read": 1_204_611,
    "skipped": [
        {"reason": "exchange_id seen before", "count": 402, "first": "logs/2026-07-04.jsonl.zst:18211"},
        {"reason": "not JSON", "count": 91, "first": "logs/2026-07-12.jsonl.zst:77120"},
    ],
    "not_run": [
        {"evidence": "shared_address", "family": "infrastructure", "reason": "no exchange has an address", "columns": ["ip", "asn"]},
        {"evidence": "error_fan_out", "family": "relay", "reason": "no exchange has a status", "columns": ["status"]},
        {"evidence": "regrowth", "family": "lifecycle", "reason": "no earlier scan was named, so no campaign is remembered"},
    ],
    "kinds": [
        {"evidence": k.kind, "innocent_causes": list(k.causes), "blind_spots": list(k.blind)} for k in KINDS
    ],
    "proposals": {"rare_marks": 5, "heavy_marks": 2, "sameness": 3, "relay": 2, "regrowth": 0},
    "timings": {"profiles": 3.21, "proposals": 5.88, "evidence": 9.40, "verdict": 0.12, "report": 0.61},
}  # fmt: skip


def write_scan(out: Path, samples: Sequence[Sample] = SAMPLES, scan: Mapping[str, Any] = SCAN) -> Path:
    """Write the folder of a scan that found `samples`, and return it."""
    out.mkdir(parents=True, exist_ok=True)
    (out / "scan.json").write_text(json.dumps(scan, indent=1), encoding="utf-8")
    accused = [s for s in samples if s.verdict is not None]
    _write(out / "campaigns.parquet", CAMPAIGNS, [_row(s) | {"verdict": s.verdict} for s in accused])
    _write(out / "cleared.parquet", CLEARED, [_row(s) | {"reason": s.reason} for s in samples if s.verdict is None])
    _write(out / "evidence.parquet", EVIDENCE, [row for s in samples for row in _evidence(s)])
    _write(out / "members.parquet", MEMBERS, [row for s in accused for row in _members(s)])
    _write(out / "timeline.parquet", TIMELINE, [row for s in accused for row in _hours(s)])
    _write(out / "links.parquet", LINKS, [row for s in accused for row in _links(s)])
    return out


def many(campaigns: int, members: int) -> list[Sample]:
    """Return that many campaigns with that many members in all."""
    each = members // campaigns
    return [
        replace(
            SAMPLES[i % 4], group_id=f"big-{i:03}", accounts=each, links=600,
            bits={k.kind: 3.0 + (i * 7 + j) % 11 for j, k in enumerate(KINDS)},
        )
        for i in range(campaigns)
    ]  # fmt: skip


def _write(path: Path, schema: pa.Schema, rows: list[dict[str, Any]]) -> None:
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), path)


def _row(sample: Sample) -> dict[str, Any]:
    sums = dict.fromkeys(("coordination", "extraction", "deception", "innocence"), 0.0)
    for kind in KINDS:
        sums[kind.question] += sample.bits.get(kind.kind, 0.0)
    return {
        "campaign_id": sample.group_id,
        **{f"{question}_bits": value for question, value in sums.items()},
        "q_value": 2.0 ** -max(sums["coordination"], 0.0),
        "n_accounts": sample.accounts,
        "n_exchanges": sample.exchanges,
        "first_ts": START + dt.timedelta(minutes=11),
        "last_ts": START + dt.timedelta(days=sample.days),
        "summary": sample.summary,
    }


def _evidence(sample: Sample) -> list[dict[str, Any]]:
    rows = []
    for kind in KINDS:
        if kind.kind in sample.bits:
            bits = sample.bits[kind.kind]
            silent = not kind.numbers
            rows.append(
                {
                    "campaign_id": sample.group_id,
                    "evidence": kind.kind,
                    "family": kind.family,
                    "question": kind.question,
                    "bits": bits,
                    "p_value": None if silent else min(1.0, 2.0 ** -(bits + 1.5)),
                    "null_model": kind.null,
                    "statement": sample.statements.get(kind.kind, kind.says.format(**kind.numbers)),
                    "numbers": json.dumps(kind.numbers, ensure_ascii=False),
                    "exhibits": [] if silent else [f"ex_{sample.group_id}_{i:05}" for i in range(15)],
                    "query": "" if silent else QUERY.format(kind=kind.kind, group=f"'{sample.group_id}'"),
                }
            )
    return rows


def _ids(sample: Sample) -> list[str]:
    made = [f"acct_{random.Random(f'{sample.group_id}{i}').getrandbits(48):012x}" for i in range(sample.accounts)]
    return [*sample.ids, *made][: sample.accounts]


def _members(sample: Sample) -> list[dict[str, Any]]:
    chance = random.Random(sample.group_id)
    core = round(sample.accounts * sample.core)
    return [
        {
            "campaign_id": sample.group_id,
            "account_id": account,
            "bits": round(chance.uniform(6, 15) if i < core else chance.uniform(-1, 4), 3),
            "joined_ts": START + dt.timedelta(minutes=chance.randrange(11, 3_000)),
            "core": i < core,
        }
        for i, account in enumerate(_ids(sample))
    ]


def _hours(sample: Sample) -> list[dict[str, Any]]:
    chance = random.Random(sample.group_id)
    total = max(1, int(sample.days * 24))
    rows = []
    for hour in range(total):
        load = sample.exchanges / total * min(1.0, (hour + 4) / 40) * (1 + 0.35 * math.sin(hour / 24 * 2 * math.pi))
        exchanges = max(0, round(chance.gauss(load, load / 6)))
        accounts = min(sample.accounts, exchanges, round(sample.accounts * 0.4 * chance.uniform(0.7, 1.0)) + 1)
        if exchanges and not 190 < hour < 204:
            moment = START + dt.timedelta(hours=hour)
            rows.append({"campaign_id": sample.group_id, "hour": moment, "exchanges": exchanges, "accounts": accounts})
    return rows


def _links(sample: Sample) -> list[dict[str, Any]]:
    chance = random.Random(sample.group_id)
    ids = _ids(sample)
    kinds = ("prompt_scaffold", "client_tuple", "payment", "conversation_prefix", "device")
    pairs: dict[tuple[str, str, str], int] = {}
    for _ in range(sample.links):
        place = min(int(chance.expovariate(6 / len(ids))), len(ids) - 2)
        other = min(place + 1 + int(chance.expovariate(0.2)), len(ids) - 1)
        kind = kinds[min(int(chance.expovariate(1)), len(kinds) - 1)]
        pairs[ids[place], ids[other], kind] = 1 + int(chance.expovariate(0.5))
    return [
        {"campaign_id": sample.group_id, "account_a": a, "account_b": b, "kind": kind, "marks": marks}
        for (a, b, kind), marks in sorted(pairs.items())
    ]
