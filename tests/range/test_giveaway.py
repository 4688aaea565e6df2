"""Nothing that a generator tends to leak tells campaign from innocent: ids, order, digits, nulls.

A number is leaked when it ranks campaign accounts against ordinary ones of like volume (area under the curve) further
from 0.5 than chance would.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from scipy.stats import rankdata

from stillwatch.range.store import CAMPAIGN, ORDINARY, Tables

F64 = npt.NDArray[np.float64]
LEAST = 60
"""Requests of an account that is compared; the letter has 26 a day."""

RECORDED = ("ip", "asn", "country", "user_agent", "client_fp", "key_id", "turn", "finish_reason", "ttft_ms",
            "output_text", "tokens_in", "tokens_out", "latency_ms", "refused", "status", "prefix_hashes")  # fmt: skip
"""Columns that a provider records and no client chooses."""


def _area(of: F64, against: F64) -> float:
    ranks = rankdata(np.concatenate([of, against]))[: len(of)]
    return float((ranks.sum() - len(of) * (len(of) + 1) / 2) / len(of) / len(against))


def _means(world: Tables, values: F64) -> tuple[F64, F64]:
    """Return the mean of `values` (one per exchange) of each letter account and of each busy ordinary one."""
    names, who = np.unique(world.exchanges["account_id"].to_numpy(), return_inverse=True)
    counts = np.bincount(who)
    means = np.bincount(who, weights=values) / counts
    place = dict(zip(world.truth["account_id"].to_pylist(), range(world.truth.num_rows), strict=True))
    rows = [place[name] for name in names]
    group = np.array(world.truth["group_id"].to_pylist())[rows]
    kind = np.array(world.truth["kind"].to_pylist())[rows]
    busy = counts >= LEAST
    return means[busy & (group == "letter")], means[busy & (kind == ORDINARY)]


def _leaked(world: Tables, values: F64) -> bool:
    """Return whether the area lies over four standard errors from one half (Mann-Whitney, no ties)."""
    letter, others = _means(world, values)
    assert min(len(letter), len(others)) > 30, "too few accounts to say"
    error = np.sqrt((len(letter) + len(others) + 1) / (12 * len(letter) * len(others)))
    return bool(abs(_area(letter, others) - 0.5) > 4 * error)


def _digits(world: Tables, column: str) -> F64:
    text = world.exchanges[column].to_numpy()
    return np.array([int(value.split("_")[1][:6], 16) for value in text], dtype=np.float64)


@pytest.mark.parametrize("column", ["exchange_id", "account_id"])
def test_ids_say_nothing(small: Tables, column: str) -> None:
    assert not _leaked(small, _digits(small, column))


@pytest.mark.parametrize("cut", [10, 1_000, 1_000_000])
def test_digits_below_the_second_say_nothing(small: Tables, cut: int) -> None:
    times = small.exchanges["ts"].cast(pa.int64()).to_numpy()
    assert not _leaked(small, (times % cut).astype(np.float64))


@pytest.mark.parametrize("column", ["latency_ms", "ttft_ms"])
def test_digits_of_latencies_say_nothing(small: Tables, column: str) -> None:
    values = pc.fill_null(small.exchanges[column], 0.0).to_numpy()
    assert not _leaked(small, np.floor(values * 1000) % 10)


@pytest.mark.parametrize("column", RECORDED)
def test_what_is_missing_says_nothing(small: Tables, column: str) -> None:
    assert not _leaked(small, small.exchanges[column].is_null().to_numpy().astype(np.float64))


def test_the_measure_itself_sees_what_is_there(small: Tables) -> None:
    assert _leaked(small, (small.exchanges["turn"].to_numpy() > 1).astype(np.float64))


def test_rows_lie_in_order_of_time_with_ties_by_id(small: Tables) -> None:
    order = pc.sort_indices(small.exchanges, sort_keys=[("ts", "ascending"), ("exchange_id", "ascending")])
    assert order.to_pylist() == list(range(small.exchanges.num_rows))


def test_accounts_lie_in_order_of_their_random_ids(small: Tables) -> None:
    names = small.accounts["account_id"].to_pylist()
    assert names == sorted(names)


def test_no_word_of_the_truth_is_in_the_two_tables(small: Tables) -> None:
    words = {CAMPAIGN, "letter", "grader", "harvester", "lookalike", "ordinary"}
    for table in (small.accounts, small.exchanges.drop_columns(["input_text", "output_text", "system_text"])):
        texts = [c for c in table.column_names if pa.types.is_string(table.schema.field(c).type)]
        seen = {str(v) for column in texts for v in pc.unique(table[column]).to_pylist()}
        assert not {value for value in seen if any(word in value for word in words)}


def test_an_account_table_that_a_quiet_campaign_shares_with_ordinary_people(small: Tables) -> None:
    kinds = small.truth["group_id"].to_numpy()
    for column in ("payment_id", "device_id", "org_id", "program"):
        null = small.accounts[column].is_null().to_numpy()
        letter, others = null[kinds == "letter"].mean(), null[kinds == ""].mean()
        assert abs(letter - others) < 0.2, column
