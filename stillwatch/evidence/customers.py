"""Whether the members of a group are several customers, as far as the log can tell.

A company that asks with one program under many accounts of its own works as one operator does: alike, in step, in
templates, each question once, handing failed requests from one key to the next; so does a course with one assignment.
Where a log says who belongs together, that explains them (`declared_organisation`). Where it does not, nobody can be
told from them by what is asked: signs of a harvest and of a pool count in full only for members that are known to pay
and register apart. For members that openly do so together, or ask from one place, they count for nothing; where nothing
of the kind is known, for nothing in groups as small as the programs of one customer, or of a few who run the same, and
in part in larger ones: least where they share a text, as all who run one program do.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from stillwatch.arrays import Flags
from stillwatch.evidence.case import Case, Group
from stillwatch.held import holders
from stillwatch.population import INSTRUMENTS
from stillwatch.trim import MOST

FLEET = 100
"""Accounts under which one customer's programs may run without the log saying so; judged: keys go by service in a
company, not by person."""
FLEETS = 0.01
"""Share of the accounts that are not idle under which one program of several customers may run, where that is more:
the more customers a log has, the more of them run the same. Judged."""
UNKNOWN_CUSTOMERS = 0.4
"""What signs count for in larger groups where registrations are not known: two kinds that any batch job shows are not
enough then."""
OF_ONE_PROGRAM = 0.2
"""The same where they share a fixed text, as all who run one program do: four kinds that any batch job shows are not
enough then, nor prompts of a form that makes training data with two of them."""
TO_AN_INSTRUMENT = 10
"""Accounts on a card or device from which they are openly together; judged: campaigns that were described have two or
three accounts to a card, a company has a card or two."""
FEW = 2
"""Cards, mail domains or addresses that a company or a course of any size may have."""
USUAL = 0.5
"""Share of its exchanges from which an account is at home at an address."""
_OWN = 0.01
"""Share of all other accounts from which a mail domain is many customers'."""


@dataclass(frozen=True, slots=True)
class Customers:
    """How far the members are known to be several customers.

    Attributes:
        share: from 0 to 1, for which signs count. why: what makes it less than one, empty if nothing does.
    """

    share: float
    why: str


def customers(group: Group, case: Case) -> Customers:
    """Return how far the members of a group are known to be several customers."""
    registered, declared = _registered(group, case), bool(case.people.categories["org"].known.any())
    if registered and declared:
        return Customers(1.0, "")
    together = _paying_together(group, case) if registered else _at_one_place(group, case)
    if together:
        return Customers(0.0, _why(0.0, together))
    if registered or declared:
        return Customers(1.0, "")
    share = _where_nothing_is_known(group, case)
    return Customers(share, _why(share, "nor how they registered"))


def _where_nothing_is_known(group: Group, case: Case) -> float:
    """Return for which share signs count of members who may be customers that run one program, or one of them."""
    if len(group) < FLEET:
        return 0.0
    if not _share_a_text(group, case):
        return UNKNOWN_CUSTOMERS
    active = int((case.people.n >= case.limits.least_exchanges).sum())
    return OF_ONE_PROGRAM if len(group) >= FLEETS * active else 0.0


def _share_a_text(group: Group, case: Case) -> bool:
    """Return whether one fixed text is a habit of most members, whoever else uses it."""
    counts = [holders(habit.matrix[group.accounts])[1] for habit in case.habits.values()]
    return max((int(among.max(initial=0)) for among in counts), default=0) >= MOST * len(group)


def _why(share: float, reason: str) -> str:
    return (
        f"counts for {share:.0%}: this log does not say who belongs together, {reason}; one customer's own programs"
        " and one course look like this"
    )


def _registered(group: Group, case: Case) -> bool:
    """Return whether it is known how most members registered."""
    categories = case.people.categories
    known = categories["payment_bin"].known | categories["email_domain"].known
    return bool(known[group.accounts].sum() >= MOST * len(group))


def _paying_together(group: Group, case: Case) -> str:
    """Return what most members openly pay or register with, empty if they do apart."""
    members = group.accounts
    for kind in INSTRUMENTS:
        marks = case.people.shared[kind]
        if _most_share(sparse.csr_array(marks.matrix[members] > 0), marks.holders >= TO_AN_INSTRUMENT):
            return f"and most members share a few of `{kind}`"
    domains = case.people.categories["email_domain"]
    inside = domains.counts(members)
    own = domains.counts() - inside < _OWN * (case.people.size - len(group))
    few = np.sort(inside[own])[-FEW:]
    return "and most members have mail domains that are nobody else's" if few.sum() >= MOST * len(group) else ""


def _at_one_place(group: Group, case: Case) -> str:
    """Return that most members ask from one address or two, empty if they do not."""
    members, marks = group.accounts, case.people.shared["address"]
    held = marks.matrix[members].tocoo()
    usual = held.data >= USUAL * case.people.n[members][held.row]
    at = sparse.csr_array((held.data[usual] > 0, (held.row[usual], held.col[usual])), shape=held.shape)
    nowhere = np.zeros(held.shape[1], dtype=np.bool_)
    return "and most members ask from one address or two" if _most_share(at, nowhere) else ""


def _most_share(held: sparse.csr_array, many: Flags) -> bool:
    """Return whether most members hold one of the few marks that most of them hold, or one of `many` accounts.

    Args:
        held: who holds what, shape (members, marks). many: shape (marks,).
    """
    among = np.asarray(held.sum(axis=0)).ravel()
    telling = many.copy()
    telling[np.argsort(-among, kind="stable")[:FEW]] = True
    return bool((np.asarray(held.astype(np.int64) @ telling.astype(np.int64)) > 0).mean() >= MOST)
