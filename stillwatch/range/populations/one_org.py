"""One declared organisation with many accounts: what is shared is shared by right."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from stillwatch.arrays import F64, I64
from stillwatch.range.accounts import GATEWAY_AGENT, GATEWAY_CLIENT, Accounts, alike
from stillwatch.range.draw import DAY, HOUR, MICRO, Floats, spread
from stillwatch.range.events import Events, concatenate, events, with_failures
from stillwatch.range.habits import MOST_FOLLOWS, converse, mean_turns
from stillwatch.range.lexicon import TOPICS
from stillwatch.range.populations.blocks import (
    ALWAYS,
    ENGINEERING,
    OFFICE,
    USER_FOLLOWS,
    HandOver,
    at_work,
    between,
    by_accounts,
    by_days,
    handed_on,
    local_hours,
    one_of,
    settled,
    some_of,
    there,
    users_ask,
    visiting,
    weekdays,
)
from stillwatch.range.populations.relay import failed_over
from stillwatch.range.populations.wording import (
    ATTACKS,
    DOCUMENTS,
    FLEETS,
    PASSED_ON,
    REVIEWS,
    RUBRICS,
    STAFF_ASSISTANTS,
    SUPPORT,
    SYNTHESES,
)
from stillwatch.range.recipes import CHAT, Recipe
from stillwatch.range.stage import Part, Stage, as_one_org, crowd, one_client, placed

LABELS, DOCUMENTS_READ, EXAMPLES, VARIANTS, REVIEWED = 36.0, 140.0, 55.0, 30.0, 4.2
"""Requests a day and account of a labelling vendor, a nightly batch, a distillation with consent, a red team and a
build machine."""
SHOP_TALKS, PASSED_TALKS, CASES = 5.8, 20.0, 4.5
"""Conversations a day and account of a support product, an aggregator and an agent."""
_USERS = 160
"""End users of an account, at most."""
_STEPS = 30
"""Turns after which an agent begins another case."""
USER_TURNS = round(float(mean_turns(USER_FOLLOWS)), 2)
CASE_TURNS = round(float(mean_turns(MOST_FOLLOWS, _STEPS)), 1)
"""Turns of a conversation of an end user and of an agent, on average; rounded, as loads are."""
_OFTEN, _SELDOM = (HandOver(share, wait=25 * 60.0, kept=0.85) for share in (0.06, 0.02))
"""A colleague takes up a thread within the hour."""
_WOKEN = 6
"""Build machines that a push wakes, about."""


def enterprise_nat(stage: Stage, count: int) -> Part:
    """Staff of one company: one card, one address, one mail domain, office hours; each with work of their own, and now
    and then a thread that a colleague takes up."""
    who = as_one_org(stage, crowd(stage, count))
    return _staff(stage, who, threads=_OFTEN)


def corporate_gateway(stage: Stage, count: int) -> Part:
    """A company whose gateway opens TLS: all of its clients look like one that does not exist."""
    who = as_one_org(stage, crowd(stage, count), plan=2, offices=one_of(stage, "offices", (1, 2, 4)))
    who = alike(who, client_fp=GATEWAY_CLIENT, agents=GATEWAY_AGENT, access=0)
    return _staff(stage, who, threads=_SELDOM)


def _staff(stage: Stage, who: Accounts, *, threads: HandOver) -> Part:
    """Return people at work; in two companies of three, most use the assistant of the house."""
    assistant = one_of(stage, "assistant", (*STAFF_ASSISTANTS, None, None))
    recipes = (CHAT, Recipe(chats=True, system=assistant, prompts="people"))
    uses = (stage.rng("uses").random(len(who)) < 0.7).astype(np.int16)
    end = stage.start + stage.days * DAY

    def make(rng: np.random.Generator, rows: I64) -> Events:
        sent = visiting(rng, stage, who, rows)
        sent = replace(sent, recipe=uses[sent.account])
        to = rows[rng.integers(0, len(rows), size=int(sent.talk.max(initial=-1)) + 1)]
        return handed_on(rng, sent, to, threads, born=who.created_at, end=end)

    return Part(who, recipes, by_accounts(stage, who, who.tempo, make), roles=("staff",))


def saas(stage: Stage, count: int) -> Part:
    """A support product: an account per shop of one organisation, one system prompt, the customers' own questions."""
    who = one_client(as_one_org(stage, crowd(stage, count)))
    tools = one_of(stage, "tools", (3, 3, 5, 0))
    recipes = (Recipe(chats=True, system=one_of(stage, "product", SUPPORT), tools=tools, prompts="people"),)
    return _with_users(stage, who, recipes, rate=SHOP_TALKS, languages=(0.6, 0.05, 0.15, 0.1, 0.05, 0.05))


def aggregator(stage: Stage, count: int) -> Part:
    """A company that passes on the questions of its own users; half of its accounts pass on whose they are. Some of
    these companies spread every conversation over their own keys and fail over among them."""
    who = one_client(as_one_org(stage, crowd(stage, count), offices=2))
    who = settled(stage, alike(who, access=5))
    house = one_of(stage, "house", PASSED_ON)
    recipes = tuple(Recipe(chats=True, system=house, prompts="people", end_users=named) for named in (True, False))
    spread_out = one_of(stage, "keys", (True, False))
    return _with_users(
        stage, who, recipes, rate=PASSED_TALKS, languages=(0.5, 0.15, 0.1, 0.1, 0.1, 0.05), spread_out=spread_out
    )


def _with_users(
    stage: Stage,
    who: Accounts,
    recipes: tuple[Recipe, ...],
    *,
    rate: float,
    languages: tuple[float, ...],
    spread_out: bool = False,
) -> Part:
    """Return a part in which end users ask, each with one account; recipes are taken in turn by the accounts."""
    users = int(np.clip(rate * 0.6 * stage.days, 8, _USERS))
    pace = rate * _pace(stage)

    def make(rng: np.random.Generator, rows: I64) -> Events:
        sent, user = users_ask(rng, stage, who, rows, rate=pace, users=users)
        writer = len(who) + sent.account.astype(np.int64) * users + user
        sent = replace(sent, writer=writer.astype(np.int32), recipe=(sent.account % len(recipes)).astype(np.int16))
        if spread_out:
            sent = _over_keys(rng, sent, rows, len(recipes))
        return sent.take(sent.ts >= stage.start)

    hidden = stage.rng("users").choice(len(languages), size=len(who) * users, p=languages).astype(np.int8)
    return Part(who, recipes, by_accounts(stage, who, rate * USER_TURNS, make), hidden=hidden)


def _over_keys(rng: np.random.Generator, sent: Events, rows: I64, ways: int) -> Events:
    """Return `sent` spread over the accounts at `rows` that ask in the same way, a few bodies failing over."""
    alike_rows = [rows[rows % ways == way] for way in range(ways)]
    parts = []
    for way, own in enumerate(alike_rows):
        part = sent.take(sent.recipe == way)
        if not len(own):
            continue
        local = replace(part, account=rng.integers(0, len(own), size=len(part)).astype(np.int32))
        tried = failed_over(rng, local, len(own), failing=0.02) if len(own) > 1 else local
        parts.append(replace(tried, account=own.astype(np.int32)[tried.account]))
    return concatenate(parts)


def labelling_vendor(stage: Stage, count: int) -> Part:
    """A vendor that grades by rubric all day for its clients: one organisation."""
    who = one_client(as_one_org(stage, crowd(stage, count), plan=2))
    thinks = one_of(stage, "thinks", (0, 1))
    projects = some_of(stage, "projects", RUBRICS, one_of(stage, "clients", (1, 2, 3)))
    recipes = tuple(
        Recipe((t,), system="", machine=True, topics=_leanings(stage), thinks=thinks, reply=140.0, prompts="people")
        for t in projects
    )
    project = stage.rng("seats").integers(0, len(recipes), size=count)
    return _at_work(stage, who, recipes, _Shift(LABELS, OFFICE, 0.3), way=project)


def inhouse_distillation(stage: Stage, count: int) -> Part:
    """A company that makes training data with the provider's consent, and says so: a registered programme."""
    who = alike(one_client(as_one_org(stage, crowd(stage, count))), program=3)
    recipe = Recipe(
        (one_of(stage, "synthesis", SYNTHESES),),
        system="",
        machine=True,
        topics=_leanings(stage),
        thinks=1,
        context=2.0,
        prompts="campaign",
    )
    return _at_work(stage, who, (recipe,), _Shift(EXAMPLES, ALWAYS, 1.0))


def red_team(stage: Stage, count: int) -> Part:
    """A registered red team: many variants of few attacks, most of them refused."""
    who = alike(as_one_org(stage, crowd(stage, count), plan=2), program=4)
    attacks = some_of(stage, "attacks", ATTACKS, one_of(stage, "repertoire", (3, 4, 6)))
    refusal = between(stage, "refusal", 0.5, 0.65)
    recipe = Recipe(attacks, system="", refusal=refusal, topics=_leanings(stage), prompts="people")
    return _at_work(stage, who, (recipe,), _Shift(VARIANTS, OFFICE, 0.4))


def _pace(stage: Stage) -> float:
    """Return how much this group sends, against what is usual of its kind."""
    return between(stage, "pace", 0.85, 1.15)


def _leanings(stage: Stage) -> tuple[float, ...]:
    return tuple(stage.rng("topics").dirichlet([0.6] * len(TOPICS)).tolist())


@dataclass(frozen=True, slots=True)
class _Shift:
    """When a program or its people work.

    Attributes:
        rate: requests a day and account. hours: weights of the local hours. weekend: weight of a day of the weekend.
    """

    rate: float
    hours: F64
    weekend: float


def _at_work(stage: Stage, who: Accounts, recipes: tuple[Recipe, ...], shift: _Shift, *, way: I64 | int = 0) -> Part:
    """Return single requests; `way` says which of `recipes` each account follows."""
    ways = np.broadcast_to(np.asarray(way, dtype=np.int16), (len(who),))
    pace = shift.rate * _pace(stage)

    def make(rng: np.random.Generator, rows: I64) -> Events:
        counts = rng.poisson(pace * stage.days, size=len(rows))
        local, ts = at_work(rng, stage, counts, hours=local_hours(who, shift.hours), weekend=shift.weekend)
        account = rows[local]
        return there(events(account, ts, recipe=ways[account]), who)

    return Part(who, recipes, by_accounts(stage, who, shift.rate, make), roles=("staff",))


def nightly_batch(stage: Stage, count: int) -> Part:
    """A back-fill that runs every night for an hour or two at an even pace, single turns, one template."""
    who = one_client(as_one_org(stage, crowd(stage, count)))
    recipe = Recipe(
        (one_of(stage, "job", DOCUMENTS),),
        system="",
        machine=True,
        topics=_leanings(stage),
        context=3.0,
        document=one_of(stage, "size", (0.0, 900.0, 4_000.0)),
        reply=one_of(stage, "reply", (40.0, 90.0, 160.0)),
        prompts="people",
    )
    hour, lasts = int(stage.rng("hour").integers(0, 6)), between(stage, "lasts", 0.4, 2.5)
    nights: F64 = stage.rng("nights").gamma(6.0, 1 / 6.0, size=stage.days)
    nights *= DOCUMENTS_READ * _pace(stage) / nights.mean()

    def make(rng: np.random.Generator, rows: I64) -> Events:
        counts = rng.poisson(np.broadcast_to(nights, (len(rows), stage.days)))
        run, place = spread(counts.ravel())
        begin = hour + rng.random(len(rows))[run // stage.days] * 0.2
        inside = (place + 0.2 * rng.random(len(run))) / np.maximum(counts.ravel(), 1)[run]
        ts = stage.start + run % stage.days * DAY + ((begin + lasts * inside) * HOUR).astype(np.int64)
        return there(events(rows[run // stage.days], ts), who)

    return Part(who, (recipe,), by_accounts(stage, who, DOCUMENTS_READ, make), roles=("worker",))


def agent_fleet(stage: Stage, count: int) -> Part:
    """Agents of one company that work round the clock: long conversations, tools, one system prompt."""
    who = one_client(as_one_org(stage, crowd(stage, count)))
    recipe = Recipe(
        system=one_of(stage, "duty", FLEETS),
        machine=True,
        chats=True,
        topics=_leanings(stage),
        tools=one_of(stage, "tools", (1, 2, 3, 4)),
        document=600.0,
    )
    pace = CASES * _pace(stage)

    def make(rng: np.random.Generator, rows: I64) -> Events:
        local, begin = at_work(rng, stage, rng.poisson(pace * stage.days, size=len(rows)), hours=ALWAYS)
        alive = begin > who.created_at[rows[local]]
        follows: Floats = np.full(len(rows), MOST_FOLLOWS)
        return placed(converse(rng, local[alive], begin[alive], follows, longest=_STEPS), rows)

    return Part(who, (recipe,), by_accounts(stage, who, CASES * CASE_TURNS, make), roles=("worker",))


def ci_fleet(stage: Stage, count: int) -> Part:
    """Build machines of one company: every push wakes several of them within seconds, the same review prompt; in half
    of these companies they read the same change."""
    who = one_client(as_one_org(stage, crowd(stage, count), plan=2, offices=3))
    job = one_of(stage, "job", REVIEWS)
    recipe = Recipe((job,), system="", topics=ENGINEERING, machine=True, language=0, document=2_500.0, reply=120.0)
    matrix = one_of(stage, "matrix", (True, False))
    woken = min(_WOKEN, count)
    pushes = REVIEWED * count / woken * _pace(stage)
    quiet = weekdays(stage, 0.2)
    daily = pushes * quiet / quiet.mean()
    hours = 0.85 * local_hours(who, OFFICE / OFFICE.sum()) + 0.15 / 24

    def make(rng: np.random.Generator, first: int, days: int) -> Events:
        counts = rng.poisson(daily[first : first + days])
        day, _ = spread(counts)
        hour = rng.choice(24, size=len(day), p=hours)
        at = stage.start + (first + day) * DAY + ((hour + rng.random(len(day))) * HOUR).astype(np.int64)
        wakes = np.minimum(1 + rng.binomial(2 * (woken - 1), 0.5, size=len(day)), count)
        push, place = spread(wakes)
        account = (rng.integers(0, count, size=len(day))[push] + place) % count
        ts = at[push] + (rng.gamma(2.0, 4.0, size=len(push)) * MICRO).astype(np.int64)
        sent = events(account, ts)
        item = (first << 24) + push if matrix else np.full(len(push), -1)
        return with_failures(rng, there(replace(sent, item=item.astype(np.int32)), who), who.errors)

    return Part(who, (recipe,), by_days(stage, REVIEWED * count, make), roles=("worker",))
