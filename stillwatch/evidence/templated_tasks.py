"""Tasks filled into templates that members use and hardly anybody else does, no two of them the same.

Innocent causes: a product that wraps what its customers ask and is run on many accounts, a batch job of one owner.
Blind spot: paraphrased templates and bare tasks; templates in the system text, which relays and products have too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from stillwatch.arrays import F64, I64
from stillwatch.engine import Query
from stillwatch.evidence.case import Case, Finding, Group, bound, names, untested
from stillwatch.evidence.shared_scaffold import telling_marks
from stillwatch.held import columns
from stillwatch.nulls import larger_mean
from stillwatch.others import Rates
from stillwatch.population import Incidence, Population
from stillwatch.rollups import MARKS

TEMPLATES = ("head", "tail", "shingle")
"""Kinds of scaffold that a template around the task leaves in the newest turn."""


def _template(kind: str) -> Query:
    return Query(
        f"templated_{kind}",
        f"""
        with texts as ({MARKS[kind]}),
            members as (select account_id from groups where campaign_id = :group),
            used as (select texts.mark, count(members.account_id) as carried,
                    count(distinct members.account_id) as members_using,
                    count(distinct texts.account_id) - count(distinct members.account_id) as others_using
                from texts left join members on members.account_id = texts.account_id
                where texts.mark is not null group by texts.mark)
        select carried, members_using, others_using from used
        where carried = :carried and members_using = :members and others_using = :others limit 1""",
    )


MOST_USED = {kind: _template(kind) for kind in TEMPLATES}
"""Give a row if some template of that kind is carried by so many exchanges; a mark itself is secret."""


def templated(people: Population, habits: dict[str, Incidence]) -> Rates:
    """Return the share of each account's prompts that carry any habit of its own that two accounts have.

    What outsiders are given is more than what members are asked for: any template, however popular.
    """
    carried = np.zeros(people.size)
    for kind in TEMPLATES:
        own = people.shared[kind].matrix.multiply(habits[kind].matrix > 0)
        carried = np.maximum(carried, _carried(kind, sparse.csr_array(own)))
    return Rates(_share(people, carried, np.arange(people.size)))


def _carried(kind: str, held: sparse.csr_array) -> F64:
    """Return exchanges per account that carry one of the marks; a prompt has one head and tail, but many shingles."""
    if not held.nnz:
        return np.zeros(held.shape[0])
    if kind == "shingle":
        return np.asarray(held.max(axis=1).todense(), dtype=np.float64).ravel()
    return np.asarray(held.sum(axis=1), dtype=np.float64).ravel()


def _share(people: Population, carried: F64, accounts: I64) -> F64:
    """Return the share of prompts that are carried by a template and are not the same again."""
    prompts = np.maximum(people.totals["prompts"][accounts], 1)
    return np.asarray(np.minimum(carried, people.totals["distinct_prompts"][accounts]) / prompts)


@dataclass(frozen=True, slots=True)
class _Most:
    """The template that most exchanges of members carry."""

    kind: str = ""
    carried: int = 0
    members: int = 0
    others: int = 0


def templated_tasks(group: Group, case: Case) -> Finding:
    """Mean share of a member's prompts in templates of the group's own, against that of all others in any template
    they have in common with anybody (Welch, upper tail)."""
    people = case.people
    if not people.totals["prompts"][group.accounts].any():
        return untested("no prompt text")
    carried, most = np.zeros(len(group)), _Most()
    for kind in TEMPLATES:
        telling = telling_marks(kind, group.accounts, case)
        held = columns(people.shared[kind].matrix[group.accounts], telling)
        carried = np.maximum(carried, _carried(kind, held))
        most = max((most, _most_used(kind, held, people.shared[kind].holders[telling])), key=lambda one: one.carried)
    if not most.carried:
        return untested("members have no template of their own")
    own, usual = _share(people, carried, group.accounts), case.templated.others(group.accounts)
    return Finding(
        p_value=larger_mean(own, usual),
        statement=f"{float(own.mean()):.0%} of a member's prompts are tasks in templates that members use and hardly"
        f" anybody else does, none of them asked twice; {usual.mean:.0%} of another"
        " account's prompts are in any template at all",
        numbers={
            "kind": most.kind,
            "carried": most.carried,
            "members_using": most.members,
            "others_using": most.others,
            "templated": round(float(own.mean()), 4),
            "templated_of_others": round(usual.mean, 4),
        },
        exhibits=names(case, group.accounts),
        query=bound(MOST_USED[most.kind], group, carried=most.carried, members=most.members, others=most.others),
    )


def _most_used(kind: str, held: sparse.csr_array, holders: I64) -> _Most:
    if not held.nnz:
        return _Most()
    carried = np.asarray(held.sum(axis=0)).ravel()
    mark = int(np.argmax(carried))
    using = int((held[:, [mark]] > 0).sum())
    return _Most(kind, int(carried[mark]), using, int(holders[mark]) - using)
