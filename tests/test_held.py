"""Marks of a few accounts, against a look at all marks."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from stillwatch.held import Users, columns, holders
from stillwatch.population import Incidence

ACCOUNTS, MARKS = 60, 40
DENSE = np.random.default_rng(1).integers(1, 9, (ACCOUNTS, MARKS)) * (
    np.random.default_rng(2).random((ACCOUNTS, MARKS)) < 0.1
)
HELD = sparse.csr_array(DENSE)
FEW = np.array([3, 4, 50])


def test_holders_are_counted_of_the_marks_that_are_held() -> None:
    marks, accounts = holders(HELD[FEW])
    assert np.array_equal(marks, np.flatnonzero(DENSE[FEW].any(axis=0)))
    assert np.array_equal(accounts, (DENSE[FEW] > 0).sum(axis=0)[marks])


@pytest.mark.parametrize("rows", [FEW, np.arange(ACCOUNTS)], ids=["few", "all"])
@pytest.mark.parametrize("marks", [[], [0], [5, 6, 39], list(range(MARKS))], ids=str)
def test_columns_are_picked_whichever_way_is_the_shorter(rows: np.ndarray, marks: list[int]) -> None:
    held, chosen = HELD[rows], np.array(marks, dtype=np.int64)
    assert (held.nnz < held.shape[1]) == (len(rows) == len(FEW)), "both ways are gone"
    found = columns(held, chosen)
    assert found.shape == (len(rows), len(marks))
    assert np.array_equal(found.toarray(), DENSE[rows][:, marks])


def test_users_of_any_of_some_marks() -> None:
    known = np.array([2, 5, 9, 30])
    users = Users(Incidence("head", HELD, (DENSE > 0).sum(axis=0), np.arange(MARKS)), known)
    for marks in ([], [5], [2, 30], [2, 5, 9, 30]):
        assert np.array_equal(users.any_of(np.array(marks, dtype=np.int64)), DENSE[:, marks].any(axis=1))
