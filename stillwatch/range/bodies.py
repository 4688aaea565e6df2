"""What each request is about, as numbers: what `render.py` words.

A *body* is what a client would send again after an error. Everything here follows from the number of the body, of its
conversation, of who words it and of the recipe; only the season of somebody's favourites follows from the time, so a
retry across the turn of a season, seconds in weeks, can change its topic.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from stillwatch.arrays import F64, I64, Flags
from stillwatch.range.draw import U64, Ints, below, key, mixed, unit
from stillwatch.range.events import HABIT, Events, exchange_number
from stillwatch.range.favourites import anything, favourite, persona, seasons
from stillwatch.range.lexicon import TOPICS
from stillwatch.range.recipes import Recipe

FOLLOWS_UP = 0.7
"""Share of later turns of people that follow up on the turn before rather than ask something new."""
AGAIN, LONGER = 0.1273, 0.5
"""Chance that a later turn would repeat the one before, which it does unless that one would as well: one in nine; and
share of these with a sentence more."""
_ITEM, _VOICE, _AUTHOR, _FOLLOWS = (key(0, "bodies", salt) for salt in range(4))


@dataclass(frozen=True, slots=True)
class Bodies:
    """What requests are about, one entry each.

    Attributes:
        number: equal for equal bodies.
        talk: number of the conversation.
        voice: number of who words it.
        personal: whether that is a person.
        language: position in `LANGUAGES`.
        topic: position in `TOPICS`.
        season: of the favourites of the voice.
        listed: whether it is an item that others ask for as well.
        follows: whether it follows up on an earlier turn.
        longer: whether a sentence is added to the body of the turn before.
    """

    number: U64
    talk: U64
    voice: U64
    personal: Flags
    language: I64
    topic: I64
    season: I64
    listed: Flags
    follows: Flags
    longer: Flags

    def take(self, rows: I64 | Flags) -> Bodies:
        """Return the bodies at `rows`."""
        return Bodies(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})


def bodies(part: Events, recipes: tuple[Recipe, ...], languages: Ints, *, seed: int) -> Bodies:
    """Return what the requests of `part` are about; `languages` has one entry per writer."""
    recipe = part.recipe.astype(np.int64)
    keys = recipe_keys(recipes, seed)[recipe]
    chats = np.array([r.chats for r in recipes])[recipe]
    listed = part.item >= 0
    again, longer = _repeats(part, chats & ~listed, seed)
    item = mixed(keys + part.item.astype(np.uint64), _ITEM)
    number = np.where(listed, item, mixed(exchange_number(part) - again, key(seed, "body")))
    talk = np.where(listed, item, mixed(part.talk, key(seed, "talk")))
    writer = np.where(listed, below(item, _AUTHOR, len(languages)), part.writer)
    machine = np.array([r.machine for r in recipes])[recipe]
    voice = np.where(machine, mixed(keys, _VOICE), voices(writer, seed))
    season = np.where(listed, 0, seasons(voice, part.ts))
    told = np.array([r.language for r in recipes])[recipe]
    owner = mixed(np.where(listed, writer, part.account), key(seed, "owner"))
    return Bodies(
        number=number,
        talk=talk,
        voice=voice,
        personal=~machine,
        language=np.where(told == HABIT, languages[writer], told).astype(np.int64),
        topic=_topics(recipes, recipe, talk, (voice, owner), season),
        season=season,
        listed=listed,
        follows=chats & ~listed & (part.turn - again > 1) & (unit(number, _FOLLOWS) < FOLLOWS_UP),
        longer=longer,
    )


def recipe_keys(recipes: tuple[Recipe, ...], seed: int) -> U64:
    """Return a number for each of `recipes`, the same for those with equal `words`."""
    keys = [key(seed, "recipe", recipe.words or place) for place, recipe in enumerate(recipes)]
    return np.array(keys, dtype=np.uint64)


def voices(writer: Ints, seed: int) -> U64:
    """Return the number of each writer's voice."""
    return mixed(writer, key(seed, "voice"))


def _repeats(part: Events, chats: Flags, seed: int) -> tuple[Flags, Flags]:
    """Return which requests repeat the turn before, and which of them with a sentence more."""
    here = exchange_number(part)
    salt = key(seed, "again")
    would = unit(here, salt) < AGAIN
    before = (unit(here - 1, salt) < AGAIN) & (part.turn > 2)
    again = chats & (part.turn > 1) & would & ~before
    return again, again & (unit(here, key(seed, "longer")) < LONGER)


def _topics(recipes: tuple[Recipe, ...], recipe: I64, talk: U64, who: tuple[U64, U64], season: I64) -> I64:
    """Return the topic of each request; `who` are its voice and its account."""
    topic = np.zeros(len(recipe), dtype=np.int64)
    voice, account = who
    for place, rows in by_value(recipe, len(recipes)):
        weights = topic_weights(recipes[place])
        if recipes[place].persona:
            topic[rows] = persona(weights, account[rows], talk[rows])
        elif recipes[place].machine:
            topic[rows] = anything(weights, talk[rows])
        else:
            topic[rows] = favourite(weights, voice[rows], talk[rows], season[rows])
    return topic


def topic_weights(recipe: Recipe) -> F64:
    """Return the weights of `TOPICS` for those who use `recipe`."""
    return np.array(recipe.topics if recipe.topics else np.ones(len(TOPICS)), dtype=np.float64)


def by_value(values: Ints, count: int) -> list[tuple[int, I64]]:
    """Return the values from 0 to `count` - 1 that occur, each with its rows in order."""
    order = np.argsort(values, kind="stable").astype(np.int64)
    edges = np.searchsorted(values[order], np.arange(count + 1))
    return [(k, order[edges[k] : edges[k + 1]]) for k in range(count) if edges[k] < edges[k + 1]]
