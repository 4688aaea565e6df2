"""Prompts whose form makes training data."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from stillwatch.evidence.harvest_intent import harvest_intent
from stillwatch.sketch.schema import INTENTS
from tests.worlds import Crowd, World, a_world, some

REASONING, AGENTIC = INTENTS.index("reasoning_elicitation"), INTENTS.index("agentic")


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    def of(share: float, intent: int, bits: float = 6.0) -> dict[str, object]:
        return {"intent": some(share, intent, 0), "intent_bits": bits}

    with a_world(
        Crowd("people", 150, columns=of(0.02, REASONING)),
        Crowd("pool", 20, columns=of(0.6, REASONING)),
        Crowd("doubtful", 20, columns=of(0.6, REASONING, bits=1.0)),
        Crowd("agents", 20, columns=of(0.9, AGENTIC)),
        Crowd("few", 20, columns=of(0.04, REASONING)),
        Crowd("raters", 20, columns={**of(0.9, INTENTS.index("rubric_grading")), "org_id": "Labels Ltd"}),
    ) as made:
        yield made


def test_a_pool_that_asks_for_reasoning_is_seen(world: World) -> None:
    finding = harvest_intent(world.group("pool"), world.case)
    assert finding.p_value is not None
    assert finding.p_value < 1e-6
    assert finding.numbers["reasoning_elicitation"] == finding.numbers["harvest_prompts"]


def test_people_who_ask_for_it_now_and_then_are_not(world: World) -> None:
    p = harvest_intent(world.drawn(20, 1, "people"), world.case).p_value
    assert p is not None
    assert p > 0.01


@pytest.mark.parametrize("crowd", ["doubtful", "agents", "few"])
def test_doubtful_classes_agents_and_a_twentieth_do_not_count(world: World, crowd: str) -> None:
    assert harvest_intent(world.group(crowd), world.case).p_value == 1.0


def test_a_labelling_vendor_shows_and_is_explained_by_the_organisation(world: World) -> None:
    assert harvest_intent(world.group("raters"), world.case).bits > 5
    assert world.left(world.group("raters")) < 0


def test_the_query_gives_the_numbers_again(world: World) -> None:
    for crowd in ("pool", "doubtful", "people"):
        group = world.group(crowd)
        for number, again in world.compared(harvest_intent(group, world.case), group).values():
            assert number == again


def test_without_text_there_is_no_evidence(nothing_known: World) -> None:
    finding = harvest_intent(nothing_known.group("pool"), nothing_known.case)
    assert (finding.p_value, finding.bits) == (None, 0.0)
    assert "no prompt text" in finding.statement
