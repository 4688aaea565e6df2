"""One fixed text around varying tasks, used out of habit by many members and by few others.

Innocent causes: a popular open-source agent or prompt, a class assignment, a SaaS product's system prompt.
Blind spot: paraphrased scaffolds, and none at all. Where the group was proposed because it shares the scaffold, this
says how rare the scaffold is elsewhere and cannot confirm the group by itself.
"""

from __future__ import annotations

import math

import numpy as np
from scipy import sparse

from stillwatch.arrays import I64, Flags
from stillwatch.engine import Query
from stillwatch.evidence.case import Case, Finding, Group, as_active, bound, names, untested
from stillwatch.held import columns, holders
from stillwatch.nulls import drawn_tails
from stillwatch.population import SCAFFOLDS
from stillwatch.rollups import MARKS

CHARACTERISTIC = 0.1
"""Share of members that must have a scaffold as a habit for it to be the operator's."""
LIFT = 10.0
"""Times above its share among others."""
_LOOKED_AT = 50
"""Marks of each kind whose tail is computed; the others are beaten by a simpler score."""


def _habit(kind: str) -> Query:
    return Query(
        f"habit_{kind}",
        f"""
        with texts as ({MARKS[kind]}),
            members as (select account_id from groups where campaign_id = :group),
            own as (select distinct mark from texts join members on members.account_id = texts.account_id
                where mark is not null),
            used as (select account_id, texts.mark, count(*) as n from texts join own on own.mark = texts.mark
                group by account_id, texts.mark),
            totals as (select account_id, count(*) as n from exchanges group by account_id),
            counts as (select used.mark, count(members.account_id) as members,
                    count(*) - count(members.account_id) as others
                from used join totals on totals.account_id = used.account_id
                    left join members on members.account_id = used.account_id
                where used.n >= greatest(:least, :share * totals.n) group by used.mark)
        select members as members_with_it, others as others_with_it from counts
        where members = :members and others = :others limit 1""",
    )


HABITS = {kind: _habit(kind) for kind in SCAFFOLDS}
"""Give a row if some text of that kind is a habit of exactly so many members and others; a mark itself is secret."""


def shared_scaffold(group: Group, case: Case) -> Finding:
    """The scaffold with the least probable number of habitual users in the group (hypergeometric, Bonferroni).

    Who asks more has more habits: a group counts as as many random accounts as have the habits of others as active.
    """
    best: tuple[float, str, int, int] = (1.0, "", 0, 0)
    alike = as_active(case, group.accounts, group)
    for kind in SCAFFOLDS:
        habit = case.habits[kind]
        held = habit.matrix[group.accounts]
        draws = _draws(group, habit.matrix, held, alike)
        among, everywhere = _promising(held, habit.holders, case.people.size)
        tails = drawn_tails(among, min(draws, case.people.size), everywhere, case.people.size)
        found = zip(tails.tolist(), among.tolist(), everywhere.tolist(), strict=True)
        best = min([best, *((p, kind, members, accounts) for p, members, accounts in found)])
    if not best[1]:
        return untested("no scaffold is a habit of two members, or there is no text")
    p, kind, members, holders_all = best
    return Finding(
        p_value=min(1.0, p * case.scaffolds),
        statement=f"{members} of {len(group)} accounts use one {kind.replace('_', ' ')} text out of habit, and"
        f" {holders_all - members} of {case.people.size - len(group)} others do",
        numbers={
            "kind": kind,
            "members_with_it": members,
            "others_with_it": holders_all - members,
            "accounts": len(group),
            "exchanges": int(case.people.n[group.accounts].sum()),
            "scaffolds_tried": case.scaffolds,
        },
        exhibits=names(case, group.accounts),
        query=bound(
            HABITS[kind],
            group,
            members=members,
            others=holders_all - members,
            least=case.limits.habit_least,
            share=case.limits.habit_share,
        ),
        share=float(_uses_telling(group.accounts, case).mean()),
    )


def _draws(group: Group, habits: sparse.csr_array, held: sparse.csr_array, alike: I64) -> int:
    """Return how many random accounts have as many habits as so many accounts as active as the group.

    Args:
        habits: of all accounts. held: of members. alike: accounts as active.
    """
    others = habits.shape[0] - len(group)
    usual = (habits.nnz - held.nnz) / others if others else 0.0
    if not usual:
        return len(group)
    own = float((habits.indptr[alike + 1] - habits.indptr[alike]).mean())
    return math.ceil(len(group) * max(own / usual, 1.0))


def _uses_telling(accounts: I64, case: Case) -> Flags:
    """Return which of `accounts` ever used a text that is a habit of them and of few others, shape (members,)."""
    uses = np.zeros(len(accounts), dtype=np.bool_)
    for kind in SCAFFOLDS:
        telling = telling_marks(kind, accounts, case)
        if len(telling):
            uses |= np.diff(columns(case.people.shared[kind].matrix[accounts], telling).indptr) > 0
    return uses


def telling_users(accounts: I64, case: Case) -> Flags:
    """Return who ever used a text that is a habit of `accounts` and of few others, shape (accounts,)."""
    found = [case.users[kind].any_of(telling_marks(kind, accounts, case)) for kind in SCAFFOLDS]
    return np.asarray(np.any(found, axis=0))


def telling_marks(kind: str, accounts: I64, case: Case, left_out: I64 | None = None) -> I64:
    """Return the marks of a kind that are a habit of `accounts` and of few others, ascending.

    Args:
        left_out: accounts that are no others, besides `accounts`; ascending.
    """
    habits = case.habits[kind]
    marks, among = holders(habits.matrix[accounts])
    within, without = len(accounts), case.people.size - len(accounts)
    often = among >= max(CHARACTERISTIC * within, 2)
    marks, among = marks[often], among[often]
    elsewhere = habits.holders[marks] - among
    if left_out is not None:
        rest = np.setdiff1d(left_out, accounts)
        without -= len(rest)
        elsewhere -= np.diff(columns(habits.matrix[rest], marks).tocsc().indptr)
    return np.asarray(marks[among * without >= LIFT * (elsewhere + 1) * within])


def _promising(held: sparse.csr_array, everywhere: I64, size: int) -> tuple[I64, I64]:
    """Return of the marks held most above their share, most promising first, how many members and accounts hold each.

    Args:
        held: habits of members. everywhere: accounts that have each habit. size: number of all accounts.
    """
    marks, among = holders(held)
    marks, among = marks[among >= 2], among[among >= 2]
    lift = np.log(among * size / (held.shape[0] * everywhere[marks]))
    best = np.argsort(-among * lift, kind="stable")[:_LOOKED_AT]
    return among[best], everywhere[marks[best]]
