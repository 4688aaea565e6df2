"""Members differ from one another as people do, whatever they share.

This speaks for innocence: users of one popular prompt, customers of one relay, owners who ran one benchmark.
Blind spot: one operator who gives each account topics of its own, or covers the harvest with other traffic.
"""

from __future__ import annotations

from stillwatch.arrays import F64
from stillwatch.evidence.case import Case, Finding, Group, untested
from stillwatch.evidence.interchangeable import comparable, held_against
from stillwatch.likeness import further_apart_than

POOL = 0.1
"""Share of the variance between their neighbours that members of one pool are granted under the null."""


def independent_owners(group: Group, case: Case) -> Finding:
    """Spread of the members' means, against a tenth of the variance between their neighbours (chi-square, upper).

    Accounts that lie as near as members do are no neighbours here: a part of a pool would be cleared by its rest.
    """
    found = group.once(comparable, case)
    if isinstance(found, str):
        return untested(found)

    def tail(excess: F64) -> float:
        return further_apart_than(case.tested, found.members, POOL * excess)

    return held_against(found.further, tail, found.members, group, case)
