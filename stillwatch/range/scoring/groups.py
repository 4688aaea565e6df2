"""Each group of the truth against what one scan said of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stillwatch.arrays import I64, Flags
from stillwatch.range.scoring.detection import EXPECTED, Detection, detection
from stillwatch.range.scoring.figures import Figure, share_of, weighted_share
from stillwatch.range.scoring.present import Present
from stillwatch.range.scoring.scans import Accusations, Named
from stillwatch.range.scoring.truth import TrueGroup, Truth

ACCUSED = 0.2
"""Share of a look-alike's accounts from which the group as a whole was taken for a campaign: what the scan flagged was
then what the group does, not what a few of its members do besides."""
LEADS = 3
"""Members of a campaign of which a look-alike is the largest part. Such a campaign is an accusation of the look-alike
however small a part of it was named; fewer than three accounts are no group (`ProposalLimits.smallest_group`)."""


@dataclass(frozen=True, slots=True)
class Rates:
    """How much of a group was found, and how much of what was named with it belongs to it.

    Attributes:
        recall: share of the group that is a member of a campaign with the right verdict; None when there is none of it.
        precision: of all members of the campaigns of which the group is the largest part, the share that is in it;
            None when there is no such campaign.
    """

    recall: Figure | None
    precision: Figure | None


@dataclass(frozen=True, slots=True)
class GroupScore:
    """One group of the truth in the scan with the last cut-off.

    Attributes:
        group_id, kind: as in the truth.
        accounts: how many it has. present: how many of them count: see `Present.accounts`.
        named: share of those present that are members of any campaign, whatever its verdict.
        over_accounts: recall over accounts present, precision over members; None for a look-alike.
        over_exchanges: the same weighted by exchanges before the cut-off: for recall those since an account began to
            harvest, for precision all of a member's. None for a look-alike and when exchanges are not known.
        verdicts: of the campaigns that hold accounts of it, most accounts first.
        accused: of a look-alike, whether it counts as accused: see `ACCUSED` and `LEADS`. Else False.
        as_expected: whether the verdict with most of its accounts is right; for a look-alike, that it is not accused.
        detection: time and leak; None for a look-alike.
    """

    group_id: str
    kind: str
    accounts: int
    present: int
    named: Figure | None
    over_accounts: Rates | None
    over_exchanges: Rates | None
    verdicts: tuple[str, ...]
    accused: bool
    as_expected: bool
    detection: Detection | None

    @property
    def recall(self) -> float:
        """Share of its accounts found, 0 for a look-alike and where none is present."""
        found = self.over_accounts.recall if self.over_accounts else None
        return found.estimate if found else 0.0

    @property
    def precision(self) -> float | None:
        """Share of the members named with it that belong to it, None when there are none."""
        right = self.over_accounts.precision if self.over_accounts else None
        return right.estimate if right else None


@dataclass(frozen=True, slots=True)
class Held:
    """How many members of each campaign belong to each group.

    Attributes:
        campaigns: of one scan. counts: members in no group, then in each group, shape (campaigns, groups + 1).
    """

    campaigns: tuple[Named, ...]
    counts: I64

    def of(self, place: int) -> I64:
        """Return how many accounts of the group in `place` each campaign holds, shape (campaigns,)."""
        return np.asarray(self.counts[:, place + 1])

    def led_by(self, place: int) -> tuple[Named, ...]:
        """Return the campaigns of which the group in `place` is the largest part; ties lead together."""
        mine = self.of(place)
        leads = (mine > 0) & (mine == self.counts.max(axis=1, initial=0))
        return tuple(self.campaigns[i] for i in np.flatnonzero(leads))

    def takes(self, place: int, named: Flags) -> bool:
        """Return whether the group in `place`, which is no campaign, is taken for one: see `ACCUSED` and `LEADS`.

        Args:
            named: which of its accounts that are present are members of a campaign.
        """
        mine = self.of(place)
        leads = (mine >= LEADS) & (mine == self.counts.max(axis=1, initial=0))
        return bool(leads.any()) or (bool(len(named)) and float(named.mean()) >= ACCUSED)


def held(campaigns: Sequence[Named], truth: Truth) -> Held:
    """Return which groups the members of `campaigns` belong to."""
    width = len(truth.groups) + 1
    rows = [np.bincount(truth.group[one.members] + 1, minlength=width) for one in campaigns]
    return Held(tuple(campaigns), np.array(rows, dtype=np.int64).reshape(len(rows), width))


def group_scores(scans: Sequence[Accusations], world: Present) -> tuple[GroupScore, ...]:
    """Return all groups of the truth, in its order, judged by the last scan; the others give the time."""
    members = held(scans[-1].named, world.truth)
    return tuple(_group(place, scans, world, members=members) for place in range(len(world.truth.groups)))


def _group(place: int, scans: Sequence[Accusations], world: Present, *, members: Held) -> GroupScore:
    group, scan = world.truth.groups[place], scans[-1]
    expected = EXPECTED.get(group.kind)
    begun = world.accounts(len(scans) - 1)[group.accounts]
    named = scan.accused()[group.accounts][begun]
    verdicts = scan.verdicts_on(group.accounts)
    accused = expected is None and members.takes(place, named)
    led = members.led_by(place)
    return GroupScore(
        group_id=group.group_id,
        kind=group.kind,
        accounts=len(group.accounts),
        present=int(begun.sum()),
        named=share_of(named),
        over_accounts=None if expected is None else _over_accounts(group, scan, begun, led),
        over_exchanges=None if expected is None else _over_exchanges(group, scans, world, led=led),
        verdicts=verdicts,
        accused=accused,
        as_expected=not accused if expected is None else verdicts[:1] == (expected,),
        detection=None if expected is None else detection(group, scans, world),
    )


def _over_accounts(group: TrueGroup, scan: Accusations, begun: Flags, led: Sequence[Named]) -> Rates:
    found = scan.accused(EXPECTED[group.kind])[group.accounts][begun]
    return Rates(share_of(found), share_of(np.isin(_members(led), group.accounts)))


def _over_exchanges(
    group: TrueGroup, scans: Sequence[Accusations], world: Present, *, led: Sequence[Named]
) -> Rates | None:
    at = len(scans) - 1
    harvested = world.harvested(group, at)
    if harvested is None or world.activity is None:
        return None
    found = scans[-1].accused(EXPECTED[group.kind])[group.accounts]
    members = _members(led)
    right = np.isin(members, group.accounts)
    return Rates(weighted_share(found, harvested), weighted_share(right, world.activity.n[members]))


def _members(campaigns: Sequence[Named]) -> I64:
    """Return the accounts of campaigns, each once, ascending."""
    return np.unique(np.concatenate([one.members for one in campaigns] or [np.zeros(0, dtype=np.int64)]))
