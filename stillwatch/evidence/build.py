"""The case that all evidence of one scan is tested on."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from stillwatch.arrays import as_narrow, narrow
from stillwatch.config import ProposalLimits
from stillwatch.engine import Engine, Query
from stillwatch.evidence.case import Case
from stillwatch.evidence.in_step import own_time
from stillwatch.evidence.templated_tasks import templated
from stillwatch.handoffs import Handoffs
from stillwatch.population import SCAFFOLDS, Incidence, Population
from stillwatch.profiles import parts
from stillwatch.proposals.sight import column_holders, habits

HOURLY = Query(
    "hourly",
    """
    select place, cast(hour as integer) as hour, cast(account_hours.n as integer) as n from account_hours
    join account_places on account_places.account_id = account_hours.account_id
    where account_hours.account_id >= :first and account_hours.account_id <= :last order by place, hour""",
)


def build_case(engine: Engine, people: Population, moves: Handoffs, limits: ProposalLimits) -> Case:
    """Gather what the evidence functions read."""
    return case_of(people, moves, _hourly(engine, people), limits)


def case_of(people: Population, moves: Handoffs, hourly: sparse.csr_array, limits: ProposalLimits) -> Case:
    """Return the case of a population, by its exchanges per account and hour; see `Case.hourly`."""
    habitual = {kind: _habits(kind, people, limits) for kind in SCAFFOLDS}
    return Case(
        people=people,
        handoffs=moves,
        habits=habitual,
        hourly=hourly,
        own_time=own_time(hourly),
        limits=limits,
        templated=templated(people, habitual),
    )


def _habits(kind: str, people: Population, limits: ProposalLimits) -> Incidence:
    shared = people.shared[kind]
    held = habits(shared, people, limits)
    return Incidence(kind, sparse.csr_array(held), column_holders(held), shared.marks)


def _hourly(engine: Engine, people: Population) -> sparse.csr_array:
    some = [engine.columns(HOURLY, first=first, last=last) for first, last in parts(people.ids, people.n)]
    found = {name: np.concatenate([part.pop(name) for part in some]) for name in ("place", "hour", "n")}
    begin, end = found["hour"].min(), found["hour"].max()
    bounds = np.searchsorted(found.pop("place"), np.arange(people.size + 1)).astype(narrow(len(found["n"])))
    hours = found.pop("hour")
    hours -= begin
    return sparse.csr_array((as_narrow(found["n"]), hours, bounds), shape=(people.size, int(end - begin) + 1))
