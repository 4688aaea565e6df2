"""Texts of a slice: the same event has the same text anywhere; templates, system prompts, tables and repeats."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from stillwatch.errors import StillwatchError
from stillwatch.range import render as module
from stillwatch.range.draw import DAY
from stillwatch.range.events import Events, events
from stillwatch.range.prompts import Prompts, PromptTable
from stillwatch.range.recipes import CHAT, Recipe
from stillwatch.range.render import TextMode, Texts, Writers, render

COUNT, ACCOUNTS = 6_000, 400
ALL = (
    CHAT,
    Recipe(templates=("{wrap}\n{task}\n{wrap}", '{"task": "{task}", "n": {}}'), context=3.0, machine=True, system=""),
    Recipe(chats=True, system="You are an agent.", templates=("<request>{task}</request>", "{task}")),
    Recipe(templates=("Q: {task}\nA: {answer}\nB: {answer}",), persona=True),
    Recipe(templates=("ping", "hi"), machine=True),
    Recipe(prompts="campaign", templates=("Solve: {task}",)),
)


def _world(*, seed: int = 1) -> tuple[Events, Writers]:
    rng = np.random.default_rng(seed)
    part = events(
        rng.integers(0, ACCOUNTS, COUNT),
        20_000 * DAY + np.sort(rng.integers(0, 60 * DAY, COUNT)),
        talk=rng.integers(0, 3_000, COUNT),
        turn=1 + rng.integers(0, 4, COUNT),
    )
    recipe = rng.integers(0, len(ALL), COUNT).astype(np.int16)
    item = np.where(rng.random(COUNT) < 0.2, rng.integers(0, 10, COUNT), -1).astype(np.int32)
    status = np.where(rng.random(COUNT) < 0.1, 429, 200).astype(np.int16)
    return replace(part, recipe=recipe, item=item, status=status), Writers(rng.integers(0, 6, ACCOUNTS + 50))


def _rendered(part: Events, writers: Writers, *recipes: Recipe, long: bool = False, tables: bool = False) -> Texts:
    mode = TextMode.FULL if long else TextMode.SHORT
    return render(part, recipes or ALL, writers, seed=7, mode=mode, prompts=_tables() if tables else None)


def _tables() -> Prompts:
    names = ("cats", "dogs", "owls")
    texts = pa.array([f"row {row} about {names[row // 100]}" for row in range(300)])
    table = PromptTable("t", "", (), texts, names, np.arange(4, dtype=np.int64) * 100, 0)
    return Prompts(campaign=table, people=table)


def _listed(texts: Texts) -> list[tuple[object, object, object]]:
    columns = (texts.system.to_pylist(), texts.input.to_pylist(), texts.output.to_pylist())
    return list(zip(*columns, strict=True))


@pytest.mark.parametrize("long", [False, True])
@pytest.mark.parametrize("tables", [False, True])
def test_halves_rendered_apart_equal_the_whole(long: bool, tables: bool) -> None:
    part, writers = _world()
    whole = _listed(_rendered(part, writers, long=long, tables=tables))
    for rows in (np.arange(COUNT // 3), np.arange(COUNT // 3, COUNT), np.arange(COUNT)[::-11]):
        apart = _listed(_rendered(part.take(rows), writers, long=long, tables=tables))
        assert apart == [whole[row] for row in rows]


def test_without_text_everything_is_null() -> None:
    part, writers = _world()
    texts = render(part, ALL, writers, seed=7, mode=TextMode.NONE, prompts=None)
    assert [a.null_count for a in (texts.system, texts.input, texts.output)] == [COUNT] * 3
    assert {str(a.type) for a in (texts.system, texts.input, texts.output)} == {"string"}


def test_an_empty_slice_has_no_texts() -> None:
    part, writers = _world()
    for mode in TextMode:
        texts = render(part.take(np.arange(0)), ALL, writers, seed=7, mode=mode, prompts=None)
        assert [len(texts.system), len(texts.input), len(texts.output)] == [0, 0, 0]


def test_short_has_no_answers_and_full_has_one_for_every_request_that_did_not_fail() -> None:
    part, writers = _world()
    short, full = _rendered(part, writers), _rendered(part, writers, long=True)
    assert short.output.null_count == COUNT
    assert np.array_equal(full.output.is_null().to_numpy(zero_copy_only=False), part.status >= 400)
    assert not short.input.null_count
    assert pc.mean(pc.utf8_length(short.input)).as_py() < 0.8 * pc.mean(pc.utf8_length(full.input)).as_py()


def test_no_field_is_left_and_other_braces_are() -> None:
    part, writers = _world()
    texts = _rendered(part, writers, long=True).input.to_pylist()
    assert not [text for text in texts if re.search(r"\{(task|answer|wrap)\}|\{[a-z]\}", text)]
    assert sum('"n": {}' in text for text in texts) > 300


def test_each_template_is_used_and_what_stands_in_it_is_kept() -> None:
    part, writers = _world()
    texts = np.array(_rendered(part, writers).input.to_pylist(), dtype=object)
    agent = [text.startswith("<request>") and text.endswith("</request>") for text in texts[part.recipe == 2]]
    assert 0.35 < np.mean(agent) < 0.65
    assert Counter(texts[part.recipe == 4]).keys() == {"ping", "hi"}
    graded = re.fullmatch(r"Q: (.+)\nA: (.+)\nB: (.+)", texts[part.recipe == 3][0])
    assert graded is not None
    assert len(set(graded.groups())) == 3


def test_a_wrap_is_worded_anew_for_every_request_and_again_the_same_for_a_retry() -> None:
    part, writers = _world()
    recipe = Recipe(templates=("{wrap}\n\n{task}",), machine=True)
    part = replace(part, recipe=np.zeros(COUNT, dtype=np.int16), item=np.full(COUNT, -1), talk=np.arange(COUNT))
    first = _rendered(part, writers, recipe).input
    retried = _rendered(replace(part, account=part.account[::-1], status=part.status[::-1]), writers, recipe).input
    assert first.equals(retried)
    heads = [text.split("\n\n")[0] for text in first.to_pylist()]
    assert len(set(heads)) > 0.98 * COUNT


def test_equal_items_have_equal_requests_whoever_asks() -> None:
    part, writers = _world()
    texts = np.array(_rendered(part, writers, long=True).input.to_pylist(), dtype=object)
    for recipe in range(len(ALL)):
        mine = (part.recipe == recipe) & (part.item == 7)
        assert mine.sum() > 2
        assert len(set(texts[mine])) == 1


def test_recipes_of_the_same_words_word_an_item_alike() -> None:
    part, writers = _world()
    part = replace(part, recipe=np.arange(COUNT).astype(np.int16) % 3, item=np.arange(COUNT, dtype=np.int32) // 3)
    same, other = Recipe(machine=True, words="one"), Recipe(machine=True)
    texts = np.array(_rendered(part, writers, same, replace(same, refusal=0.5), other).input.to_pylist()).reshape(-1, 3)
    assert (texts[:, 0] == texts[:, 1]).all()
    assert not (texts[:, 0] == texts[:, 2]).any()


def test_repeats_are_word_for_word_or_a_sentence_longer() -> None:
    part, writers = _world()
    turns = 5
    part = replace(part, talk=np.arange(COUNT) // turns, turn=(np.arange(COUNT) % turns + 1).astype(np.int16),
                   recipe=np.zeros(COUNT, dtype=np.int16), item=np.full(COUNT, -1),
                   writer=np.arange(COUNT) // turns % 400, ts=np.full(COUNT, 20_000 * DAY))  # fmt: skip
    for tables in (False, True):
        texts = np.array(_rendered(part, writers, tables=tables).input.to_pylist(), dtype=object).reshape(-1, turns)
        pairs = [(a, b) for row in texts for a, b in itertools.pairwise(row)]
        same = sum(a == b for a, b in pairs) / len(pairs)
        longer = sum(a != b and b.startswith(a) for a, b in pairs) / len(pairs)
        assert 0.04 < same < 0.09
        assert 0.04 < longer < 0.08


def test_system_prompts_are_the_recipes_or_the_accounts_own() -> None:
    part, writers = _world()
    systems = np.array(_rendered(part, writers).system.to_pylist(), dtype=object)
    assert set(systems[part.recipe == 2]) == {"You are an agent."}
    assert set(systems[part.recipe == 1]) == {None}
    own: dict[int, str | None] = {}
    for account, system in zip(part.account[part.recipe == 0].tolist(), systems[part.recipe == 0], strict=True):
        assert own.setdefault(account, system) == system
    counts = Counter(own.values())
    assert 0.6 < counts.pop(None) / len(own) < 0.8
    assert sum(n == 1 for n in counts.values()) > 0.12 * len(own)
    assert sum(n > 1 for n in counts.values()) <= 6


def test_a_campaign_is_dealt_each_row_of_its_table_once() -> None:
    part, writers = _world()
    part = replace(part, recipe=np.zeros(COUNT, dtype=np.int16), item=np.arange(COUNT, dtype=np.int32))
    texts = _rendered(part, writers, ALL[5], tables=True).input.to_pylist()
    assert len(set(texts[:300])) == 300
    assert texts[:300] == texts[300:600]
    assert all(text.startswith("Solve: row ") for text in texts)


def test_people_have_favourite_families_and_a_conversation_keeps_to_one() -> None:
    part, writers = _world()
    part = replace(part, recipe=np.zeros(COUNT, dtype=np.int16), item=np.full(COUNT, -1), ts=np.full(COUNT, 9 * DAY),
                   writer=part.talk % 400)  # fmt: skip
    texts = _rendered(part, writers, CHAT, tables=True).input.to_pylist()
    families: dict[int, set[str]] = {}
    for talk, text in zip(part.talk.tolist(), texts, strict=True):
        families.setdefault(talk, set()).add(re.findall("cats|dogs|owls", text)[0])
    assert all(len(names) == 1 for names in families.values())
    assert len(set(texts)) > 300


def test_a_recipe_without_a_table_keeps_its_own_words() -> None:
    part, writers = _world()
    with_tables, without = (_rendered(part, writers, tables=tables).input for tables in (True, False))
    kept = (part.recipe != 0) & (part.recipe != 5)
    assert with_tables.filter(pa.array(kept)).equals(without.filter(pa.array(kept)))
    assert not with_tables.equals(without)


def test_prompts_too_long_for_a_slice_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    part, writers = _world()
    monkeypatch.setattr(module, "_MOST_BYTES", 1_000)
    with pytest.raises(StillwatchError, match="of a slice take more than"):
        _rendered(part, writers, tables=True)


def test_another_seed_words_everything_anew() -> None:
    part, writers = _world()
    other = render(part, ALL, writers, seed=8, mode=TextMode.SHORT, prompts=None).input
    same = pc.equal(_rendered(part, writers).input, other).to_numpy(zero_copy_only=False)
    assert same[part.recipe != 4].mean() < 0.01
