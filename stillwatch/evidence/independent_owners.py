"""Members differ from one another as people do, whatever they share.

This speaks for innocence: users of one popular prompt, customers of one relay, owners who ran one benchmark.
Blind spot: one operator who gives each account topics of its own, or covers the harvest with other traffic.
"""

from __future__ import annotations

from stillwatch.evidence.case import Case, Finding, Group, bound, names, untested
from stillwatch.evidence.interchangeable import EXCHANGES, comparable, data_behind
from stillwatch.likeness import further_apart_than, spread

POOL = 0.1
"""Share of the variance between their neighbours that members of one pool are granted under the null."""


def independent_owners(group: Group, case: Case) -> Finding:
    """Spread of the members' means, against a tenth of the variance between their neighbours (chi-square, upper)."""
    found = comparable(case.tested, group)
    if isinstance(found, str):
        return untested(found)
    members, excess = found
    own = spread(case.tested, members)
    return Finding(
        p_value=further_apart_than(case.tested, members, POOL * excess),
        statement=f"between {len(members)} accounts, topics and lengths vary by {float(own.excess.mean()):.4f} of what"
        f" they vary within one; between the most similar other accounts by {float(excess.mean()):.4f}",
        numbers={
            **data_behind(case.tested, group),
            "accounts_compared": len(members),
            "between": round(float(own.excess.mean()), 6),
            "between_neighbours": round(float(excess.mean()), 6),
        },
        exhibits=names(case, members),
        query=bound(EXCHANGES, group),
    )
