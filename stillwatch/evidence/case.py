"""What a kind of evidence is given: a group, the population around it, and the words it answers with."""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar, cast

import numpy as np
from scipy import sparse, stats

from stillwatch.arrays import F64, I64, Flags
from stillwatch.config import ProposalLimits
from stillwatch.engine import Query, Value
from stillwatch.findings import Choice, Number
from stillwatch.handoffs import Handoffs
from stillwatch.held import Users, holders
from stillwatch.likeness import Crowd, Means
from stillwatch.nulls import bits_of, drawn_tails
from stillwatch.others import Ranked, Rates
from stillwatch.population import Incidence, Population

RANDOM_GROUPS = 100
"""Random groups that a group is compared with, where the null has no closed form."""
SMALLEST_DRAWN = 1.0 / (RANDOM_GROUPS + 1) ** 2
"""Smallest p-value that may speak against a group on the strength of so few draws: the square of what they support."""
LEAST_SAMENESS = 6
"""Exchanges in the testing half of the hours; sameness passes accounts with fewer over."""
LARGEST_SAMPLE = 400
"""Members of a larger group that are drawn on where the null is random groups; evenly spaced by id."""


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Group:
    """A candidate under test.

    Attributes:
        group_id: id that its evidence and exhibits carry.
        accounts: positions in the population, ascending, shape (members,).
        chosen_by: kinds of evidence that read what made the proposal, and how freely it chose.
        proposer: who made it.
    """

    group_id: str
    accounts: I64
    chosen_by: Mapping[str, Choice]
    proposer: str
    _once: dict[Hashable, object] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.accounts)

    def once(self, of: Callable[[Group, Case], T], case: Case) -> T:
        """Return `of(self, case)`, computed when the first kind asks for it; it is kept with the group, so it should be
        small."""
        if (of, case) not in self._once:
            self._once[of, case] = of(self, case)
        return cast(T, self._once[of, case])


@dataclass(frozen=True, eq=False)
class Case:
    """All accounts, as evidence sees them.

    Attributes:
        habits: habitual marks by kind of scaffold, 0 or 1.
        hourly: exchanges per account and hour since the first, CSR, shape (accounts, hours).
        limits: what counts as a habit.
        templated: share of prompts in any template that two accounts have as a habit.
        own_time: sum over hours of each account's squared deviation from its means of hour and day, (accounts,).
    """

    people: Population
    handoffs: Handoffs
    habits: Mapping[str, Incidence]
    hourly: sparse.csr_array
    own_time: F64
    templated: Rates
    limits: ProposalLimits
    _once: dict[Hashable, object] = field(default_factory=dict, init=False, repr=False)

    @property
    def tested(self) -> Means:
        """Mean profiles from the half of the hours that did not propose."""
        return self.people.means.testing

    @property
    def overall(self) -> Means:
        """Mean profiles from all hours."""
        return self.people.means.overall

    def once(self, of: Callable[..., T], *about: str) -> T:
        """Return `of(people, *about)`, computed when it is first asked for.

        What a kind of evidence reads of all accounts is the same for every group; `of` is a function of a module.
        """
        if (of, about) not in self._once:
            self._once[of, about] = of(self.people, *about)
        return cast(T, self._once[of, about])

    @functools.cached_property
    def compared(self) -> Crowd:
        """Accounts that sameness compares, by the half of the hours that tests."""
        return Crowd(self.tested, np.flatnonzero(self.tested.n >= LEAST_SAMENESS))

    @functools.cached_property
    def everybody(self) -> Crowd:
        """Accounts that have a mean profile, by all hours."""
        return Crowd(self.overall, np.flatnonzero(self.overall.known))

    @functools.cached_property
    def users(self) -> Mapping[str, Users]:
        """Who ever used each text that is a habit of two accounts, by kind of scaffold."""
        return {
            kind: Users(self.people.shared[kind], np.flatnonzero(habit.holders >= 2))
            for kind, habit in self.habits.items()
        }

    @functools.cached_property
    def scaffolds(self) -> int:
        """Marks that are a habit of two accounts, of all kinds of scaffold."""
        return sum(int((habit.holders >= 2).sum()) for habit in self.habits.values())


@dataclass(frozen=True, slots=True)
class Finding:
    """The answer of one test, before weights and caps.

    Attributes:
        p_value: under the null; None says that there was not enough to test.
        statement: one sentence, or the reason why it could not be tested.
        numbers: values used. exhibits: ids to look at. query: SQL for the numbers, with the group's id in it.
        share: part of the members that the statement is about; what holds of a tenth says a tenth about the group.
    """

    p_value: float | None
    statement: str
    numbers: Mapping[str, Number] = field(default_factory=dict)
    exhibits: tuple[str, ...] = ()
    query: str = ""
    share: float = 1.0

    @property
    def bits(self) -> float:
        """Bits against the null, 0 without a test."""
        return 0.0 if self.p_value is None else bits_of(self.p_value)


def untested(reason: str, **numbers: Number) -> Finding:
    """Return the finding that there is not enough to test, and why."""
    return Finding(None, reason, numbers)


def bound(query: Query, group: Group, **values: Value) -> str:
    """Return the SQL that gives a group's numbers again on the ledger."""
    return query.bind(group=group.group_id, **values)


def flags(case: Case, accounts: I64) -> Flags:
    """Return which accounts are among `accounts`, shape (accounts,)."""
    out = np.zeros(case.people.size, dtype=np.bool_)
    out[accounts] = True
    return out


def outside(case: Case, group: Group) -> I64:
    """Return all accounts that are not in the group, ascending."""
    return np.flatnonzero(~flags(case, group.accounts)).astype(np.int64)


def names(case: Case, accounts: I64, most: int = 5) -> tuple[str, ...]:
    """Return the ids of the first accounts, for exhibits."""
    return tuple(case.people.ids[i] for i in accounts[:most])


def sample(accounts: I64, group: Group, case: Case) -> I64:
    """Return at most `LARGEST_SAMPLE` of `accounts`, which are members, evenly spaced, and no more than a third of all
    other accounts: a group that is most of the scan is held, by a part of it, against those who are left."""
    most = min(LARGEST_SAMPLE, (case.people.size - len(group)) // 3)
    if len(accounts) <= most or not most:
        return accounts
    return accounts[np.linspace(0, len(accounts) - 1, most).astype(np.int64)]


def matched_groups(case: Case, members: I64, group: Group, *, seed: int = 0) -> I64 | None:
    """Return random groups of outsiders as active as `members`, shape (RANDOM_GROUPS, members).

    Each member is replaced by one of the outsiders nearest to it in number of exchanges (a twentieth of them all, at
    least twenty); nobody stands in one group twice. None if there are fewer than three
    times as many outsiders as members.
    """
    others = case.once(by_exchanges).without(group.accounts)
    if len(others) < max(3 * len(members), 30):
        return None
    width = max(len(others) // 20, 20)
    places = np.sort(others.below(case.people.n[members]))
    steps = np.random.default_rng(seed).integers(-width // 2, width // 2 + 1, size=(RANDOM_GROUPS, len(members)))
    return others.at(_apart(np.sort(places[None, :] + steps, axis=1), len(others)))


def by_exchanges(people: Population) -> Ranked:
    """Return all accounts in the order of their number of exchanges."""
    return Ranked(people.n)


def as_active(case: Case, members: I64, group: Group) -> I64:
    """Return outsiders as active as `members`, in whose place they stood in random groups: the same account may come
    again. All outsiders where they are too few for that."""
    drawn = matched_groups(case, sample(members, group, case), group, seed=2)
    return outside(case, group) if drawn is None else drawn.ravel()


def _apart(places: I64, size: int) -> I64:
    """Return the rows of `places`, ascending, made distinct and in `range(size)`, about as much down as up."""
    order = np.arange(places.shape[1])
    pushed = np.maximum.accumulate(places - order, axis=1) + order
    back = np.rint((pushed - places).mean(axis=1, keepdims=True)).astype(np.int64)
    kept = np.maximum.accumulate(np.maximum(places - back, 0) - order, axis=1)
    return np.asarray(np.minimum(kept, size - places.shape[1]) + order)


def counts_of(people: Population, trait: str) -> I64:
    """Return how many of all accounts have each value of a trait, shape (values,)."""
    return people.categories[trait].counts()


def against_random(value: float, drawn: F64) -> tuple[float, float]:
    """Return P(as low) and P(as high) for a statistic against its values in random groups, shape (RANDOM_GROUPS,).

    A t tail on the drawn mean and deviation, never below `SMALLEST_DRAWN`.
    """
    deviation = float(drawn.std(ddof=1)) * (1 + 1 / len(drawn)) ** 0.5
    if deviation <= 0:
        low = 1.0 if value >= drawn[0] else 1 / (len(drawn) + 1)
        high = 1.0 if value <= drawn[0] else 1 / (len(drawn) + 1)
        return low, high
    t = (value - float(drawn.mean())) / deviation
    freedom = len(drawn) - 1
    return max(float(stats.t.cdf(t, freedom)), SMALLEST_DRAWN), max(float(stats.t.sf(t, freedom)), SMALLEST_DRAWN)


def holders_of(people: Population, kind: str) -> tuple[I64, I64]:
    """Return the numbers of holders that marks of a kind have, ascending, and how many marks have each."""
    numbers, marks = np.unique(people.shared[kind].holders, return_counts=True)
    return numbers, marks


def shared_by_chance(case: Case, kind: str, members: int) -> float:
    """Return how many marks of a kind two or more of `members` random accounts hold, on average."""
    numbers, marks = case.once(holders_of, kind)
    rate = members / case.people.size
    none = (1 - rate) ** numbers
    one = numbers * rate * (1 - rate) ** np.maximum(numbers - 1, 0)
    return float(np.clip(1 - none - one, 0, 1) @ marks)


def strongest_mark(marks: Incidence, group: Group, case: Case) -> float:
    """Return the p-value of the mark with the least probable number of members (hypergeometric, Bonferroni).

    The correction is for all marks that two accounts of the scan hold, whether a member is among them or not.
    """
    held, among = holders(marks.matrix[group.accounts])
    shared = among >= 2
    if not shared.any():
        return 1.0
    tails = drawn_tails(among[shared], len(group), marks.holders[held[shared]], case.people.size)
    return float(min(1.0, tails.min() * len(marks.holders)))
