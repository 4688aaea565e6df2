"""New accounts that carry the marks of accounts that were suspended, or of a campaign that an earlier scan found."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from stillwatch.findings import Candidate
from stillwatch.profiles import I64, SCAFFOLDS, UNKNOWN
from stillwatch.proposals.sight import INSTRUMENT_KINDS, TEMPLATE_KINDS, Sight, column_holders, habits

_KINDS = (*SCAFFOLDS, "payment_id", "device_id")


def regrowth(sight: Sight) -> list[Candidate]:
    """Propose each known group together with the newer accounts that share its marks."""
    found = []
    for name, seeds in _known_groups(sight):
        group = np.union1d(seeds, _carriers(sight, seeds)).astype(np.int64)
        if len(group) > len(seeds) and len(group) >= sight.limits.smallest_group:
            found.append(Candidate(group, "regrowth", TEMPLATE_KINDS | INSTRUMENT_KINDS, f"carry the marks of {name}"))
    return found


def _known_groups(sight: Sight) -> list[tuple[str, I64]]:
    place = {account: i for i, account in enumerate(sight.people.ids)}
    groups = [
        (f"campaign {campaign}", np.array(sorted(place[a] for a in accounts if a in place), dtype=np.int64))
        for campaign, accounts in sorted(sight.known.items())
    ]
    status = sight.people.categories["status"]
    if "suspended" in status.values:
        groups.append(("suspended accounts", np.flatnonzero(status.codes == status.values.index("suspended"))))
    return [(name, seeds) for name, seeds in groups if len(seeds)]


def _carriers(sight: Sight, seeds: I64) -> I64:
    """Return accounts outside `seeds` that share a mark with two of them and were made after the first one ended."""
    people = sight.people
    ended = people.status_us[seeds]
    since = ended[ended != UNKNOWN].min() if (ended != UNKNOWN).any() else UNKNOWN
    newer = people.created_us >= since
    carriers = np.zeros(people.size, dtype=bool)
    for kind in _KINDS:
        incidence = people.shared[kind]
        scaffold = kind in SCAFFOLDS
        held = habits(incidence, people, sight.limits) if scaffold else sparse.csc_array(incidence.matrix)
        holders = column_holders(held)
        among = np.asarray((held[seeds] > 0).sum(axis=0)).ravel()
        telling = np.flatnonzero((among >= 2) & (2 * among * len(seeds) >= holders) & (holders <= 4 * len(seeds)))
        carriers[held[:, telling].tocoo().row] = True
    carriers[seeds] = False
    return np.flatnonzero(carriers & newer).astype(np.int64)
