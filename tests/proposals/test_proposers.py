"""What every proposer promises, and that each finds what it is there for."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from stillwatch.arrays import I64
from stillwatch.evidence import EVIDENCE_TABLE
from stillwatch.findings import Candidate, Earlier
from stillwatch.handoffs import handoffs
from stillwatch.population import population
from stillwatch.proposals import PROPOSERS, propose
from stillwatch.proposals.overlap import jaccard
from stillwatch.proposals.sight import Sight
from tests.worlds import (
    DAY,
    HOUR,
    LIMITS,
    MIDNIGHT,
    NULLABLE,
    Crowd,
    Rows,
    World,
    a_world,
    attached,
    dealt,
    ledger,
    own,
    some,
)

Proposer = Callable[[Sight], list[Candidate]]
ALL = pytest.mark.parametrize("proposer", PROPOSERS, ids=[proposer.__name__ for proposer in PROPOSERS])


def _turn(rows: Rows) -> I64:
    """Return which turn of conversation `nth` each account of the pool takes: another order every time."""
    return np.asarray((rows.account * (1 + 2 * (rows.nth % 2)) + rows.nth) % 10)


def _passed_on(rows: Rows) -> list[list[int]]:
    return [[n * 100 + d for d in range(turn + 1)] for turn, n in zip(_turn(rows), rows.nth, strict=True)]


def _wrapper(mark: int) -> Callable[[Rows], list[int]]:
    return some(0.8, mark, own)


OWN = {"system_mark": own, "head_mark": own, "prompt_mark": own}
CROWDS = (
    Crowd("people", 200, columns=OWN, traits={"email_domain": dealt(5)}),
    Crowd("rare", 20, columns=OWN | {"system_mark": _wrapper(51), "head_mark": _wrapper(54)}),
    Crowd("injected", 120, columns=OWN | {"system_mark": _wrapper(52)}),
    Crowd("same", 25, exchanges=50, unlike=0.0, about=0.6, columns=OWN),
    Crowd("made", 30, exchanges=16, unlike=0.0, columns=OWN, traits={"payment_bin": "411111", "email_shape": "aa99"}),
    Crowd(
        "relay",
        10,
        exchanges=12,
        uneven=0,
        columns=OWN | {"prefix_marks": _passed_on, "ts": lambda rows: MIDNIGHT + rows.nth * HOUR + _turn(rows) * 10**7},
    ),
    Crowd(
        "banned",
        6,
        columns=OWN | {"tail_mark": _wrapper(53)},
        traits={"status": "suspended", "status_at": MIDNIGHT, "created_at": MIDNIGHT - 90 * DAY},
    ),
    Crowd("came", 20, columns=OWN, hours=lambda rows: 90 + rows.nth % 12, traits={"email_domain": "came.example"}),
    Crowd("regrown", 8, columns=OWN | {"tail_mark": _wrapper(53)}, traits={"created_at": MIDNIGHT + DAY}),
)
PLANTED = {
    "rare_marks": ("rare",),
    "heavy_marks": ("injected",),
    "sameness": ("same",),
    "cohorts": ("made",),
    "newcomers": ("came",),
    "relay": ("relay",),
    "regrowth": ("banned", "regrown"),
}


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with a_world(*CROWDS) as made:
        yield made


@pytest.fixture(scope="module")
def remarked() -> Iterator[World]:
    with a_world(*CROWDS, remarked=True) as made:
        yield made


@pytest.fixture(scope="module")
def shuffled() -> Iterator[World]:
    with a_world(*CROWDS, shuffled=True) as made:
        yield made


def _overlap(candidate: Candidate, accounts: I64) -> float:
    """Return the share of the union of a candidate and some accounts that is in both."""
    return len(np.intersect1d(candidate.accounts, accounts)) / len(np.union1d(candidate.accounts, accounts))


def _groups(candidates: list[Candidate]) -> list[tuple[int, ...]]:
    return [tuple(candidate.accounts.tolist()) for candidate in candidates]


@ALL
def test_it_finds_what_was_planted_for_it(proposer: Proposer, world: World) -> None:
    planted = world.accounts(*PLANTED[proposer.__name__])
    assert max(_overlap(candidate, planted) for candidate in proposer(world.sight)) >= 0.8


@ALL
def test_it_says_the_same_twice(proposer: Proposer, world: World) -> None:
    assert _groups(proposer(world.sight)) == _groups(proposer(world.sight))


@ALL
def test_its_accounts_are_ascending_and_distinct(proposer: Proposer, world: World) -> None:
    for candidate in proposer(world.sight):
        assert candidate.accounts.dtype == np.int64
        assert np.all(np.diff(candidate.accounts) > 0)
        assert len(candidate.accounts) >= world.sight.limits.smallest_group
        assert candidate.accounts.min() >= 0
        assert candidate.accounts.max() < world.people.size


@ALL
def test_it_is_blind_to_what_marks_are_numbered(proposer: Proposer, world: World, remarked: World) -> None:
    assert _groups(proposer(world.sight)) == _groups(proposer(remarked.sight))


@ALL
def test_it_is_blind_to_the_order_of_rows(proposer: Proposer, world: World, shuffled: World) -> None:
    assert _groups(proposer(world.sight)) == _groups(proposer(shuffled.sight))


@ALL
def test_it_names_itself_what_may_not_confirm_it_and_its_reason(proposer: Proposer, world: World) -> None:
    for candidate in proposer(world.sight):
        assert candidate.proposer == proposer.__name__
        assert candidate.chosen_by.keys() <= {kind.kind for kind in EVIDENCE_TABLE}
        assert candidate.chosen_by
        assert candidate.reason


@ALL
def test_it_proposes_nothing_where_nothing_is_known(proposer: Proposer) -> None:
    crowds = Crowd("people", 60, exchanges=8), Crowd("pool", 10, exchanges=8)
    with a_world(*crowds, empty=NULLABLE) as made:
        assert proposer(made.sight) == []


@ALL
@pytest.mark.parametrize("accounts", [1, 2, 6])
def test_it_survives_a_handful_of_accounts(proposer: Proposer, accounts: int, tiny: dict[int, Sight]) -> None:
    for candidate in proposer(tiny[accounts]):
        assert len(candidate.accounts) <= accounts


@pytest.fixture(scope="module")
def tiny() -> dict[int, Sight]:
    found = {}
    for accounts in (1, 2, 6):
        with a_world(Crowd("a", accounts, exchanges=4, columns={"system_mark": 1, "ip_mark": 2})) as made:
            found[accounts] = made.sight
    return found


@pytest.fixture(scope="module")
def nobody() -> Sight:
    exchanges, accounts = ledger(Crowd("a", 5))
    with attached(exchanges.slice(0, 0), accounts) as engine:
        people = population(engine, LIMITS)
        return Sight(people, handoffs(engine, people), LIMITS, Earlier())


@ALL
def test_it_survives_an_empty_ledger(proposer: Proposer, nobody: Sight) -> None:
    assert proposer(nobody) == []


@pytest.fixture(scope="module")
def huge_marks() -> Sight:
    extremes = [2**63 - 1, -(2**63), 0, -1]
    columns = {name: lambda rows: [extremes[a % 4] for a in rows.account] for name in ("system_mark", "tail_mark")}
    columns |= {"ip_mark": lambda rows: [2**63 - 1 - int(i) for i in rows.number]}
    with a_world(Crowd("a", 60, columns=columns)) as made:
        return made.sight


@ALL
def test_it_survives_marks_at_the_ends_of_their_range(proposer: Proposer, huge_marks: Sight) -> None:
    for candidate in proposer(huge_marks):
        assert 5 <= len(candidate.accounts) <= 60


def test_all_together_propose_every_planted_group(world: World) -> None:
    found = propose(world.sight)
    for crowds in PLANTED.values():
        assert max(_overlap(candidate, world.accounts(*crowds)) for candidate in found) >= 0.8


def test_no_two_proposals_are_nearly_the_same(world: World) -> None:
    found = propose(world.sight)
    assert not [1 for i, one in enumerate(found) for other in found[:i] if jaccard(one.accounts, other.accounts) >= 0.8]


def test_a_known_campaign_is_looked_for_again(world: World) -> None:
    seeds = frozenset(world.people.ids[i] for i in world.accounts("banned"))
    known = dataclasses.replace(world.sight, known=Earlier({"c-of-yesterday": seeds}))
    regrowth = next(proposer for proposer in PROPOSERS if proposer.__name__ == "regrowth")
    found = {candidate.reason: candidate for candidate in regrowth(known)}
    assert _overlap(found["carry the marks of campaign c-of-yesterday"], world.accounts("banned", "regrown")) == 1.0
