"""Accounts of distillation prompts against accounts of human ones, at a size that a test can afford."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from benchmarks.assembled import START, assembled, sketched
from benchmarks.intent.corpus import data_set
from benchmarks.real_harvest import (
    ALIKE,
    BOTH,
    MIXED,
    Prompts,
    Sizes,
    account_table,
    accounts_alone,
    families_of,
    group_table,
    groups,
)
from benchmarks.real_prompts import REAL
from stillwatch.evidence.harvest_intent import HARVEST

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not REAL.exists(), reason="the real data is not beside this checkout"),
]
NAMES = ("prometheus_vicuna_eval", "gsm8k_train", "koala", "mt_bench", "bfcl_live_multiple")
SIZES = Sizes(rows=60, accounts=30, innocents=12, guilty=9, members=8, groups=20)


@pytest.fixture(scope="module")
def prompts() -> Prompts:
    """Some data sets, classed as if the model knew a rubric when it sees one and nothing else."""
    rows = [row for name in NAMES for row in data_set(name, SIZES.rows)]
    units = np.array([row.unit for row in rows])
    rubric = units == NAMES[0]
    table = sketched([row.text for row in rows])
    for name, values in (("intent", np.where(rubric, HARVEST[0], 0)), ("intent_bits", np.where(rubric, 5.0, 9.0))):
        field = table.schema.field(name)
        table = table.set_column(table.schema.get_field_index(name), field, pa.array(values).cast(field.type))
    of = {name: np.flatnonzero(units == name) for name in NAMES}
    return Prompts(table, of, families_of(REAL), frozenset(NAMES[:2]))


def test_only_believed_prompts_of_harvesting_classes_count(prompts: Prompts) -> None:
    found = accounts_alone(prompts, 10, SIZES, np.random.default_rng(1))
    assert {name: set(counts.tolist()) for name, counts in found.items()} == {
        name: {10.0 if name == NAMES[0] else 0.0} for name in NAMES
    }


def test_groups_that_send_rubrics_stand_out_from_all_innocent_ones(prompts: Prompts) -> None:
    found = groups(prompts, 10, SIZES, np.random.default_rng(1))
    assert set(found) == {MIXED, ALIKE, *NAMES[:2]}
    assert found[NAMES[0]].bits[BOTH].min() > max(found[sort].bits[BOTH].max() for sort in (MIXED, ALIKE))
    assert set(found[ALIKE].of) == set(NAMES[2:])


def test_both_tables_have_a_line_for_each_guilty_data_set_and_for_all(prompts: Prompts) -> None:
    alone = list(account_table(prompts, 10, SIZES, np.random.default_rng(1)))
    assert "| prometheus_vicuna_eval (rubric_grading) | 1.000 | 100.0% |" in alone
    assert "| gsm8k_train (problem_pool) | 0.500 | 0.0% |" in alone
    together = list(group_table(prompts, 10, SIZES, np.random.default_rng(1)))
    assert len(together) == 2 + 2 * (len(alone) - 2)


def test_a_ledger_is_put_together_as_asked(prompts: Prompts) -> None:
    item, account = np.array([0, 1, 2, 2, 3]), np.array([7, 7, 9, 9, 12])
    with assembled(prompts.sketches, item, account, START + np.arange(5)) as case:
        assert case.people.ids == ("000007", "000009", "000012")
        assert case.people.n.tolist() == [2, 2, 1]
        assert case.people.totals["distinct_prompts"].tolist() == [2, 1, 1]
