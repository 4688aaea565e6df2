"""Conversations, failed bodies and reasoning blocks that change account."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from stillwatch.config import ProposalLimits
from stillwatch.handoffs import MOTIFS, Handoffs, handoffs
from stillwatch.population import population
from stillwatch.record import ACCOUNTS, conform
from stillwatch.sketch.schema import SKETCHES
from tests.worlds import MIDNIGHT, attached

SECOND, MINUTE = 1_000_000, 60_000_000
Row = tuple[str, int, dict[str, Any]]
"""Account, microseconds since midnight, columns."""


def _found(
    *rows: Row, orgs: dict[str, str] | None = None, mail: dict[str, str] | None = None
) -> list[tuple[str, str, str, int, str]]:
    """Return source, target, motif, number and exhibit of all hand-offs in a ledger of some exchanges."""
    moves, ids = _moves(*rows, orgs=orgs, mail=mail)
    columns = (moves.source, moves.target, moves.motif, moves.n, moves.exhibit)
    return [(ids[s], ids[t], MOTIFS[m], int(n), e) for s, t, m, n, e in zip(*columns, strict=True)]


def _moves(
    *rows: Row, orgs: dict[str, str] | None = None, mail: dict[str, str] | None = None
) -> tuple[Handoffs, tuple[str, ...]]:
    sketches = [
        {"exchange_id": f"x{i}", "ts": MIDNIGHT + ts, "account_id": account, "model": "m", "half": 0, **columns}
        for i, (account, ts, columns) in enumerate(rows)
    ]
    names = sorted({account for account, _, _ in rows})
    org_id, domain = ([(told or {}).get(name) for name in names] for told in (orgs, mail))
    told = {"account_id": names, "org_id": pa.array(org_id, pa.string()), "email_domain": pa.array(domain, pa.string())}
    told["verification"] = pa.array([name and "organisation" for name in domain], pa.string())
    with attached(pa.Table.from_pylist(sketches, SKETCHES), conform(pa.table(told), ACCOUNTS)) as engine:
        people = population(engine, ProposalLimits())
        return handoffs(engine, people), people.ids


def _turns(account: str, ts: int, *history: int) -> Row:
    return account, ts, {"prefix_marks": list(history)}


def _try(account: str, ts: int, body: int, status: int) -> Row:
    return account, ts, {"body_mark": body, "status": status}


def test_a_conversation_that_goes_on_elsewhere_is_found() -> None:
    found = _found(_turns("a", 0, 1, 2), _turns("b", MINUTE, 1, 2, 3))
    assert found == [("a", "b", "continued", 1, "x1")]


@pytest.mark.parametrize(
    ("later", "found"),
    [
        (_turns("b", 5 * 60 * MINUTE, 1, 2, 3), 1),
        (_turns("b", 7 * 60 * MINUTE, 1, 2, 3), 0),
        (_turns("b", -MINUTE, 1, 2, 3), 0),
        (_turns("a", MINUTE, 1, 2, 3), 0),
        (_turns("b", MINUTE, 1, 3), 0),
        (_turns("b", MINUTE, 3), 0),
        (_turns("b", MINUTE), 0),
    ],
    ids=["five hours later", "seven", "before", "same account", "other history", "first turn", "no history"],
)
def test_a_conversation_goes_on_within_hours_with_its_whole_history(later: Row, found: int) -> None:
    assert len(_found(_turns("a", 0, 1, 2), later)) == found


@pytest.mark.parametrize(("greeters", "found"), [(1, 1), (2, 1), (9, 0)])
def test_a_first_turn_counts_only_while_few_accounts_have_it(greeters: int, found: int) -> None:
    others = [_turns(f"other{i}", -i * MINUTE - 1, 5) for i in range(greeters - 1)]
    pairs = [pair for pair in _found(_turns("a", 0, 5), _turns("b", MINUTE, 5, 6), *others) if pair[0] == "a"]
    assert len(pairs) == found


def test_a_body_that_failed_and_comes_again_elsewhere_is_found() -> None:
    found = _found(_try("a", 0, 1, 529), _try("b", 10 * SECOND, 1, 529), _try("c", 20 * SECOND, 1, 200))
    assert found == [("a", "b", "failover", 1, "x1"), ("b", "c", "failover", 1, "x2")]


@pytest.mark.parametrize(
    ("again", "found"),
    [
        (_try("b", 60 * SECOND, 1, 200), 1),
        (_try("b", 61 * SECOND, 1, 200), 0),
        (_try("a", SECOND, 1, 200), 0),
        (_try("b", SECOND, 2, 200), 0),
    ],
    ids=["a minute later", "later still", "same account", "other body"],
)
def test_a_fail_over_is_the_same_body_elsewhere_within_a_minute(again: Row, found: int) -> None:
    assert len(_found(_try("a", 0, 1, 500), again)) == found


def test_a_body_that_was_answered_does_not_fail_over() -> None:
    assert _found(_try("a", 0, 1, 200), _try("b", SECOND, 1, 200)) == []


def test_a_block_brought_back_elsewhere_is_found_whenever() -> None:
    rows = (("a", 0, {"issued_marks": [1, 2]}), ("b", 90 * 24 * 60 * MINUTE, {"presented_marks": [2, 3]}))
    assert _found(*rows) == [("a", "b", "displaced", 1, "x1")]


def test_a_block_brought_back_at_home_is_not() -> None:
    assert _found(("a", 0, {"issued_marks": [1]}), ("a", MINUTE, {"presented_marks": [1]})) == []


@pytest.mark.parametrize(
    ("orgs", "found"), [({"a": "o", "b": "o"}, 0), ({"a": "o", "b": "p"}, 1), ({"a": "o"}, 1), ({}, 1)]
)
def test_accounts_of_one_declared_organisation_are_left_out(orgs: dict[str, str], found: int) -> None:
    rows = _turns("a", 0, 1, 2), _turns("b", MINUTE, 1, 2, 3)
    assert len(_found(*rows, orgs=orgs)) == found
    assert len(_found(*rows, mail=orgs)) == found


def test_repeats_are_counted_and_the_first_exchange_shown() -> None:
    rows = [turn for i in range(3) for turn in (_turns("a", i, 10 * i, 1), _turns("b", i + MINUTE, 10 * i, 1, 2 + i))]
    assert sum(n for *_, n, _ in _found(*rows)) >= 3


def test_rows_of_one_motif_inside_a_group() -> None:
    moves, ids = _moves(
        _turns("a", 0, 1, 2),
        _turns("b", MINUTE, 1, 2, 3),
        _turns("c", 2 * MINUTE, 1, 2, 3, 4),
        _try("a", 0, 9, 500),
        _try("b", SECOND, 9, 200),
    )
    inside = np.isin(ids, ["a", "b"])
    assert [(ids[moves.source[i]], ids[moves.target[i]]) for i in moves.inside(inside, "continued")] == [("a", "b")]
    assert len(moves.inside(inside, "failover")) == 1
    assert len(moves.inside(inside, "displaced")) == 0


def test_nothing_moved_is_no_trouble() -> None:
    moves, _ = _moves(("a", 0, {}), ("b", 0, {}))
    assert len(moves.n) == 0
    assert moves.exhibit == ()


def _listed(account: str, first: int, *failed: int) -> list[Row]:
    """Return twenty prompts of one list, each twice, a body each; those that failed came again elsewhere at once."""
    return [
        (
            account,
            first + nth * MINUTE * 10 + again * 300 * MINUTE,
            {"prompt_mark": nth, "body_mark": nth, "status": 529 if again * 20 + nth in failed else 200},
        )
        for again in (0, 1)
        for nth in range(20)
    ]


def test_who_asks_the_same_anyhow_hands_nothing_over_however_often_it_fails() -> None:
    assert _found(*_listed("a", 0, *range(20)), *_listed("b", SECOND)) == []


def test_one_body_in_common_is_handed_over_whatever_else_each_asks() -> None:
    own = [(name, i * MINUTE, {"prompt_mark": 100 * k + i}) for k, name in ((1, "a"), (2, "b")) for i in range(20)]
    tries = [
        (name, ts, {"prompt_mark": 1, "body_mark": 1, "status": status})
        for name, ts, status in (("a", 0, 529), ("a", SECOND, 529), ("a", 2 * SECOND, 529), ("b", 3 * SECOND, 200))
    ]
    assert [(s, t, m, n) for s, t, m, n, _ in _found(*own, *tries)] == [("a", "b", "failover", 1)]
