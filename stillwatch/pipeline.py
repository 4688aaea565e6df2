"""The scan on one page: from a ledger to campaigns. Every line is a stage; read this first."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from stillwatch.config import ScanSettings
from stillwatch.coverage import coverage
from stillwatch.engine import Engine
from stillwatch.evidence import EVIDENCE_TABLE
from stillwatch.evidence.build import build_case
from stillwatch.evidence.case import Group
from stillwatch.findings import Campaign, Candidate, Earlier, Memory
from stillwatch.follow import new_id
from stillwatch.handoffs import handoffs
from stillwatch.inspection import Availability, availability
from stillwatch.lineage import memories, with_lineage
from stillwatch.naming import ids_of, name_groups
from stillwatch.parts import told_apart
from stillwatch.population import Population, population
from stillwatch.proposals import propose
from stillwatch.proposals.sight import Sight
from stillwatch.trim import body_of
from stillwatch.verdict import test_group
from stillwatch.weights import in_force


@dataclass(frozen=True, slots=True)
class Scan:
    """All that one scan found.

    Attributes:
        campaigns: groups that passed, strongest first. cleared: groups that did not, in the same order.
        tested: account ids of each group as it was tested, by campaign id: what the queries of its evidence read.
        memories: what each campaign is known by, by campaign id.
        could_not_run: kinds of evidence that this data cannot give, with the reason.
        proposals: candidates by proposer. customers: how many of them were several declared customers and nobody else.
        people: the population it looked at.
        timings: seconds by stage.
    """

    campaigns: tuple[Campaign, ...]
    cleared: tuple[Campaign, ...]
    tested: Mapping[str, tuple[str, ...]]
    memories: Mapping[str, Memory]
    could_not_run: tuple[Availability, ...]
    proposals: Mapping[str, int]
    customers: int
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
    clock = _Clock(engine, on_stage)
    clock("profiles")
    people = population(engine, settings.proposals)
    known_columns = coverage(engine)
    could = [availability(kind, known_columns.exchanges, known_columns.accounts) for kind in EVIDENCE_TABLE]
    clock("hand-offs")
    moves = handoffs(engine, people)
    clock("proposals")
    candidates, groups, customers = _proposed(Sight(people, moves, settings.proposals, known))
    clock("evidence")
    case = build_case(engine, people, moves, settings.proposals)
    weights = in_force(settings.weights)
    tested = [test_group(group, case, weights) for group in groups]
    clock("verdicts")
    named = name_groups(tested, case, settings, known)
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
        tested={campaign.campaign_id: ids_of(people, group.accounts) for campaign, group in named},
        could_not_run=tuple(kind for kind in could if not kind.possible),
        proposals=Counter(candidate.proposer for candidate in candidates),
        customers=customers,
        people=people,
        timings=clock.timings,
    )


def _proposed(sight: Sight) -> tuple[list[Candidate], list[Group], int]:
    """Return the candidates, the bodies of them that are to be tested, each set of accounts once, and how many have no
    body: nobody is left of them without declared customers."""
    candidates, organisations = propose(sight), sight.people.categories["declared"]
    limits, customers = sight.limits, 0
    groups: dict[str, Group] = {}
    for candidate in candidates:
        accounts = body_of(
            candidate.accounts, organisations, sight.means, least=limits.least_exchanges, smallest=limits.smallest_group
        )
        if not len(accounts):
            customers += 1
            continue
        group_id = new_id(ids_of(sight.people, accounts))
        groups.setdefault(group_id, Group(group_id, accounts, candidate.chosen_by, candidate.proposer))
    return candidates, list(groups.values()), customers


class _Clock:
    """Seconds by stage, a word to whoever shows progress, and a look at the memory that each stage begins with."""

    def __init__(self, engine: Engine, on_stage: Callable[[str], None]) -> None:
        self.timings: dict[str, float] = {}
        self._engine, self._on_stage = engine, on_stage
        self._stage, self._since = "", time.perf_counter()

    def __call__(self, stage: str) -> None:
        """Begin a stage.

        Raises:
            StillwatchError: what earlier stages left in memory is more than this process may hold.
        """
        self._engine.rest()
        self._engine.plan.need(0, f"what the scan holds after `{self._stage or 'reading'}`")
        now = time.perf_counter()
        if self._stage:
            self.timings[self._stage] = round(now - self._since, 3)
        self._stage, self._since = stage, now
        self._on_stage(stage)
