"""Token counts: the fitted ones where nothing is said, and counts of texts that agree with each other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from scipy import stats

from stillwatch.range.accounts import alike
from stillwatch.range.events import events
from stillwatch.range.fill import Filler
from stillwatch.range.fits import CACHE
from stillwatch.range.laws import lengths
from stillwatch.range.recipes import CHAT, Recipe
from stillwatch.range.render import Texts
from tests.range.filled import GIVEN, SEED, START, chatter, filled, openings, people


def test_lengths_of_what_people_send_and_get_are_the_fitted_ones() -> None:
    made = openings()
    given, answered = lengths()
    for name, fitted, beside in (("tokens_in", given, 8), ("tokens_out", answered, 0)):
        distance = stats.ks_2samp(made.numbers(name) - beside, np.floor(np.maximum(fitted, 1 - beside))).statistic
        assert distance < 0.01, name


def test_long_prompts_have_the_answers_that_go_with_them() -> None:
    made, (given, answered) = openings(), lengths()
    of_rows = stats.spearmanr(made.numbers("tokens_in"), made.numbers("tokens_out")).statistic
    assert of_rows == pytest.approx(stats.spearmanr(given, answered).statistic, abs=0.02)


def test_conversations_have_lengths_of_their_own_and_keep_them() -> None:
    sent = openings().numbers("tokens_in")
    for apart in (1, 2, 3):
        assert (sent[apart:] == sent[:-apart]).mean() < 0.01
        assert abs(stats.spearmanr(sent[apart:], sent[:-apart]).statistic) < 0.02
    who = alike(people(1), thinks=False)
    talk, turn = np.repeat(np.arange(500), 2), np.tile([1, 2], 500)
    part = events(np.zeros(1_000, dtype=np.int64), START + np.arange(1_000), talk=talk, turn=turn)
    first, second = filled(who, part, (CHAT,)).numbers("tokens_in").reshape(500, 2).T
    assert stats.spearmanr(first, second).statistic > 0.7


def test_a_recipe_that_states_lengths_is_followed() -> None:
    who = alike(people(1), ceiling=0, thinks=False)
    part = events(np.zeros(4_000, dtype=np.int64), START + np.arange(4_000, dtype=np.int64))
    made = filled(who, part, (replace(GIVEN, refusal=0.0),))
    assert np.median(made.numbers("tokens_in")) == pytest.approx(GIVEN.document, rel=0.05)
    assert np.median(made.numbers("tokens_out")) == pytest.approx(GIVEN.reply, rel=0.05)


def test_text_counts_as_tokens() -> None:
    part = events(np.zeros(2, dtype=np.int64), np.array([START, START + 1]), talk=np.zeros(2, dtype=np.int64))
    who = alike(people(1), thinks=False, ceiling=0)
    words = pa.array(["", "x" * 400_000])
    texts = Texts(pa.array(["", "y" * 4_000_000]), words, pa.array([None, "z" * 40_000]))
    rows = Filler(who, (replace(CHAT, refusal=0.0),), SEED).rows(part, texts, first=0)
    short, long = rows["tokens_in"].to_pylist()
    assert 4_400_000 / 4.6 < long - short < 4_400_000 / 3.6 + 1
    assert 40_000 / 4.6 - 1 < rows["tokens_out"][1].as_py() < 40_000 / 3.6
    assert rows["input_text"].equals(words)


def test_an_answer_that_was_declined_or_failed_has_no_text() -> None:
    part = events(np.zeros(400, dtype=np.int64), START + np.arange(400, dtype=np.int64))
    part = replace(part, status=np.where(np.arange(400) % 4 == 0, 429, 200).astype(np.int16))
    said = pa.array(["an answer"] * 400)
    rows = Filler(people(1), (Recipe(refusal=0.5),), SEED).rows(part, Texts(said, said, said), first=0)
    expected = pc.and_(pc.less(rows["status"], 400), pc.invert(rows["refused"]))
    assert rows["output_text"].is_valid().equals(expected)
    assert 0 < pc.sum(expected).as_py() < 250


def test_a_cache_keeps_whole_blocks_of_what_was_sent_before() -> None:
    made = chatter()
    cached = made.numbers("tokens_cached")
    first = made.part.turn == 1
    assert not (cached % CACHE.block).any()
    assert not cached[first].any()
    assert (cached[~first & (made.numbers("tokens_in") > 4_000)] > 0).mean() > 0.5
