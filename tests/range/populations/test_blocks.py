"""Ways to act that populations share: in blocks, with failures, after the sign-up."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from stillwatch.range.accounts import Accounts
from stillwatch.range.draw import DAY
from stillwatch.range.events import Events, joined
from stillwatch.range.populations.blocks import by_accounts, settled, visiting
from stillwatch.range.stage import BLOCK, Block, crowd
from tests.range.populations.played import START, stage_of

STAGE = stage_of("people", days=20)


def _people(who: Accounts) -> tuple[Block, ...]:
    return by_accounts(STAGE, who, who.tempo, lambda rng, rows: visiting(rng, STAGE, who, rows))


def _asked(who: Accounts) -> Events:
    return joined(block() for block in _people(who))


def test_people_ask_in_blocks_that_come_out_the_same_every_time() -> None:
    who = replace(crowd(STAGE, 600), tempo=np.full(600, 2.0 * BLOCK / 600 / STAGE.days, dtype=np.float32))
    blocks = _people(who)
    assert len(blocks) >= 4
    first, last = blocks[0](), blocks[-1]()
    assert np.array_equal(first.packed(), blocks[0]().packed())
    assert first.account.min() == 0
    assert last.account.max() == len(who) - 1
    assert first.account.max() < last.account.min()
    assert not set(first.ts[:100]) & set(last.ts[:100])
    assert all(b.talk.min() == 0 and len(b) < BLOCK for b in (first, last))


def test_people_fail_as_often_as_their_accounts_do() -> None:
    who = replace(crowd(STAGE, 400), errors=np.linspace(0.0, 0.4, 400, dtype=np.float32))
    asked = _asked(who)
    failed = asked.status >= 400
    for some in np.array_split(np.arange(400), 4):
        of = np.isin(asked.account, some)
        assert abs(failed[of].mean() - who.errors[some].mean()) < 0.04
    assert not (_asked(replace(who, errors=np.zeros(400))).status >= 400).any()


def test_who_is_settled_signed_up_a_day_before_the_world() -> None:
    who = crowd(STAGE, 2_000)
    before = settled(STAGE, who)
    assert before.created_at.max() <= START - DAY
    early = who.created_at <= START - DAY
    assert 0 < early.sum() < len(who)
    assert np.array_equal(before.created_at[early], who.created_at[early])
