"""Profiles as they are read off the ledger, against the same summed once more by hand."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pyarrow as pa
import pytest

from stillwatch import profiles as module
from stillwatch.config import ProposalLimits
from stillwatch.population import population
from stillwatch.profiles import Profiles, profiles
from stillwatch.rollups import PROFILE_COLUMNS
from tests.evidence.everything import PEOPLE, POOL
from tests.worlds import Crowd, attached, ledger

TOPICS = [name for name in PROFILE_COLUMNS if name.startswith("topic_")]
SUMS = ("n", "blocks", "nn", "sums", "ss", "ns")


@pytest.fixture(scope="module")
def tables() -> tuple[pa.Table, pa.Table]:
    return ledger(PEOPLE, POOL)


def _read(exchanges: pa.Table, accounts: pa.Table) -> Profiles:
    with attached(exchanges, accounts) as engine:
        people = population(engine, ProposalLimits())
        return profiles(engine, pa.array(people.ids), people.n)


def _of(crowd: Crowd, empty: tuple[str, ...] = ()) -> Profiles:
    return _read(*ledger(crowd, empty=empty))


@pytest.mark.parametrize("half", [0, 1])
def test_they_are_sums_over_the_exchanges_of_a_half(tables: tuple[pa.Table, pa.Table], half: int) -> None:
    found, account = _read(*tables), sorted(set(tables[0].column("account_id").to_pylist()))[7]
    hours: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for row in tables[0].to_pylist():
        if row["half"] == half and row["account_id"] == account:
            block = hours[int(row["ts"].timestamp()) // 3600]
            block[0] += 1
            block[1] += row["topic_3"]
    own, place, column = hours.values(), (half, 7), TOPICS.index("topic_3")
    assert found.n[place] == sum(n for n, _ in own)
    assert found.blocks[place] == len(own)
    assert found.nn[place] == sum(n * n for n, _ in own)
    assert found.sums[place][column] == sum(s for _, s in own)
    assert found.ss[place][column] == sum(s * s for _, s in own)
    assert found.ns[place][column] == sum(n * s for n, s in own)


def test_prompts_without_words_are_left_out() -> None:
    some_text = {"topic_0": lambda rows: [None if n % 2 else 5 for n in rows.nth]}
    assert _of(Crowd("a", 10, exchanges=10, uneven=0, columns=some_text)).n.sum() == 50


def test_lengths_of_answers_stand_in_only_where_no_prompt_has_text() -> None:
    crowd = Crowd("a", 10, columns={"tokens_out": 100, "tokens_in": 50})
    output = PROFILE_COLUMNS.index("output_length")
    assert not _of(crowd).sums[:, :, output].any()
    assert _of(crowd, empty=(*TOPICS, "input_chars")).sums[:, :, output].any()


@pytest.mark.parametrize("at_once", [1, 7, 150])
def test_those_of_some_accounts_at_a_time_are_those_of_all(
    tables: tuple[pa.Table, pa.Table], at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = _read(*tables)
    monkeypatch.setattr(module, "AT_ONCE", at_once)
    parts = _read(*tables)
    for name in SUMS:
        assert np.array_equal(getattr(parts, name), getattr(whole, name)), name
