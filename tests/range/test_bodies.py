"""What requests are about: equal bodies are equal whoever sends them, people follow up and repeat, machines do not."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np

from stillwatch.range.bodies import Bodies, bodies
from stillwatch.range.draw import DAY, Ints
from stillwatch.range.events import Events, events
from stillwatch.range.recipes import CHAT, Recipe

LANGUAGES = np.arange(500) % 6
START = 20_000 * DAY


def _asked(account: Ints, *, turn: Ints | int = 1, recipe: int = 0) -> Events:
    count = len(account)
    return events(account, START + np.arange(count), turn=np.broadcast_to(turn, (count,)), recipe=recipe)


def _about(part: Events, *recipes: Recipe) -> Bodies:
    return bodies(part, recipes, LANGUAGES, seed=3)


def _same(one: Bodies, other: Bodies) -> bool:
    return all(np.array_equal(getattr(one, f.name), getattr(other, f.name)) for f in fields(Bodies))


def test_a_retry_under_another_account_has_the_same_body() -> None:
    part = _asked(np.arange(400) % 500, turn=np.arange(400) % 5 + 1)
    again = replace(part, account=part.account + 1, ts=part.ts + 5_000_000)
    assert _same(_about(part, CHAT), _about(again, CHAT))


def test_an_item_is_the_same_whoever_asks_and_whenever() -> None:
    recipe = Recipe(templates=("a {task}", "b {task}"), chats=True)
    part = replace(_asked(np.arange(400) % 500, turn=np.arange(400) % 3 + 1), item=np.full(400, 17, dtype=np.int32))
    about = _about(replace(part, ts=part.ts + np.arange(400) * DAY), recipe)
    for f in fields(Bodies):
        assert len(set(getattr(about, f.name).tolist())) == 1, f.name
    other = _about(replace(part, recipe=part.recipe + 1), recipe, recipe)
    assert other.number[0] != about.number[0]


def test_a_conversation_keeps_its_topic() -> None:
    part = replace(_asked(np.full(900, 3), turn=np.arange(900) % 9 + 1), talk=np.arange(900) // 9)
    topics = _about(part, CHAT).topic.reshape(-1, 9)
    assert (topics == topics[:, :1]).all()
    assert len(set(topics[:, 0].tolist())) > 1


def test_one_later_turn_in_nine_is_the_one_before_and_never_a_repeat_of_a_repeat() -> None:
    turns = 30
    part = replace(_asked(np.full(turns * 2_000, 3), turn=np.tile(np.arange(turns) + 1, 2_000)),
                   talk=np.repeat(np.arange(2_000), turns))  # fmt: skip
    about = _about(part, CHAT)
    number, longer = about.number.reshape(-1, turns), about.longer.reshape(-1, turns)
    again = number[:, 1:] == number[:, :-1]
    assert 0.10 < again.mean() < 0.12
    assert not (again[:, 1:] & again[:, :-1]).any()
    assert 0.45 < longer[:, 1:][again].mean() < 0.55
    assert not longer[:, 1:][~again].any()


def test_people_follow_up_on_later_turns_and_programs_never_do() -> None:
    part = _asked(np.arange(6_000) % 500, turn=np.arange(6_000) % 2 + 1)
    follows = _about(part, CHAT).follows
    assert not follows[::2].any()
    assert 0.55 < follows[1::2].mean() < 0.7
    assert not _about(part, Recipe()).follows.any()


def test_a_machine_has_one_voice_and_people_have_their_own() -> None:
    part = _asked(np.arange(500))
    machine, people = _about(part, Recipe(machine=True)), _about(part, Recipe())
    assert len(set(machine.voice.tolist())) == 1
    assert not machine.personal.any()
    assert len(set(people.voice.tolist())) == 500
    assert people.personal.all()


def test_the_language_is_the_writers_unless_the_recipe_says_otherwise() -> None:
    part = _asked(np.arange(500))
    assert np.array_equal(_about(part, Recipe()).language, LANGUAGES)
    assert set(_about(part, Recipe(language=4)).language.tolist()) == {4}


def test_a_persona_is_the_accounts_and_not_the_writers() -> None:
    part = replace(_asked(np.repeat(np.arange(20), 100)), writer=(np.arange(2_000) % 500).astype(np.int32))
    topics = _about(part, Recipe(machine=True, persona=True)).topic.reshape(20, 100)
    assert all(len(set(row.tolist())) == 2 for row in topics)
    assert len({tuple(sorted(set(row.tolist()))) for row in topics}) > 10


def test_another_seed_is_another_world() -> None:
    part = _asked(np.arange(500))
    other = bodies(part, (CHAT,), LANGUAGES, seed=4)
    assert not (_about(part, CHAT).number == other.number).any()
