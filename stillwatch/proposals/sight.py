"""What a proposer may look at, and how habits are read off it."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from stillwatch.arrays import I64
from stillwatch.config import ProposalLimits
from stillwatch.findings import Earlier
from stillwatch.handoffs import Handoffs
from stillwatch.likeness import Means
from stillwatch.population import SCAFFOLDS, Incidence, Population

TEMPLATE_KINDS = frozenset({"shared_scaffold", "templated_tasks"})
"""Evidence that reads scaffolds."""
INSTRUMENT_KINDS = frozenset({"shared_instrument", "one_device"})
"""Evidence that reads payment instruments and devices."""
PROFILE_KINDS = frozenset({"set_apart"})
"""Evidence of sameness that other hours do not free of having been chosen by: an odd corner of a population is odd in
both halves (`docs/concepts/sameness.md`, level)."""

_AT_A_TIME = 1 << 16
"""Accounts whose habits are told at a time."""


@dataclass(frozen=True)
class Sight:
    """The account-sized data of a scan.

    Attributes:
        known: campaigns that earlier scans found.
    """

    people: Population
    handoffs: Handoffs
    limits: ProposalLimits
    known: Earlier

    @property
    def means(self) -> Means:
        """Mean profiles from the half of the hours that proposes."""
        return self.people.means.proposing

    @functools.cached_property
    def carried(self) -> Mapping[str, sparse.csc_array]:
        """Exchanges that carry a habit, by kind of scaffold, see `habitual`."""
        return {kind: habitual(self.people.shared[kind], self.people, self.limits) for kind in SCAFFOLDS}

    @functools.cached_property
    def habits(self) -> Mapping[str, sparse.csc_array]:
        """Habits of all accounts by kind of scaffold, see `habits`."""
        return {kind: ones(carried) for kind, carried in self.carried.items()}


def habits(incidence: Incidence, people: Population, limits: ProposalLimits) -> sparse.csc_array:
    """Return 1 where a mark is a habit of an account (not a passing phrase), shape (accounts, marks)."""
    return ones(habitual(incidence, people, limits))


def ones(held: sparse.csc_array) -> sparse.csc_array:
    """Return 1 where `held` has a value; places are shared with it."""
    return sparse.csc_array((np.ones_like(held.data), held.indices, held.indptr), shape=held.shape)


def habitual(incidence: Incidence, people: Population, limits: ProposalLimits) -> sparse.csc_array:
    """Return how many exchanges of an account carry a mark that is a habit of it, shape (accounts, marks)."""
    held = incidence.matrix
    often = np.zeros(held.nnz, dtype=np.bool_)
    for first in range(0, held.shape[0], _AT_A_TIME):
        bounds = held.indptr[first : first + _AT_A_TIME + 1]
        part = slice(bounds[0], bounds[-1])
        least = np.maximum(limits.habit_least, limits.habit_share * people.n[first : first + _AT_A_TIME])
        often[part] = held.data[part] >= np.repeat(least, np.diff(bounds))
    kept = np.concatenate((held.indptr[:1], np.cumsum(often, dtype=held.indptr.dtype)))[held.indptr]
    return sparse.csr_array((held.data[often], held.indices[often], kept), shape=held.shape).tocsc()


def column_holders(habit: sparse.csc_array) -> I64:
    """Return how many accounts have each habit, shape (marks,)."""
    return np.asarray(np.diff(habit.indptr), dtype=np.int64)
