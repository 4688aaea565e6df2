"""Conversations that go on under another account, with their history.

Innocent causes: a thread shared in a team (one organisation, which is left out), a public transcript imported.
Blind spot: pools that keep a conversation on one account (sticky sessions); logs without message history.
"""

from __future__ import annotations

from stillwatch.evidence.case import Case, Finding, Group, bound
from stillwatch.evidence.moved import moved
from stillwatch.evidence.trail import trail
from stillwatch.handoffs import CONTINUED

TRAIL = trail("continued_conversation", CONTINUED)


def continued_conversation(group: Group, case: Case) -> Finding:
    """Continuations inside the group, against the rate among all others."""
    return moved(group, case, "continued", "a conversation goes on under another account", bound(TRAIL, group))
