"""Texts for a slice of events: the half of making a world that needs words.

A request is a template of its recipe around what is asked; what is asked is worded by the grammar (`sentences.py`) or
taken from a table (`prompts.py`). Every text is a pure function of the numbers of its event, so it does not matter how
a world is cut into slices, and nothing has to be kept between them.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stillwatch.arrays import F64, I64, Flags
from stillwatch.errors import StillwatchError
from stillwatch.range.bodies import Bodies, bodies, by_value, recipe_keys, voices
from stillwatch.range.draw import U64, Ints, below, key, mixed, unit
from stillwatch.range.events import Events, exchange_number
from stillwatch.range.favourites import favourite
from stillwatch.range.lexicon import ANSWER, ASK, CONTEXT, FOLLOW, KINDS, TOPICS, WRAP
from stillwatch.range.prompts import Prompts, PromptTable, asked, dealt
from stillwatch.range.recipes import Recipe
from stillwatch.range.sentences import Wordings, say


class TextMode(enum.StrEnum):
    """How much text a world holds."""

    NONE = "none"
    SHORT = "short"
    """System prompts, and requests of one or two sentences."""
    FULL = "full"
    """Longer requests, and answers."""


@dataclass(frozen=True, slots=True)
class Writers:
    """Those who word requests; the accounts come first, in their order.

    Attributes:
        language: position in `LANGUAGES`, shape (writers,). All else about a writer follows from its number.
    """

    language: Ints


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of a slice as strings, null where there is none."""

    system: pa.Array
    input: pa.Array
    output: pa.Array


_TASK, _ANSWER = "task", "answer"
_FIELD = re.compile(r"\{(task|answer|wrap)\}")
_BARE = ["", _TASK, ""]
_MOST_SENTENCES, _MOST_ANSWERS, _MOST_WRAPS = 64, 4, 2
_MOST_BYTES = 1 << 30
"""Of prompts from tables in one slice; an Arrow array of strings holds twice as much."""
_FAILED = 400
_ABSENT = -1
_COMMON_SYSTEMS = (
    "You are a helpful assistant.",
    "You are a helpful, harmless and honest assistant. Answer briefly.",
    "You are an expert programmer. Answer with code and a short explanation.",
    "Answer in the language of the question. Use Markdown.",
    "You are a friendly tutor. Explain step by step and ask one question back.",
    "You are a writing assistant. Keep the author's voice and fix mistakes only.",
)
_OWN_SYSTEM, _COMMON_SYSTEM = 0.2, 0.3
"""Below the first an account wrote a system prompt of its own, from there to the second it took a common one."""
_STEP = np.uint64(0x9FB21C651E98DF25)
_TEMPLATE, _CONTEXTS, _EXTRA, _COUNT, _WHICH = (key(0, "render", salt) for salt in range(5))


def render(
    part: Events, recipes: tuple[Recipe, ...], writers: Writers, *, seed: int, mode: TextMode, prompts: Prompts | None
) -> Texts:
    """Return the texts of `part`, one entry per event.

    Args:
        part: events in any order; the same event has the same texts whatever stands beside it.
        recipes: what `part.recipe` counts through.
        prompts: tables to draw from instead of the grammar, for recipes that say so.

    Raises:
        StillwatchError: the texts of the slice do not fit an Arrow array (2 GB).
    """
    if mode is TextMode.NONE or not len(part):
        none = pa.nulls(len(part), pa.string())
        return Texts(none, none, none)
    about = bodies(part, recipes, writers.language, seed=seed)
    long = mode is TextMode.FULL
    tasks = _tasks(
        part, recipes, about, long=long, others=_from_tables(part, recipes, about, seed=seed, prompts=prompts)
    )
    return Texts(
        system=_systems(part, recipes, writers, seed=seed),
        input=_templated(tasks, part, recipes, about, long=long),
        output=_answers(part, about, seed=seed) if long else pa.nulls(len(part), pa.string()),
    )


def _tasks(
    part: Events, recipes: tuple[Recipe, ...], about: Bodies, *, long: bool, others: list[tuple[I64, pa.Array]]
) -> pa.Array:
    """Return what is asked: the prompts of `others` at their rows, words of our own everywhere else."""
    own = np.ones(len(part), dtype=np.bool_)
    for rows, _ in others:
        own[rows] = False
    contexts = _poisson(np.array([r.context for r in recipes]), part.recipe, unit(about.number, _CONTEXTS))
    beside = np.where(about.follows, contexts // 2, contexts) if long else np.minimum(contexts, ~about.follows)
    counts = np.zeros((len(part), len(KINDS)), dtype=np.int8)
    counts[:, ASK] = own & ~about.follows
    counts[:, FOLLOW] = own & about.follows
    counts[:, CONTEXT] = beside * own + about.longer
    said = say(_wordings(about, about.number, counts))
    return _laid_in(said, [(rows, _longer(texts, said, rows, about.longer[rows])) for rows, texts in others])


def _longer(texts: pa.Array, said: pa.Array, rows: I64, longer: Flags) -> pa.Array:
    """Return `texts`, with what was said at their rows added to those that are `longer`."""
    if not longer.any():
        return texts
    return pc.binary_join_element_wise(texts, pc.if_else(pa.array(longer), " ", ""), said.take(pa.array(rows)), "")


def _wordings(about: Bodies, number: U64, counts: Ints) -> Wordings:
    return Wordings(number, about.language, about.topic, about.voice, about.personal, counts)


def _poisson(means: F64, place: Ints, drawn: F64) -> I64:
    """Return a Poisson draw for each of `drawn` from [0, 1), with the mean at `place` among `means`."""
    steps = np.arange(1, _MOST_SENTENCES)
    terms = np.concatenate((np.exp(-means)[:, None], means[:, None] / steps), axis=1)
    edges = np.minimum(np.cumsum(np.cumprod(terms, axis=1), axis=1), 1.0) + np.arange(len(means))[:, None]
    found = np.searchsorted(edges.ravel(), drawn + place, side="right") - place.astype(np.int64) * _MOST_SENTENCES
    sentences: I64 = np.clip(found, 0, _MOST_SENTENCES - 1)
    return sentences


def _from_tables(
    part: Events, recipes: tuple[Recipe, ...], about: Bodies, *, seed: int, prompts: Prompts | None
) -> list[tuple[I64, pa.Array]]:
    """Return the rows of `part` that ask what stands in a table, with the prompts: one entry per recipe."""
    if prompts is None:
        return []
    keys = recipe_keys(recipes, seed)
    found = []
    for place, rows in by_value(part.recipe, len(recipes)):
        number = about.number[rows]
        if recipes[place].prompts == "campaign" and prompts.campaign is not None:
            drawn = dealt(prompts.campaign, part.item[rows], number, int(keys[place]))
            found.append((rows, _taken(prompts.campaign, drawn)))
        elif recipes[place].prompts == "people" and prompts.people is not None:
            family = favourite(prompts.people.weights, about.voice[rows], about.talk[rows], about.season[rows])
            drawn = asked(prompts.people, family, number, key(seed, "prompts"))
            found.append((rows, _taken(prompts.people, drawn)))
    return found


def _taken(table: PromptTable, rows: I64) -> pa.Array:
    sizes = pc.binary_length(table.texts).to_numpy(zero_copy_only=False)
    if int(sizes[rows].sum(dtype=np.int64)) > _MOST_BYTES:
        raise StillwatchError(
            f"{len(rows):,} prompts of a slice take more than {_MOST_BYTES >> 20:,} MB",
            expected="prompts of a few thousand characters on average",
            remedy="hold the families with the longest prompts out, or cut their prompts",
        )
    return table.texts.take(pa.array(rows))


def _laid_in(texts: pa.Array, parts: list[tuple[I64, pa.Array]]) -> pa.Array:
    """Return `texts` with those of each part at its rows."""
    if not parts:
        return texts
    index = np.arange(len(texts))
    start = len(texts)
    for rows, _ in parts:
        index[rows] = np.arange(start, start + len(rows))
        start += len(rows)
    return pa.concat_arrays([texts, *(part for _, part in parts)]).take(pa.array(index))


def _templated(tasks: pa.Array, part: Events, recipes: tuple[Recipe, ...], about: Bodies, *, long: bool) -> pa.Array:
    """Return each of `tasks` inside one of the templates of its recipe."""
    sizes = np.array([len(r.templates) for r in recipes])
    chosen = (np.cumsum(sizes) - sizes)[part.recipe] + below(about.number, _TEMPLATE, sizes[part.recipe])
    templates = [_FIELD.split(text) for r in recipes for text in r.templates]
    used = [(templates[k], rows) for k, rows in by_value(chosen, len(templates)) if templates[k] != _BARE]
    extras = _extras(
        [(rows, name, j) for pieces, rows in used for j, name in enumerate(pieces[1::2]) if name != _TASK], about, long
    )
    parts = []
    for pieces, rows in used:
        joined = [pa.repeat(pieces[0], len(rows))]
        for literal, field in zip(pieces[2::2], pieces[1::2], strict=True):
            joined += [tasks.take(pa.array(rows)) if field == _TASK else next(extras), pa.scalar(literal)]
        parts.append((rows, pc.binary_join_element_wise(*joined, "")))
    return _laid_in(tasks, parts)


def _extras(fields: list[tuple[I64, str, int]], about: Bodies, long: bool) -> Iterator[pa.Array]:
    """Yield the texts for fields other than the task, each given as rows, name and place in its template."""
    if not fields:
        return
    sizes = [len(rows) for rows, _, _ in fields]
    rows = np.concatenate([rows for rows, _, _ in fields])
    answer = np.repeat([name == _ANSWER for _, name, _ in fields], sizes)
    place = np.repeat(np.array([place for _, _, place in fields], dtype=np.uint64), sizes)
    number = mixed(about.number[rows] + place * _STEP, _EXTRA)
    counts = np.zeros((len(rows), len(KINDS)), dtype=np.int8)
    counts[:, ANSWER] = answer * (1 + below(number, _COUNT, _MOST_ANSWERS) * long)
    counts[:, WRAP] = ~answer * (1 + below(number, _COUNT, _MOST_WRAPS))
    said = say(_wordings(about.take(rows), number, counts))
    start = 0
    for size in sizes:
        yield said.slice(start, size)
        start += size


def _answers(part: Events, about: Bodies, *, seed: int) -> pa.Array:
    """Return the answers to the requests that did not fail."""
    rows = np.flatnonzero(part.status < _FAILED)
    number = mixed(exchange_number(part)[rows], key(seed, "answer"))
    counts = np.zeros((len(rows), len(KINDS)), dtype=np.int8)
    counts[:, ANSWER] = 1 + below(number, _COUNT, _MOST_ANSWERS)
    return _placed(say(_wordings(about.take(rows), number, counts)), rows, len(part))


def _systems(part: Events, recipes: tuple[Recipe, ...], writers: Writers, *, seed: int) -> pa.Array:
    """Return the system prompts: the recipe's, or the account's own."""
    fixed = [r.system or "" for r in recipes]
    told = np.array([_ABSENT if r.system == "" else place for place, r in enumerate(recipes)])
    index = told[part.recipe]
    rows = np.flatnonzero(np.array([r.system is None for r in recipes])[part.recipe])
    account, back = np.unique(part.account[rows], return_inverse=True)
    index[rows] = len(fixed) + back
    own = _own_systems(account, writers.language[account], seed=seed)
    return pa.concat_arrays([pa.array(fixed, pa.string()), own]).take(pa.array(index, mask=index == _ABSENT))


def _own_systems(account: Ints, language: Ints, *, seed: int) -> pa.Array:
    """Return the system prompt of each account: some have one of their own, some a common one, most none."""
    number = mixed(account, key(seed, "system"))
    luck = unit(number, _WHICH)
    wrote = np.flatnonzero(luck < _OWN_SYSTEM)
    voice, talk = voices(account[wrote], seed), number[wrote]
    counts = np.zeros((len(wrote), len(KINDS)), dtype=np.int8)
    counts[:, ASK] = 1
    counts[:, CONTEXT] = 2 + below(talk, _COUNT, 3)
    topic = favourite(np.ones(len(TOPICS)), voice, talk, np.zeros(len(wrote), dtype=np.int64))
    said = say(Wordings(talk, language[wrote], topic, voice, np.ones(len(wrote), dtype=np.bool_), counts))
    index = np.where(luck < _COMMON_SYSTEM, len(wrote) + below(number, _COUNT, len(_COMMON_SYSTEMS)), _ABSENT)
    index[wrote] = np.arange(len(wrote))
    return pa.concat_arrays([said, pa.array(_COMMON_SYSTEMS)]).take(pa.array(index, mask=index == _ABSENT))


def _placed(texts: pa.Array, rows: I64, count: int) -> pa.Array:
    """Return `count` strings, `texts` at `rows` and null elsewhere."""
    index = np.full(count, _ABSENT)
    index[rows] = np.arange(len(rows))
    return texts.take(pa.array(index, mask=index == _ABSENT))
