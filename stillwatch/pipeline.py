"""The scan on one page: from a ledger to campaigns. Every line is a stage; read this first."""

from __future__ import annotations

import time
from bisect import insort
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from stillwatch.config import ScanSettings
from stillwatch.coverage import coverage
from stillwatch.engine import Engine
from stillwatch.evidence import EVIDENCE_TABLE
from stillwatch.evidence.build import build_case
from stillwatch.evidence.case import Case, Group, flags
from stillwatch.explain import summary
from stillwatch.findings import Campaign, Candidate, Earlier, Member, Memory, VerdictKind
from stillwatch.follow import lasting_id, new_id
from stillwatch.handoffs import handoffs
from stillwatch.inspection import Availability, availability
from stillwatch.likeness import means
from stillwatch.lineage import memories, with_lineage
from stillwatch.membership import Membership, membership
from stillwatch.operators import parts_of
from stillwatch.parts import told_apart
from stillwatch.pools import pools
from stillwatch.profiles import I64, Flags, Population, population
from stillwatch.proposals import propose
from stillwatch.proposals.sameness import PROPOSING_HALF
from stillwatch.proposals.sight import Sight
from stillwatch.trim import trimmed, without_tenants
from stillwatch.verdict import Tested, doubt, judge, q_values, test_group, with_id
from stillwatch.weights import TODAY

ABSORBED = 0.5
"""Share of a group that is in a stronger campaign, from which it is a part of that campaign and no group of its own."""

WHOLE = 0.9
"""Share of a pool whose accounts hand over to one another, and of a part that lies in it."""


@dataclass(frozen=True, slots=True)
class Scan:
    """All that one scan found.

    Attributes:
        campaigns: groups that passed, strongest first. cleared: groups that did not, in the same order.
        tested: account ids of each group as it was tested, by campaign id: what the queries of its evidence read.
        memories: what each campaign is known by, by campaign id.
        could_not_run: kinds of evidence that this data cannot give, with the reason.
        proposals: candidates by proposer.
        people: the population it looked at.
        timings: seconds by stage.
    """

    campaigns: tuple[Campaign, ...]
    cleared: tuple[Campaign, ...]
    tested: Mapping[str, tuple[str, ...]]
    memories: Mapping[str, Memory]
    could_not_run: tuple[Availability, ...]
    proposals: Mapping[str, int]
    people: Population
    timings: Mapping[str, float]


def scan(
    engine: Engine,
    settings: ScanSettings,
    *,
    known: Earlier,
    on_stage: Callable[[str], None],
    files: Sequence[Path] = (),
) -> Scan:
    """Find the campaigns in the ledger whose sums `engine` has (`rollups`).

    Args:
        known: campaigns that earlier scans found.
        files: of exchanges, where `engine` has no view of them; read only if a campaign is named.
        on_stage: told the name of each stage as it begins.
    """
    clock = _Clock(on_stage)
    clock("profiles")
    people = population(engine)
    known_columns = coverage(engine)
    could = [availability(kind, known_columns.exchanges, known_columns.accounts) for kind in EVIDENCE_TABLE]
    clock("hand-offs")
    moves = handoffs(engine, people)
    clock("proposals")
    candidates = propose(Sight(people, moves, settings.proposals, known))
    clock("evidence")
    case = build_case(engine, people, moves, settings.proposals)
    weights = settings.weights or TODAY
    tested = [test_group(group, case, weights) for group in _groups(candidates, case, settings)]
    clock("verdicts")
    judged = _judged(tested, settings)
    named = _named(judged, case, settings, known)
    clock("parts")
    if files:
        engine.read("exchanges", files)
    campaigns = told_apart([campaign for campaign, _ in named if campaign.verdict is not None], case, engine)
    remembered = memories(campaigns, case)
    clock("end")
    return Scan(
        campaigns=with_lineage(campaigns, remembered, case, known),
        memories=remembered,
        cleared=tuple(campaign for campaign, _ in named if campaign.verdict is None),
        tested={campaign.campaign_id: _ids(people, group.accounts) for campaign, group in named},
        could_not_run=tuple(kind for kind in could if not kind.possible),
        proposals=Counter(candidate.proposer for candidate in candidates),
        people=people,
        timings=clock.timings,
    )


def _groups(candidates: list[Candidate], case: Case, settings: ScanSettings) -> list[Group]:
    """Return the bodies of the candidates, each set of accounts once."""
    of = means(case.people.profiles, PROPOSING_HALF)
    groups: dict[str, Group] = {}
    for candidate in candidates:
        owners = without_tenants(candidate.accounts, case.people.categories["org"])
        if len(owners) < settings.proposals.smallest_group:
            continue
        accounts = trimmed(owners, of, settings.proposals.least_exchanges)
        group_id = new_id(_ids(case.people, accounts))
        groups.setdefault(group_id, Group(group_id, accounts, candidate.chosen_by, candidate.proposer))
    return list(groups.values())


@dataclass(frozen=True, slots=True)
class _Judged:
    tested: Tested
    q_value: float
    verdict: VerdictKind | None
    reason: str

    @property
    def strength(self) -> tuple[bool, float, int, str]:
        """Order of groups: accused before cleared, more bits first, larger first."""
        scores = self.tested.scores
        bits = scores.coordination + scores.extraction + scores.innocence
        group = self.tested.group
        return self.verdict is None, -round(bits + float(np.log2(len(group))), 3), -len(group), group.group_id


def _judged(tested: list[Tested], settings: ScanSettings) -> list[_Judged]:
    """Return all groups with their verdicts, strongest first."""
    judged = [_verdict(group, q_value, settings) for group, q_value in zip(tested, q_values(tested), strict=True)]
    return sorted(judged, key=lambda one: one.strength)


def _verdict(tested: Tested, q_value: float, settings: ScanSettings) -> _Judged:
    verdict, reason = judge(tested.evidence, q_value, settings.false_discoveries, settings.weights or TODAY)
    return _Judged(tested, q_value, verdict, reason)


def _named(judged: list[_Judged], case: Case, settings: ScanSettings, known: Earlier) -> list[tuple[Campaign, Group]]:
    """Give every group its id and its members, strongest first; one that is several operators gives way to them, a
    weaker group inside a stronger campaign is part of it, and one that shares accounts with it is tested again without
    them: it may not live on another's evidence; nor may several pools that are alike live on one another's."""
    taken = np.zeros(case.people.size, dtype=np.bool_)
    ids: frozenset[str] = frozenset()
    named, waiting = [], list(judged)
    while waiting:
        one = waiting.pop(0)
        group = one.tested.group
        left = int((~taken[group.accounts]).sum())
        if left <= (1 - ABSORBED) * len(group) or left < settings.proposals.smallest_group:
            continue
        if any(_part_of_pool(one, other, case, settings) for other in waiting):
            continue
        if one.verdict is not None and parts_of(group.accounts, _passing(waiting), case):
            continue
        parts = _apart(one, taken, case, settings)
        if parts:
            for part in parts:
                insort(waiting, _again(one, part, judged, case=case, settings=settings), key=lambda each: each.strength)
            continue
        one, found = _whole(one, taken, case, settings)
        members = group.accounts if found is None else np.flatnonzero(found.members & ~taken)
        if len(members) < settings.proposals.smallest_group:
            continue
        campaign_id = new_id(_ids(case.people, group.accounts))
        if found is not None:
            campaign_id = lasting_id(frozenset(_ids(case.people, members)), known.accounts, ids)
            taken[members] = True
        ids |= {campaign_id}
        named.append((_campaign(one, campaign_id, members, found, case), one.tested.group))
    return named


def _passing(judged: Sequence[_Judged]) -> list[I64]:
    """Return the accounts of the groups that are accused, in their order."""
    return [one.tested.group.accounts for one in judged if one.verdict is not None]


def _whole(one: _Judged, taken: Flags, case: Case, settings: ScanSettings) -> tuple[_Judged, Membership | None]:
    """Return a group of one operator with its members, tested once more as all of them: a proposer hands in a part,
    whose rest then stands among those it is compared with. Its q-value stays what it was."""
    weights = settings.weights or TODAY
    if doubt(one.tested.evidence, one.q_value, settings.false_discoveries, weights):
        return one, None
    found = membership(one.tested, case, one.verdict or VerdictKind.COORDINATED)
    part = one, found if one.verdict is not None else None
    accounts = np.flatnonzero(found.members & ~taken)
    if len(accounts) < settings.proposals.smallest_group or np.array_equal(accounts, one.tested.group.accounts):
        return part
    group = one.tested.group
    group = replace(group, group_id=new_id(_ids(case.people, accounts)), accounts=accounts)
    tested = test_group(group, case, weights)
    whole = _verdict(tested, one.q_value, settings)
    if whole.verdict is None:
        return part
    return whole, membership(tested, case, whole.verdict)


def _apart(one: _Judged, taken: Flags, case: Case, settings: ScanSettings) -> list[I64]:
    """Return the parts of an accused group that are to be tested by themselves, none if it may be named as it is."""
    accounts = one.tested.group.accounts
    if one.verdict is None:
        return []
    if taken[accounts].any():
        return [accounts[~taken[accounts]]]
    if one.verdict is not VerdictKind.POOLED_ACCESS:
        return []
    found = pools(flags(case, accounts), case.handoffs, settings.proposals)
    return found if len(found) > 1 else []


def _part_of_pool(one: _Judged, other: _Judged, case: Case, settings: ScanSettings) -> bool:
    """Return whether `other` is one whole pool and `one` a part of it, which is named with it."""
    if not one.verdict is other.verdict is VerdictKind.POOLED_ACCESS:
        return False
    part, whole = one.tested.group.accounts, other.tested.group.accounts
    if len(whole) <= len(part) or len(np.intersect1d(part, whole)) < WHOLE * len(part):
        return False
    found = pools(flags(case, whole), case.handoffs, settings.proposals)
    return len(found) == 1 and len(found[0]) >= WHOLE * len(whole)


def _again(one: _Judged, part: I64, judged: list[_Judged], *, case: Case, settings: ScanSettings) -> _Judged:
    """Return the verdict on a part of the accounts of a group, among all groups tested."""
    group = replace(one.tested.group, group_id=new_id(_ids(case.people, part)), accounts=part)
    tested = test_group(group, case, settings.weights or TODAY)
    q_value = q_values([*(other.tested for other in judged), tested])[-1]
    return _verdict(tested, max(one.q_value, q_value), settings)


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


def _ids(people: Population, accounts: I64) -> tuple[str, ...]:
    return tuple(people.ids[i] for i in accounts)


class _Clock:
    """Seconds by stage, and a word to whoever shows progress."""

    def __init__(self, on_stage: Callable[[str], None]) -> None:
        self.timings: dict[str, float] = {}
        self._on_stage, self._stage, self._since = on_stage, "", time.perf_counter()

    def __call__(self, stage: str) -> None:
        now = time.perf_counter()
        if self._stage:
            self.timings[self._stage] = round(now - self._since, 3)
        self._stage, self._since = stage, now
        self._on_stage(stage)
