"""The scenarios that can be built: every reported campaign, the demonstration, and a world of innocents alone.

To add one, add its campaign to `campaigns.REPORTED`, or a line here.
"""

from __future__ import annotations

from dataclasses import dataclass

from stillwatch.range.campaigns import DEMONSTRATION, REPORTED, Campaign
from stillwatch.range.names import unknown


@dataclass(frozen=True, slots=True)
class Scenario:
    """What a world plays.

    Attributes:
        name: permanent id.
        campaigns: played at the same time; none in a world of innocents.
        start: first day, ISO 8601. days: length.
        innocents: exchanges of innocents for each of the campaigns'; without a campaign, exchanges in all.
        about: a sentence.
    """

    name: str
    campaigns: tuple[Campaign, ...]
    start: str
    days: int
    innocents: float
    about: str


def _reported(campaign: Campaign) -> Scenario:
    about = campaign.disclosed[0]
    return Scenario(campaign.id, (campaign,), campaign.start, campaign.days, campaign.innocents, about)


DEMO = Scenario(
    name="demo",
    campaigns=DEMONSTRATION,
    start="2026-06-01",
    days=7,
    innocents=2.5,
    about="a quiet campaign and a loud one among every look-alike: the world of `stillwatch demo`",
)
INNOCENT = Scenario(
    name="innocent",
    campaigns=(),
    start="2026-06-01",
    days=14,
    innocents=1_000_000,
    about="nobody harvests: whoever is accused here is accused by mistake",
)
SCENARIOS = (DEMO, INNOCENT, *(_reported(campaign) for campaign in REPORTED))
"""Order: the demonstration, innocents, campaigns in the order of their disclosure."""


def scenario_named(name: str) -> Scenario:
    """Return the scenario of this name.

    Raises:
        NothingUsable: there is none; says which is spelt most like it.
    """
    names = [scenario.name for scenario in SCENARIOS]
    if name in names:
        return SCENARIOS[names.index(name)]
    raise unknown("scenario", name, names, where="range")
