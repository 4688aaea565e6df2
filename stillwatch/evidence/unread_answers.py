"""Conversations that nobody reads: follow-ups sent before anyone could have read the answer and written them.

A person reads before answering. A program that replays recorded conversations, or makes them up, sends the next turn
whatever the answer was, and keeps the answers. Conversations with tools are left out: programs that work by steps
follow up at once, and their users know.
Innocent causes: benchmarks of several turns, tests of a product's own assistant, agents whose steps are plain text.
Blind spot: an operator who waits as long as a reader would; logs without turns, and conversations under many accounts.
"""

from __future__ import annotations

import numpy as np

from stillwatch.engine import Query
from stillwatch.evidence.case import Case, Finding, Group, bound, names, untested
from stillwatch.evidence.human_conversation import PACES_OF_GROUP, UNREAD
from stillwatch.nulls import larger_mean
from stillwatch.others import Rates
from stillwatch.population import Population
from stillwatch.rollups import PACE, REACH

LEAST_SHARE = 0.05
"""Follow-ups among the members' exchanges; fewer are what any crowd sends."""

FOLLOW_UPS = Query(
    "unread_answers",
    f"""
    select coalesce(sum(plain_paced), 0) as plain_paced, coalesce(sum(plain_quick), 0) as plain_quick
    from ({PACES_OF_GROUP}) as follow_ups""",
)


def too_soon(people: Population) -> Rates:
    """Return the share of plain follow-ups that came too soon, of each account that has any."""
    plain = people.totals["plain_paced"]
    return Rates(people.totals["plain_quick"] / np.maximum(plain, 1), plain > 0)


def unread_answers(group: Group, case: Case) -> Finding:
    """Mean share of a member's follow-ups that came too soon, against all other accounts (Welch, upper tail)."""
    totals, accounts = case.people.totals, group.accounts
    if not totals["with_tools"].any():
        return untested("no request offers tools, so programs that work by steps cannot be told apart")
    shares = case.once(too_soon)
    inside, without = shares.of(accounts), shares.others(accounts)
    plain, quick = (int(totals[name][accounts].sum()) for name in ("plain_paced", "plain_quick"))
    if len(inside) < 3 or without.n < 3:
        return untested("hardly any follow-up in plain conversation whose pace is known")
    held = plain >= LEAST_SHARE * case.people.n[accounts].sum() and quick >= UNREAD * plain
    return Finding(
        p_value=larger_mean(inside, without) if held else 1.0,
        statement=f"{quick / plain:.0%} of {plain} follow-ups of members come before anyone could have read the answer"
        f" and written them; of another account's {without.mean:.1%}",
        numbers={"plain_paced": plain, "plain_quick": quick, "too_soon_of_others": round(without.mean, 4)},
        exhibits=names(case, accounts),
        query=bound(FOLLOW_UPS, group, **REACH, **PACE),
        share=float((inside >= UNREAD).sum() / len(group)),
    )
