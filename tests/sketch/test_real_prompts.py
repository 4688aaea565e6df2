"""Scaffold marks on real prompts: people who have nothing to do with each other seldom share one, wrapped rows do."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from stillwatch.record import EXCHANGES, conform
from stillwatch.sketch import Sketcher
from stillwatch.sketch.schema import SHINGLES
from tests.sketch.record import KEY, NOON

REAL = Path(__file__).resolve().parents[3] / "shared" / "real"
HUMAN = ("dolly15k", "oasst_lottery", "koala", "self_instruct_user", "arena_hard_v0.1")
WRAPPED = {"chatdoctor5k": 1.0, "prometheus_vicuna_eval": 1.0, "gpteacher_toolformer": 0.15}
"""Data sets whose rows carry wrappers, and the share of rows that the commonest head must reach."""

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not REAL.exists(), reason="../shared/real is not part of the repository"),
]


@dataclass(frozen=True)
class Shared:
    """How marks are shared: the chance that two of them are equal, and the share of rows with the commonest."""

    pairs: float
    commonest: float


def sketches_of(file: str, *datasets: str) -> pa.Table:
    """Return the sketches of all different prompts of `datasets`."""
    table = pq.read_table(REAL / file, columns=["dataset", "prompt"])
    prompts = table.filter(pc.is_in(table["dataset"], pa.array(datasets)))["prompt"].combine_chunks().unique()
    ids, count = [f"x{i}" for i in range(len(prompts))], len(prompts)
    columns = {"exchange_id": ids, "ts": [NOON] * count, "account_id": ids, "model": ["m"] * count}
    return Sketcher(KEY).sketch(conform(pa.table(columns | {"input_text": prompts}), EXCHANGES))


def shared(sketches: pa.Table, *columns: str) -> Shared:
    """Return how the marks in `columns` are shared between the rows of `sketches`."""
    values: npt.NDArray[np.int64] = np.concatenate([sketches[name].drop_null().to_numpy() for name in columns])
    counts = np.unique(values, return_counts=True)[1].astype(np.float64)
    pairs = float((counts * (counts - 1)).sum() / (len(values) * (len(values) - 1)))
    return Shared(pairs, float(counts.max() / sketches.num_rows))


def shingle_columns() -> list[str]:
    """Return the names of the shingle columns."""
    return [f"shingle_{i}_mark" for i in range(SHINGLES)]


def test_unrelated_people_seldom_share_a_span() -> None:
    sketches = sketches_of("prompts_benign.parquet", *HUMAN)
    shingles, heads, tails = (
        shared(sketches, *shingle_columns()),
        shared(sketches, "head_mark"),
        shared(sketches, "tail_mark"),
    )
    print(f"{sketches.num_rows} human prompts: {shingles=} {heads=} {tails=}")
    assert shingles.pairs < 1e-4
    assert shingles.commonest < 0.02
    assert heads.pairs < 3e-3
    assert heads.commonest < 0.02
    assert tails.pairs < 3e-4


@pytest.mark.parametrize("dataset", WRAPPED)
def test_wrapped_rows_share_their_wrapper(dataset: str) -> None:
    sketches = sketches_of("prompts_distillation.parquet", dataset)
    heads, shingles = shared(sketches, "head_mark"), shared(sketches, *shingle_columns())
    print(f"{dataset}, {sketches.num_rows} prompts: {heads=} {shingles=}")
    assert heads.commonest >= WRAPPED[dataset]
    assert shingles.commonest >= 0.2
