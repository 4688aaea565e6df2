"""Every kind of evidence tells the report who else shows it and what it misses."""

from __future__ import annotations

import pytest

from stillwatch.evidence import EVIDENCE_TABLE, Kind
from stillwatch.findings import Question
from stillwatch.report.kinds import about


@pytest.mark.parametrize("row", EVIDENCE_TABLE, ids=lambda row: row.kind)
def test_a_kind_has_a_blind_spot_and_innocent_causes_unless_it_speaks_for_innocence(row: object) -> None:
    kind = next(k for k in EVIDENCE_TABLE if k is row)
    told = about(kind.kind)
    assert told.blind
    assert bool(told.innocent) == (kind.question is not Question.INNOCENCE)
    assert "Blind spot" not in told.innocent
    assert "\n" not in told.innocent + told.blind


def test_parts_end_where_the_next_begins() -> None:
    told = about("shared_instrument")
    assert told.title == "shared instrument"
    assert told.innocent.startswith("a corporate card")
    assert told.blind.startswith("an operator who buys")


def test_an_unknown_kind_has_a_title() -> None:
    assert (about("made_up").title, about("made_up").blind) == ("made up", "")


@pytest.mark.parametrize("row", EVIDENCE_TABLE, ids=lambda row: row.kind)
def test_a_kind_says_how_much_it_may_weigh_and_where_that_comes_from(row: Kind) -> None:
    assert about(row.kind).weight == f"{row.cap:g} bits at most, {row.stated.origin}"


def test_nothing_is_said_of_the_weight_of_an_unknown_kind() -> None:
    assert about("made_up").weight == ""
