"""Which of several rows about one account counts."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

import pyarrow as pa
import pytest

from stillwatch.ledger.accounts import latest, without_address
from stillwatch.record import ACCOUNTS
from tests.ledger.sketches import KEY


def _day(day: int) -> dt.datetime:
    return dt.datetime(2026, 1, day, tzinfo=dt.UTC)


def _accounts(*rows: dict[str, Any]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), ACCOUNTS)


@pytest.mark.parametrize(
    ("winner", "loser"),
    [
        ({"status_at": _day(2)}, {"status_at": _day(1), "created_at": _day(9)}),
        ({"status_at": _day(1)}, {"created_at": _day(9)}),
        ({"created_at": _day(2)}, {"created_at": _day(1)}),
        ({"created_at": _day(1)}, {}),
    ],
    ids=["newer status", "a status at all", "newer account", "a date at all"],
)
def test_the_newest_row_counts_in_any_order(winner: dict[str, Any], loser: dict[str, Any]) -> None:
    first, second = (_accounts({"account_id": "a", **row}) for row in (winner, loser))
    for order in ([first, second], [second, first], [pa.concat_tables([second, first])]):
        assert latest(order).to_pylist() == first.to_pylist()


def test_among_equals_the_choice_does_not_depend_on_order() -> None:
    rows = [_accounts({"account_id": "a", "plan": plan}) for plan in ("free", "pro", "team")]
    assert len({latest(order).column("plan")[0].as_py() for order in itertools.permutations(rows)}) == 1


def test_every_account_is_there_once_by_id() -> None:
    found = latest([_accounts({"account_id": "b"}, {"account_id": "a"}), _accounts({"account_id": "b"})])
    assert found.column("account_id").to_pylist() == ["a", "b"]
    assert found.schema == ACCOUNTS


def test_the_address_of_the_sign_up_becomes_a_hash() -> None:
    rows = [{"account_id": n, "signup_ip": ip} for n, ip in (("a", "10.1.2.3"), ("b", " 10.1.2.3"), ("c", None))]
    hashed = without_address(_accounts(*rows), KEY).column("signup_ip").to_pylist()
    assert hashed == [KEY.text("10.1.2.3"), KEY.text("10.1.2.3"), None]
