"""Nothing that a generator tends to leak tells campaign from innocent: ids, row order, digits, rounding, nulls.

A classifier is trained on all of it at once, on campaign accounts and ordinary accounts of like volume, and judged on
accounts that it has not seen. It must do no better than a coin, with so many accounts that it would show.
"""

from __future__ import annotations

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from stillwatch.range import TextMode, World, WorldSpec, build_world, scenario_named
from stillwatch.range.store import CAMPAIGN, ORDINARY
from tests.range.conftest import Tables

MOST = 0.55
"""Area under the curve that the classifier may reach."""
LEAST_ACCOUNTS = 1_200
"""Accounts of each side; the area of a coin then lies within 0.025 of one half in 19 of 20 cases."""
SPEC = WorldSpec(scenario_named("sessions-2026-04"), text=TextMode.NONE)
"""13 requests a day and account: as many as many ordinary people send."""

RECORDED = ("key_id", "ip", "asn", "country", "client_fp", "finish_reason", "refused", "status", "latency_ms",
            "ttft_ms", "tokens_in", "tokens_out", "tokens_cached", "tokens_reasoning")  # fmt: skip
"""Columns that a provider records and no client chooses."""
_DIGITS = {
    "exchange id": "('0x' || left(exchange_id, 6))::int",
    "exchange id, end": "('0x' || right(exchange_id, 2))::int",
    "account id": "('0x' || substr(account_id, 6, 6))::int",
    "account id, end": "('0x' || right(account_id, 2))::int",
    "key": "('0x' || left(key_id, 2))::int",
    "row is odd": "row % 2",
    "row by three": "row % 3",
    "microseconds": "us % 10",
    "milliseconds": "us // 1000 % 10",
    "below the second": "us % 1000000",
    "whole second": "(us % 1000000 = 0)::int",
    "latency": "round(latency_ms * 10)::bigint % 10",
    "first token": "round(ttft_ms * 10)::bigint % 10",
}  # fmt: skip
"""What is looked at, one number per exchange; its mean and its spread over an account are features."""


_LONG, _FEWEST = 200, 30
_ROUNDED = [(name, n) for name in ("tokens_in", "tokens_out", "tokens_reasoning") for n in (2, 5, 10, 16)]
"""Token counts of `_LONG` and more, and what they may be multiples of more often than chance."""


def _features(world: World) -> pa.Table:
    """Return one row per account: its volume and everything that might leak."""
    with duckdb.connect() as connection:
        connection.execute("set enable_progress_bar = false")
        means = [f'avg({sql})::double as "{name}"' for name, sql in _DIGITS.items()]
        spreads = [
            f'stddev_pop({sql})::double as "{name}, spread"'
            for name, sql in _DIGITS.items()
            if not name.startswith("row")
        ]  # how rows alternate is how an account's requests follow each other
        nulls = [f'avg(({name} is null)::int) as "{name}, null"' for name in RECORDED]
        lengths = [f'avg(length({name})) as "{name}, length"' for name in ("exchange_id", "account_id", "key_id")]
        rounded = [f'{_excess(name, n)} as "{name} by {n}"' for name, n in _ROUNDED]
        columns = ", ".join([*means, *spreads, *nulls, *lengths, *rounded])
        return connection.sql(
            f"select account_id, count(*) as volume, {columns} from (select *, epoch_us(ts) as us, "
            f"file_row_number as row from read_parquet('{world.exchanges}', file_row_number = true)) "
            "group by account_id order by account_id"
        ).to_arrow_table()


def _excess(name: str, n: int) -> str:
    """Return SQL for how many standard errors more multiples of `n` there are than one in `n`; null for few counts.

    A share would tell how many long answers an account has, which is behaviour and no leak.
    """
    whole = f"{name} >= {_LONG} and finish_reason <> 'length'"  # a cut answer has as many tokens as the client allowed
    long, hits = f"count(*) filter ({whole})", f"count(*) filter ({whole} and {name} % {n} = 0)"
    return f"case when {long} >= {_FEWEST} then ({hits} - {long} / {n}.0) / sqrt({long} / {n}.0 * (1 - 1.0 / {n})) end"


def _matched(table: pa.Table, truth: pa.Table) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Return features and side of campaign accounts and of as many ordinary ones, each of like volume."""
    kinds = dict(zip(truth["account_id"].to_pylist(), truth["kind"].to_pylist(), strict=True))
    kind = np.array([kinds[name] for name in table["account_id"].to_pylist()])
    volume = table["volume"].to_numpy()
    guilty, free = np.flatnonzero(kind == CAMPAIGN), np.flatnonzero(kind == ORDINARY)
    free = np.random.default_rng(2).permutation(free)  # the table is in order of ids, which must not choose
    free = free[np.argsort(volume[free], kind="stable")]
    guilty = guilty[np.argsort(volume[guilty], kind="stable")]
    pairs, at = [], 0
    for one in guilty.tolist():
        while at < len(free) and volume[free[at]] < 0.8 * volume[one]:
            at += 1
        if at < len(free) and volume[free[at]] <= 1.25 * volume[one]:
            pairs.append((one, int(free[at])))
            at += 1
    rows = np.array(pairs).T.ravel()
    named = [name for name in table.column_names if name not in ("account_id", "volume")]
    values = np.column_stack([table[name].to_numpy(zero_copy_only=False) for name in named])
    return _filled(values[rows]), np.arange(len(rows)) < len(pairs)


def _filled(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return `values` with what is missing drawn from the rest of its column: that a client names no session, or has
    no long answers, is its choice and no leak."""
    rng, filled = np.random.default_rng(1), values.copy()
    for column in filled.T:
        missing = np.isnan(column)
        if missing.any() and not missing.all():
            column[missing] = rng.choice(column[~missing], size=int(missing.sum()))
    return np.nan_to_num(filled)


def _area(features: npt.NDArray[np.float64], side: npt.NDArray[np.bool_]) -> float:
    """Return the better of two classifiers' areas on accounts that they were not trained on."""
    models = (
        HistGradientBoostingClassifier(max_iter=40, max_leaf_nodes=15, random_state=1),
        make_pipeline(StandardScaler(), LogisticRegression(max_iter=500)),
    )
    scores = [cross_val_predict(model, features, side, cv=5, method="predict_proba")[:, 1] for model in models]
    return max(float(roc_auc_score(side, score)) for score in scores)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return build_world(SPEC, tmp_path_factory.mktemp("giveaway") / "world", 17)


@pytest.fixture(scope="module")
def matched(world: World) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    return _matched(_features(world), pq.read_table(world.truth))


def test_a_classifier_does_no_better_than_a_coin(
    matched: tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]],
) -> None:
    features, side = matched
    assert side.sum() >= LEAST_ACCOUNTS
    assert _area(features, side) <= MOST


def test_the_classifier_sees_a_leak_where_there_is_one(
    matched: tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]],
) -> None:
    features, side = matched
    leaky = features.copy()
    leaky[:, 3] += 0.3 * leaky[:, 3].std() * side
    assert _area(leaky, side) > MOST


@pytest.mark.parametrize("column", ["signup_asn", "declared_country", "email_shape", "plan", "verification", "status"])
def test_no_value_of_a_sign_up_is_the_campaigns_own(world: World, column: str) -> None:
    kind = np.array(pq.read_table(world.truth)["kind"].to_pylist())
    value = np.array(pq.read_table(world.accounts, columns=[column])[column].to_pylist())
    guilty = kind == CAMPAIGN
    for common in np.unique(value[guilty]):
        held = value == common
        if held[guilty].mean() > 0.05:
            assert (held & ~guilty).sum() > (held & guilty).sum(), common


def test_rows_lie_in_order_of_time(world: World) -> None:
    times = pq.read_table(world.exchanges, columns=["ts"])["ts"].cast(pa.int64()).to_numpy()
    assert np.all(np.diff(times) >= 0)


def test_accounts_lie_in_order_of_their_random_ids(small: Tables) -> None:
    for table in (small.accounts, small.truth):
        names = table["account_id"].to_pylist()
        assert names == sorted(names)


def test_no_word_of_the_truth_is_in_the_two_tables(small: Tables) -> None:
    words = {CAMPAIGN, "letter", "grader", "harvest", "lookalike", ORDINARY, "pool", "stillwatch"}
    for table in (small.accounts, small.exchanges.drop_columns(["input_text", "output_text", "system_text"])):
        texts = [c for c in table.column_names if pa.types.is_string(table.schema.field(c).type)]
        seen = {str(v) for column in texts for v in pc.unique(table[column]).to_pylist()}
        assert not {value for value in seen if any(word in value for word in words)}


def test_files_say_nothing_but_the_record(world: World) -> None:
    for path in (world.exchanges, world.accounts):
        assert not (pq.read_metadata(path).metadata or {}).keys() - {b"ARROW:schema"}


@pytest.mark.parametrize("column", ["payment_id", "device_id", "org_id", "program", "status_at"])
def test_a_quiet_campaign_leaves_as_much_open_at_sign_up_as_others(small: Tables, column: str) -> None:
    group = np.array(small.truth["group_id"].to_pylist())
    null = small.accounts[column].is_null().to_numpy()
    assert abs(null[group == "letter"].mean() - null[group == ""].mean()) < 0.15
