"""Stated bits beside observed ones, on groups of which the odds can be worked out on paper."""

from __future__ import annotations

from itertools import count
from math import log2

import pytest
from scipy import stats

from stillwatch.findings import Question
from stillwatch.range.scoring import tested
from stillwatch.range.scoring.odds import GROUPS, HARVEST, Odds, OddsBin, odds, pooled_odds
from stillwatch.range.scoring.tested import Nature, Parts

NUMBERS = count()


def _group(nature: Nature, bits: float, *, extraction: float = 0.0, **counted: float) -> tested.TestedGroup:
    parts = Parts(nature, 8, 0.0, 0.0, 0.0, "anything")
    return tested.TestedGroup("scan", f"g{next(NUMBERS)}", parts, bits, extraction, 1.0, counted, {}, {})


def _bin(table: Odds, stated: float) -> OddsBin:
    (found,) = [b for b in table.bins if (b.low is None or b.low <= stated) and (b.high is None or stated < b.high)]
    return found


CAMPAIGN, RELAY, LOOKALIKE, UNRELATED = Nature.CAMPAIGN, Nature.RELAY, Nature.LOOKALIKE, Nature.UNRELATED
SOME = [
    *(_group(CAMPAIGN, 15.0 + n, extraction=9.0, in_step=5.0, harvest_intent=9.0) for n in range(3)),
    _group(RELAY, 16.0, extraction=5.0, in_step=5.5, harvest_intent=5.0),
    *(_group(UNRELATED, -1.0 - n, in_step=-0.5) for n in range(14)),
    *(_group(LOOKALIKE, 15.0, in_step=5.0, same_list=-30.0) for _ in range(2)),
    _group(Nature.MIXED, 18.0, extraction=20.0, in_step=6.0),
]


@pytest.fixture
def tables() -> dict[str, Odds]:
    return {table.subject: table for table in odds(SOME)}


def test_observed_bits_are_the_odds_of_a_bin_above_those_of_all_groups(tables: dict[str, Odds]) -> None:
    table = tables[GROUPS]
    assert table.prior == pytest.approx(log2(4 / 16))
    found = _bin(table, 15.0)
    assert (found.true, found.false) == (4, 2)
    assert found.stated == pytest.approx((15 + 16 + 17 + 16 + 15 + 15) / 6)
    assert found.observed == pytest.approx(log2(4 / 2) - log2(4 / 16))


def test_the_interval_is_that_of_the_share(tables: dict[str, Odds]) -> None:
    found = _bin(tables[GROUPS], 15.0)
    low, high = stats.beta.ppf(0.025, 4, 3), stats.beta.ppf(0.975, 5, 2)
    assert found.least == pytest.approx(log2(low / (1 - low)) + 2)
    assert found.most == pytest.approx(log2(high / (1 - high)) + 2)


def test_where_none_is_true_there_is_a_most_and_no_more(tables: dict[str, Odds]) -> None:
    found = _bin(tables[GROUPS], -3.0)
    assert (found.true, found.observed, found.least) == (0, None, None)
    assert found.most is not None
    assert found.most < 3


def test_a_relay_harvests_nothing_and_is_one_operator(tables: dict[str, Odds]) -> None:
    assert (_bin(tables[HARVEST], 5.0).true, _bin(tables[HARVEST], 5.0).false) == (0, 1)
    assert (_bin(tables["harvest_intent"], 5.0).true, _bin(tables["harvest_intent"], 5.0).false) == (0, 1)
    assert (_bin(tables["in_step"], 5.0).true, _bin(tables["in_step"], 5.0).false) == (4, 2)
    assert tables["in_step"].question == Question.COORDINATION
    assert tables["harvest_intent"].question == Question.EXTRACTION


def test_a_kind_counts_the_groups_that_it_tested_and_no_mixed_ones(tables: dict[str, Odds]) -> None:
    assert sum(b.true + b.false for b in tables["in_step"].bins) == 20
    assert sum(b.true + b.false for b in tables["harvest_intent"].bins) == 4
    assert set(tables) == {GROUPS, HARVEST, "in_step", "harvest_intent", "same_list"}


def test_without_any_group_that_is_true_nothing_is_observed(tables: dict[str, Odds]) -> None:
    table = tables["same_list"]
    assert table.prior is None
    assert (table.bins[0].false, table.bins[0].stated) == (2, -30.0)
    assert all(b.observed is None and b.least is None and b.most is None for b in table.bins)


def test_bits_that_are_more_than_what_was_observed_overstate() -> None:
    many = odds([*(_group(CAMPAIGN, 15.0) for _ in range(20)), *(_group(LOOKALIKE, 15.0) for _ in range(400)),
                 *(_group(UNRELATED, -1.0) for _ in range(400))])  # fmt: skip
    assert _bin(many[0], 15.0).overstates
    few = odds([group for group in SOME if group.nature is not LOOKALIKE])
    assert not _bin(few[0], 15.0).overstates
    assert not _bin(many[0], -1.0).overstates


def test_worlds_are_taken_together_as_if_they_were_one() -> None:
    without = [group for group in SOME if group.nature in (UNRELATED, LOOKALIKE)]
    both, once = pooled_odds([odds(SOME), odds(without)]), odds([*SOME, *without])
    assert [table.subject for table in both] == [table.subject for table in once]
    for table, whole in zip(both, once, strict=True):
        assert table.prior == whole.prior
        for one, other in zip(table.bins, whole.bins, strict=True):
            assert (one.true, one.false, one.observed, one.most) == (
                other.true,
                other.false,
                other.observed,
                other.most,
            )
            assert one.stated == (None if other.stated is None else pytest.approx(other.stated))
