"""Whether the members of a group are several customers, as far as the log can tell.

A company that asks with one program under many accounts of its own works as one operator does: alike, in step, in
templates, each question once, handing failed requests from one key to the next. Where a log says who belongs to one
organisation, that explains the company (`declared_organisation`). Where no row of it does, nobody can be told from such
a company by what its programs do: signs of a harvest and of a pool count in full only for members that pay and register
apart. For members that pay or register openly together they count for nothing; where that is not known, for nothing in
groups as small as a fleet, and in part in larger ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stillwatch.evidence.case import Case, Group
from stillwatch.profiles import I64, INSTRUMENTS
from stillwatch.trim import MOST

FLEET = 100
"""Accounts under which one customer's programs may run without the log saying so; judged: keys go by service in a
company, not by person."""
UNKNOWN_CUSTOMERS = 0.4
"""What signs count for in larger groups where registrations are not known: two kinds that any batch job shows are not
enough then."""
TO_AN_INSTRUMENT = 10
"""Members to a card or device from which they are openly together; judged: campaigns that were described have two or
three accounts to a card, a company has a card or two."""
FEW = 2
"""Cards or mail domains that a company of any size may have."""
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
    if not _registered(group, case):
        share = UNKNOWN_CUSTOMERS if len(group) >= FLEET else 0.0
        return Customers(share, _why(share, "members' registrations are not known"))
    together = _together(group, case)
    return Customers(0.0, _why(0.0, together)) if together else Customers(1.0, "")


def _why(share: float, reason: str) -> str:
    return (
        f"counts for {share:.0%}: no row says who belongs to one organisation, {reason}, and a customer's own programs"
        " work like this"
    )


def _registered(group: Group, case: Case) -> bool:
    categories = case.people.categories
    known = categories["payment_bin"].known | categories["email_domain"].known
    return bool(known[group.accounts].sum() >= MOST * len(group))


def _together(group: Group, case: Case) -> str:
    """Return what most members openly have in common, empty if they register apart."""
    members = group.accounts
    for kind in INSTRUMENTS:
        held = case.people.shared[kind].matrix[members] > 0
        if _few(np.asarray(held.sum(axis=0)).ravel(), group, most=len(group) / TO_AN_INSTRUMENT):
            return f"most members share a few of `{kind}`"
    domains = case.people.categories["email_domain"]
    inside = domains.counts(members)
    own = domains.counts() - inside < _OWN * (case.people.size - len(group))
    return "most members have mail domains that are nobody else's" if _few(inside[own], group) else ""


def _few(counts: I64, group: Group, *, most: float = FEW) -> bool:
    """Return whether a few values, each of two members or more, are most members'."""
    counts = counts[counts >= 2]
    return bool(counts.sum() >= MOST * len(group) and len(counts) <= max(FEW, most))
