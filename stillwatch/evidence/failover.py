"""One body that failed and was sent again, unchanged, by another account within a minute.

Innocent causes: a multi-key pool inside one organisation (left out), two people retrying one
famous prompt in an outage, monitors of one fixed list (left out: who asks the same anyhow hands nothing over).
Blind spot: relays that wait longer or rewrite the body; logs without failed requests.
"""

from __future__ import annotations

from stillwatch.evidence.case import Case, Finding, Group, bound
from stillwatch.evidence.moved import moved
from stillwatch.evidence.trail import trail
from stillwatch.handoffs import HANDED_OVER

TRAIL = trail("failover", HANDED_OVER)


def failover(group: Group, case: Case) -> Finding:
    """Fail-overs inside the group, against the rate among all others."""
    return moved(group, case, "failover", "a failed body was sent again by another account", bound(TRAIL, group))
