"""Interchangeable accounts whose common profile lies where hardly any other account lies.

Counts only for groups whose members do not differ among themselves: a circle of people with a rare interest, or with
a rare language, lies apart too, but its members differ.
Innocent causes: one specialised job. Blind spot: a harvest of everything, whose profile is everybody's average.
"""

from __future__ import annotations

import numpy as np

from stillwatch.evidence.case import Case, Finding, Group, bound, names, untested
from stillwatch.evidence.interchangeable import EXCHANGES, MARGIN, comparable, data_behind
from stillwatch.likeness import further_apart_than, spread
from stillwatch.nulls import chi2_above

_DIFFERENT = 0.01
"""P-value below which members count as different from one another, and this kind is silent."""


def set_apart(group: Group, case: Case) -> Finding:
    """Distance of the group's mean from the mean of all others, in units of how accounts differ (chi-square, upper)."""
    of = case.tested
    found = group.once(comparable, case)
    if isinstance(found, str):
        return untested(found)
    members = found.members
    usual, own = case.compared.without(group.accounts), spread(of, members)
    if further_apart_than(of, members, MARGIN * usual.excess) < _DIFFERENT:
        return untested("the members differ among themselves")
    error = own.within * (1 / of.n[members].sum() + 1 / float(np.median(of.n[members])))
    error += usual.within / usual.n
    distance = float(((own.centre - usual.centre) ** 2 / (usual.excess + error)).mean())
    return Finding(
        p_value=chi2_above(distance * of.columns, 1.0, of.columns),
        statement=f"the mean profile of {len(members)} accounts lies {np.sqrt(distance):.1f} standard deviations"
        " from that of all others",
        numbers={
            **data_behind(case.tested, group),
            "accounts_compared": len(members),
            "deviations": round(float(np.sqrt(distance)), 4),
        },
        exhibits=names(case, members),
        query=bound(EXCHANGES, group),
    )
