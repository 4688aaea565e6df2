"""What every row of the table of evidence promises, whatever it tests."""

from __future__ import annotations

import inspect
import math
import re
import sys
from collections.abc import Iterator

import pytest

from stillwatch.evidence import EVIDENCE_TABLE, FAMILIES_NEEDED, FAMILY_CAP, FAMILY_COUNTS, Kind
from stillwatch.evidence.case import Finding
from stillwatch.findings import Question
from stillwatch.record import ACCOUNTS, EXCHANGES
from tests.evidence.everything import ELSEWHERE, PEOPLE, POOL
from tests.worlds import NULLABLE, Crowd, World, a_world

KINDS = pytest.mark.parametrize("kind", EVIDENCE_TABLE, ids=[kind.kind for kind in EVIDENCE_TABLE])


@pytest.fixture(scope="module")
def everything() -> Iterator[World]:
    with a_world(PEOPLE, POOL) as made:
        yield made


@pytest.fixture(scope="module")
def shuffled() -> Iterator[World]:
    with a_world(PEOPLE, POOL, shuffled=True) as made:
        yield made


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[World]:
    with a_world(*ELSEWHERE) as made:
        yield made


@pytest.fixture(scope="module")
def nothing_but_text() -> Iterator[World]:
    empty = [name for name in NULLABLE if name != "input_chars" and not name.startswith("topic_")]
    with a_world(PEOPLE, POOL, empty=empty) as made:
        yield made


@pytest.fixture(scope="module")
def all_the_same() -> Iterator[World]:
    same = {**{f"topic_{i}": 3 for i in range(24)}, "input_chars": 40}
    with a_world(Crowd("people", 60, columns=same), Crowd("pool", 8, columns=same)) as made:
        yield made


def _same(one: Finding, other: Finding) -> bool:
    """Return whether two findings say the same, floats to twelve digits."""
    near = one.p_value == other.p_value or math.isclose(one.p_value or -1, other.p_value or -1, rel_tol=1e-9)
    return near and (one.statement, one.exhibits, one.query) == (other.statement, other.exhibits, other.query)


@KINDS
def test_it_is_pure(kind: Kind, everything: World) -> None:
    group = everything.group("pool")
    assert kind.test(group, everything.case) == kind.test(group, everything.case)


@KINDS
def test_it_is_blind_to_the_order_of_rows(kind: Kind, everything: World, shuffled: World) -> None:
    for crowd in ("pool", "people"):
        one = kind.test(everything.group(crowd), everything.case)
        assert _same(one, kind.test(shuffled.group(crowd), shuffled.case))


@KINDS
def test_the_world_of_these_tests_lets_it_run(kind: Kind, everything: World) -> None:
    assert kind.test(everything.group("pool"), everything.case).p_value is not None


@KINDS
def test_it_survives_a_log_without_any_nullable_column(kind: Kind, nothing_known: World) -> None:
    for crowd in ("pool", "people"):
        finding = kind.test(nothing_known.group(crowd), nothing_known.case)
        assert finding.p_value is None or 0 <= finding.p_value <= 1
        assert finding.statement


@KINDS
def test_without_its_columns_it_gives_no_evidence(kind: Kind, nothing_known: World) -> None:
    finding = kind.test(nothing_known.group("pool"), nothing_known.case)
    if kind.needs != ("ts",):
        assert (finding.p_value, finding.bits) == (None, 0.0)


@KINDS
def test_it_survives_a_log_of_which_only_profiles_are_known(kind: Kind, nothing_but_text: World) -> None:
    kind.test(nothing_but_text.group("pool"), nothing_but_text.case)


@KINDS
def test_it_survives_accounts_that_all_ask_the_same(kind: Kind, all_the_same: World) -> None:
    kind.test(all_the_same.group("pool"), all_the_same.case)


@KINDS
def test_it_survives_a_group_of_everybody(kind: Kind, everything: World) -> None:
    kind.test(everything.group("pool", "people"), everything.case)


@KINDS
def test_it_survives_a_group_of_one(kind: Kind, everything: World) -> None:
    kind.test(everything.grouped(everything.accounts("pool")[:1]), everything.case)


@KINDS
def test_its_finding_is_one_clause(kind: Kind, everything: World) -> None:
    for crowd in ("pool", "people"):
        statement = kind.test(everything.group(crowd), everything.case).statement
        assert statement
        assert not statement.endswith((".", "!", "?"))
        assert not re.search(r"[.!?]\s+[A-Z]|\n", statement)


@KINDS
def test_its_p_value_is_one(kind: Kind, everything: World) -> None:
    p = kind.test(everything.group("pool"), everything.case).p_value
    assert p is not None
    assert 0 <= p <= 1


@KINDS
def test_its_exhibits_are_in_the_ledger(kind: Kind, everything: World) -> None:
    known = set(everything.people.ids)
    for exhibit in kind.test(everything.group("pool"), everything.case).exhibits:
        assert exhibit in known or exhibit.startswith("x")


@KINDS
def test_its_query_reads_the_ledger_and_the_groups_only(kind: Kind, everything: World) -> None:
    group = everything.group("pool")
    finding = kind.test(group, everything.case)
    assert f"'{group.group_id}'" in finding.query
    for number, again in everything.compared(finding, group).values():
        assert number == pytest.approx(again, abs=0.002) if isinstance(number, float) else number == again


@KINDS
def test_what_counts_is_within_the_caps(kind: Kind, everything: World) -> None:
    for crowd in ("pool", "people"):
        bits = everything.evidence(everything.group(crowd))[kind.kind].bits
        least, most = (-kind.cap, 0.0) if kind.question is Question.INNOCENCE else (-1.0, kind.cap)
        assert least <= bits <= most
        assert math.copysign(1.0, bits) == 1.0 or bits < 0, "minus nothing is nothing"


@KINDS
def test_its_row_is_complete(kind: Kind) -> None:
    known = set(EXCHANGES.names) | set(ACCOUNTS.names)
    assert kind.test.__name__ == kind.kind
    assert kind.cap > 0
    assert kind.null
    assert kind.reason
    assert kind.needs
    assert {name for need in kind.needs for name in need.split("|")} <= known


@KINDS
def test_its_docstring_says_what_else_it_could_be_and_what_it_cannot_see(kind: Kind) -> None:
    text = inspect.getdoc(sys.modules[kind.test.__module__]) or ""
    assert "Blind spot:" in text
    assert "Innocent causes:" in text or "speaks for innocence" in text


def test_no_family_convicts_by_itself() -> None:
    assert FAMILIES_NEEDED >= 2
    assert all(kind.cap <= FAMILY_CAP for kind in EVIDENCE_TABLE if kind.question is not Question.INNOCENCE)


def test_infrastructure_counts_only_when_all_of_it_speaks() -> None:
    caps = [kind.cap for kind in EVIDENCE_TABLE if kind.family == "infrastructure"]
    assert all(cap < FAMILY_COUNTS for cap in caps)


@KINDS
def test_country_decides_nothing(kind: Kind, everything: World, elsewhere: World) -> None:
    for crowd in ("pool", "people"):
        one = kind.test(everything.group(crowd), everything.case)
        assert _same(one, kind.test(elsewhere.group(crowd), elsewhere.case))
