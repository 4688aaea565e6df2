"""Whether bits and q-values mean what they say, on groups whose truth is known.

The e-value of evidence has a mean of at most one where its null is true. Of groups that nothing holds together
(`unrelated`) the nulls of coordination are true but for how the group was chosen, for which only the q-value corrects;
of look-alikes they need not be: a company's accounts do share a card. So both are told apart, and neither is left out.
By Markov's inequality a sum of bits of a true null reaches b with probability 2^-b at most, and an e-BH q-value x with
probability x at most.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from stillwatch.evidence import EVIDENCE_TABLE
from stillwatch.range.scoring.figures import Figure, mean_of, proportion
from stillwatch.range.scoring.odds import Odds, odds
from stillwatch.range.scoring.tested import GUILTY, INNOCENTS, Nature, TestedGroup

Q_GRID = (0.001, 0.01, 0.05, 0.1, 0.2, 0.5)
TAIL_GRID = (1.0, 2.0, 4.0, 6.0, 8.0, 10.0, 12.0, 14.0)
BIN_EDGES = (0.0, 4.0, 8.0, 14.0, 20.0, 30.0)
"""Bits; below the first and from the last edge up there is one more bin. 14 is what a verdict needs."""
SMALL_P = 0.05


@dataclass(frozen=True, slots=True)
class QPoint:
    """How many groups have a q-value of at most `x`.

    Attributes:
        unrelated, innocent: share of the unrelated and of all innocent groups with q <= x; calibrated, at most x.
        false: of the groups with q <= x that are not mixed, the share that is innocent: the false discoveries.
    """

    x: float
    unrelated: Figure | None
    innocent: Figure | None
    false: Figure | None


@dataclass(frozen=True, slots=True)
class TailPoint:
    """How many groups have at least `bits` of coordination left after innocence.

    Attributes:
        bound: 2^-bits. unrelated, innocent: share of those groups; calibrated, at most the bound.
    """

    bits: float
    bound: float
    unrelated: Figure | None
    innocent: Figure | None


@dataclass(frozen=True, slots=True)
class KindPoint:
    """One kind of evidence over the groups that it tested.

    Attributes:
        kind: its id. question: what it speaks to.
        unrelated, innocent: mean e-value over those groups; under a true null at most one.
        small: share of the unrelated groups with p <= 0.05.
    """

    kind: str
    question: str
    unrelated: Figure | None
    innocent: Figure | None
    small: Figure | None


@dataclass(frozen=True, slots=True)
class Bin:
    """Groups with `low` <= bits < `high` of coordination left after innocence.

    Attributes:
        low, high: None for no end.
        campaigns, relays, innocent, mixed: how many groups.
        true: share of campaigns and relays among those that are not mixed.
    """

    low: float | None
    high: float | None
    campaigns: int
    relays: int
    innocent: int
    mixed: int
    true: Figure | None


@dataclass(frozen=True, slots=True)
class MixedGroup:
    """A tested group that is neither: shares of its accounts, see `tested.Parts`."""

    scan: str
    campaign_id: str
    accounts: int
    campaign: float
    relay: float
    innocent: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """All tables of a set of tested groups.

    Attributes:
        groups: how many of each nature (`tested.Nature`).
        q, tail, kinds, reliability: see their points.
        odds: stated bits beside observed ones, of the sums and of each kind, see `odds.Odds`.
        mixed: listed one by one.
    """

    groups: dict[str, int]
    q: tuple[QPoint, ...]
    tail: tuple[TailPoint, ...]
    kinds: tuple[KindPoint, ...]
    reliability: tuple[Bin, ...]
    odds: tuple[Odds, ...]
    mixed: tuple[MixedGroup, ...]


def calibration(groups: Sequence[TestedGroup]) -> Calibration:
    """Return the calibration over tested groups of one or many scans."""
    by = {nature: [g for g in groups if g.nature is nature] for nature in Nature}
    innocent = [g for g in groups if g.nature in INNOCENTS]
    unrelated = by[Nature.UNRELATED]
    clear = [g for g in groups if g.nature is not Nature.MIXED]
    return Calibration(
        groups={str(nature): len(some) for nature, some in by.items()},
        q=tuple(_q_point(x, unrelated, innocent, clear) for x in Q_GRID),
        tail=tuple(TailPoint(b, 2.0**-b, _reaching(b, unrelated), _reaching(b, innocent)) for b in TAIL_GRID),
        kinds=tuple(p for row in EVIDENCE_TABLE if (p := _kind(row.kind, str(row.question), unrelated, innocent))),
        reliability=_bins(groups),
        odds=odds(groups),
        mixed=tuple(
            MixedGroup(g.scan, g.campaign_id, g.parts.accounts, g.parts.campaign, g.parts.relay, g.parts.innocent)
            for g in by[Nature.MIXED]
        ),
    )


def _q_point(
    x: float, unrelated: Sequence[TestedGroup], innocent: Sequence[TestedGroup], clear: Sequence[TestedGroup]
) -> QPoint:
    def within(groups: Sequence[TestedGroup]) -> list[TestedGroup]:
        return [g for g in groups if g.q_value <= x]

    false = sum(g.nature in INNOCENTS for g in within(clear))
    return QPoint(
        x=x,
        unrelated=proportion(len(within(unrelated)), len(unrelated)),
        innocent=proportion(len(within(innocent)), len(innocent)),
        false=proportion(false, len(within(clear))),
    )


def _reaching(bits: float, groups: Sequence[TestedGroup]) -> Figure | None:
    return proportion(sum(g.bits >= bits for g in groups), len(groups))


def _kind(
    kind: str, question: str, unrelated: Sequence[TestedGroup], innocent: Sequence[TestedGroup]
) -> KindPoint | None:
    """Return the figures of a kind of evidence, None when it tested no innocent group."""

    def e_values(groups: Sequence[TestedGroup]) -> Figure | None:
        return mean_of(np.array([g.e_values[kind] for g in groups if kind in g.e_values], dtype=np.float64))

    if not any(kind in g.e_values for g in innocent):
        return None
    p_values = [g.p_values[kind] for g in unrelated if kind in g.p_values]
    small = proportion(sum(p <= SMALL_P for p in p_values), len(p_values))
    return KindPoint(kind, question, e_values(unrelated), e_values(innocent), small)


def _bins(groups: Sequence[TestedGroup]) -> tuple[Bin, ...]:
    edges = (None, *BIN_EDGES, None)
    return tuple(_bin(low, high, groups) for low, high in pairwise(edges))


def _bin(low: float | None, high: float | None, groups: Sequence[TestedGroup]) -> Bin:
    inside = [g.nature for g in groups if (low is None or g.bits >= low) and (high is None or g.bits < high)]
    guilty = sum(nature in GUILTY for nature in inside)
    innocent = sum(nature in INNOCENTS for nature in inside)
    return Bin(
        low=low,
        high=high,
        campaigns=inside.count(Nature.CAMPAIGN),
        relays=inside.count(Nature.RELAY),
        innocent=innocent,
        mixed=inside.count(Nature.MIXED),
        true=proportion(guilty, guilty + innocent),
    )
