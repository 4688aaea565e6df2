"""A crowd of people and a pool in whose logs no column that evidence reads is empty."""

from __future__ import annotations

import dataclasses

import numpy as np

from tests.worlds import HOUR, MIDNIGHT, Crowd, Rows, dealt, own, some


def shares(mean: float, count: float = 2.0) -> object:
    """Return a column of 0 and 1 whose share of ones differs from account to account around `mean`."""

    def column(rows: Rows) -> list[int]:
        own_share = rows.rng.beta(mean * count, (1 - mean) * count, int(rows.account.max()) + 1)
        return [int(hit) for hit in rows.rng.random(len(rows)) < own_share[rows.account]]

    return column


def _turns(rows: Rows) -> list[int]:
    return [1 + n % 3 for n in rows.nth]


def _own_conversation(rows: Rows) -> list[list[int]]:
    return [[10**6 + a * 100 + n // 3] * (n % 3) for a, n in zip(rows.account, rows.nth, strict=True)]


def _conversation(rows: Rows) -> list[int]:
    return [10**7 + rows.first + a * 100 + n // 3 for a, n in zip(rows.account, rows.nth, strict=True)]


def _in_conversation(rows: Rows) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return rows.nth // 3 * 7 % 120


def _passed_on(rows: Rows) -> list[list[int]]:
    return [[n * 100 + d for d in range(a % 8)] for a, n in zip(rows.account, rows.nth, strict=True)]


def _blocks(rows: Rows) -> list[list[int]]:
    return [[n * 1000 + a] for a, n in zip(rows.account, rows.nth, strict=True)]


def _blocks_of_another(rows: Rows) -> list[list[int]]:
    return [[n * 1000 + a - 1] if a else [] for a, n in zip(rows.account, rows.nth, strict=True)]


PEOPLE = Crowd(
    "people",
    120,
    exchanges=20,
    hours=_in_conversation,
    columns={
        "ts": lambda rows: MIDNIGHT + _in_conversation(rows) * HOUR + rows.nth % 3 * 90_000_000 + rows.account,
        "org_id": lambda rows: [f"o{a}" if a % 9 == 0 else None for a in rows.account],
        "session_mark": _conversation,
        "tokens_out": 200,
        "tools_mark": some(0.1, 5),
        "ip_mark": some(0.9, lambda rows: 1000 + rows.account // 2, lambda rows: rows.rng.integers(0, 50, len(rows))),
        "asn": lambda rows: rows.account % 4,
        "country": lambda rows: [("AA", "BB", "CC")[a % 3] for a in rows.account],
        "user_agent": lambda rows: [f"sdk/{a % 5}" for a in rows.account],
        "temperature": 0.7,
        "turn": _turns,
        "logprobs": shares(0.05),
        "choices": 1,
        "reasoning": lambda rows: rows.account % 3 == 0,
        "status": 200,
        "intent": shares(0.05),
        "intent_bits": 6.0,
        "invisible_chars": shares(0.05),
        "system_mark": lambda rows: rows.account % 40,
        "system_head_mark": lambda rows: rows.account % 40,
        "body_mark": own,
        "prompt_mark": some(0.3, lambda rows: rows.rng.integers(0, 200, len(rows)), own),
        "prefix_marks": _own_conversation,
        "issued_marks": lambda rows: [[int(i)] for i in own(rows)],
        "presented_marks": lambda rows: [[int(i)] for i in own(rows)],
    },
    traits={
        "email_domain": dealt(30, "mail"),
        "email_shape": dealt(4, "shape"),
        "payment_id": dealt(110, "card"),
        "payment_bin": dealt(20, "bin"),
        "device_id": dealt(110, "device"),
        "plan": dealt(2, "plan"),
        "verification": dealt(3, "by "),
        "program": lambda n: ["education" if i % 9 == 0 else None for i in range(n)],
        "status": "active",
    },
)
"""People with cards, devices, tools, conversations and favourite prompts of their own, some of them shared."""

POOL = Crowd(
    "pool",
    16,
    exchanges=20,
    uneven=0.05,
    unlike=0.0,
    about=0.5,
    hours=lambda rows: np.asarray(rows.nth * 5 % 120),
    columns={
        **PEOPLE.columns,
        "ts": lambda rows: MIDNIGHT + rows.nth * 5 % 120 * HOUR + rows.account * 5_000_000,
        "org_id": lambda rows: ["Firm Ltd" if a < 13 else None for a in rows.account],
        "ip_mark": lambda rows: rows.rng.integers(5000, 5010, len(rows)),
        "user_agent": "relay/1",
        "logprobs": 5,
        "intent": 1,
        "invisible_chars": 3,
        "system_mark": some(0.8, 777, own),
        "status": lambda rows: np.where(rows.account % 8 < 2, 200, 529),
        "body_mark": lambda rows: 10**7 + rows.nth,
        "prompt_mark": lambda rows: 10**8 + rows.nth,
        "head_mark": some(0.8, 778, own),
        "prefix_marks": _passed_on,
        "issued_marks": _blocks,
        "presented_marks": _blocks_of_another,
    },
    traits={
        "email_domain": "mailshop",
        "payment_id": dealt(3, "bought "),
        "device_id": dealt(3, "phone "),
        "verification": "organisation",
        "program": "research",
        "created_at": MIDNIGHT - 30 * 24 * HOUR,
    },
)
"""A pool that leaves every trace there is, and has every excuse; three of its accounts are nobody's."""

ELSEWHERE = tuple(
    dataclasses.replace(
        crowd,
        columns={**crowd.columns, "country": "ZZ"},
        traits={**crowd.traits, "declared_country": "ZZ", "phone_prefix": "+999"},
    )
    for crowd in (PEOPLE, POOL)
)
"""The same accounts, all of one country."""
