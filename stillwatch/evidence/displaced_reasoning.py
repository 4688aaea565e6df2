"""Reasoning blocks that one account was given and another brought back.

Innocent causes: fail-over, export and import inside one organisation (left out), an account migration.
Blind spot: blocks that are kept and never sent back; logs without block signatures.
"""

from __future__ import annotations

from stillwatch.evidence.case import Case, Finding, Group, bound
from stillwatch.evidence.moved import moved
from stillwatch.evidence.trail import trail
from stillwatch.handoffs import DISPLACED

TRAIL = trail("displaced_reasoning", DISPLACED)


def displaced_reasoning(group: Group, case: Case) -> Finding:
    """Displaced blocks inside the group, against the rate among all others."""
    return moved(
        group,
        case,
        "displaced",
        "a reasoning block of one account was brought back by another",
        bound(TRAIL, group),
    )
