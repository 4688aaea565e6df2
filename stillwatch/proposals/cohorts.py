"""Accounts alike in two cheap things at once, among whom profiles lie closer together than among strangers.

A client build, an issuer's range, a week of sign-up: each is many people's, and no rare mark. An operator who gives
every account a card and an address of its own still makes them in a few ways, and what these cohorts ask is one
source's. All cohorts of one or two such traits are ranked by how close their profiles lie, in the half of the hours
that proposes, so that the other half can test.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from stillwatch.arrays import I64
from stillwatch.findings import Candidate, chosen_freely
from stillwatch.population import UNKNOWN, Population
from stillwatch.proposals.closeness import Closeness
from stillwatch.proposals.sight import PROFILE_KINDS, Sight

TRAITS = {
    "client": "client_tuple",
    "asn": "shared_address",
    "settings": "",
    "payment_bin": "registration_form",
    "email_domain": "registration_form",
    "email_shape": "registration_form",
    "week": "signup_burst",
}
"""What an operator sets for many accounts at once, and the kind of evidence that reads it."""
_WEEK_US = 7 * 24 * 3_600_000_000
_LARGEST = 0.5
"""Share of all accounts; what more of them have in common is nobody's trait."""


def cohorts(sight: Sight) -> list[Candidate]:
    """Propose the cohorts whose profiles lie closest together for their size, closest first."""
    of = sight.means
    able = of.n >= sight.limits.least_exchanges
    if not of.z.shape[1] or able.sum() < 4 * sight.limits.smallest_group:
        return []
    close = Closeness(of, np.flatnonzero(able))
    traits = traits_of(sight.people)
    found = [cohort for names in trait_sets() for cohort in _of(names, traits, close, sight)]
    best = sorted(found, key=lambda cohort: (-cohort.score, len(cohort.accounts), int(cohort.accounts[0])))
    return [
        Candidate(cohort.accounts, "cohorts", chosen_freely(cohort.chosen_by), "made alike, and asking alike")
        for cohort in best[: sight.limits.cohorts]
    ]


@dataclass(frozen=True, slots=True)
class _Cohort:
    accounts: I64
    chosen_by: frozenset[str]
    score: float


def traits_of(people: Population) -> dict[str, I64]:
    """Return the codes of each trait, shape (accounts,), `UNKNOWN` where it is not known."""
    weeks = np.where(people.created_us == UNKNOWN, UNKNOWN, people.created_us // _WEEK_US)
    return {name: weeks if name == "week" else people.categories[name].codes for name in TRAITS}


def trait_sets() -> Iterator[tuple[str, ...]]:
    """Yield each trait, and each two of them."""
    for count in (1, 2):
        yield from combinations(TRAITS, count)


def labelled(names: tuple[str, ...], traits: dict[str, I64]) -> I64:
    """Return a number for each account, shape (accounts,): the same where all of some traits are, from 0 on, and
    `UNKNOWN` where one of them is not known."""
    rows = np.flatnonzero(np.all([traits[name] != UNKNOWN for name in names], axis=0))
    labels = np.zeros(len(rows), dtype=np.int64)
    for name in names if len(rows) else ():
        codes = traits[name][rows] - traits[name][rows].min()
        labels = labels * (int(codes.max()) + 1) + codes
    out = np.full(len(traits[names[0]]), UNKNOWN, dtype=np.int64)
    out[rows] = np.unique(labels, return_inverse=True)[1]
    return out


def kinds_of(names: tuple[str, ...]) -> frozenset[str]:
    """Return the kinds of evidence that read one of some traits."""
    return frozenset(TRAITS[name] for name in names if TRAITS[name])


def _of(names: tuple[str, ...], traits: dict[str, I64], close: Closeness, sight: Sight) -> Iterator[_Cohort]:
    """Yield the cohorts of one set of traits that are closer than strangers."""
    label = labelled(names, traits)
    sizes = np.bincount(label[label != UNKNOWN])
    fit = (sizes >= sight.limits.smallest_group) & (sizes <= _LARGEST * sight.people.size)
    known = np.flatnonzero(label != UNKNOWN)
    known = known[fit[label[known]]]
    labels = (np.cumsum(fit) - 1)[label[known]]
    scores = close.scores(known, labels, int(fit.sum()))
    order = np.argsort(labels, kind="stable")
    starts = np.concatenate(([0], np.cumsum(sizes[fit])))
    chosen_by = PROFILE_KINDS | kinds_of(names)
    for place in np.flatnonzero(scores > 0).tolist():
        accounts = known[order[starts[place] : starts[place + 1]]].astype(np.int64)
        yield _Cohort(accounts, chosen_by, float(scores[place]))
