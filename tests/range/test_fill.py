"""What client and provider add: columns agree with each other, and say the same however a world is cut into slices."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from stillwatch.range.accounts import NEVER
from stillwatch.range.draw import address_text
from stillwatch.range.events import concatenate, events
from stillwatch.range.fill import Filler
from stillwatch.range.recipes import CHAT, LARGE, MODELS, NEW, TOOLS
from stillwatch.record import EXCHANGES, conform
from tests.range.filled import DRAWN, START, chatter, filled, people, without_text

# --- columns agree ----------------------------------------------------------------------------------------------------


def test_rows_are_in_the_record_and_in_the_order_of_the_events() -> None:
    made = chatter()
    assert made.rows.schema.names == EXCHANGES.names
    assert conform(pa.Table.from_batches([made.rows]), EXCHANGES).num_rows == len(made.part)
    assert made.rows["ts"].cast(pa.int64()).to_pylist() == made.part.ts.tolist()
    assert made.rows["turn"].to_pylist() == made.part.turn.tolist()
    assert made.rows["status"].to_pylist() == made.part.status.tolist()


def test_parts_of_a_count_are_no_more_than_the_whole() -> None:
    made = chatter()
    assert np.all(made.numbers("tokens_cached") <= made.numbers("tokens_in"))
    assert np.all(made.numbers("tokens_reasoning") <= made.numbers("tokens_out"))
    assert np.all(made.numbers("tokens_in") > 0)
    assert np.all(made.numbers("latency_ms") > 0)


def test_what_failed_has_no_answer_and_what_did_not_has_one() -> None:
    made = chatter()
    failed = made.part.status >= 400
    assert 0.02 < failed.mean() < 0.2
    for name in ("finish_reason", "ttft_ms"):
        assert np.array_equal(~made.known(name), failed), name
    for name in ("tokens_out", "tokens_reasoning", "tokens_cached"):
        assert not made.numbers(name)[failed].any(), name
    assert np.all(made.numbers("tokens_out")[~failed] > 0)
    assert not made.numbers("refused")[failed].any()
    assert not any(made.column("tool_calls")[failed])
    first = np.asarray(made.rows["ttft_ms"].fill_null(0).to_numpy(zero_copy_only=False))
    assert np.all(first <= made.numbers("latency_ms"))


def test_tools_are_called_when_they_were_offered_and_the_model_did_not_decline() -> None:
    made = chatter()
    offered, called, ended = (made.column(name) for name in ("tools", "tool_calls", "finish_reason"))
    by_recipe = made.part.recipe == 1
    assert all(tuple(names) == TOOLS[1] for names in offered[by_recipe])
    assert not any(offered[~by_recipe])
    assert all(set(c) <= set(o) and len(c) <= 1 for c, o in zip(called, offered, strict=True))
    calls = np.array([bool(names) for names in called])
    assert np.array_equal(calls, ended == "tool_use")
    declined = made.numbers("refused")
    good = by_recipe & (made.part.status < 400)
    assert 0.5 < calls[good & ~declined].mean() < 0.7
    assert not calls[declined].any()


def test_an_answer_ends_by_length_at_the_limit_and_never_goes_beyond_it() -> None:
    made = chatter()
    limit = made.who.ceiling[made.part.account]
    assert np.array_equal(made.known("max_tokens"), limit > 0)
    assert made.rows["max_tokens"].drop_null().to_pylist() == limit[limit > 0].tolist()
    cut = made.column("finish_reason") == "length"
    assert cut.sum() > 50
    assert np.array_equal(made.numbers("tokens_out")[cut], limit[cut])
    assert np.all(made.numbers("tokens_out")[limit > 0] <= limit[limit > 0])


def test_the_model_declines_as_often_as_the_recipe_says() -> None:
    made = chatter()
    good = made.part.status < 400
    declined = made.numbers("refused")
    assert 0.15 < declined[good & (made.part.recipe == 1)].mean() < 0.25
    assert declined[good & (made.part.recipe != 1)].mean() < 0.015
    assert np.all(made.numbers("tokens_out")[declined] <= 30)


def test_an_address_belongs_to_its_network_and_both_to_the_account() -> None:
    made = chatter()
    who, at = made.who, made.part.account
    homes = np.array(address_text(who.homes.ravel()).to_pylist()).reshape(who.homes.shape)
    place = homes[at] == made.column("ip").astype(str)[:, None]
    assert np.array_equal(place.sum(axis=1), np.ones(len(at)))
    assert np.array_equal(who.networks[at][place], made.numbers("asn"))
    used = place.mean(axis=0)
    assert used[0] > 0.6
    assert used[0] > used[1] > used[2] > 0


# --- settings ---------------------------------------------------------------------------------------------------------


def test_temperature_is_the_recipes_or_the_accounts_and_null_where_the_provider_chooses() -> None:
    made = chatter()
    heat, own = made.column("temperature"), made.who.heat[made.part.account]
    given = made.part.recipe == 5
    assert set(heat[given]) == {0.3}
    assert all(h is None for h in heat[~given & (own < 0)])
    set_by_account = ~given & (own >= 0)
    known = np.array([h is not None for h in heat])
    assert 0.9 < known[set_by_account].mean() < 0.96
    at = set_by_account & known
    assert np.allclose(heat[at].astype(float), own[at], atol=1e-6)
    assert set(heat[at]) == {0.0, 0.2, 0.5, 0.7, 1.0}


def test_models_come_by_the_weights_of_the_recipe() -> None:
    made = chatter()
    models = made.column("model")[made.part.recipe == 5]
    share = {name: float((models == name).mean()) for name in MODELS}
    assert share[MODELS[1]] == pytest.approx(0.75, abs=0.05)
    assert share[MODELS[3]] == pytest.approx(0.25, abs=0.05)
    assert share[MODELS[1]] + share[MODELS[3]] == 1.0


def test_models_come_by_the_weights_of_the_account() -> None:
    weights = np.array([[0.1, 0.2, 0.3, 0.4, 0.0], [0.9, 0.1, 0.0, 0.0, 0.0]], dtype=np.float32)
    who = replace(people(2), models=weights, adopts=np.full(2, NEVER))
    part = events(np.arange(20_000) % 2, START + np.arange(20_000, dtype=np.int64))
    models = filled(who, part).column("model")
    for k in range(2):
        share = [float((models[part.account == k] == name).mean()) for name in MODELS]
        assert np.allclose(share, [*weights[k], 0.0], atol=0.02)


def test_the_newest_model_replaces_the_largest_from_the_day_an_account_adopts_it() -> None:
    made = chatter()
    follows = made.part.recipe != 5
    models = made.column("model")
    adopted = made.part.ts >= made.who.adopts[made.part.account]
    assert not (models[~adopted] == MODELS[NEW]).any()
    assert not (models[adopted & follows] == MODELS[LARGE]).any()
    assert (models[adopted & follows] == MODELS[NEW]).mean() > 0.15


# --- slices -----------------------------------------------------------------------------------------------------------


def test_a_slice_cut_in_two_says_the_same_of_who_and_what() -> None:
    made = chatter()
    half = len(made.part) // 2
    rows = np.arange(len(made.part))
    parts = [
        filled(made.who, made.part.take(rows[:half])),
        filled(made.who, made.part.take(rows[half:]), first=half),
    ]
    both = pa.Table.from_batches([part.rows for part in parts])
    whole = pa.Table.from_batches([made.rows])
    for name in EXCHANGES.names:
        if name not in DRAWN:
            assert both[name].to_pylist() == whole[name].to_pylist(), name


def test_ids_follow_the_row_and_the_seed_not_the_account() -> None:
    part = events(np.array([0, 1, 0]), START + np.arange(3, dtype=np.int64))
    one, two = (Filler(people(2), (CHAT,), seed).rows(part, without_text(3), first=5) for seed in (1, 2))
    moved = Filler(people(2), (CHAT,), 1).rows(part.take(np.array([1, 2])), without_text(2), first=6)
    assert len(set(one["exchange_id"].to_pylist())) == 3
    assert not set(one["exchange_id"].to_pylist()) & set(two["exchange_id"].to_pylist())
    assert moved["exchange_id"].to_pylist() == one["exchange_id"].to_pylist()[1:]
    assert one["account_id"].equals(two["account_id"])


def test_an_empty_slice_has_no_rows() -> None:
    none = concatenate([events(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64))])
    assert filled(people(1), none).rows.num_rows == 0
