"""A scan's folder as a scan would leave it, written without one: figures are invented, shapes are the contract's.

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

from stillwatch.findings import CAMPAIGNS, CLEARED, END_USERS, EVIDENCE, GROUPS, LINKS, MEMBERS, TIMELINE
from tests.report.sample_kinds import COORDINATION, DECEPTION, EXTRACTION, INNOCENCE, KINDS, SILENT, Kind

START = dt.datetime(2026, 7, 1, tzinfo=dt.UTC)
QUERY = """-- {kind}
WITH held AS (
  SELECT
    accounts.account_id,
    payment_id,
    device_id
  FROM accounts
  JOIN groups
    ON groups.account_id = accounts.account_id
  WHERE
    groups.campaign_id = {group}
)
SELECT
  COUNT(*) AS shared
FROM held
WHERE
  payment_id IS NOT NULL AND device_id <> ''
GROUP BY
  payment_id
HAVING
  COUNT(*) >= 2
"""


@dataclass(frozen=True, slots=True)
class Sample:
    """A group of the sample.

    Attributes:
        bits: of the kinds that spoke; the others were tested and found nothing.
        silent: kinds that could not be tested on it, with the reason.
        ids: account ids to begin with; the rest are made.
        tested: how many of the accounts were in the group as it was tested; all when None.
        mixed: whether its accounts carry other people's requests, with ids of their users.
    """

    group_id: str
    verdict: str | None
    summary: str
    accounts: int
    exchanges: int
    days: float
    bits: Mapping[str, float]
    silent: Mapping[str, str] = field(default_factory=dict)
    reason: str = ""
    core: float = 0.72
    ids: Sequence[str] = ()
    links: int = 0
    tested: int | None = None
    mixed: bool = False


SAMPLES = (
    Sample(
        "c-7f31d0a2", "distillation_campaign",
        "300 accounts with 163,812 exchanges from 2026-07-01 to 2026-07-21: one operator harvests the model through "
        "them. Strongest evidence: 71 % of their prompts are of a form that makes training data; 288 of them use one "
        "head text out of habit, and 3 of 20,012 others do.",
        300, 163_812, 20.9,
        {"shared_scaffold": 10.0, "interchangeable": 12.0, "signup_burst": 8.0, "even_load": 6.8, "in_step": 4.9,
         "client_tuple": 3.3, "shared_instrument": 1.4, "registration_form": 7.2, "harvest_intent": 9.1,
         "single_shot": 2.9, "dealt_out": 6.0, "human_conversation": 0.0, "independent_owners": 0.0},
        {"same_list": SILENT["same_list"]}, links=900,
    ),
    Sample(
        "c-19be44c7", "distillation_campaign",
        "41 accounts with 35,074 exchanges from 2026-07-01 to 2026-07-03: one operator harvests the model through "
        "them. Strongest evidence: conversations go on under another account; answers are graded by rubric in step.",
        41, 35_074, 2.1,
        {"continued_conversation": 10.0, "even_load": 7.3, "in_step": 4.7, "harvest_intent": 10.0,
         "shared_scaffold": 4.9, "human_conversation": -1.3},
        SILENT, links=160, core=0.9, mixed=True,
    ),
    Sample(
        "c-a04f9e15", "pooled_access",
        "118 accounts with 48,911 exchanges from 2026-07-01 to 2026-07-19: they are one pool through which many people "
        "reach the model. Strongest evidence: 1,204 conversations went on under another account.",
        118, 48_911, 18.4,
        {"continued_conversation": 6.4, "failover": 5.6, "client_tuple": 4.0, "even_load": 8.0, "invisible_text": 8.0,
         "independent_owners": -3.1, "human_conversation": -4.2},
        {"same_list": SILENT["same_list"]}, links=420, tested=92,
    ),
    Sample(
        "c-62d8817b", "coordinated",
        "22 accounts with 2,310 exchanges from 2026-07-01 to 2026-07-10: one operator runs them and hides it. "
        "Strongest evidence: 7 payment instruments are shared by 21 of them; 5 devices stand behind accounts that "
        "registered apart.",
        22, 2_310, 9.0,
        {"shared_instrument": 12.0, "even_load": 6.1, "signup_burst": 5.0, "one_device": 8.0,
         "human_conversation": -0.8},
        links=60, core=1.0,
    ),
    Sample(
        "g-51b0c3aa", None, "640 accounts with one system prompt", 640, 91_220, 20.0,
        {"shared_scaffold": 10.0, "interchangeable": 6.1, "even_load": 5.2, "declared_organisation": -30.0},
        reason="one declared organisation owns 638 of the 640 accounts",
    ),
    Sample(
        "g-8e27f610", None, "5,120 accounts with a popular agent's prompt", 5_120, 310_400, 20.9,
        {"shared_scaffold": 10.0, "independent_owners": -12.0, "human_conversation": -6.0},
        reason="too little coordination is left after innocence: -14.0 bits",
    ),
    Sample(
        "g-0c9d1142", None, "33 accounts behind one address", 33, 1_804, 11.0,
        {"shared_address": 4.0, "client_tuple": 1.2, "human_conversation": -3.0},
        reason="evidence from one family only (infrastructure)",
    ),
    Sample(
        "g-f3a6b8d9", None, "87 accounts that ran one benchmark on release day", 87, 14_300, 1.1,
        {"shared_scaffold": 9.9, "in_step": 7.7, "single_shot": 4.0, "same_list": -10.0, "independent_owners": -7.0},
        reason="every account asked the whole list: nothing was dealt out",
    ),
)  # fmt: skip

SCAN: Mapping[str, Any] = {
    "format": 1,
    "stillwatch": "0.1.0",
    "finished_at": "2026-07-22T02:51:09Z",
    "versions": {"python": "3.11.7", "duckdb": "2.0.0", "pyarrow": "26.0.0", "numpy": "2.4.1"},
    "parameters": {
        "since": None, "until": None, "memory": "8GB", "threads": None, "false_discoveries": 0.01,
        "proposals": {"smallest_group": 5, "rare_holders": 100, "habit_share": 0.03},
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
    "could_not_run": [
        {"evidence": "displaced_reasoning", "family": "relay", "reason": "no values in `signatures_issued`",
         "columns": ["signatures_issued", "signatures_presented"]},
        {"evidence": "appetite", "family": "intent", "reason": "no values in `logprobs` or `choices` or `reasoning`",
         "columns": ["logprobs", "choices", "reasoning"]},
        {"evidence": "registered_program", "family": "identity", "reason": "no values in `program`"},
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
    _write(out / "end_users.parquet", END_USERS, [row for s in accused for row in _end_users(s)])
    _write(out / "groups.parquet", GROUPS, [row for s in samples for row in _tested_accounts(s)])
    _write(out / "timeline.parquet", TIMELINE, [row for s in accused for row in _hours(s)])
    _write(out / "links.parquet", LINKS, [row for s in accused for row in _links(s)])
    return out


def many(campaigns: int, members: int) -> list[Sample]:
    """Return that many campaigns with that many members in all."""
    each = members // campaigns
    return [
        replace(
            SAMPLES[i % 4], group_id=f"big-{i:03}", accounts=each, links=600,
            bits={k.kind: 3.0 + (i * 7 + j) % 11 for j, k in enumerate(KINDS) if k.question != INNOCENCE}, silent={},
        )
        for i in range(campaigns)
    ]  # fmt: skip


def _write(path: Path, schema: pa.Schema, rows: list[dict[str, Any]]) -> None:
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), path)


def _bits(sample: Sample, kind: Kind) -> float:
    if kind.kind in sample.silent:
        return 0.0
    return sample.bits.get(kind.kind, 0.0 if kind.question == INNOCENCE else -1.0)


def _row(sample: Sample) -> dict[str, Any]:
    sums = dict.fromkeys((COORDINATION, EXTRACTION, DECEPTION, INNOCENCE), 0.0)
    for kind in KINDS:
        sums[kind.question] += _bits(sample, kind)
    return {
        "campaign_id": sample.group_id,
        **{f"{question}_bits": value for question, value in sums.items()},
        "q_value": min(1.0, 2.0 ** -max(sums[COORDINATION], 0.0)),
        "n_accounts": sample.accounts,
        "n_exchanges": sample.exchanges,
        "first_ts": START + dt.timedelta(minutes=11),
        "last_ts": START + dt.timedelta(days=sample.days),
        "summary": sample.summary,
    }


def _evidence(sample: Sample) -> list[dict[str, Any]]:
    return [_tested(sample, kind, _bits(sample, kind)) for kind in KINDS]


def _tested(sample: Sample, kind: Kind, bits: float) -> dict[str, Any]:
    silent = sample.silent.get(kind.kind)
    spoke = bits > 0 or (kind.question == INNOCENCE and bits < 0)
    return {
        "campaign_id": sample.group_id,
        "evidence": kind.kind,
        "family": kind.family,
        "question": kind.question,
        "bits": bits,
        "p_value": None if silent else min(1.0, 2.0 ** -(abs(bits) * 1.3 + 2.0)) if spoke else 1.0,
        "null_model": kind.null,
        "statement": silent or (kind.says if spoke else kind.calm),
        "numbers": json.dumps({} if silent else kind.numbers, ensure_ascii=False),
        "exhibits": [] if silent else _ids(replace(sample, accounts=min(20, sample.accounts))),
        "query": "" if silent else QUERY.format(kind=kind.kind, group=f"'{sample.group_id}'"),
    }


def _ids(sample: Sample) -> list[str]:
    chance = random.Random(sample.group_id)
    made = [f"acct_{chance.getrandbits(48):012x}" for _ in range(sample.accounts)]
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
            "n_exchanges": 100 if sample.mixed else None,
            "n_carrying": 30 + i if sample.mixed else None,
        }
        for i, account in enumerate(_ids(sample))
    ]


def _end_users(sample: Sample) -> list[dict[str, Any]]:
    """Return one who harvests, three customers and two of whom it cannot be said."""
    seen = [(2_000, "harvest"), *[(0, "customer")] * 3, *[(0, "unclear")] * 2] if sample.mixed else []
    return [
        {
            "campaign_id": sample.group_id,
            "exhibit": f"x{i}",
            "n_accounts": 4,
            "n_exchanges": max(carrying, 20),
            "n_carrying": carrying,
            "part": part,
        }
        for i, (carrying, part) in enumerate(seen)
    ]


def _tested_accounts(sample: Sample) -> list[dict[str, Any]]:
    return [{"campaign_id": sample.group_id, "account_id": a} for a in _ids(sample)[: sample.tested]]


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
    kinds = ("shingle", "head", "payment_id", "system", "device_id")
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
