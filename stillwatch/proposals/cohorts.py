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

from stillwatch.findings import Candidate, chosen_freely
from stillwatch.likeness import Crowd, Means
from stillwatch.profiles import F64, I64, UNKNOWN, Population
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
    close = _Closeness(of, np.flatnonzero(able))
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


def _of(names: tuple[str, ...], traits: dict[str, I64], close: _Closeness, sight: Sight) -> Iterator[_Cohort]:
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


class _Closeness:
    """How much better one source explains the means of a cohort than strangers do.

    Args:
        of: mean profiles. able: accounts whose means say something.
    """

    def __init__(self, of: Means, able: I64) -> None:
        self._of, self._able = of, np.zeros(len(of.n), dtype=np.bool_)
        self._able[able] = True
        self._excess = Crowd(of, able).without(able[:0]).excess

    def scores(self, accounts: I64, labels: I64, count: int) -> F64:
        """Return for each label half the log likelihood ratio of its spread to that of strangers, shape (count,).

        The spread of a cohort of m accounts is about a chi-square of (m - 1) x columns, times what strangers vary by.
        """
        judged = self._able[accounts]
        rows, label = accounts[judged], labels[judged]
        n, z = self._of.n[rows], self._of.z[rows]
        members = np.bincount(label, minlength=count)
        weight = np.maximum(np.bincount(label, n, count), 1e-9)
        own = np.sum([np.bincount(label, n * column, count) ** 2 for column in z.T], axis=0) / weight
        between = np.bincount(label, n * self._of.squares[rows], count) - own
        strangers = z.shape[1] * members + weight * self._excess.sum()
        ratio = between / np.maximum(strangers * (1.0 - 1.0 / np.maximum(members, 1)), 1e-9)
        ratio = np.clip(ratio, 1e-9, 1.0)
        return np.where(members >= 3, (members - 1) * (ratio - 1.0 - np.log(ratio)), 0.0) * self._of.columns / 2
