"""The standard set is made of worlds that can be built, on seeds that nothing was fitted on."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, pairwise

import pytest

from stillwatch.range.campaigns import LADDER as RUNGS
from stillwatch.range.campaigns import REPORTED
from stillwatch.range.cast import cast
from stillwatch.range.populations import POPULATIONS
from stillwatch.range.render import TextMode
from stillwatch.trials import EARLY_SETS, INNOCENT_SETS, SETS, Case
from stillwatch.trials.cases import PRACTICE_SETS, REPORTING

CASES = [pytest.param(case, id=f"{name}-{case.name}") for name, cases in SETS.items() for case in cases]
MINUTES, LARGE = 1_500_000, 6_000_000
"""Exchanges above which a case takes more than its share of the hours that the full set may take."""


@pytest.mark.parametrize("case", CASES)
def test_a_case_can_be_cast(case: Case) -> None:
    troupe = cast(case.spec(), case.seed)
    assert 1_000 < troupe.expected < (LARGE if case in SETS["large"] else MINUTES)
    assert {p.kind for p in troupe.players} >= {p.kind for p in POPULATIONS}
    assert bool(troupe.campaigns) == (case.scenario != "innocent")


@pytest.mark.parametrize("case", CASES)
def test_a_case_is_for_reporting_unless_it_is_for_practice_and_carries_short_text(case: Case) -> None:
    assert (case.seed >= REPORTING) == all(case not in SETS[name] for name in PRACTICE_SETS)
    assert case.spec().text is TextMode.SHORT
    assert case.cut_offs >= 1


@pytest.mark.parametrize("name", SETS)
def test_names_are_unique_in_a_set(name: str) -> None:
    names = [case.name for case in SETS[name]]
    assert len(set(names)) == len(names)
    assert all(text and text == text.lower() and "/" not in text for text in names)


def test_no_two_sets_share_a_seed_and_no_two_worlds_either() -> None:
    for one, other in combinations(SETS, 2):
        assert not {c.seed for c in SETS[one]} & {c.seed for c in SETS[other]}, (one, other)
    for name in SETS.keys() - {"ladder", "large", "thin-campaigns", "thin-practice"}:
        seeds = [case.seed for case in SETS[name]]
        assert len(set(seeds)) == len(seeds)


def test_what_a_figure_belongs_to_is_unlike_any_other() -> None:
    ids = [case.id for cases in SETS.values() for case in cases]
    assert len(set(ids)) == len(ids)


def test_the_full_set_plays_every_reported_campaign_and_innocents_alone() -> None:
    assert {case.scenario for case in SETS["full"]} == {c.id for c in REPORTED} | {"innocent"}
    dialled = [case for case in SETS["full"] if case.dials]
    assert dialled
    assert all(factor > 1 for case in dialled for factor in case.dials.values())


@pytest.mark.parametrize("name", EARLY_SETS)
def test_in_an_early_set_every_reported_campaign_begins_among_innocents_and_is_looked_at_from_its_first_hour_on(
    name: str,
) -> None:
    assert [case.scenario for case in SETS[name]] == [campaign.id for campaign in REPORTED]
    for case in SETS[name]:
        (campaign,) = cast(case.spec(), case.seed).campaigns
        silent = next(phase.first for phase in campaign.phases if phase.level)
        assert case.history + silent >= 5, case.name
        assert case.looks[0] == 1.0
        assert all(1 < later / earlier <= 2 for earlier, later in pairwise(case.looks))


def test_the_two_early_sets_differ_in_their_seeds_alone() -> None:
    early, practice = SETS["early"], SETS["early-practice"]
    assert [replace(case, seed=0) for case in early] == [replace(case, seed=0) for case in practice]


def test_the_fast_set_has_a_campaign_on_each_side_and_innocents_alone() -> None:
    assert {case.scenario for case in SETS["fast"]} == {"grader-2026-02", "letter-2026-06", "innocent"}
    assert sum(cast(case.spec(), case.seed).expected for case in SETS["fast"]) < 1_000_000


@pytest.mark.parametrize("name", [name for name in INNOCENT_SETS if name != "large"])
def test_in_an_innocent_set_each_population_is_the_largest_of_some_world(name: str) -> None:
    shares = [cast(case.spec(), case.seed).shares for case in SETS[name]]
    largest = {max(share, key=lambda kind: share[kind]) for share in shares}
    assert largest == {population.name for population in POPULATIONS}
    assert max(max(share.values()) for share in shares) > 0.45


def test_the_calibration_set_is_a_hundred_small_worlds_of_growing_size_and_other_mixes() -> None:
    cases = SETS["calibration"]
    assert len(cases) == 100
    assert all(20_000 < cast(case.spec(), case.seed).expected <= 100_000 for case in cases)
    assert len({case.scale for case in cases}) >= 4
    assert any(len(case.dials) > 1 for case in cases)


def test_the_large_set_is_worlds_in_which_many_companies_run_one_program() -> None:
    casts = [cast(case.spec(), case.seed) for case in SETS["large"]]
    assert all(of.expected >= 3_000_000 for of in casts)
    assert {case.shape for case in SETS["large"]} == {"whole", "gateway"}
    assert max(of.shares["ci_fleet"] for of in casts) > 0.05 < max(of.shares["labelling_vendor"] for of in casts)


def test_the_ladder_is_the_letter_on_every_rung_and_two_others_on_some() -> None:
    rungs = {name: [case.rungs for case in SETS["ladder"] if case.scenario == name] for name in
             {case.scenario for case in SETS["ladder"]}}  # fmt: skip
    assert sorted(rungs.pop("letter-2026-06")) == sorted([(), *((rung.id,) for rung in RUNGS)])
    others = {(), ("unlinked",), ("unlinked-paraphrased",), ("cover-90",), ("bought-accounts",), ("everything",)}
    assert [set(of) for of in rungs.values()] == [others, others]


_OF_THE_ISSUE = ("unlinked", "unlinked-paraphrased", "cover-90", "bought-accounts", "everything")
