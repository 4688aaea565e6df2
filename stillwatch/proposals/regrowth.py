"""New accounts that carry the marks of accounts that were suspended, or of a campaign that an earlier scan found.

A campaign is known by its accounts, as long as the ledger has them, and by the marks that a watch remembers of it. One
that a person called a false alarm is not looked for.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from stillwatch.arrays import I64
from stillwatch.findings import Candidate, Memory, chosen_freely
from stillwatch.population import INSTRUMENTS, SCAFFOLDS, UNKNOWN
from stillwatch.proposals.sight import INSTRUMENT_KINDS, TEMPLATE_KINDS, Sight, column_holders

_KINDS = (*SCAFFOLDS, *INSTRUMENTS)
_CHOSEN_BY = chosen_freely(TEMPLATE_KINDS | INSTRUMENT_KINDS)


def regrowth(sight: Sight) -> list[Candidate]:
    """Propose each known group together with the newer accounts that share its marks."""
    found = []
    for name, seeds, memory in _known_groups(sight):
        carriers = np.union1d(_carriers(sight, seeds) if len(seeds) else seeds, _reminders(sight, memory))
        group = np.union1d(seeds, carriers).astype(np.int64)
        if len(group) > len(seeds) and len(group) >= sight.limits.smallest_group:
            found.append(Candidate(group, "regrowth", _CHOSEN_BY, f"carry the marks of {name}"))
    return found


def _known_groups(sight: Sight) -> list[tuple[str, I64, tuple[int, Memory]]]:
    """Return what each group is called, its accounts in the scan, and how many it had and what it was known by."""
    nothing = Memory({}, UNKNOWN)
    groups = [
        (
            f"campaign {campaign}",
            sight.people.positions(sorted(accounts)),
            (len(accounts), sight.known.memories.get(campaign, nothing)),
        )
        for campaign, accounts in sorted(sight.known.accounts.items())
        if campaign not in sight.known.muted
    ]
    status = sight.people.categories["status"]
    if "suspended" in status.values:
        suspended = np.flatnonzero(status.codes == status.values.index("suspended"))
        groups.append(("suspended accounts", suspended, (len(suspended), nothing)))
    return [group for group in groups if len(group[1]) or group[2][1].marks]


def _carriers(sight: Sight, seeds: I64) -> I64:
    """Return accounts outside `seeds` that share a mark with two of them and were made after the first one ended."""
    people = sight.people
    ended = people.status_us[seeds]
    since = ended[ended != UNKNOWN].min() if (ended != UNKNOWN).any() else UNKNOWN
    newer = people.created_us >= since
    carriers = np.zeros(people.size, dtype=bool)
    for kind in _KINDS:
        incidence = people.shared[kind]
        held = sight.habits[kind] if kind in SCAFFOLDS else sparse.csc_array(incidence.matrix)
        holders = column_holders(held)
        among = np.asarray((held[seeds] > 0).sum(axis=0)).ravel()
        telling = np.flatnonzero((among >= 2) & (2 * among * len(seeds) >= holders) & (holders <= 4 * len(seeds)))
        carriers[held[:, telling].tocoo().row] = True
    carriers[seeds] = False
    return np.flatnonzero(carriers & newer).astype(np.int64)


def _reminders(sight: Sight, memory: tuple[int, Memory]) -> I64:
    """Return accounts with a remembered mark that is still few people's, which began when the campaign had ended."""
    size, known = memory
    carriers = np.zeros(sight.people.size, dtype=bool)
    for kind in _KINDS:
        incidence = sight.people.shared[kind]
        places = incidence.places(known.marks.get(kind, frozenset()))
        held = sight.habits[kind] if kind in SCAFFOLDS else sparse.csc_array(incidence.matrix)
        few = places[column_holders(held)[places] <= 4 * size]
        carriers[held[:, few].tocoo().row] = True
    return np.flatnonzero(carriers & (sight.people.totals["first_us"] > known.until)).astype(np.int64)
