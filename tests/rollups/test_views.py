"""Marks of texts that are read in parts, for want of memory."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from stillwatch.config import ProposalLimits
from stillwatch.engine import DuckDB
from stillwatch.population import SHARED, Population, population
from stillwatch.rollups import texts_in_parts, views
from stillwatch.rollups.readings import TEXTS
from tests.rollups.days import a_day, new_ledger, of_kept, put
from tests.worlds import Crowd, attached, ledger

BITS = 9
"""Of the marks of these worlds, which are small numbers."""


EVERY = ProposalLimits().model_copy(update={"habit_least": 1, "habit_share": 0.0})
"""Everything that two accounts have in common is a habit."""
PEOPLE = Crowd(
    "people",
    60,
    columns={
        "head_mark": lambda rows: rows.account // 2 * 37 % (1 << BITS),
        "shingle_0_mark": lambda rows: rows.rng.integers(0, 1 << BITS, len(rows)),
        "shingle_1_mark": lambda rows: rows.account // 3 * 53 % (1 << BITS),
        "prompt_mark": lambda rows: rows.rng.integers(0, 1 << BITS, len(rows)),
    },
)


@pytest.fixture
def in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "TEXT_MARK_BITS", BITS)
    monkeypatch.setattr(DuckDB, "parts", lambda *_: 7)


def _assert_same(some: Population, other: Population) -> None:
    for kind in (*SHARED, "prompt"):
        one, two = some.shared[kind], other.shared[kind]
        assert np.array_equal(one.marks, two.marks), kind
        assert np.array_equal(one.holders, two.holders), kind
        assert (one.matrix != two.matrix).nnz == 0, kind


def _read(engine: DuckDB) -> Population:
    return population(engine, EVERY)


def test_marks_of_exchanges_in_parts_are_those_at_once(request: pytest.FixtureRequest) -> None:
    with attached(*ledger(PEOPLE)) as engine:
        whole = _read(engine)
        request.getfixturevalue("in_parts")
        _assert_same(_read(engine), whole)
    assert all(whole.shared[kind].matrix.nnz for kind in ("shingle", "head", "prompt"))


def test_marks_of_kept_sums_in_parts_are_those_at_once(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    made = new_ledger(tmp_path)
    rng = np.random.default_rng(3)
    for day in range(3):
        put(made, a_day(day, rng, rows=300), day)
    with of_kept(made) as (engine, _):
        whole = _read(engine)
    request.getfixturevalue("in_parts")
    with of_kept(made) as (engine, _):
        _assert_same(_read(engine), whole)
    assert whole.shared["system"].matrix.nnz


@pytest.mark.usefixtures("in_parts")
def test_the_parts_ascend_and_hold_every_number_once() -> None:
    with attached(*ledger(PEOPLE)) as engine:
        spans = [engine.rows("select * from span").to_pylist()[0] for _ in texts_in_parts(engine, "head", 10)]
        after = engine.rows("select * from span").to_pylist()[0]
    assert len(spans) == 7
    assert [span["first"] for span in spans[1:]] == [span["last"] + 1 for span in spans[:-1]]
    assert after == {"first": spans[0]["first"], "last": spans[-1]["last"]} == {"first": -(2**63), "last": 2**63 - 1}


def test_what_fits_and_what_no_text_leaves_is_read_whole() -> None:
    with attached(*ledger(PEOPLE)) as engine:
        assert {kind: len(list(texts_in_parts(engine, kind, 1000))) for kind in TEXTS} == dict.fromkeys(TEXTS, 1)
        assert len(list(texts_in_parts(engine, "head", 10**8))) > 1
        assert len(list(texts_in_parts(engine, "address", 10**8))) == 1


def test_an_engine_with_half_the_memory_takes_twice_the_parts() -> None:
    with DuckDB(memory="2GB") as large, DuckDB(memory="1GB") as small:
        assert (large.parts(8 * 10**9), small.parts(8 * 10**9), small.parts(5)) == (4, 8, 1)
