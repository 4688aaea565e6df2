"""What every scenario is made from: its stage, its parts, and the two ways to ask, as a person and as a program."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stillwatch.range.draw import DAY, F64, HOUR, I64, Words, choose_rows, hex_ids, spread
from stillwatch.range.grammar import Voices, draw_voices, pick_topics, say
from stillwatch.range.people import NOTHING, People, alike, draw_people
from stillwatch.range.rhythm import HOURS, Visits, visits
from stillwatch.range.traffic import Traffic, requests

_COMMON_SYSTEMS = (
    "You are a helpful assistant.",
    "You are a concise assistant. Answer in the language of the user.",
    "Answer truthfully. If you do not know, say so.",
    "You are an expert software engineer.",
)


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a scenario plays: its own generator, and the days of the world from `start` in microseconds."""

    rng: np.random.Generator
    start: int
    days: int


@dataclass(frozen=True, slots=True)
class Part:
    """What a scenario adds to a world: accounts, their requests, and the role of each account in it."""

    people: People
    traffic: Traffic
    role: Words


@dataclass(frozen=True, slots=True)
class Scenario:
    """One population of a world.

    Attributes:
        name: permanent id; it is the group id in the truth.
        kind: `ordinary`, `campaign`, `relay`, or for a look-alike its name again.
        accounts: how many in a world of scale 1.
        act: builds it for a number of accounts.
        hard: what makes it hard to tell from a campaign, or the campaign hard to see.
    """

    name: str
    kind: str
    accounts: int
    act: Callable[[Stage, int], Part]
    hard: str


def part(people: People, traffic: Traffic, role: str = "customer") -> Part:
    """Return a part in which every account has the same role."""
    return Part(people, traffic, np.full(len(people), role))


def crowd(stage: Stage, count: int) -> tuple[People, Voices]:
    """Return `count` unrelated accounts and how their owners write."""
    people = draw_people(stage.rng, count, stage.start, stage.days)
    return people, draw_voices(stage.rng, people.language)


def conversations(stage: Stage, people: People, voices: Voices, *, system: pa.Array | None = None) -> Traffic:
    """Return what people do of their own accord: see `visits` and `chat`."""
    when = visits(stage.rng, people, stage.start, stage.days)
    return chat(stage, voices, when, system=own_systems(stage, voices) if system is None else system)


def chat(stage: Stage, voices: Voices, when: Visits, *, system: pa.Array | None = None) -> Traffic:
    """Return the requests of people: a conversation keeps its topic, later turns follow up on it, and one turn in
    nine is the one before, sent again word for word or with a few words more.

    Args:
        system: the system prompt of each account, null for none.
    """
    rng, count = stage.rng, len(when.account)
    topic = pick_topics(rng, voices, when.account)[np.arange(count) - (when.turn - 1)]
    asks = (when.turn == 1) | (rng.random(count) < 0.3)
    more = rng.poisson(1.1, size=count)
    kinds = [asks.astype(np.int64), np.where(asks, more, more // 2), 1 - asks.astype(np.int64), 0 * more]
    text = _edited(rng, say(rng, voices, when.account, topic=topic, kinds=kinds), when, voices)
    prompts = None if system is None else system.take(pa.array(when.account))
    asked = requests(when.account, when.ts, when.session, turn=when.turn, text=text, system=prompts)
    return replace(asked, answer=answers(rng, voices, when.account, topic))


def answers(rng: np.random.Generator, voices: Voices, who: I64, topic: I64) -> pa.Array:
    """Return an answer of one to four sentences to each of `who`."""
    none = np.zeros(len(who), dtype=np.int64)
    return say(rng, voices, who, topic=topic, kinds=[none, none, none, 1 + rng.binomial(3, 0.4, size=len(who))])


def own_systems(stage: Stage, voices: Voices) -> pa.Array:
    """Return a system prompt per account: a fifth wrote one of their own, a tenth took a common one, others none."""
    rng, count = stage.rng, len(voices)
    who, none = np.arange(count), np.zeros(count, dtype=np.int64)
    kinds = [none + 1, none + 2 + rng.integers(0, 3, size=count), none, none]
    own = say(rng, voices, who, topic=pick_topics(rng, voices, who), kinds=kinds)
    common = pa.array(_COMMON_SYSTEMS).take(pa.array(rng.integers(0, len(_COMMON_SYSTEMS), size=count)))
    luck = rng.random(count)
    return pc.if_else(pa.array(luck < 0.2), own, pc.if_else(pa.array(luck > 0.9), common, pa.scalar(None, pa.string())))


def _edited(rng: np.random.Generator, text: pa.Array, when: Visits, voices: Voices) -> pa.Array:
    """Return `text` with some later turns replaced by the one before, half of them with a sentence added."""
    again = np.flatnonzero((when.turn > 1) & (rng.random(len(when.turn)) < 0.11))
    if not len(again):
        return text
    none = np.zeros(len(again), dtype=np.int64)
    added = say(rng, voices, when.account[again], topic=pick_topics(rng, voices, when.account[again]),
                kinds=[none, rng.integers(0, 2, size=len(again)), none, none])  # fmt: skip
    before = text.take(pa.array(again - 1))
    longer = pc.utf8_rtrim_whitespace(pc.binary_join_element_wise(before, added, " "))
    mask = np.zeros(len(text), dtype=np.bool_)
    mask[again] = True
    return pc.replace_with_mask(text, pa.array(mask), longer)


def steady(stage: Stage, counts: I64, *, hours: F64 | None = None) -> tuple[I64, I64]:
    """Return account and time of a program's requests: `counts` of each account, days alike, the hours of the day
    (UTC) by the weights `hours`, all alike when none are given."""
    account, _ = spread(counts)
    weights = HOURS[2] if hours is None else hours
    hour = choose_rows(stage.rng, weights[None, :], np.zeros(len(account), dtype=np.int64))
    day = stage.rng.integers(0, stage.days, size=len(account))
    return account, stage.start + day * DAY + hour * HOUR + (stage.rng.random(len(account)) * HOUR).astype(np.int64)


def single(account: I64, ts: I64, text: pa.Array, *, system: str | None = None) -> Traffic:
    """Return requests that each are a conversation of one turn."""
    count = len(account)
    prompts = pa.nulls(count, pa.string()) if system is None else repeat(system, count)
    ones = np.ones(count, dtype=np.int64)
    return requests(account, ts, np.arange(count), turn=ones, text=text, system=prompts)


def repeat(text: str, count: int) -> pa.Array:
    """Return `text` `count` times."""
    return pa.array([text]).take(pa.array(np.zeros(count, dtype=np.int64)))


def wrap(head: str, text: pa.Array, tail: str = "") -> pa.Array:
    """Return each of `text` between the same head and tail."""
    return pc.binary_join_element_wise(pa.scalar(head), text, pa.scalar(tail), "")


def as_one_org(stage: Stage, people: People, *, plan: str = "enterprise", offices: int = 1) -> People:
    """Return `people` as staff of one declared organisation: one card, one mail domain, `offices` addresses."""
    rng = stage.rng
    offices = min(offices, len(people))
    office = rng.integers(0, offices, size=len(people))
    return alike(
        replace(people, homes=people.homes[:offices][office], networks=people.networks[:offices][office],
                signup_ip=people.homes[:offices, 0][office], signup_asn=people.networks[:offices, 0][office]),
        org_id="org_" + str(hex_ids(rng, 1, 12)[0]),
        email_domain=str(hex_ids(rng, 1, 8)[0]) + ".example",
        payment_id=hex_ids(rng, 1)[0],
        payment_bin=people.payment_bin[0],
        plan=plan,
        verification="organisation",
        program=NOTHING,
        region=people.region[0],
        language=people.language[0],
    )  # fmt: skip


def one_client(people: People) -> People:
    """Return `people` who all run the same build of the same client with the same settings."""
    kept = ("agents", "client_fp", "updated", "models", "heat", "ceiling", "streams", "names_sessions", "thinks")
    return alike(people, **{name: getattr(people, name)[0] for name in kept})
