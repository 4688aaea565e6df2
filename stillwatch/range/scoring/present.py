"""Who could have been found at a cut-off, and what of their exchanges had left by then."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stillwatch.arrays import I64, Flags
from stillwatch.range.scoring.activity import Activity, harvest_start
from stillwatch.range.scoring.truth import NEVER, TrueGroup, Truth


@dataclass(frozen=True, slots=True)
class Present:
    """The world as far as it had gone at each cut-off of a series of scans.

    Attributes:
        truth: who belongs to what.
        activity: exchanges by account; None when they do not lie beside the truth.
        cut_offs: microseconds, ascending; `NEVER` for a scan of everything.
    """

    truth: Truth
    activity: Activity | None
    cut_offs: tuple[int, ...]

    def accounts(self, at: int) -> Flags:
        """Return which accounts count at the cut-off in place `at`, shape (accounts,).

        An account of a campaign counts once it has begun to harvest: before, a bought account is what it seems. Any
        other counts from its first exchange. Without exchanges all innocent accounts and relays count.
        """
        until = self.cut_offs[at]
        if self.activity is None:
            return np.asarray(self.truth.innocent | (harvest_start(self.truth) < until))
        innocent = self.truth.innocent & self.activity.active(until)
        return np.asarray(innocent | self.activity.harvesting(until))

    def harvested(self, group: TrueGroup, at: int) -> I64 | None:
        """Return the exchanges of each account of a campaign or relay since it began, before the cut-off in place
        `at` (-1 for all), shape (accounts of the group,); None when they are not known."""
        if self.activity is None:
            return None
        return np.asarray(self.activity.harvested[np.searchsorted(self.activity.places, group.accounts), at])

    def start(self, group: TrueGroup) -> int | None:
        """Return the microsecond in which a campaign or relay begins; None when nothing says so."""
        starts = harvest_start(self.truth) if self.activity is None else self.activity.start_us
        first = int(starts[group.accounts].min(initial=NEVER))
        return first if 0 < first < NEVER else None

    def end(self, at: int) -> int | None:
        """Return the moment of a cut-off; of a scan of everything that of the last exchange, None when not known."""
        until = self.cut_offs[at]
        if until < NEVER:
            return until
        return None if self.activity is None else self.activity.last_us + 1
