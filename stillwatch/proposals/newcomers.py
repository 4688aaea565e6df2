"""Accounts first seen within one day, more of them alike in a cheap thing than newcomers usually are.

An operator who starts a campaign sends its first requests from many accounts at once, long before their profiles can
be compared. A client build, an issuer's range, a mail domain says nothing of one account; among the newcomers of one
day it is as common as among everybody, unless they came together. Who is seen in the first days of a log cannot be
told from a newcomer, and is none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from stillwatch.arrays import I64
from stillwatch.findings import Candidate, Choice
from stillwatch.nulls import binomial_tail
from stillwatch.population import UNKNOWN
from stillwatch.proposals.cohorts import TRAITS, kinds_of, labelled, trait_sets, traits_of
from stillwatch.proposals.sight import Sight

_DAY_US = 24 * 3_600_000_000
QUIET_US = 3 * _DAY_US
"""Microseconds of a log in which an account must not be seen to be a newcomer afterwards; most people who use a model
at all use it again within three days."""
_BY_CHANCE = 0.1
"""Groups as unusual that chance alone may be expected to give, among all that were tried; a cap bounds them besides."""
_TIMED = frozenset({"in_step", "signup_burst"})
"""Evidence that reads when accounts began."""


def newcomers(sight: Sight) -> list[Candidate]:
    """Propose newcomers of one day who share a trait or two, the most unusual first."""
    first = sight.people.totals["first_us"]
    new = np.flatnonzero(first - first.min() >= QUIET_US) if len(first) else first
    if len(new) < sight.limits.smallest_group:
        return []
    traits, everybody = traits_of(sight.people), np.sort(first[new])
    found: list[_Group] = []
    values = 0
    for names in trait_sets():
        label, made = labelled(names, traits), kinds_of(names)
        given = label if made.isdisjoint(_TIMED) else _without_times(names, traits)
        values += int((np.bincount(label[label != UNKNOWN]) >= sight.limits.smallest_group).sum())
        found += _of(label, given, made, everybody, new, sight)
    unusual = [group for group in found if group.chance * len(found) <= _BY_CHANCE]
    best = sorted(unusual, key=lambda group: (group.chance, -len(group.accounts), int(group.accounts[0])))
    return [
        Candidate(group.accounts, "newcomers", group.chosen_by(values, len(new)), "newcomers of one day, made alike")
        for group in best[: sight.limits.newcomers]
    ]


@dataclass(frozen=True, slots=True)
class _Group:
    """Newcomers of one day with one value of some traits.

    Attributes:
        made: kinds of evidence that read one of the traits.
        holders: accounts with the value, whenever they came, but for a trait that is a time.
        came: accounts that came that day, whatever their traits.
        chance: that so many of the newcomers of that day have the value.
    """

    accounts: I64
    made: frozenset[str]
    holders: int
    came: int
    chance: float

    def chosen_by(self, values: int, days: int) -> Mapping[str, Choice]:
        """Return how freely what evidence reads let these be chosen, of so many values and days.

        If it was chance when the accounts began, traits are given, and the members are among those who have the value;
        if it was chance what they are made with, the days are given, and they are among those who came.
        """
        by_trait, by_time = Choice(self.came, days), Choice(self.holders, values)
        return {**dict.fromkeys(self.made, by_trait), **dict.fromkeys(_TIMED, by_time)}


def _without_times(names: tuple[str, ...], traits: dict[str, I64]) -> I64:
    """Return a number for each account, shape (accounts,): the same where all traits are that are no times."""
    given = tuple(name for name in names if TRAITS[name] not in _TIMED)
    return labelled(given, traits) if given else np.zeros(len(traits[names[0]]), dtype=np.int64)


def _of(label: I64, given: I64, made: frozenset[str], everybody: I64, new: I64, sight: Sight) -> Iterator[_Group]:
    """Yield, of each value of one set of traits, its fullest day of newcomers if there are enough in it.

    The chance is by the value's share among all other accounts (binomial, the day taken as given: it only ranks).

    Args:
        given: as `label`, of the traits that are no times. everybody: when all newcomers came, ascending.
    """
    first = sight.people.totals["first_us"]
    all_of = np.bincount(label[label != UNKNOWN])
    holders = np.bincount(given[given != UNKNOWN])
    came = new[label[new] != UNKNOWN]
    came = came[np.lexsort((came, first[came], label[came]))]
    arrivals = np.sort(first[came])
    came = came[np.bincount(label[came], minlength=len(all_of))[label[came]] >= sight.limits.smallest_group]
    for some in np.split(came, np.flatnonzero(np.diff(label[came])) + 1):
        start, inside = _fullest(first[some])
        if inside < sight.limits.smallest_group:
            continue
        begin = int(first[some[start]])
        together = _within_day(arrivals, begin)
        others = int(all_of.sum()) - together
        share = (int(all_of[label[some[0]]]) - inside + 1) / (others + 1)
        chance = binomial_tail(inside, together, min(share, 1.0))
        accounts = np.sort(some[start : start + inside])
        yield _Group(accounts, made, int(holders[given[some[0]]]), _within_day(everybody, begin), chance)


def _within_day(moments: I64, begin: int) -> int:
    """Return how many ascending moments lie within a day from `begin` on."""
    return int(np.searchsorted(moments, begin + _DAY_US, "right") - np.searchsorted(moments, begin, "left"))


def _fullest(first: I64) -> tuple[int, int]:
    """Return where the fullest day of ascending moments begins, and how many it holds."""
    if not len(first):
        return 0, 0
    inside = np.searchsorted(first, first + _DAY_US, "right") - np.arange(len(first))
    return int(np.argmax(inside)), int(inside.max())
