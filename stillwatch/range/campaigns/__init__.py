"""Campaigns as data, one function that plays any of them, and the ladder of evasions.

To add a campaign, write its line in `reported.py`; to add a way to ask, a tactic in `tactics.py`.
"""

from stillwatch.range.campaigns.demonstration import DEMONSTRATION
from stillwatch.range.campaigns.ladder import LADDER, Rung, evaded
from stillwatch.range.campaigns.operator import Campaign, Means, Phase, Pool, Tactic, scaled
from stillwatch.range.campaigns.perform import play
from stillwatch.range.campaigns.reported import REPORTED

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
