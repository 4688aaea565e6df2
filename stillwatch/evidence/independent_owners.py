"""Members differ from one another as people do, whatever they share.

This speaks for innocence: users of one popular prompt, customers of one relay, owners who ran one benchmark.
Blind spot: one operator who gives each account topics of its own, or covers the harvest with other traffic.
"""

from __future__ import annotations

from stillwatch.evidence.case import Case, Finding, Group
from stillwatch.evidence.interchangeable import held_against_neighbours
from stillwatch.likeness import further_apart_than, radius
from stillwatch.trim import BODY_DEVIATIONS

AROUND = 2.0
"""Times the radius of the group's body, within which others may be the rest of its pool."""
POOL = 0.1
"""Share of the variance between their neighbours that members of one pool are granted under the null."""


def independent_owners(group: Group, case: Case) -> Finding:
    """Spread of the members' means, against a tenth of the variance between their neighbours (chi-square, upper).

    Accounts that lie as near as members do are no neighbours here: a part of a pool would be cleared by its rest.
    """
    return held_against_neighbours(
        group,
        case,
        lambda members, excess: further_apart_than(case.tested, members, POOL * excess),
        beyond=AROUND * radius(case.tested, BODY_DEVIATIONS),
    )
