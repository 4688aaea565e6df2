"""Account pools: ordinary developers who reach the model through somebody else's accounts.

A breach of terms and not distillation. What shows is mechanical (POOLED-ACCESS in the threat notes): conversations go
on under another account, the same body fails over from account to account, the longest idle one serves next.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from stillwatch.range.draw import I64, MICRO
from stillwatch.range.people import alike, draw_people
from stillwatch.range.scene import Part, Stage, conversations, crowd, part
from stillwatch.range.traffic import Traffic, concatenate, take

_DEVELOPERS = 7
"""Developers served by one account of the pool."""
_STICKY = 0.35
"""Share of conversations that the relay keeps on one account."""
_FAILING = 0.05


def relay(stage: Stage, count: int) -> Part:
    """A relay in front of `count` accounts: round robin, part of the conversations kept together, fail-over."""
    rng = stage.rng
    developers, voices = crowd(stage, _DEVELOPERS * count)
    sent = conversations(stage, developers, voices)
    pool = draw_people(rng, count, stage.start, stage.days)
    pool = replace(pool, created_at=np.minimum(pool.created_at, stage.start - 3_600 * MICRO))
    stale = int(rng.integers(0, count))
    same = {
        name: getattr(pool, name)[stale] for name in ("agents", "client_fp", "updated", "streams", "heat", "ceiling")
    }
    pool = alike(pool, **same)
    kept = rng.random(int(sent.session.max()) + 1) < _STICKY
    account = np.where(kept[sent.session], sent.session % count, _round_robin(sent.ts, count))
    served = replace(sent, account=account, retry=np.zeros(len(sent), dtype=np.bool_))
    return part(pool, _failed_over(rng, served, count), "pool")


def _round_robin(ts: I64, count: int) -> I64:
    """Return the account of each request when the next one in the ring serves."""
    rank = np.empty(len(ts), dtype=np.int64)
    rank[np.argsort(ts, kind="stable")] = np.arange(len(ts))
    return rank % count


def _failed_over(rng: np.random.Generator, sent: Traffic, count: int) -> Traffic:
    """Let some requests fail on up to two accounts first; the same body then goes to the next one within seconds."""
    parts = [sent]
    for _ in range(2):
        tried = take(sent, np.flatnonzero(rng.random(len(sent)) < _FAILING))
        wait = (rng.lognormal(0.4, 0.5, size=len(tried)) * MICRO).astype(np.int64)
        status = rng.choice([429, 529, 401, 403], size=len(tried), p=[0.6, 0.2, 0.1, 0.1])
        other = (tried.account + 1 + rng.integers(0, max(count - 1, 1), size=len(tried))) % count
        parts.append(replace(tried, ts=tried.ts - wait, account=other, status=status))
    return concatenate(parts)
