"""Errors say where, what was found, what was expected and what to try, in one grammar."""

from __future__ import annotations

import pytest

from stillwatch.errors import ExitCode, NothingUsable, Refused, StillwatchError, render


def test_every_clause_has_its_line() -> None:
    error = StillwatchError(
        "`ts` is not a time", where="calls.jsonl:7", expected="ISO 8601 or unix seconds", remedy="name the unit"
    )
    assert render(error).splitlines() == [
        "calls.jsonl:7: `ts` is not a time",
        "  expected: ISO 8601 or unix seconds",
        "  try: name the unit",
    ]


def test_clauses_that_are_not_known_take_no_line() -> None:
    assert render(StillwatchError("the folder is empty")) == "the folder is empty"
    assert render(StillwatchError("no rows", remedy="look again")) == "no rows\n  try: look again"


def test_an_error_prints_as_it_renders() -> None:
    error = Refused("another key", where="ledger")
    assert str(error) == render(error) == "ledger: another key"


@pytest.mark.parametrize(
    ("error", "code"),
    [(StillwatchError("x"), 1), (NothingUsable("x"), 2), (Refused("x"), 3)],
    ids=["failed", "nothing usable", "refused"],
)
def test_exit_codes_are_part_of_the_contract(error: StillwatchError, code: int) -> None:
    assert error.exit_code == code


def test_zero_means_well() -> None:
    assert [code.value for code in ExitCode] == [0, 1, 2, 3]
    assert not ExitCode.OK
