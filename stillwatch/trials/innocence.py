"""What worlds in which nobody harvests say together: how often somebody is accused, beside the rate that was stated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from stillwatch.config import ScanSettings
from stillwatch.range.scoring import Figure, Score
from stillwatch.range.scoring.detection import EXPECTED
from stillwatch.range.scoring.figures import mean_of, pooled, proportion
from stillwatch.range.scoring.innocents import PER
from stillwatch.range.store import RELAY
from stillwatch.trials.run import Trial

STATED: float = ScanSettings().false_discoveries
"""Share of false campaigns that a scan accepts unless told otherwise."""
NOT_FOUND = "not found"


@dataclass(frozen=True, slots=True)
class KindTotal:
    """One kind of look-alike over all worlds: shares of its groups and of its accounts that were accused."""

    kind: str
    groups: Figure | None
    accounts: Figure | None


@dataclass(frozen=True, slots=True)
class Innocence:
    """Innocent worlds taken together; a campaign is false as `scoring.named.NamedCampaign` has it.

    Attributes:
        stated: the rate that the scans state.
        worlds: share of the worlds with any false campaign.
        discoveries: mean over worlds of the share of named campaigns that are false, none of none being 0: what a
            false-discovery rate bounds where relays are rightly named in the same worlds; None for few worlds.
        accused: innocent accounts that are members of any campaign, per 100,000.
        kinds: look-alikes, in the order of their names.
        relays: how many relays were called what; most of their accounts decide, `not found` where no campaign has any.
    """

    stated: float
    worlds: Figure | None
    discoveries: Figure | None
    accused: Figure | None
    kinds: tuple[KindTotal, ...]
    relays: Mapping[str, int]

    @property
    def above_stated(self) -> bool:
        """Whether more worlds hold a false campaign than the stated rate and chance explain together."""
        return self.worlds is not None and self.worlds.low > self.stated

    @property
    def relays_as_expected(self) -> bool:
        """Whether every relay that was named at all was called what it is."""
        return set(self.relays) <= {EXPECTED[RELAY], NOT_FOUND}


def innocence(trials: Sequence[Trial]) -> Innocence:
    """Return what `trials`, of worlds without a campaign, say together."""
    scores = [trial.score for trial in trials]
    false = [sum(one.false for one in score.named) for score in scores]
    shares = [count / max(len(score.named), 1) for count, score in zip(false, scores, strict=True)]
    called = [g.verdicts[0] if g.verdicts else NOT_FOUND for s in scores for g in s.groups if g.kind == RELAY]
    return Innocence(
        stated=STATED,
        worlds=proportion(sum(map(bool, false)), len(false)),
        discoveries=mean_of(np.array(shares, dtype=np.float64)),
        accused=proportion(sum(s.innocents.named for s in scores), sum(s.innocents.accounts for s in scores), per=PER),
        kinds=_kinds(scores),
        relays=dict(sorted(Counter(called).items())),
    )


def _kinds(scores: Sequence[Score]) -> tuple[KindTotal, ...]:
    names = sorted({one.kind for score in scores for one in score.kinds})
    by_name = {name: [one for score in scores for one in score.kinds if one.kind == name] for name in names}
    return tuple(
        KindTotal(name, pooled([one.groups_accused for one in some]), pooled([one.accounts_accused for one in some]))
        for name, some in by_name.items()
    )
