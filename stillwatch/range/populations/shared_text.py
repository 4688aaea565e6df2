"""People with no tie to each other who send the same text, because all of them took it from the same place."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from stillwatch.arrays import I64
from stillwatch.range.accounts import NOBODY, Accounts, alike, clock_shifts
from stillwatch.range.draw import DAY, HOUR, MICRO, Floats, days_of_week, numbers_of, spread
from stillwatch.range.events import Events, events, joined
from stillwatch.range.habits import converse, mean_turns
from stillwatch.range.populations.blocks import (
    ENGINEERING,
    PERSON,
    at_one_address,
    between,
    by_accounts,
    on_client,
    one_of,
    there,
    usable,
    visiting,
)
from stillwatch.range.populations.wording import AGENTS, BENCHMARKS, COURSES, PROBES, Agent, Course
from stillwatch.range.recipes import CHAT, LARGE, MODELS, NEW, Recipe
from stillwatch.range.stage import Part, Stage, crowd, placed

AGENT_LOAD = 1.1 * PERSON
CLASS_LOAD = 1.2
"""Requests a day and student, over a term that goes on as long as the world."""
ITEMS = 17.0
"""Benchmark questions a day and owner, on average over the days between two runs."""
HARNESS_LOAD = PERSON + ITEMS
PROBED = 48.0
"""Requests a day of a drift monitor."""
_SHORT_RUN, _SHORTENED = 0.5, 0.3
"""Part of a benchmark that a short run takes, and share of owners who leave it at that."""
_WEEK = 7


def agent_prompt(stage: Stage, count: int) -> Part:
    """Users of a popular open-source agent: one long system prompt and one wrapper around what each of them wants."""
    agent = one_of(stage, "agent", AGENTS)
    rng = stage.rng("users")
    who = on_client(stage, crowd(stage, count), agent.client)
    who = replace(who, tempo=(who.tempo * 1.1).astype(np.float32), follows=np.maximum(who.follows, 0.3))
    use = np.sort(rng.dirichlet([2.0] * len(agent.versions)))
    version = rng.choice(len(agent.versions), size=count, p=use)
    engineer = rng.random(count) < 0.55
    own = rng.random(count) < 0.12  # wrote a system prompt of their own, and kept the wrapper
    way = np.where(own, len(agent.versions), version) * 4 + 2 * engineer

    def make(rng: np.random.Generator, rows: I64) -> Events:
        sent = visiting(rng, stage, who, rows)
        return replace(sent, recipe=(way[sent.account] + (sent.turn > 1)).astype(np.int16))

    return Part(who, _agent_recipes(agent), by_accounts(stage, who, who.tempo, make))


def _agent_recipes(agent: Agent) -> tuple[Recipe, ...]:
    """Return for each version, and for those with a prompt of their own: first and later turns of people who ask
    anything, and of engineers."""
    systems = (*(agent.system.replace("{version}", version) for version in agent.versions), None)
    return tuple(
        Recipe((template,), system=system, topics=topics, chats=True, tools=agent.tools, document=700.0,
               prompts="people")
        for system in systems
        for topics in ((), ENGINEERING)
        for template in (agent.first, "{task}")
    )  # fmt: skip


def classroom(stage: Stage, count: int) -> Part:
    """A class: one mail domain, one address on campus, one assignment template a week, the same lessons."""
    course = one_of(stage, "course", COURSES)
    who = _enrolled(stage, crowd(stage, count), course)
    starts = _lessons(stage, who)
    begin_with = int(stage.rng("syllabus").integers(0, len(course.assignments)))
    talks: Floats = CLASS_LOAD * stage.days / mean_turns(who.follows)

    def make(rng: np.random.Generator, rows: I64) -> Events:
        local, _ = spread(rng.poisson(talks[rows]))
        lesson = starts[rng.integers(0, len(starts), size=len(local))]
        begin = lesson + (rng.beta(1.2, 2.0, size=len(local)) * 2.4 * HOUR).astype(np.int64)
        sent = placed(converse(rng, local, begin, who.follows[rows]), rows)
        week = (begin - stage.start) // (_WEEK * DAY)
        task = (begin_with + week[sent.talk]) % len(course.assignments)
        return replace(sent, recipe=(2 * task + (sent.turn > 1)).astype(np.int16))

    recipes = tuple(
        Recipe((template,), chats=True, language=course.language, prompts="people")
        for assignment in course.assignments
        for template in (assignment, "{task}")
    )
    return Part(who, recipes, by_accounts(stage, who, CLASS_LOAD, make), roles=("student",))


def _enrolled(stage: Stage, who: Accounts, course: Course) -> Accounts:
    """Return `who` as students: signed up on one day weeks ago, on campus, without a card."""
    rng = stage.rng("enrolment")
    opened = stage.start - int(between(stage, "enrolled", 6, 45)) * DAY + int(rng.integers(7, 17)) * HOUR
    born = opened + (rng.gamma(1.3, 1.5, size=len(who)) * HOUR).astype(np.int64)
    follows = np.maximum(who.follows, 0.5)
    return alike(replace(at_one_address(usable(who, stage.start)), created_at=born, follows=follows),
                 domain=numbers_of(rng, 1)[0], program=1, plan=1, payment=NOBODY, verification=2,
                 region=who.region[0], language=course.language)  # fmt: skip


def _lessons(stage: Stage, who: Accounts) -> I64:
    """Return when lessons begin: two a week, and the evening before the work is due."""
    rng = stage.rng("timetable")
    ahead = int(clock_shifts()[who.region[0]])
    day, hour = int(rng.integers(0, 3)), int(rng.integers(8, 16))
    slots = np.array([day * DAY + hour * HOUR, (day + 2) * DAY + hour * HOUR, (day + 3) * DAY + 19 * HOUR])
    monday = int(days_of_week(stage.start, _WEEK).argmin())
    weeks = np.arange(-1, stage.days // _WEEK + 1)
    starts = ((weeks * _WEEK + monday)[:, None] * DAY + slots[None, :]).ravel() - ahead
    inside = starts[(starts >= 0) & (starts < stage.days * DAY - 4 * HOUR)]
    moments: I64 = stage.start + (inside if len(inside) else np.array([9 * HOUR]))
    return moments


def eval_harness(stage: Stage, count: int) -> Part:
    """Independent owners who run the same public benchmark whenever a model comes out or is updated, besides their own
    work. The updates come weekly, before and after the new model."""
    who = crowd(stage, count)
    rng = stage.rng("harness")
    releases = _releases(stage)
    number = round(ITEMS * stage.days / len(releases) / (1.0 - _SHORTENED * (1.0 - _SHORT_RUN)))
    taken = np.where(rng.random(count) < _SHORTENED, round(number * _SHORT_RUN), number)
    pace = np.minimum(rng.lognormal(0.9, 0.9, size=count), 60.0)  # seconds an item
    rotated = np.where(rng.random(count) < 0.5, rng.integers(0, number, size=count), 0)

    def run(rng: np.random.Generator, rows: I64) -> Events:
        local, place = spread(np.repeat(taken[rows], len(releases)))
        owner, week = rows[local // len(releases)], local % len(releases)
        waits = np.minimum(rng.gamma(1.5, 1.6, size=(len(rows), len(releases))), 14.0) * HOUR
        begin = releases[week] + waits.ravel()[local].astype(np.int64)
        ts = begin + ((place + rng.random(len(place))) * pace[owner] * MICRO).astype(np.int64)
        item = (place + rotated[owner]) % number
        return there(replace(events(owner, ts, recipe=1 + week), item=item.astype(np.int32)), who)

    def make(rng: np.random.Generator, rows: I64) -> Events:
        return joined([visiting(rng, stage, who, rows), run(rng, rows)])

    recipes = (CHAT, *_benchmark(stage, releases))
    return Part(who, recipes, by_accounts(stage, who, who.tempo + ITEMS, make), roles=("owner",))


def _releases(stage: Stage) -> I64:
    """Return the moments of releases: one a week, at the hour of the day at which the newest model comes out."""
    week = _WEEK * DAY
    first = stage.start + (stage.release + 17 * HOUR - stage.start) % week
    moments = np.arange(first, stage.start + (stage.days - 1) * DAY, week, dtype=np.int64)
    return moments if len(moments) else np.array([stage.start + 6 * HOUR], dtype=np.int64)


def _benchmark(stage: Stage, releases: I64) -> tuple[Recipe, ...]:
    """Return how the items of each release are asked: of the model that is new then, without any chance."""
    template = one_of(stage, "benchmark", BENCHMARKS)
    newest = [NEW if moment >= stage.release else LARGE for moment in releases.tolist()]
    return tuple(
        Recipe((template,), system="", machine=True, language=0, thinks=1, heat=0.0, prompts="people",
               models=tuple(float(k == model) for k in range(len(MODELS))))
        for model in newest
    )  # fmt: skip


def drift_monitors(stage: Stage, count: int) -> Part:
    """Owners who ask fixed prompts on a clock to see whether the model changed; half kept the tool's defaults."""
    who = crowd(stage, count)
    rng = stage.rng("monitors")
    every, batch = one_of(stage, "clock", ((1, 2), (2, 4), (3, 6)))
    probes = one_of(stage, "set", (12, 18, 24))
    default = rng.random(count) < 0.5
    minute = np.where(rng.random(count) < 0.6, 0, rng.integers(0, 60, size=count))
    rounds = np.arange(0, stage.days * 24, every)

    def make(rng: np.random.Generator, rows: I64) -> Events:
        local, tick, place = (at.ravel() for at in np.indices((len(rows), len(rounds), batch)))
        owner, probe = rows[local], (tick * batch + place) % probes
        late = rng.lognormal(-1.5, 0.7, size=len(local)) + 2.1 * place + 60.0 * minute[owner]
        ts = stage.start + rounds[tick] * HOUR + (late * MICRO).astype(np.int64)
        item = np.where(default[owner], probe, probes * (1 + owner) + probe)
        return there(replace(events(owner, ts), item=item.astype(np.int32)), who)

    recipe = Recipe((one_of(stage, "wording", PROBES),), system="", heat=0.0, language=0, context=0.5, reply=60.0)
    return Part(who, (recipe,), by_accounts(stage, who, PROBED, make), roles=("owner",))
