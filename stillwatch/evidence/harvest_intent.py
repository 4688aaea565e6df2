"""Prompts whose form makes training data: reasoning written out, rubrics, made-up tasks, traces cleaned.

Innocent causes: an evaluation team, a labelling vendor, an audit trail, consented distillation in one's own house.
Blind spot: bare questions look like anybody's; a prompt's class is a guess from its words, right as often as
`docs/concepts/intent.md` says, and is never enough alone.
"""

from __future__ import annotations

import numpy as np

from stillwatch.arrays import I64
from stillwatch.engine import Query
from stillwatch.evidence.case import Case, Finding, Group, bound, names, untested
from stillwatch.nulls import larger_mean
from stillwatch.others import Rates
from stillwatch.population import Population
from stillwatch.sketch.schema import INTENTS

LEAST_SHARE = 0.05
"""Of the members' prompts; fewer are what any crowd sends."""
BELIEVED = 3.0
"""Bits from which a prompt's class is believed: one wrong in nine by the model's own odds."""
HARVEST = tuple(i for i, intent in enumerate(INTENTS) if intent not in ("ordinary", "agentic"))
"""Classes that make training data. Agentic work is what most honest programs do, and is left out."""

INTENT_COUNTS = Query(
    "harvest_intent",
    f"""
    select count(intent) as prompts,
        count(case when intent in ({", ".join(map(str, HARVEST))}) and intent_bits >= :believed then 1 end)
            as harvest_prompts
    from exchanges join groups on groups.account_id = exchanges.account_id where groups.campaign_id = :group""",
)


def harvest_counts(people: Population, accounts: I64) -> I64:
    """Return how many prompts of each account are in a harvesting class."""
    return np.asarray(np.sum([people.totals[f"intent_{i}"][accounts] for i in HARVEST], axis=0, dtype=np.int64))


def harvesting(people: Population) -> Rates:
    """Return the share of each account's prompts that are in a harvesting class."""
    prompts = people.totals["with_intent"]
    return Rates(harvest_counts(people, np.arange(people.size)) / np.maximum(prompts, 1), prompts > 0)


def harvest_intent(group: Group, case: Case) -> Finding:
    """Mean share of harvesting prompts per member, against all other accounts (Welch, upper tail)."""
    people = case.people
    prompts = int(people.totals["with_intent"][group.accounts].sum())
    if not prompts:
        return untested("no prompt text")
    harvest = int(harvest_counts(people, group.accounts).sum())
    counts = {INTENTS[i]: int(people.totals[f"intent_{i}"][group.accounts].sum()) for i in HARVEST}
    shares = case.once(harvesting)
    usual = shares.others(group.accounts)
    p = larger_mean(shares.of(group.accounts), usual) if harvest >= LEAST_SHARE * prompts else 1.0
    most = max(counts, key=lambda name: counts[name])
    return Finding(
        p_value=p,
        statement=f"{harvest / prompts:.0%} of {prompts} prompts are of a form that makes training data, most of them"
        f" {most.replace('_', ' ')}; of other accounts {usual.mean:.1%}",
        numbers={"prompts": prompts, "harvest_prompts": harvest, **counts},
        exhibits=names(case, group.accounts),
        query=bound(INTENT_COUNTS, group, believed=BELIEVED),
    )
