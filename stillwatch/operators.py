"""One operator or several? Groups that are tested together, because they work alike or hang together by a bridge.

A proposer may hand in two operators as one group: they want the same of a model, or a few of their accounts share a
card, a device or an exit. Together they may pass every test, since each of them does. They are named one by one where
each passes by itself, both have a fixed text of their own that most of their accounts use and the other's hardly do,
and hardly anything passes between them. Cells of one operator that look like that are named as the pools that they
are; groups without a text of their own are never parted.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from stillwatch.arrays import I64
from stillwatch.evidence.case import Case, flags
from stillwatch.held import columns, holders
from stillwatch.population import INSTRUMENTS, SCAFFOLDS

OWN = 0.5
"""Share of a part's accounts that have its text as a habit, at the least."""
BRIDGE = 0.1
"""Share of a part's accounts that may have something in common with the other part; judged: a handful of forty."""
WHOLE = 0.9
"""Share of a group's accounts that its parts must hold together to stand in its place."""
INSIDE = 0.5
"""Share of a part's accounts of which more must be in the group."""


def parts_of(accounts: I64, others: Sequence[I64], case: Case) -> list[I64]:
    """Return the groups of `others` that are separate operators inside `accounts`, none if it is one.

    Args:
        accounts: of the group, ascending. others: accounts of groups that pass by themselves.
    """
    units: list[I64] = []
    for other in sorted(others, key=len):
        if not _cover(other, units, case):
            units.append(other)
    return _cover(accounts, units, case)


def _cover(accounts: I64, units: Sequence[I64], case: Case) -> list[I64]:
    """Return the largest of `units` that are apart and together hold `accounts`, none if there are no two such."""
    parts: list[I64] = []
    for unit in sorted(units, key=len, reverse=True):
        within = len(np.intersect1d(unit, accounts))
        if INSIDE * len(unit) < within < WHOLE * len(accounts) and all(apart(unit, part, case) for part in parts):
            parts.append(unit)
    held = sum(len(np.intersect1d(part, accounts)) for part in parts)
    return parts if len(parts) > 1 and held >= WHOLE * len(accounts) else []


def apart(one: I64, other: I64, case: Case) -> bool:
    """Return whether two groups of accounts are two operators': no account is in both, each has a text of its own, and
    nothing joins them."""
    if len(np.intersect1d(one, other)):
        return False
    return _own_text(one, other, case) and _own_text(other, one, case) and not _joined(one, other, case)


def _own_text(one: I64, other: I64, case: Case) -> bool:
    for kind in SCAFFOLDS:
        habits = case.habits[kind].matrix
        marks, mine = holders(habits[one])
        own = marks[mine >= OWN * len(one)]
        theirs = np.diff(columns(habits[other], own).tocsc().indptr)
        if (theirs <= BRIDGE * len(other)).any():
            return True
    return False


def _joined(one: I64, other: I64, case: Case) -> bool:
    """Return whether more than a bridge of either group shares a text, an instrument or a hand-off with the other."""
    inside, theirs = flags(case, one), flags(case, other)
    touched = np.zeros(len(inside), dtype=np.bool_)
    for incidence in (*case.habits.values(), *(case.people.shared[kind] for kind in INSTRUMENTS)):
        held = [incidence.matrix[accounts] for accounts in (one, other)]
        common = np.intersect1d(holders(held[0])[0], holders(held[1])[0], assume_unique=True)
        rare = common[incidence.holders[common] <= 2 * (len(one) + len(other))]
        for accounts, rows in zip((one, other), held, strict=True):
            touched[accounts] |= np.diff(columns(rows, rare).indptr) > 0
    moves = case.handoffs
    across = (inside[moves.source] & theirs[moves.target]) | (theirs[moves.source] & inside[moves.target])
    touched[moves.source[across]] = True
    touched[moves.target[across]] = True
    return bool((touched[one].mean() > BRIDGE) or (touched[other].mean() > BRIDGE))
