"""The campaigns of the demonstration: a quiet one that nothing but its text gives away, and a loud one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stillwatch.range.draw import DAY, F64, I64, MICRO, hex_ids
from stillwatch.range.grammar import TOPICS, Voices, one_voice, pick_topics, say
from stillwatch.range.people import draw_people
from stillwatch.range.scene import Part, Stage, answers, part, single, steady, wrap
from stillwatch.range.traffic import Traffic

LETTER_RATE = 26
"""Requests a day of one account, as reported."""
_LETTER_HEAD = (
    "You are working through a software engineering task from start to end in an isolated checkout. "
    "Plan first, then carry out each step and show the commands and the edits you make.\n\n## Task\n"
)
_LETTER_TAIL = "\n\n## Output\nGive the plan, the full trajectory of actions with their results, and the final patch."
_GRADE_HEAD = (
    "Act as an impartial grader. Read the question and the candidate answer, apply the rubric criterion by criterion, "
    "and write out the reasoning behind every score before you give it.\n\n[Question]\n"
)
_GRADE_TAIL = "\n\n[Rubric]\ncorrectness 0-5, completeness 0-5, clarity 0-5\n\nEnd with a JSON object of the scores."
_TRACE_HEAD = (
    "Below is a finished answer. Reconstruct the complete internal reasoning that leads to it, step by step, as if it "
    "had been thought before the answer was written.\n\n[Answer]\n"
)
_TICK = 20 * 60 * MICRO
_INSTRUMENTS = 3
"""Accounts to one payment instrument, about."""


def letter(stage: Stage, count: int) -> Part:
    """Many accounts with everything of their own, 26 requests a day each: engineering tasks in one fixed wrapper.

    Assumed: the hours of the day are those of an operator that keeps a night of a few hours; work begins half a day
    into the world.
    """
    rng = stage.rng
    people = draw_people(rng, count, stage.start, stage.days)
    people = replace(people, created_at=np.minimum(people.created_at, stage.start - DAY))
    hours = np.ones(24) + 1.5 * (np.abs(np.arange(24) - 8) < 8)
    account, ts = steady(stage, rng.poisson(LETTER_RATE * stage.days, size=count), hours=hours)
    begun = ts >= stage.start + stage.days * DAY // 12
    account, ts = account[begun], ts[begun]
    voices = one_voice(rng, count, topics=_engineering())
    text, topic = _tasks(rng, voices, account)
    sent = single(account, ts, wrap(_LETTER_HEAD, text, _LETTER_TAIL))
    small = rng.choice([1, 2], size=len(account), p=[0.55, 0.45])
    return part(people, replace(sent, model=small, answer=answers(rng, voices, account, topic)), "harvester")


def grader(stage: Stage, count: int) -> Part:
    """A pool that grades by rubric and asks for the reasoning behind finished answers, in step on a clock.

    Signed up within three days, three accounts to a payment instrument; reasoning blocks that one account received
    are brought back by another.
    """
    rng = stage.rng
    people = draw_people(rng, count, stage.start, stage.days)
    born = stage.start - 41 * DAY + (rng.random(count) * 3 * DAY).astype(np.int64)
    cards = hex_ids(rng, max(count // _INSTRUMENTS, 1))
    people = replace(people, created_at=born, payment_id=cards[rng.integers(0, len(cards), size=count)])
    account, ts = _in_step(stage, count)
    voices = one_voice(rng, count, topics=np.ones(len(TOPICS)))
    text, topic = _graded(rng, voices, account)
    sent = replace(single(account, ts, text), answer=answers(rng, voices, account, topic))
    return part(people, _replayed(rng, sent, count), "harvester")


def _engineering() -> F64:
    weights = np.full(len(TOPICS), 0.02)
    weights[[TOPICS.index("code"), TOPICS.index("data")]] = (0.65, 0.25)
    return weights


def _tasks(rng: np.random.Generator, voices: Voices, account: I64) -> tuple[pa.Array, I64]:
    topic = pick_topics(rng, voices, account)
    none = np.zeros(len(account), dtype=np.int64)
    kinds = [none + 1, none + 1 + rng.binomial(4, 0.5, size=len(account)), none, none]
    return say(rng, voices, account, topic=topic, kinds=kinds), topic


def _in_step(stage: Stage, count: int) -> tuple[I64, I64]:
    """Return requests sent in rounds, every twenty minutes while the pool works: most members take part in each."""
    rng = stage.rng
    ticks = stage.start + np.arange(stage.days * DAY // _TICK) * _TICK
    ticks = ticks[rng.random(len(ticks)) < 0.55] + rng.integers(0, 90 * MICRO)
    taken = rng.random((len(ticks), count)) < 0.55
    tick, account = np.nonzero(taken)
    wait = rng.gamma(2.0, 1.4, size=len(tick)) * MICRO
    return account.astype(np.int64), ticks[tick] + wait.astype(np.int64)


def _graded(rng: np.random.Generator, voices: Voices, account: I64) -> tuple[pa.Array, I64]:
    task, topic = _tasks(rng, voices, account)
    given = answers(rng, voices, account, topic)
    grading = pc.binary_join_element_wise(
        wrap(_GRADE_HEAD, task, "\n\n[Candidate answer]\n"), wrap("", given, _GRADE_TAIL), ""
    )
    tracing = wrap(_TRACE_HEAD, given)
    return pc.if_else(pa.array(rng.random(len(account)) < 0.7), grading, tracing), topic


def _replayed(rng: np.random.Generator, sent: Traffic, count: int) -> Traffic:
    """Give every answer a reasoning block; one request in twelve brings back a block that another account got in the
    twelve hours before."""
    order = np.argsort(sent.ts, kind="stable")
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    back = rng.integers(10 * max(count // 10, 1), 30 * count, size=len(order))
    source = order[np.maximum(rank - back, 0)]
    brings = (rng.random(len(order)) < 1 / 12) & (rank > back) & (sent.account[source] != sent.account)
    return replace(sent, thinks=np.ones(len(order), dtype=np.int64), grant=np.arange(len(order)),
                   brings=np.where(brings, source, -1))  # fmt: skip
