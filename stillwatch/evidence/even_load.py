"""Accounts that carry nearly the same load, as a scheduler deals it out and people never do.

Innocent causes: a fleet of identical jobs, monitors on one clock, students with one assignment.
Blind spot: an operator who draws a different load for each account; groups in which most accounts are days old.
"""

from __future__ import annotations

import numpy as np

from stillwatch.arrays import F64, I64
from stillwatch.engine import Query
from stillwatch.evidence.case import Case, Finding, Group, bound, names, untested
from stillwatch.nulls import chi2_below
from stillwatch.others import Rates
from stillwatch.population import Population

LEAST = 12
"""Exchanges; below, the load of one account is mostly chance."""
MARGIN = 0.25
"""Share of the variance among all other accounts below which a group's loads count as dealt out; half their spread."""
_HOUR = 3_600_000_000
_DAY = 24 * _HOUR

LOADS = Query(
    "even_load",
    """
    with loads as (
        select exchanges.account_id, count(*) as n,
            count(*) * 86400000000.0 / greatest(max(epoch_us(ts)) - min(epoch_us(ts)) + 3600000000, 86400000000) as load
        from exchanges join groups on groups.account_id = exchanges.account_id
        where groups.campaign_id = :group group by exchanges.account_id)
    select count(*) as accounts, round(exp(avg(ln(load))), 3) as typical_load, round(stddev_samp(ln(load)), 4) as spread
    from loads where n >= :least""",
)


def loads(people: Population, accounts: I64) -> F64:
    """Return the natural log of exchanges a day of each account, over at least one day."""
    span = np.maximum(people.totals["last_us"][accounts] - people.totals["first_us"][accounts] + _HOUR, _DAY)
    return np.asarray(np.log(people.n[accounts] * _DAY / span))


def usual_loads(people: Population) -> Rates:
    """Return the log load of each account with enough exchanges."""
    return Rates(loads(people, np.arange(people.size)), people.n >= LEAST)


def even_load(group: Group, case: Case) -> Finding:
    """The variance of log load against a quarter of that of all others (chi-square, lower tail).

    The degrees of freedom allow for the kurtosis of the others (Box, Biometrika 40(3-4), 1953): where most loads are
    alike, a small variance is no surprise.
    """
    active = group.accounts[case.people.n[group.accounts] >= LEAST]
    others = case.once(usual_loads).others(group.accounts)
    if len(active) < 5 or others.n < 30:
        return untested(f"fewer than five members, or thirty others, have {LEAST} exchanges", accounts=len(active))
    inside = loads(case.people, active)
    spread, ordinary = float(inside.std(ddof=1)), others.variance**0.5
    freedom = 2 / (2 / (len(active) - 1) + max(others.kurtosis, 0.0) / len(active))
    p = chi2_below(spread**2 * freedom, max(MARGIN * ordinary**2, 1e-12), freedom)
    return Finding(
        p_value=p,
        statement=f"the load of {len(active)} accounts varies by a factor of {np.exp(spread):.2f} around"
        f" {np.exp(inside.mean()):.1f} exchanges a day; that of others by {np.exp(ordinary):.2f}",
        numbers={
            "accounts": len(active),
            "typical_load": round(float(np.exp(inside.mean())), 3),
            "spread": round(spread, 4),
            "spread_of_others": round(ordinary, 4),
        },
        exhibits=names(case, active),
        query=bound(LOADS, group, least=LEAST),
    )
