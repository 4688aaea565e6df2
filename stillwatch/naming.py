"""From tested groups to campaigns: whose verdict stands, in which order, with which members and under which id.

A weaker group inside a stronger campaign is part of it. One that shares accounts with it is tested again without them:
it may not live on another's evidence, nor may several pools that are alike live on one another's. A group that is
several operators gives way to them (`operators.py`, `pools.py`).
"""

from __future__ import annotations

from bisect import insort
from dataclasses import dataclass, field, replace

import numpy as np

from stillwatch.arrays import I64, Flags
from stillwatch.config import ScanSettings, Weights
from stillwatch.evidence.case import Case, Group, flags
from stillwatch.explain import summary
from stillwatch.findings import Campaign, Earlier, Member, VerdictKind
from stillwatch.follow import lasting_id, new_id
from stillwatch.membership import ROUNDS, Membership, membership
from stillwatch.operators import parts_of
from stillwatch.pools import pools
from stillwatch.population import Population
from stillwatch.verdict import Tested, doubt, judge, q_values, test_group, with_id
from stillwatch.weights import in_force

ABSORBED = 0.5
"""Share of a group that is in a stronger campaign, from which it is a part of that campaign and no group of its own."""

TOO_FEW = "too few of its accounts belong to it by their own evidence, or all others are declared customers"
"""Why a group that passed is not named."""

WHOLE = 0.9
"""Share of a pool whose accounts hand over to one another, and of a part that lies in it."""


def name_groups(
    tested: list[Tested], case: Case, settings: ScanSettings, known: Earlier
) -> list[tuple[Campaign, Group]]:
    """Return every group that stands by itself as a campaign with its id and members, accused or cleared, strongest
    first, and the group as it was tested last."""
    return _Naming(tested, case, settings).named(known)


def ids_of(people: Population, accounts: I64) -> tuple[str, ...]:
    """Return the ids of the accounts at these positions."""
    return tuple(people.ids[i] for i in accounts)


@dataclass(frozen=True, slots=True)
class _Judged:
    """A group with its verdict.

    Attributes:
        whole: the same tested as all its members, where it is accused and that is another group: what would be named.
    """

    tested: Tested
    q_value: float
    verdict: VerdictKind | None
    reason: str
    whole: Tested | None = None

    @property
    def strength(self) -> tuple[bool, float, int, str]:
        """Order of groups: accused before cleared, more bits first, larger first.

        An accused group is as strong as what would be named: one with strangers in it would lose to its purest part,
        and its rest would not stand alone.
        """
        stands = self.whole or self.tested
        scores, group = stands.scores, stands.group
        bits = scores.coordination + scores.extraction + scores.innocence
        return self.verdict is None, -round(bits + float(np.log2(len(group))), 3), -len(group), group.group_id


@dataclass(slots=True)
class _Naming:
    """The groups of one scan while they are named, strongest first.

    Attributes:
        tested: all groups, among which a q-value is taken.
        taken: accounts that a campaign has, shape (accounts,).
        weights: under which verdicts are given.
        pools: of groups that were asked for theirs, by group id.
    """

    tested: list[Tested]
    case: Case
    settings: ScanSettings
    taken: Flags = field(init=False)
    weights: Weights = field(init=False)
    pools: dict[str, list[I64]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.taken = np.zeros(self.case.people.size, dtype=np.bool_)
        self.weights = in_force(self.settings.weights)

    def named(self, known: Earlier) -> list[tuple[Campaign, Group]]:
        """Give every group its id and its members."""
        smallest = self.settings.proposals.smallest_group
        pairs = zip(self.tested, q_values(self.tested), strict=True)
        waiting = sorted((self._weighed(group, q_value) for group, q_value in pairs), key=lambda one: one.strength)
        ids: frozenset[str] = frozenset()
        named = []
        while waiting:
            one = waiting.pop(0)
            group = one.tested.group
            left = int((~self.taken[group.accounts]).sum())
            if left <= (1 - ABSORBED) * len(group) or left < smallest or self._gives_way(one, waiting):
                continue
            parts = self._apart(one)
            for part in parts:
                insort(waiting, self._again(one, part), key=lambda each: each.strength)
            if parts:
                continue
            one = self._as_members(one)
            found = None if one.verdict is None else membership(one.tested, self.case, one.verdict)
            members = group.accounts if found is None else self._left_of(one.tested.group, found)
            if len(members) < smallest:
                one, found, members = replace(one, verdict=None, reason=TOO_FEW), None, group.accounts
            campaign_id = new_id(ids_of(self.case.people, group.accounts))
            if found is not None:
                campaign_id = lasting_id(frozenset(ids_of(self.case.people, members)), known.accounts, ids)
                self.taken[members] = True
            ids |= {campaign_id}
            named.append((_campaign(one, campaign_id, members, found, self.case), one.tested.group))
        return named

    def _weighed(self, tested: Tested, q_value: float) -> _Judged:
        """Return the verdict on a group, and with it how strong it would be as all its members."""
        one = self._verdict(tested, q_value)
        return one if one.verdict is None else replace(one, whole=self._as_members(one).tested)

    def _verdict(self, tested: Tested, q_value: float) -> _Judged:
        verdict, reason = judge(tested.evidence, q_value, self.settings.false_discoveries, self.weights)
        return _Judged(tested, q_value, verdict, reason)

    def _gives_way(self, one: _Judged, waiting: list[_Judged]) -> bool:
        """Return whether an accused group is named with the whole of its pool, or as the operators that it is."""
        if one.verdict is None:
            return False
        if any(self._part_of_pool(one, other) for other in waiting):
            return True
        passing = [other.tested.group.accounts for other in waiting if other.verdict is not None]
        return bool(parts_of(one.tested.group.accounts, passing, self.case))

    def _part_of_pool(self, one: _Judged, other: _Judged) -> bool:
        """Return whether `other` is one whole pool and `one` a part of it, which is named with it."""
        if not one.verdict is other.verdict is VerdictKind.POOLED_ACCESS:
            return False
        part, whole = one.tested.group.accounts, other.tested.group.accounts
        if len(whole) <= len(part) or len(np.intersect1d(part, whole)) < WHOLE * len(part):
            return False
        found = self._pools(other.tested.group)
        return len(found) == 1 and len(found[0]) >= WHOLE * len(whole)

    def _apart(self, one: _Judged) -> list[I64]:
        """Return the parts of an accused group that are to be tested by themselves, none if it may stay whole."""
        accounts = one.tested.group.accounts
        if one.verdict is None:
            return []
        if self.taken[accounts].any():
            return [accounts[~self.taken[accounts]]]
        if one.verdict is not VerdictKind.POOLED_ACCESS:
            return []
        found = self._pools(one.tested.group)
        return found if len(found) > 1 else []

    def _pools(self, group: Group) -> list[I64]:
        """Return the pools that a group falls into; the same whole is held against every part of it."""
        if group.group_id not in self.pools:
            inside = flags(self.case, group.accounts)
            self.pools[group.group_id] = pools(inside, self.case.handoffs, self.settings.proposals)
        return self.pools[group.group_id]

    def _again(self, one: _Judged, part: I64) -> _Judged:
        """Return the verdict on a part of the accounts of a group, among all groups tested."""
        tested = self._test(one, part)
        return self._weighed(tested, max(one.q_value, q_values([*self.tested, tested])[-1]))

    def _as_members(self, one: _Judged) -> _Judged:
        """Return a group of one operator tested once more as all its members, until nobody else joins: a proposer hands
        in a part, whose rest then stands among those it is compared with. Its q-value stays what it was, and so does a
        group that passes as it was handed in alone."""
        if doubt(one.tested.evidence, one.q_value, self.settings.false_discoveries, self.weights):
            return one
        for _ in range(ROUNDS):
            found = membership(one.tested, self.case, one.verdict or VerdictKind.COORDINATED)
            accounts = np.flatnonzero(found.members & ~self.taken)
            few = len(accounts) < self.settings.proposals.smallest_group
            if few or np.array_equal(accounts, one.tested.group.accounts):
                break
            whole = self._verdict(self._test(one, accounts), one.q_value)
            if whole.verdict is None:
                break
            one = whole
        return one

    def _left_of(self, group: Group, found: Membership) -> I64:
        """Return the members of a campaign: of the group as it was tested last, so that nobody is named with accounts
        beside whom the group would not have passed."""
        return np.flatnonzero(found.members & ~self.taken & flags(self.case, group.accounts))

    def _test(self, one: _Judged, accounts: I64) -> Tested:
        """Return a group tested with other accounts in place of its own."""
        group = replace(one.tested.group, group_id=new_id(ids_of(self.case.people, accounts)), accounts=accounts)
        return test_group(group, self.case, self.weights)


def _campaign(one: _Judged, campaign_id: str, members: I64, found: Membership | None, case: Case) -> Campaign:
    people = case.people
    n_exchanges = int(people.n[members].sum())
    window = int(people.totals["first_us"][members].min()), int(people.totals["last_us"][members].max())
    evidence = with_id(one.tested, campaign_id)
    return Campaign(
        campaign_id=campaign_id,
        verdict=one.verdict,
        reason=one.reason,
        scores=one.tested.scores,
        q_value=one.q_value,
        evidence=evidence,
        members=_members(people, members, found),
        n_accounts=len(members),
        n_exchanges=n_exchanges,
        first_ts=window[0],
        last_ts=window[1],
        summary=summary(one.verdict, evidence, reason=one.reason, size=(len(members), n_exchanges), window=window),
        proposer=one.tested.group.proposer,
    )


def _members(people: Population, members: I64, found: Membership | None) -> tuple[Member, ...]:
    """Return the members of a campaign, most certain first; of a cleared group none are named."""
    if found is None:
        return ()
    rows = [
        Member(
            people.ids[i],
            round(float(found.bits[i]), 4),
            int(people.totals["first_us"][i]),
            bool(found.core[i]),
            exchanges=int(people.n[i]),
        )
        for i in members
    ]
    return tuple(sorted(rows, key=lambda row: (-row.bits, row.account_id)))
