"""Proposers: cheap and generous. Each says "look at these accounts together" and accuses nobody.

To add one, write a module with a function of a `Sight` that returns candidates, and list it in `PROPOSERS`.
"""

from __future__ import annotations

from collections.abc import Callable

from stillwatch.findings import Candidate
from stillwatch.proposals.cohorts import cohorts
from stillwatch.proposals.heavy_marks import heavy_marks
from stillwatch.proposals.newcomers import newcomers
from stillwatch.proposals.overlap import distinct
from stillwatch.proposals.rare_marks import rare_marks
from stillwatch.proposals.regrowth import regrowth
from stillwatch.proposals.relay import relay
from stillwatch.proposals.sameness import sameness
from stillwatch.proposals.sight import Sight

PROPOSERS: tuple[Callable[[Sight], list[Candidate]], ...] = (
    # The order decides which of two equal proposals is kept: the one whose data leave most families free to confirm it.
    relay,
    sameness,
    cohorts,
    newcomers,
    regrowth,
    rare_marks,
    heavy_marks,
)


def propose(sight: Sight) -> list[Candidate]:
    """Return what all proposers propose, without groups that are nearly the same as an earlier one."""
    return distinct(candidate for proposer in PROPOSERS for candidate in proposer(sight))
