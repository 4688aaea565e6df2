"""Every population keeps the same promises, whatever it plays."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from stillwatch.range import stage as staging
from stillwatch.range.draw import DAY, HOUR
from stillwatch.range.events import Events
from stillwatch.range.populations import POPULATIONS
from stillwatch.range.recipes import Recipe
from stillwatch.range.stage import BLOCK, Population
from tests.range.populations.played import play, stage_of, usual_size

EACH = pytest.mark.parametrize("population", POPULATIONS, ids=lambda p: p.name)
CONVERSATION = 6 * HOUR
"""Longer than any conversation, and than a run that began before midnight."""
PLAIN = ("ordinary", "privacy_vpn", "key_migration")
"""Populations that are told apart by something else than what they say."""
EXCHANGES_A_DAY = 2_400
"""Over as many a load is averaged: the fewer an account sends, the more accounts."""
WIDE = {"ordinary": 8_000}
"""Accounts of populations in which a few send most."""


def _same(one: Events, other: Events) -> bool:
    return all(np.array_equal(getattr(one, f.name), getattr(other, f.name)) for f in fields(Events))


def _load(population: Population, count: int, days: int) -> float:
    """Return requests a day and account, over several groups of `count` accounts where they are small."""
    groups = -(-int(EXCHANGES_A_DAY / population.load) // count)
    parts = [population.act(stage_of(f"{population.name}-{k}", days=days), count) for k in range(groups)]
    return sum(len(block()) for part in parts for block in part.blocks) / (groups * count * days)


@EACH
@pytest.mark.parametrize("days", [7, 20, 45])
@pytest.mark.parametrize("larger", [1, 8])
def test_the_load_is_what_is_stated_whatever_the_length_and_the_size(
    population: Population, days: int, larger: int
) -> None:
    count = WIDE.get(population.name, max((population.size or 100) * larger, population.least))
    assert _load(population, count, days) == pytest.approx(population.load, rel=0.25)


@EACH
def test_the_least_number_of_accounts_plays(population: Population) -> None:
    played = play(population.name, count=population.least, days=7)
    assert len(played.who) == population.least
    assert len(played.sent) > 0


@EACH
@pytest.mark.parametrize("days", [1, 2, 3])
def test_a_world_of_some_days_can_be_played(population: Population, days: int) -> None:
    played = play(population.name, days=days)
    assert np.all(played.sent.ts >= played.stage.start)


@EACH
def test_the_same_stage_gives_the_same_part_in_whatever_order_its_blocks_are_made(
    population: Population, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "BLOCK", 1 << 15)
    count = max(int(1.2 * staging.BLOCK / population.load / 20), population.least)
    one, other = (population.act(stage_of(population.name, days=20), count) for _ in range(2))
    assert one.recipes == other.recipes
    assert np.array_equal(one.accounts.number, other.accounts.number)
    assert np.array_equal(one.hidden, other.hidden)
    assert len(one.blocks) == len(other.blocks) > 1
    later = [block() for block in reversed(other.blocks)][::-1]
    assert all(_same(block(), again) for block, again in zip(one.blocks, later, strict=True))


@EACH
def test_a_large_group_is_made_in_blocks_of_bounded_size(population: Population) -> None:
    part = population.act(stage_of(population.name, days=45), 21_000)
    expected = 21_000 * 45 * population.load
    assert len(part.accounts) == 21_000
    assert len(part.blocks) >= expected / BLOCK
    assert len(part.blocks[len(part.blocks) // 2]()) < BLOCK


@EACH
def test_what_is_numbered_exists(population: Population) -> None:
    played = play(population.name)
    part, sent = played.part, played.sent
    assert sent.account.min() >= 0
    assert sent.account.max() < len(part.accounts)
    assert sent.writer.min() >= 0
    assert sent.writer.max() < len(part.accounts) + len(part.hidden)
    assert 0 <= sent.recipe.min() <= sent.recipe.max() < len(part.recipes)
    assert part.role is None or part.role.max() < len(part.roles)


@EACH
def test_conversations_begin_with_their_first_turn_and_miss_none(population: Population) -> None:
    sent = play(population.name).sent
    bodies = np.unique(np.stack([sent.talk, sent.turn.astype(np.int64)]), axis=1)
    turns = np.bincount(bodies[0])
    last = np.zeros(len(turns), dtype=np.int64)
    np.maximum.at(last, bodies[0], bodies[1])
    assert np.array_equal(last, turns)


@EACH
@pytest.mark.parametrize("days", [7, 30])
def test_everything_happens_within_the_world(population: Population, days: int) -> None:
    played = play(population.name, days=days)
    assert played.sent.ts.min() >= played.stage.start
    assert played.sent.ts.max() < played.stage.start + days * DAY + CONVERSATION


@EACH
def test_nobody_asks_before_the_sign_up(population: Population) -> None:
    played = play(population.name)
    assert np.all(played.sent.ts > played.who.created_at[played.sent.account])


@EACH
def test_account_numbers_are_all_different(population: Population) -> None:
    numbers = play(population.name).who.number
    assert len(np.unique(numbers)) == len(numbers)


@pytest.mark.parametrize("population", [p for p in POPULATIONS if p.name not in PLAIN], ids=lambda p: p.name)
def test_groups_say_different_things(population: Population) -> None:
    said = {_wording(population.act(stage_of(f"{population.name}-{k}"), population.least).recipes) for k in range(16)}
    assert len(said) >= 3


def _wording(recipes: tuple[Recipe, ...]) -> tuple[object, ...]:
    return tuple((recipe.templates, recipe.system) for recipe in recipes)


@EACH
def test_templates_have_no_fields_but_those_of_a_recipe(population: Population) -> None:
    texts = [t for recipe in play(population.name).part.recipes for t in (*recipe.templates, recipe.system or "")]
    assert {field for text in texts for field in re.findall(r"\{(.*?)\}", text)} <= {"task", "answer", "wrap"}
    assert all("{task}" in t or "{answer}" in t for r in play(population.name).part.recipes for t in r.templates)


def test_shares_sum_to_one() -> None:
    assert sum(population.share for population in POPULATIONS) == pytest.approx(1.0)


def test_names_are_unique_and_a_look_alike_is_its_own_kind() -> None:
    assert len({population.name for population in POPULATIONS}) == len(POPULATIONS) == 20
    assert all(population.kind == population.name for population in POPULATIONS)


def test_every_population_says_what_makes_it_hard() -> None:
    assert all(population.hard for population in POPULATIONS)


def test_no_text_names_a_country_or_a_real_vendor() -> None:
    folder = Path(__file__).resolve().parents[3] / "stillwatch" / "range" / "populations"
    text = (folder / "wording.py").read_text(encoding="utf-8").lower()
    assert not [name for name in ("openai", "anthropic", "deepseek", "qwen", "gemini", "china") if name in text]


def test_sizes_are_those_of_usual_groups() -> None:
    assert all(usual_size(population) >= population.least for population in POPULATIONS)
