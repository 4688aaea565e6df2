"""People with no tie to each other who send the same text, because all of them took it from the same place."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stillwatch.range.draw import DAY, HOUR, I64, MICRO, spread
from stillwatch.range.grammar import TOPICS, Voices, one_voice, pick_topics, say
from stillwatch.range.people import People, alike
from stillwatch.range.rhythm import Visits, converse
from stillwatch.range.scene import Part, Stage, answers, chat, conversations, crowd, own_systems, part, single, wrap
from stillwatch.range.traffic import concatenate, shifted, span_of

_AGENT = (
    "You are Tidewright, an open-source coding agent that runs in the user's terminal. Keep going until the request is "
    "fully resolved. Use the tools you are given, read files before you edit them, prefer small changes, and run the "
    "tests after each change. Never commit unless you are asked to. Version {}."
)
_TASK = "<request>\n", "\n</request>\n<reminder>Check the working tree before you finish.</reminder>"
_ASSIGNMENT = (
    "Assignment 4 - Working with sources\nFor the task below, comment on my draft: name two strengths and two "
    "weaknesses, and ask me one question that helps me to go on. Do not write the text for me.\n\nMy draft: "
)
_BENCH = (
    "Answer the following question. Think it through, then give only the final answer after 'Answer:'.\n\nQuestion: "
)
_ITEMS = 120
_PROBES = 12


def agent_prompt(stage: Stage, count: int) -> Part:
    """Users of a popular open-source agent: one long system prompt and one wrapper around what each of them wants."""
    people, voices = crowd(stage, count)
    lean = np.where(np.arange(len(TOPICS)) < 2, 0.6, 0.06)
    voices = replace(voices, topics=voices.topics * 0.5 + 0.5 * lean / lean.sum())
    people = replace(people, tempo=people.tempo * 1.1, follows=np.maximum(people.follows, 0.3))
    people = replace(people, agents=np.char.replace(people.agents, "vendor-python", "tidewright"))
    release = stage.rng.choice(["0.9.3", "0.9.4", "0.10.0"], size=count, p=[0.2, 0.5, 0.3])
    prompts = pa.array([_AGENT.format(version) for version in release])
    sent = conversations(stage, people, voices, system=prompts)
    text = pc.if_else(pa.array(sent.turn == 1), wrap(_TASK[0], sent.text, _TASK[1]), sent.text)
    return part(people, replace(sent, text=text, tools=np.ones(len(sent), dtype=np.int64)))


def classroom(stage: Stage, count: int) -> Part:
    """A class: one mail domain, one address on campus, one assignment template, the same two hours twice a week."""
    rng = stage.rng
    people, voices = crowd(stage, count)
    campus, network = people.homes[0, 0], people.networks[0, 0]
    homes, networks = people.homes.copy(), people.networks.copy()
    homes[:, 0], networks[:, 0] = campus, network
    born = stage.start - 20 * DAY + (rng.random(count) * 6 * HOUR).astype(np.int64)
    people = alike(replace(people, homes=homes, networks=networks, created_at=born), email_domain="uni-lerchen.edu",
                   program="education", plan="free", payment_id="", region=people.region[0], language=0)  # fmt: skip
    voices = replace(voices, language=np.zeros(count, dtype=np.int64))
    sent = chat(stage, voices, _lessons(stage, count, people), system=own_systems(stage, voices))
    text = pc.if_else(pa.array(sent.turn == 1), wrap(_ASSIGNMENT, sent.text), sent.text)
    return part(people, replace(sent, text=text))


def _lessons(stage: Stage, count: int, people: People) -> Visits:
    """Return conversations in two lessons a week and on the evening before the deadline."""
    rng = stage.rng
    account, _ = spread(rng.poisson(4.0, size=count))
    slots = np.array([DAY + 9 * HOUR, 3 * DAY + 9 * HOUR, 5 * DAY + 19 * HOUR])
    slots = slots[slots < stage.days * DAY]
    inside = (rng.beta(1.2, 2.0, size=len(account)) * 2.4 * HOUR).astype(np.int64)
    begin = stage.start + slots[rng.integers(0, len(slots), size=len(account))] + inside
    return _converse_often(rng, account, begin, people)


def _converse_often(rng: np.random.Generator, account: I64, begin: I64, people: People) -> Visits:
    """Return conversations with at least an even chance of a follow-up."""
    return converse(rng, account, begin, np.maximum(people.follows, 0.5))


def eval_harness(stage: Stage, count: int) -> Part:
    """Independent owners who run the same public benchmark on the day a model comes out, besides their own work."""
    rng = stage.rng
    people, voices = crowd(stage, count)
    own = conversations(stage, people, voices)
    examiner = one_voice(rng, _ITEMS, topics=np.ones(len(TOPICS)))
    none = np.zeros(_ITEMS, dtype=np.int64)
    items = say(rng, examiner, np.arange(_ITEMS), topic=pick_topics(rng, examiner, np.arange(_ITEMS)),
                kinds=[none + 1, none + 1, none, none])  # fmt: skip
    account, place = spread(np.full(count, _ITEMS, dtype=np.int64))
    release = stage.start + min(3, stage.days - 1) * DAY + 17 * HOUR
    begins = release + (rng.gamma(1.5, 1.6, size=count) * HOUR).astype(np.int64)
    pace = rng.lognormal(0.9, 0.9, size=count)  # seconds an item
    ts = begins[account] + ((place + rng.random(len(place))) * pace[account] * MICRO).astype(np.int64)
    order = (place + rng.integers(0, _ITEMS, size=count)[account] * (rng.random(count) < 0.5)[account]) % _ITEMS
    run = single(account, ts, wrap(_BENCH, items.take(pa.array(order))))
    said = answers(rng, examiner, order, pick_topics(rng, examiner, order))
    cold = replace(run, heat=np.zeros(len(run)), model=np.zeros(len(run), dtype=np.int64), answer=said)
    return part(people, concatenate([own, shifted(cold, 0, span_of(own))]))


def drift_monitors(stage: Stage, count: int) -> Part:
    """Owners who ask fixed prompts on a clock to see whether the model changed; half kept the tool's defaults."""
    rng = stage.rng
    people, voices = crowd(stage, count)
    defaults = _probes(rng, one_voice(rng, 1, topics=np.ones(len(TOPICS))), 0)
    sets = [defaults if owner % 2 else _probes(rng, voices, owner) for owner in range(count)]
    hours = np.arange(0, stage.days * 24, 2)
    account, round_ = (a.ravel() for a in np.meshgrid(np.arange(count), hours, indexing="ij"))
    account, round_ = np.repeat(account, _PROBES // 3), np.repeat(round_, _PROBES // 3)
    probe = (np.arange(len(account)) % (_PROBES // 3) + round_ * (_PROBES // 3)) % _PROBES
    wait = rng.lognormal(-1.5, 0.7, size=len(account)) + 2.1 * (probe % (_PROBES // 3))
    ts = stage.start + round_ * HOUR + (wait * MICRO).astype(np.int64)
    text = pa.concat_arrays(sets).take(pa.array(account * _PROBES + probe))
    said = answers(rng, voices, account, pick_topics(rng, voices, account))
    return part(people, replace(single(account, ts, text), heat=np.zeros(len(account)), answer=said))


def _probes(rng: np.random.Generator, voices: Voices, who: int) -> pa.Array:
    """Return the fixed prompts of one owner."""
    each, none = np.full(_PROBES, who), np.zeros(_PROBES, dtype=np.int64)
    return say(rng, voices, each, topic=pick_topics(rng, voices, each), kinds=[none + 1, none, none, none])
