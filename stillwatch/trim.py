"""The body of a candidate: without declared customers that only look alike, and without accounts that lie far from it.

Two fleets of two companies may ask alike, and together they are no operator: what the accounts of one declared
organisation share is explained by it.
A proposer's net brings in strangers, and a few of them make interchangeable accounts look different. They are dropped
by the half of the hours that proposes, so that the other half tests a group it did not choose. Whether a dropped
account belongs after all is asked again, of its own evidence, in `membership.py`.
"""

from __future__ import annotations

import numpy as np

from stillwatch.arrays import I64
from stillwatch.likeness import Means, distances, radius, spread
from stillwatch.population import UNKNOWN, Category

BODY_DEVIATIONS = 3.0
"""Standard deviations of chance within which an account belongs to the body."""
TENANT = 0.05
"""Share of a candidate from which the accounts of one declared organisation are left out of it."""
TENANT_LEAST = 3
"""Accounts; two or fewer of one organisation prove no fleet."""
TENANT_MOST = 10
"""Accounts of one declared organisation that are left out of a candidate of any size: the more companies use one
program, the smaller a part of them each is. Judged: an operator who declares organisations makes them small."""
MOST = 0.8
"""Share of a candidate from which it is that organisation, and is tested as such."""
_BODY = 0.5
"""Share of a candidate that must remain; a net that holds mostly strangers is tested as it is."""


def body_of(accounts: I64, organisations: Category, of: Means, *, least: float, smallest: int) -> I64:
    """Return the accounts of a candidate that are to be tested; none if without declared customers hardly any are left.

    Args:
        of, least: see `trimmed`. smallest: accounts that are a group.
    """
    if is_one_tenant(accounts, organisations):
        return trimmed(accounts, of, least)
    owners = without_tenants(accounts, organisations)
    near = trimmed(owners, of, least)
    left = without_tenants(near, organisations)
    enough = len(owners) >= smallest and (len(left) >= smallest or len(left) == len(near))
    return left if enough else left[:0]


def is_one_tenant(accounts: I64, organisations: Category) -> bool:
    """Return whether most of `accounts` are of one declared organisation."""
    return bool(organisations.counts(accounts).max(initial=0) >= MOST * len(accounts))


def without_tenants(accounts: I64, organisations: Category) -> I64:
    """Return `accounts` without those of declared organisations that make up a part of them, ascending.

    An organisation that is a part of what others leave is left out as well.
    """
    left, counts = accounts, organisations.counts(accounts)
    while (tenants := counts >= np.clip(TENANT * len(left), TENANT_LEAST, TENANT_MOST)).any():
        codes = organisations.codes[left]
        left = left[~((codes != UNKNOWN) & tenants[codes])]
        counts = organisations.counts(left)
    return np.asarray(left)


def trimmed(accounts: I64, of: Means, least: float) -> I64:
    """Return `accounts` without those far from their common mean, or all of them if they have none.

    Args:
        of: mean profiles from the proposing half.
        least: exchanges; accounts with fewer are kept, since they cannot be far from anything.
    """
    judged = accounts[of.n[accounts] >= least]
    if len(judged) < 5 or not of.z.shape[1]:
        return accounts
    limit = radius(of, BODY_DEVIATIONS)
    near = judged
    for _ in range(3):
        body = spread(of, near)
        near = judged[distances(of.take(judged), body) <= limit]
        if len(near) < _BODY * len(judged):
            return accounts
    kept = (distances(of.take(accounts), body) <= limit) | (of.n[accounts] < least)
    return np.asarray(accounts[kept])
