"""From statements to verdicts: caps, two families, false discoveries, and what a group was chosen by."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.evidence import (
    COORDINATION_NEEDED,
    DECEPTION_NEEDED,
    EVIDENCE_TABLE,
    EXTRACTION_NEEDED,
    FAMILY_CAP,
    FAMILY_COUNTS,
    Kind,
)
from stillwatch.evidence.case import Group
from stillwatch.evidence.same_list import beyond_a_list, own_share
from stillwatch.findings import Choice, Evidence, Family, Question, Scores, VerdictKind, chosen_freely
from stillwatch.nulls import bits_of
from stillwatch.verdict import Tested, counting_families, judge, q_values, reweighed, with_id
from stillwatch.weights import TODAY
from tests.evidence.everything import PEOPLE, POOL
from tests.worlds import World, a_world

LEVEL = 0.01
_C, _X, _D, _I = Question.COORDINATION, Question.EXTRACTION, Question.DECEPTION, Question.INNOCENCE
Line = tuple[Question, Family, float]
HARVEST: Line = (_X, Family.INTENT, EXTRACTION_NEEDED)
ONE_OPERATOR: tuple[Line, ...] = ((_C, Family.CONTENT, 8.0), (_C, Family.TIMING, 8.0))


def _tested(*lines: Line, free_bits: float = 40.0) -> Tested:
    """Return a group with some lines of evidence."""
    evidence = tuple(
        Evidence(f"kind_{i}", family, question, bits, 0.001, "a null", f"statement {i}", query="of g-1")
        for i, (question, family, bits) in enumerate(lines)
    )
    sums = {question.value: sum(bits for q, _, bits in lines if q is question) for question in Question}
    return Tested(Group("g-1", np.arange(9), {}, "a test"), evidence, Scores(**sums), free_bits)


def _verdict(*lines: Line, q_value: float = 0.001) -> tuple[VerdictKind | None, str]:
    return judge(_tested(*lines).evidence, q_value, LEVEL)


def _named(e_values: Sequence[float], level: float) -> set[int]:
    """Return the groups that e-BH names, by its definition: the k largest, for the largest k that may be named."""
    count = len(e_values)
    order = sorted(range(count), key=lambda i: -e_values[i])
    passing = [k for k in range(1, count + 1) if e_values[order[k - 1]] >= count / (level * k)]
    return set(order[: max(passing, default=0)])


@given(st.lists(st.integers(-3, 40), min_size=1, max_size=30, unique=True), st.sampled_from([0.3, 0.1, 0.01, 0.001]))
def test_a_q_value_is_the_least_level_at_which_e_bh_names_the_group(bits: list[int], level: float) -> None:
    found = q_values([_tested(free_bits=float(b)) for b in bits])
    assert {i for i, q in enumerate(found) if q <= level} == _named([2.0**b for b in bits], level)


def test_q_values_of_few_candidates_by_hand() -> None:
    assert q_values([_tested(free_bits=b) for b in (1.0, 10.0, 4.0)]) == pytest.approx([0.5, 3 / 1024, 3 / 2 / 16])
    assert q_values([]) == []
    assert q_values([_tested(free_bits=-1.0)]) == [1.0]


def test_every_further_candidate_makes_it_harder() -> None:
    alone = q_values([_tested(free_bits=10.0)])[0]
    among = q_values([_tested(free_bits=10.0), *[_tested(free_bits=0.0)] * 99])[0]
    assert among == pytest.approx(100 * alone)


def test_one_operator_who_harvests_is_a_distillation_campaign() -> None:
    assert _verdict(*ONE_OPERATOR, HARVEST)[0] is VerdictKind.DISTILLATION


def test_one_family_is_not_enough_however_much_it_says() -> None:
    verdict, reason = _verdict((_C, Family.CONTENT, 12.0), (_C, Family.TIMING, FAMILY_COUNTS - 0.1), HARVEST)
    assert verdict is None
    assert "only one family" in reason
    assert "content" in reason


def test_two_kinds_of_one_family_are_one_family() -> None:
    verdict, reason = _verdict((_C, Family.SAMENESS, 8.0), (_C, Family.SAMENESS, 8.0), HARVEST)
    assert verdict is None
    assert "only one family" in reason


def test_families_of_other_questions_do_not_count() -> None:
    families = counting_families(_tested((_C, Family.CONTENT, 9.0), (_X, Family.INTENT, 9.0)).evidence)
    assert dict(families) == {Family.CONTENT: 9.0}


def test_too_little_coordination_is_said_so() -> None:
    verdict, reason = _verdict((_C, Family.CONTENT, 6.0), (_C, Family.TIMING, COORDINATION_NEEDED - 6.1), HARVEST)
    assert verdict is None
    assert "needed" in reason


def test_an_innocent_explanation_is_taken_off_and_named() -> None:
    verdict, reason = _verdict(*ONE_OPERATOR, HARVEST, (_I, Family.IDENTITY, -20.0))
    assert verdict is None
    assert reason.startswith("innocent explanation")
    assert "statement 3" in reason


def test_a_small_doubt_does_not_acquit() -> None:
    assert _verdict(*ONE_OPERATOR, HARVEST, (_I, Family.INTENT, -1.9))[0] is VerdictKind.DISTILLATION


def test_a_false_discovery_too_often_is_none() -> None:
    verdict, reason = _verdict(*ONE_OPERATOR, HARVEST, q_value=0.02)
    assert verdict is None
    assert "false discovery" in reason


@pytest.mark.parametrize(
    ("more", "verdict"),
    [
        ((_C, Family.RELAY, 8.0), VerdictKind.POOLED_ACCESS),
        ((_D, Family.CONTENT, DECEPTION_NEEDED), VerdictKind.COORDINATED),
        ((_D, Family.CONTENT, DECEPTION_NEEDED - 0.1), None),
        ((_X, Family.INTENT, EXTRACTION_NEEDED - 0.1), None),
    ],
)
def test_without_a_harvest_a_pool_a_deceiver_or_nobody(more: Line, verdict: VerdictKind | None) -> None:
    assert _verdict(*ONE_OPERATOR, more)[0] is verdict


def test_a_relay_that_harvests_is_a_campaign() -> None:
    assert _verdict(*ONE_OPERATOR, (_C, Family.RELAY, 10.0), HARVEST)[0] is VerdictKind.DISTILLATION


def test_its_queries_speak_of_the_lasting_id() -> None:
    assert {item.query for item in with_id(_tested(*ONE_OPERATOR), "c-2")} == {"of c-2"}


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with a_world(PEOPLE, POOL) as made:
        yield made


def test_a_family_adds_no_more_than_its_cap(world: World) -> None:
    for crowd in ("pool", "people"):
        sums: dict[tuple[Question, Family], float] = {}
        for item in world.tested(world.group(crowd)).evidence:
            place = (item.question, item.family)
            sums[place] = sums.get(place, 0.0) + max(item.bits, 0.0)
        assert max(sums.values()) <= FAMILY_CAP + 0.001


def _by_itself(kind: Kind, world: World) -> float:
    """Return what a kind would count for the pool if it were alone in its family."""
    finding = kind.test(world.group("pool"), world.case)
    return min(finding.bits, kind.cap) * finding.share


def test_kinds_of_a_capped_family_share_the_cap_in_proportion(world: World) -> None:
    evidence = world.evidence(world.group("pool"))
    family = [kind for kind in EVIDENCE_TABLE if (kind.question, kind.family) == (_C, Family.TIMING)]
    alone = {kind.kind: _by_itself(kind, world) for kind in family}
    assert min(alone.values()) > 0
    scale = min(1.0, FAMILY_CAP / sum(alone.values()))
    assert {kind: evidence[kind].bits for kind in alone} == pytest.approx(
        {kind: scale * bits for kind, bits in alone.items()}, abs=1e-3
    )


def test_a_score_is_the_plain_sum_of_what_a_reader_sees(world: World) -> None:
    tested = world.tested(world.group("pool"))
    for question in Question:
        shown = sum(item.bits for item in tested.evidence if item.question is question)
        assert getattr(tested.scores, question.value) == pytest.approx(shown, abs=1e-3)


def test_a_sign_of_harvest_or_deception_that_is_absent_says_nothing(world: World) -> None:
    seen = [item for item in world.tested(world.drawn(20, 1, "people")).evidence if item.question in (_X, _D)]
    assert any(item.p_value is not None and item.p_value > 0.9 for item in seen)
    assert min(item.bits for item in seen) == 0.0


def test_innocence_never_speaks_against_anybody(world: World) -> None:
    for crowd in ("pool", "people"):
        evidence = world.tested(world.group(crowd)).evidence
        assert not [item for item in evidence if item.question is _I and item.bits > 0]


def _free(world: World, chosen_by: Mapping[str, Choice]) -> float:
    return world.tested(world.group("pool", chosen_by=chosen_by)).free_bits


def _expected_free(world: World, group: Group) -> float:
    """Return the bits that enter the q-value, computed once more with whole numbers for the ways to choose a group."""
    chosen_by = group.chosen_by
    families: dict[Family, list[tuple[float, float, float]]] = {}
    total = 0.0
    for kind in EVIDENCE_TABLE:
        finding = kind.test(group, world.case)
        if finding.p_value is None:
            continue
        if kind.question is _I:
            total -= min(max(bits_of(finding.p_value), 0.0), kind.cap)
            continue
        tries = _ways(chosen_by[kind.kind], world, len(group)) if kind.kind in chosen_by else 1
        share = finding.share * (own_share(group, world.case) if kind.question is _X else 1.0)
        if kind.question is Question.COORDINATION and kind.family in (Family.CONTENT, Family.SAMENESS):
            share *= beyond_a_list(group, world.case)
        families.setdefault(kind.family, []).append((min(1.0, max(finding.p_value, 1e-300) * tries), kind.cap, share))
    for tested in families.values():
        several = [(min(bits_of(min(1.0, p * len(tested))), cap), share) for p, cap, share in tested]
        total += max(bits * (share if bits > 0 else 1.0) for bits, share in several)
    return total


def _ways(choice: Choice, world: World, members: int) -> int:
    """Return how many groups could have been chosen."""
    knows_better = choice.among is not None and choice.among >= members
    return choice.tries * math.comb(choice.among if choice.among and knows_better else world.people.size, members)


EVERY_KIND = chosen_freely(kind.kind for kind in EVIDENCE_TABLE)


@pytest.mark.parametrize(
    "chosen_by",
    [
        {},
        chosen_freely({"shared_scaffold", "templated_tasks"}),
        chosen_freely({"shared_instrument", "one_device"}),
        {"shared_instrument": Choice(24, 3), "shared_scaffold": Choice(21, 100)},
        {"shared_instrument": Choice(5, 3)},
        EVERY_KIND,
    ],
    ids=["by nobody", "by content", "by instruments", "among a few", "among fewer than it has", "by everything"],
)
def test_what_chose_the_group_is_corrected_for_all_groups_that_it_let_be_chosen(
    world: World, chosen_by: Mapping[str, Choice]
) -> None:
    group = world.group("pool", chosen_by=chosen_by)
    assert world.tested(group).free_bits == pytest.approx(_expected_free(world, group), abs=0.01)


@pytest.mark.parametrize("seed", range(5))
def test_what_is_faint_enters_by_its_smallest_p_value_times_the_kinds_of_its_family(world: World, seed: int) -> None:
    group = world.drawn(20, seed, "people")
    assert world.tested(group).free_bits == pytest.approx(_expected_free(world, group), abs=0.01)


def test_kinds_of_one_family_enter_the_q_value_once(world: World) -> None:
    sums = sum(item.bits for item in world.tested(world.group("pool")).evidence)
    assert _free(world, {}) < sums


def test_a_chosen_kind_still_counts_in_what_a_reader_sees(world: World) -> None:
    plain, chosen = (world.tested(world.group("pool", chosen_by=c)) for c in ({}, EVERY_KIND))
    assert dataclasses.replace(chosen.scores) == plain.scores
    assert chosen.free_bits < plain.free_bits


@pytest.mark.parametrize("seed", range(5))
def test_what_is_silent_in_one_family_is_one_silence(world: World, seed: int) -> None:
    evidence = world.evidence(world.drawn(20, seed, "people"))
    silent: dict[Family, list[float]] = {}
    for kind in EVIDENCE_TABLE:
        finding = kind.test(world.drawn(20, seed, "people"), world.case)
        if kind.question is _C and finding.p_value is not None and finding.bits < 0:
            silent.setdefault(kind.family, []).append(finding.bits)
    assert max(map(len, silent.values())) > 1, "the null of some family is tested by more than one kind"
    for family, bits in silent.items():
        counted = [e.bits for e in evidence.values() if e.question is _C and e.family is family and e.bits < 0]
        assert sum(counted) == pytest.approx(min(bits), abs=1e-3)


def test_two_grounds_of_innocence_in_one_family_count_both() -> None:
    kinds = {kind.kind: kind for kind in EVIDENCE_TABLE}
    grounds = [
        Evidence(name, kinds[name].family, _I, 0.0, 1e-6, "a null", "a statement")
        for name in ("declared_organisation", "registered_program")
    ]
    assert len({ground.family for ground in grounds}) == 1
    assert [item.bits for item in reweighed(grounds, TODAY)] == pytest.approx([-bits_of(1e-6)] * 2, abs=1e-3)
