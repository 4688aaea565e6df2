"""Zero-width characters inside prompts, with which some relays break up words that filters look for.

Innocent causes: text pasted from word processors and web pages, scripts that need joiners.
Blind spot: everything that can be seen.
"""

from __future__ import annotations

from stillwatch.engine import Query
from stillwatch.evidence.case import Case, Finding, Group, bound, names, outside, untested
from stillwatch.nulls import larger_mean

INVISIBLE = Query(
    "invisible_text",
    """
    select count(case when invisible_chars > 0 then 1 end) as with_invisible, count(*) as exchanges
    from exchanges join groups on groups.account_id = exchanges.account_id where groups.campaign_id = :group""",
)


def invisible_text(group: Group, case: Case) -> Finding:
    """Mean share of exchanges with zero-width characters per member, against all others (Welch, upper tail)."""
    totals, others = case.people.totals, outside(case, group)
    if not totals["with_text"][group.accounts].any():
        return untested("no prompt text")
    found = int(totals["invisible"][group.accounts].sum())
    if not found:
        return untested("no zero-width characters")
    inside = totals["invisible"][group.accounts] / case.people.n[group.accounts]
    without = totals["invisible"][others] / case.people.n[others]
    return Finding(
        p_value=larger_mean(inside, without),
        statement=f"{float(inside.mean()):.1%} of a member's exchanges carry zero-width characters;"
        f" of another account's {float(without.mean()) if len(without) else 0.0:.1%}",
        numbers={"with_invisible": found, "exchanges": int(case.people.n[group.accounts].sum())},
        exhibits=names(case, group.accounts[totals["invisible"][group.accounts] > 0]),
        query=bound(INVISIBLE, group),
    )
