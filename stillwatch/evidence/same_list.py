"""Members ask one another's very questions: each runs the whole list, and together they learn what one alone would.

This speaks for innocence: a public benchmark run by many owners, a class assignment, a drift monitor. A harvest pays
for accounts to get more answers, so it asks a question through a few of them at most.
Blind spot: owners who each run a small part of a large list; a cell of a few accounts that all ask the same.
"""

from __future__ import annotations

import numpy as np
from scipy import stats

from stillwatch.arrays import F64
from stillwatch.engine import Query
from stillwatch.evidence.case import Case, Finding, Group, bound, names, untested
from stillwatch.evidence.dealt_out import usual
from stillwatch.held import holders

COPIES = 2
"""Accounts through which a harvester asks one question, at most, to choose among the answers; judged: campaigns that
were described deal their lists out, and ask nothing twice."""
GRANTED = 0.05
"""Share of the other members who ask a member's question that a harvest is granted, however large; of 100 accounts
that is six times the price of every answer. Judged."""

COMMON = Query(
    "same_list",
    """
    with members as (select account_id from groups where campaign_id = :group),
        asked as (select exchanges.account_id, prompt_mark, count(*) as n
            from exchanges join members on members.account_id = exchanges.account_id
            where prompt_mark is not null group by exchanges.account_id, prompt_mark),
        askers as (select prompt_mark, count(*) as askers from asked group by prompt_mark),
        shares as (select asked.account_id, sum(n * (askers - 1)) * 1.0 / sum(n) as others, sum(n) as prompts
            from asked join askers on askers.prompt_mark = asked.prompt_mark group by asked.account_id)
    select cast(sum(prompts) as bigint) as prompts, count(*) as accounts,
        round(avg(others) / greatest((select count(*) from members) - 1, 1), 6) as in_common from shares""",
)


def in_common(group: Group, case: Case) -> F64:
    """Return for each member with prompts the mean share of the other members who ask what it asks, in 0 to 1.

    One for a list that all run, (copies - 1) / (members - 1) for one that is dealt out in so many copies.
    """
    held = case.people.shared["prompt"].matrix[group.accounts]
    marks, askers = holders(held)
    others = held.data * (askers[np.searchsorted(marks, held.indices)] - 1)
    sums = np.bincount(np.repeat(np.arange(len(group)), np.diff(held.indptr)), others, len(group))
    prompts = case.people.totals["prompts"][group.accounts]
    return np.asarray(sums[prompts > 0] / prompts[prompts > 0] / max(len(group) - 1, 1))


def granted(group: Group, case: Case) -> float:
    """Return the share of the other members who ask one question that a harvest is granted.

    What everybody asks, a harvester may: no less than the mean of random groups as active.
    """
    random = group.once(usual, case)
    copies = min((COPIES - 1) / max(len(group) - 1, 1), 1.0)
    return max(GRANTED, copies, 0.0 if random is None else random.in_common)


def own_share(group: Group, case: Case) -> float:
    """Return how much of what members ask is not asked by the others too, from 0 for one list to 1.

    What all members ask each of them has alone: a harvest by many accounts is what they do not have in common.
    """
    common = group.once(in_common, case)
    return 1.0 - float(common.mean()) if len(common) else 1.0


def beyond_a_list(group: Group, case: Case) -> float:
    """Return how much of the members' likeness one list does not explain, from 0 where all run it to 1.

    Who asks the same asks of the same topics, in the same templates, at the same length. It explains as much as more of
    it is common than a harvest is granted.
    """
    most = granted(group, case)
    return min(1.0, own_share(group, case) / (1.0 - most)) if most < 1.0 else 1.0


def same_list(group: Group, case: Case) -> Finding:
    """Mean share of the other members who ask a member's question, against that of a harvester who asks through a few,
    and besides what everybody asks (t with the jackknife variance of a mean over pairs, upper tail)."""
    common = group.once(in_common, case)
    if len(common) < 3:
        return untested("fewer than three members have prompts")
    own, most = float(common.mean()), granted(group, case)
    prompts = int(case.people.totals["prompts"][group.accounts].sum())
    numbers = {"in_common": round(own, 6), "granted": round(most, 6), "prompts": prompts, "accounts": len(common)}
    if own <= most:
        return untested(
            f"a member's question is asked by {own:.1%} of the other members, by no more than a harvest is granted",
            **numbers,
        )
    error = max(2 * float(common.std(ddof=1)) / len(common) ** 0.5, prompts**-0.5)
    return Finding(
        p_value=float(stats.t.sf((own - most) / error, len(common) - 1)),
        statement=f"a member's question is asked by {own:.0%} of the other members too; a harvest that asks each"
        f" through a few accounts is granted {most:.0%}",
        numbers=numbers,
        exhibits=names(case, group.accounts),
        query=bound(COMMON, group),
    )
