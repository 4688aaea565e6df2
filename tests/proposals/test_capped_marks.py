"""A mark that very many hold: one scaffold of a large campaign, and a popular one of forty times as many beside it.

The real thing is 25,000 accounts beside a million. Here both are a hundred times smaller; what must stay bounded is
held against a world a quarter of the size.
"""

from __future__ import annotations

import dataclasses
import tracemalloc
from collections.abc import Iterator
from contextlib import AbstractContextManager
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pytest
from scipy import sparse

from stillwatch.config import ScanSettings
from stillwatch.findings import Earlier, VerdictKind
from stillwatch.pipeline import Scan, scan
from stillwatch.proposals import propose
from stillwatch.proposals.communities import communities
from stillwatch.proposals.heavy_marks import heavy_marks
from tests.worlds import LIMITS, Crowd, Rows, World, a_world, attached, dealt, ledger, own, some

CAMPAIGN, POPULAR = 250, 10_000
SCAFFOLD, FAVOURITE = 72, 71


def _hours(rows: Rows) -> npt.NDArray[np.int64]:
    return np.asarray((rows.nth * 5 + rows.rng.integers(0, 2, len(rows))) % 120, dtype=np.int64)


def _popular(accounts: int) -> Crowd:
    """People of whom each has the popular scaffold in about half of its exchanges, and nothing else in common."""
    return Crowd(
        "people",
        accounts,
        exchanges=8,
        columns={
            "head_mark": some(0.5, FAVOURITE, own),
            "tail_mark": own,
            "prompt_mark": own,
            "turn": lambda rows: 1 + rows.nth % 3,
            "intent": some(0.05, 1, 0),
            "intent_bits": 6.0,
            "status": 200,
            "ip_mark": lambda rows: 1000 + rows.account,
            "user_agent": lambda rows: [f"sdk/{a % 5}" for a in rows.account],
        },
        traits={"payment_id": lambda n: [f"card {i}" for i in range(n)], "email_domain": dealt(30, "mail")},
    )


def _campaign(accounts: int) -> Crowd:
    """Accounts of one operator: one scaffold, one list of hours, a card for forty of them."""
    return Crowd(
        "campaign",
        accounts,
        exchanges=20,
        uneven=0.05,
        unlike=0.0,
        about=0.5,
        hours=_hours,
        columns={
            "head_mark": some(0.9, SCAFFOLD, own),
            "tail_mark": some(0.9, SCAFFOLD + 1, own),
            "prompt_mark": own,
            "turn": 1,
            "intent": 1,
            "intent_bits": 6.0,
            "status": 200,
            "ip_mark": lambda rows: 10**8 + rows.account,
            "user_agent": "relay/1",
        },
        traits={"payment_id": lambda n: [f"k{i // 40}" for i in range(n)], "email_domain": dealt(30, "mail")},
    )


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with a_world(_popular(POPULAR), _campaign(CAMPAIGN)) as made:
        yield made


@pytest.fixture(scope="module")
def found() -> Scan:
    clerks = Crowd("clerks", 3, columns={"org_id": "Firm Ltd"}, traits={"email_domain": "firm.example"})
    with attached(*ledger(_popular(POPULAR), _campaign(CAMPAIGN), clerks)) as engine:
        return scan(engine, ScanSettings(), known=Earlier(), on_stage=lambda _: None)


def test_a_mark_far_above_the_cap_of_rare_ones_is_a_candidate_of_its_own(world: World) -> None:
    assert LIMITS.rare_holders < CAMPAIGN
    heavy = {len(candidate.accounts): candidate.accounts.tolist() for candidate in heavy_marks(world.sight)}
    assert heavy[CAMPAIGN] == world.accounts("campaign").tolist()
    assert max(heavy) > 0.8 * POPULAR


def test_the_campaign_is_found_whole_and_nobody_beside_it(found: Scan) -> None:
    assert [campaign.verdict for campaign in found.campaigns] == [VerdictKind.DISTILLATION]
    members = {member.account_id.rpartition("-")[0] for member in found.campaigns[0].members}
    assert members == {"campaign"}
    assert len(found.campaigns[0].members) >= 0.99 * CAMPAIGN


def test_the_popular_scaffold_was_looked_at_and_accuses_nobody(found: Scan) -> None:
    popular = [group for group in found.cleared if len(found.tested[group.campaign_id]) > 0.8 * POPULAR]
    assert len(popular) == 1
    assert popular[0].scores.coordination < 14


def test_proposals_need_memory_in_proportion_to_the_holders_and_not_to_their_pairs(world: World) -> None:
    with a_world(_popular(POPULAR // 4), _campaign(CAMPAIGN // 4)) as small:
        peaks = [_peak(each) for each in (small, world)]
    assert peaks[1] < 8 * peaks[0]
    assert peaks[1] < POPULAR**2


def _crowded(scaffolds: int) -> AbstractContextManager[World]:
    """Return products whose users each have its scaffold throughout, and an operator's twenty accounts with one."""
    users = Crowd(
        "users",
        30 * scaffolds,
        columns={"head_mark": lambda rows: 100 + rows.account // 30, "tail_mark": own, "prompt_mark": own},
    )
    pool = Crowd("pool", 20, unlike=0.0, about=0.5, columns={"head_mark": 99, "tail_mark": own, "prompt_mark": own})
    return a_world(users, pool)


def test_popular_scaffolds_do_not_hide_one_whose_users_ask_alike() -> None:
    limits = LIMITS.model_copy(update={"heavy_marks": 6})
    with _crowded(40) as crowded:
        candidates = heavy_marks(dataclasses.replace(crowded.sight, limits=limits))
        by_likeness = [one for one in candidates if "ask alike" in one.reason]
        assert [len(candidates), len(by_likeness)] == [6, 3]
        assert by_likeness[0].accounts.tolist() == crowded.accounts("pool").tolist()
        assert "set_apart" in by_likeness[0].chosen_by, "what reads profiles chose it too"


def test_where_all_scaffolds_are_looked_at_likeness_chooses_none() -> None:
    with _crowded(5) as crowded:
        candidates = heavy_marks(crowded.sight)
        assert len(candidates) == 6
        assert not [one for one in candidates if "set_apart" in one.chosen_by]


def test_of_too_many_linked_groups_the_most_linked_are_proposed() -> None:
    limits = LIMITS.model_copy(update={"linked_groups": 2})
    pairs = [
        (a, b, 7 if a < 10 else 1) for first in range(0, 40, 5) for a, b in combinations(range(first, first + 5), 2)
    ]
    a, b, weight = np.array(pairs).T
    graph = sparse.csr_array((np.r_[weight, weight], (np.r_[a, b], np.r_[b, a])), shape=(40, 40))
    assert [group.tolist() for group in communities(graph, limits)] == [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]]
    assert len(communities(graph, LIMITS)) == 8


def _peak(world: World) -> int:
    """Return the most bytes that proposing held at a time."""
    tracemalloc.start()
    try:
        propose(world.sight)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
