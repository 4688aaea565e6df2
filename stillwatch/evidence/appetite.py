"""Requests that ask for more than an answer: token probabilities, several answers at once, the reasoning too.

Innocent causes: research on calibration, best-of-n products, people who like to see the reasoning.
Blind spot: operators who take plain answers; logs without request parameters.
"""

from __future__ import annotations

import numpy as np

from stillwatch.engine import Query
from stillwatch.evidence.case import Case, Finding, Group, bound, names, untested
from stillwatch.nulls import larger_mean
from stillwatch.others import Rates
from stillwatch.population import Population

ASKS = ("logprobs", "choices", "reasoning")

ASKED = Query(
    "appetite",
    """
    select count(case when logprobs > 0 then 1 end) as asks_logprobs, count(case when choices > 1 then 1 end)
        as asks_choices, count(case when reasoning then 1 end) as asks_reasoning
    from exchanges join groups on groups.account_id = exchanges.account_id where groups.campaign_id = :group""",
)


def asking(people: Population, ask: str) -> Rates:
    """Return the share of each account's exchanges that ask for it, of those where it is known."""
    known = people.totals[f"with_{ask}"]
    return Rates(people.totals[f"asks_{ask}"] / np.maximum(known, 1), known > 0)


def appetite(group: Group, case: Case) -> Finding:
    """The parameter that members ask for most above all others (Welch, upper tail, Bonferroni over the parameters)."""
    shares = {ask: case.once(asking, ask) for ask in ASKS}
    tails = [larger_mean(share.of(group.accounts), share.others(group.accounts)) for share in shares.values()]
    known = [a for a in ASKS if case.people.totals[f"with_{a}"][group.accounts].any()]
    if not known:
        return untested("none of `logprobs`, `choices` and `reasoning` is known")
    most = ASKS[int(np.argmin(tails))]
    inside, without = shares[most].of(group.accounts), shares[most].others(group.accounts)
    return Finding(
        p_value=min(1.0, min(tails) * len(known)),
        statement=f"members ask for `{most}` in {float(inside.mean()) if len(inside) else 0.0:.0%} of their exchanges,"
        f" other accounts in {without.mean:.0%}",
        numbers={f"asks_{a}": int(case.people.totals[f"asks_{a}"][group.accounts].sum()) for a in ASKS},
        exhibits=names(case, group.accounts),
        query=bound(ASKED, group),
    )
