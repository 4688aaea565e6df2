"""One body that failed and was sent again, unchanged, by another account within a minute.

Innocent causes: a multi-key pool inside one organisation (left out), two people retrying one
famous prompt in an outage, monitors of one fixed list (left out: who asks the same anyhow hands nothing over).
Blind spot: relays that wait longer or rewrite the body; logs without failed requests.
"""

from __future__ import annotations

from dataclasses import replace

from stillwatch.evidence.case import Case, Finding, Group, bound
from stillwatch.evidence.dealt_out import own_overlap
from stillwatch.evidence.moved import moved
from stillwatch.evidence.same_list import NOTEWORTHY
from stillwatch.evidence.trail import trail
from stillwatch.handoffs import FAILOVER

TRAIL = trail("failover", FAILOVER)


def failover(group: Group, case: Case) -> Finding:
    """Fail-overs inside the group, against the rate among all others."""
    found = moved(group, case, "failover", "a failed body was sent again by another account", bound(TRAIL, group))
    if not found.numbers.get("inside"):
        return found
    own = own_overlap(group, case)
    if own < NOTEWORTHY:
        return found
    told = (
        f"{found.statement}; {own:.0%} of the members' prompts are asked by another member anyhow, so it proves nothing"
    )
    return replace(found, p_value=1.0, statement=told)
