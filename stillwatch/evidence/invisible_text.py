"""Zero-width characters inside prompts, with which some relays break up words that filters look for.

Innocent causes: text pasted from word processors and web pages, scripts that need joiners.
Blind spot: everything that can be seen.
"""

from __future__ import annotations

from stillwatch.engine import Query
from stillwatch.evidence.case import Case, Finding, Group, bound, names, untested
from stillwatch.nulls import larger_mean
from stillwatch.others import Rates
from stillwatch.population import Population

INVISIBLE = Query(
    "invisible_text",
    """
    select count(case when invisible_chars > 0 then 1 end) as with_invisible, count(*) as exchanges
    from exchanges join groups on groups.account_id = exchanges.account_id where groups.campaign_id = :group""",
)


def invisible(people: Population) -> Rates:
    """Return the share of each account's exchanges that carry zero-width characters."""
    return Rates(people.totals["invisible"] / people.n)


def invisible_text(group: Group, case: Case) -> Finding:
    """Mean share of exchanges with zero-width characters per member, against all others (Welch, upper tail)."""
    totals = case.people.totals
    if not totals["with_text"][group.accounts].any():
        return untested("no prompt text")
    found = int(totals["invisible"][group.accounts].sum())
    if not found:
        return untested("no zero-width characters")
    shares = case.once(invisible)
    inside, without = shares.of(group.accounts), shares.others(group.accounts)
    return Finding(
        p_value=larger_mean(inside, without),
        statement=f"{float(inside.mean()):.1%} of a member's exchanges carry zero-width characters;"
        f" of another account's {without.mean:.1%}",
        numbers={"with_invisible": found, "exchanges": int(case.people.n[group.accounts].sum())},
        exhibits=names(case, group.accounts[totals["invisible"][group.accounts] > 0]),
        query=bound(INVISIBLE, group),
    )
