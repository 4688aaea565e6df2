"""One fixed text around varying tasks, used out of habit by many members and by few others.

Innocent causes: a popular open-source agent or prompt, a class assignment, a SaaS product's system prompt.
Blind spot: paraphrased scaffolds, and none at all. Where the group was proposed because it shares the scaffold, this
says how rare the scaffold is elsewhere and cannot confirm the group by itself.
"""

from __future__ import annotations

import math

import numpy as np

from stillwatch.engine import Query
from stillwatch.evidence.case import Case, Finding, Group, as_active, bound, flags, names, outside, untested
from stillwatch.nulls import drawn_tails
from stillwatch.profiles import I64, SCAFFOLDS, Flags
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
    best, tried = (1.0, "", 0, 0), 0
    others, alike = outside(case, group), as_active(case, group.accounts, group)
    for kind in SCAFFOLDS:
        habit = case.habits[kind]
        draws = _draws(len(group), np.diff(habit.matrix.indptr), others=others, alike=alike)
        among = np.asarray(habit.matrix[group.accounts].sum(axis=0)).ravel()
        tried += int((habit.holders >= 2).sum())
        marks = _promising(among, habit.holders, len(group), case.people.size)
        tails = drawn_tails(among[marks], min(draws, case.people.size), habit.holders[marks], case.people.size)
        for p, mark in zip(tails.tolist(), marks, strict=True):
            best = min(best, (p, kind, int(among[mark]), int(habit.holders[mark])))
    if not best[1]:
        return untested("no scaffold is a habit of two members, or there is no text")
    p, kind, members, holders_all = best
    return Finding(
        p_value=min(1.0, p * tried),
        statement=f"{members} of {len(group)} accounts use one {kind.replace('_', ' ')} text out of habit, and"
        f" {holders_all - members} of {case.people.size - len(group)} others do",
        numbers={
            "kind": kind,
            "members_with_it": members,
            "others_with_it": holders_all - members,
            "accounts": len(group),
            "exchanges": int(case.people.n[group.accounts].sum()),
            "scaffolds_tried": tried,
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
        share=float(telling_users(flags(case, group.accounts), case)[group.accounts].mean()),
    )


def _draws(members: int, held: I64, *, others: I64, alike: I64) -> int:
    """Return how many random accounts have as many habits as so many accounts as active as the group.

    Args:
        held: habits of each account, shape (accounts,).
    """
    usual = float(held[others].mean()) if len(others) else 0.0
    return math.ceil(members * max(float(held[alike].mean()) / usual, 1.0)) if usual > 0 else members


def telling_users(inside: Flags, case: Case) -> Flags:
    """Return who ever used a text that is a habit of the flagged accounts and of few others, shape (accounts,)."""
    uses = np.zeros(len(inside), dtype=np.bool_)
    for kind in SCAFFOLDS:
        telling = telling_marks(kind, inside, case)
        if telling.any():
            held = case.people.shared[kind].matrix
            uses |= (held @ telling.astype(held.dtype)) > 0
    return uses


def telling_marks(kind: str, inside: Flags, case: Case, others: Flags | None = None) -> Flags:
    """Return which marks of a kind are a habit of the flagged accounts and of few others, shape (marks,).

    Args:
        others: whom they are compared with, all others without it, shape (accounts,).
    """
    habits = case.habits[kind]
    within, without = int(inside.sum()), int((~inside if others is None else others).sum())
    among = np.asarray(habits.matrix[np.flatnonzero(inside)].sum(axis=0)).ravel()
    if others is None:
        elsewhere = habits.holders - among
    else:
        elsewhere = np.asarray(habits.matrix[np.flatnonzero(others)].sum(axis=0)).ravel()
    often, lifted = among >= max(CHARACTERISTIC * within, 2), among * without >= LIFT * (elsewhere + 1) * within
    return np.asarray(often & lifted)


def _promising(among: I64, holders: I64, members: int, size: int) -> I64:
    """Return the marks held most above their share, most promising first."""
    held = np.flatnonzero(among >= 2)
    lift = np.log(among[held] * size / (members * holders[held]))
    return held[np.argsort(-among[held] * lift, kind="stable")][:_LOOKED_AT]
