"""Campaigns as data, one function that plays any of them, and the ladder of evasions.

To add a campaign, write its line in `reported.py`; to add a way to ask, a tactic in `tactics.py`.
"""

from stillwatch.range.campaigns2.demonstration import DEMONSTRATION
from stillwatch.range.campaigns2.ladder import LADDER, Rung, evaded
from stillwatch.range.campaigns2.operator import Campaign, Means, Phase, Pool, Tactic, scaled
from stillwatch.range.campaigns2.perform import play
from stillwatch.range.campaigns2.reported import REPORTED

__all__ = [
    "DEMONSTRATION",
    "LADDER",
    "REPORTED",
    "Campaign",
    "Means",
    "Phase",
    "Pool",
    "Rung",
    "Tactic",
    "evaded",
    "play",
    "scaled",
]
