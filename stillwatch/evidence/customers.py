"""Whether the members of a group are several customers, as far as the log can tell.

A company that asks with one program under many accounts of its own works as one operator does: alike, in step, in
templates, each question once, handing failed requests from one key to the next. Where a log says who belongs to one
organisation, that explains the company (`declared_organisation`). Where no row of it does, nobody can be told from such
a company by what its programs do: signs of a harvest and of a pool count in full only for members that pay and register
apart; for others not at all in groups as small as a fleet, and for half in larger ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stillwatch.evidence.case import Case, Group
from stillwatch.profiles import INSTRUMENTS
from stillwatch.trim import MOST

FLEET = 100
"""Accounts under which one customer's programs may run without the log saying so; judged: keys go by service in a
company, not by person."""
UNKNOWN_CUSTOMERS = 0.5
"""What signs count for in larger groups where customers are not known: one kind alone is then never enough."""
TO_AN_INSTRUMENT = 10
"""Members to a card or device from which they pay openly together; judged: campaigns that were described have two or
three accounts to a card, a company has a card or two."""
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
    if case.people.categories["org"].known.any():
        return Customers(1.0, "")
    openly_one = _openly_one(group, case)
    if not openly_one:
        return Customers(1.0, "")
    share = UNKNOWN_CUSTOMERS if len(group) >= FLEET else 0.0
    why = f"no row says who belongs to one organisation, {openly_one}, and a customer's programs may run under so many"
    return Customers(share, f"counts for {share:.0%}: {why}")


def _openly_one(group: Group, case: Case) -> str:
    """Return why the members may be one customer that hides nothing, empty if they register apart."""
    categories, members = case.people.categories, group.accounts
    registered = categories["payment_bin"].known | categories["email_domain"].known
    if registered[members].sum() < MOST * len(group):
        return "members' registrations are not known"
    for kind in INSTRUMENTS:
        held = case.people.shared[kind].matrix[members] > 0
        among = np.asarray(held.sum(axis=0)).ravel()
        among = among[among >= 2]
        if len(among) and among.sum() >= max(MOST * len(group), TO_AN_INSTRUMENT * len(among)):
            return f"most members share a few of `{kind}`"
    inside, everywhere = (categories["email_domain"].counts(accounts) for accounts in (members, None))
    others = everywhere - inside < _OWN * (case.people.size - len(group))
    if (others & (inside >= MOST * len(group))).any():
        return "most members have a mail domain of their own"
    return ""
