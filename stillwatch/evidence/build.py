"""The case that all evidence of one scan is tested on."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy import sparse

from stillwatch.config import ProposalLimits
from stillwatch.engine import Engine, Query
from stillwatch.evidence.case import Case
from stillwatch.evidence.in_step import own_time
from stillwatch.evidence.templated_tasks import templated
from stillwatch.handoffs import Handoffs
from stillwatch.likeness import means
from stillwatch.profiles import SCAFFOLDS, Incidence, Population
from stillwatch.proposals.sight import column_holders, habits

TESTING_HALF = 1
"""Half of the hours that tests sameness; the other half proposed."""

HOURLY = Query("hourly", "select account_id, hour, n from account_hours")


def build_case(engine: Engine, people: Population, moves: Handoffs, limits: ProposalLimits) -> Case:
    """Gather what the evidence functions read."""
    return case_of(people, moves, _hourly(engine, people), limits)


def case_of(people: Population, moves: Handoffs, hourly: sparse.csr_array, limits: ProposalLimits) -> Case:
    """Return the case of a population, by its exchanges per account and hour; see `Case.hourly`."""
    habitual = {kind: _habits(kind, people, limits) for kind in SCAFFOLDS}
    return Case(
        people=people,
        handoffs=moves,
        tested=means(people.profiles, TESTING_HALF),
        overall=means(people.profiles),
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
    table = engine.table(HOURLY)
    rows = np.asarray(pc.index_in(table.column("account_id"), value_set=pa.array(people.ids, pa.string())).to_numpy())
    hours = np.asarray(table.column("hour").to_numpy(), dtype=np.int64)
    first = int(hours.min())
    shape = (people.size, int(hours.max()) - first + 1)
    return sparse.csr_array((np.asarray(table.column("n").to_numpy()), (rows, hours - first)), shape=shape)
