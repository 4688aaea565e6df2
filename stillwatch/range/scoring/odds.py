"""Stated bits beside observed ones: how the odds that a tested group is what it is taken for grow with its bits.

Bits are log2 of a likelihood ratio. So among groups with b of them the log2 odds of being true should be b above the
prior ones, which are those over all groups that were tested. An e-value is a bound, not an estimate: calibrated bits
for guilt are *at most* the observed ones, bits for innocence (negative) at least.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from stillwatch.evidence import EVIDENCE_TABLE
from stillwatch.findings import Question
from stillwatch.range.scoring.figures import proportion
from stillwatch.range.scoring.tested import GUILTY, INNOCENTS, Nature, TestedGroup

GROUP_EDGES = (-16.0, -8.0, 0.0, 4.0, 8.0, 14.0, 20.0, 30.0)
KIND_EDGES = (-12.0, -4.0, -1.5, 0.5, 2.0, 4.0, 6.0, 8.0, 10.0)
"""Bits between bins; below the first and from the last edge up there is one more. A test that finds nothing costs up to
one bit, so that -1.5 to 0.5 says nothing."""
GROUPS, HARVEST = "coordination", "extraction"
"""Names of the sums over kinds: coordination left after innocence, and extraction."""


@dataclass(frozen=True, slots=True)
class OddsBin:
    """Groups with `low` <= bits < `high`.

    Attributes:
        low, high: None for no end.
        true, false: how many groups are what the bits speak for, and how many are not.
        stated: their mean bits; None for none.
        observed: log2 odds of being true in this bin, less the prior ones; None where none is true, or all are.
        least, most: its 95 % interval, from the exact one of the share; None for no end, and without a prior.
    """

    low: float | None
    high: float | None
    true: int
    false: int
    stated: float | None
    observed: float | None
    least: float | None
    most: float | None

    @property
    def overstates(self) -> bool:
        """Whether bits for guilt say more than was observed, by more than chance."""
        return self.stated is not None and self.stated > 0 and self.most is not None and self.most < self.stated


@dataclass(frozen=True, slots=True)
class Odds:
    """Stated and observed bits of one sum or one kind of evidence.

    Attributes:
        subject: `coordination` (left after innocence), `extraction`, or the id of a kind.
        question: what it speaks to. Of extraction a campaign is true, a relay false; of all else both are true.
        prior: log2 odds over all groups that it tested and that are not mixed; None where none is true, or all are:
            nothing can be observed then.
        bins: by growing bits.
    """

    subject: str
    question: str
    prior: float | None
    bins: tuple[OddsBin, ...]


def odds(groups: Sequence[TestedGroup]) -> tuple[Odds, ...]:
    """Return the tables of both sums, and of each kind of evidence that tested any group, in its order."""
    clear = [group for group in groups if group.nature is not Nature.MIXED]
    found = [
        _odds(GROUPS, Question.COORDINATION, [(g.bits, g.nature) for g in clear]),
        _odds(HARVEST, Question.EXTRACTION, [(g.extraction, g.nature) for g in clear]),
    ]
    for kind in EVIDENCE_TABLE:
        tested = [(g.counted[kind.kind], g.nature) for g in clear if kind.kind in g.counted]
        if tested:
            found.append(_odds(kind.kind, kind.question, tested))
    return tuple(found)


def pooled_odds(tables: Iterable[Sequence[Odds]]) -> tuple[Odds, ...]:
    """Return the tables of several worlds taken together; a group of one is no group of another."""
    by_subject: dict[str, list[Odds]] = {}
    for table in tables:
        for one in table:
            by_subject.setdefault(one.subject, []).append(one)
    order = [GROUPS, HARVEST, *(kind.kind for kind in EVIDENCE_TABLE)]
    return tuple(_pooled(by_subject[name]) for name in order if name in by_subject)


def _pooled(some: Sequence[Odds]) -> Odds:
    rows = zip(*(one.bins for one in some), strict=True)
    return _finished(some[0].subject, some[0].question, [_sum(bins) for bins in rows])


@dataclass(frozen=True, slots=True)
class _Count:
    low: float | None
    high: float | None
    true: int
    false: int
    bits: float


def _sum(bins: Sequence[OddsBin]) -> _Count:
    return _Count(
        bins[0].low,
        bins[0].high,
        sum(one.true for one in bins),
        sum(one.false for one in bins),
        sum((one.stated or 0.0) * (one.true + one.false) for one in bins),
    )


def _odds(subject: str, question: Question, tested: Sequence[tuple[float, Nature]]) -> Odds:
    guilty = (Nature.CAMPAIGN,) if question is Question.EXTRACTION else GUILTY
    innocent = (Nature.RELAY, *INNOCENTS) if question is Question.EXTRACTION else INNOCENTS
    edges = GROUP_EDGES if subject in (GROUPS, HARVEST) else KIND_EDGES
    counts = []
    for low, high in pairwise((None, *edges, None)):
        inside = [(b, n) for b, n in tested if (low is None or b >= low) and (high is None or b < high)]
        true, false = (sum(nature in some for _, nature in inside) for some in (guilty, innocent))
        counts.append(_Count(low, high, true, false, sum(bits for bits, _ in inside)))
    return _finished(subject, str(question), counts)


def _finished(subject: str, question: str, counts: Sequence[_Count]) -> Odds:
    true, false = sum(one.true for one in counts), sum(one.false for one in counts)
    prior = _log_odds(true / (true + false)) if true and false else None
    return Odds(subject, question, prior, tuple(_bin(one, prior) for one in counts))


def _bin(one: _Count, prior: float | None) -> OddsBin:
    share = proportion(one.true, one.true + one.false)
    stated = None if share is None else one.bits / share.n
    if share is None or prior is None:
        return OddsBin(one.low, one.high, one.true, one.false, stated, None, None, None)
    return OddsBin(
        one.low,
        one.high,
        one.true,
        one.false,
        stated=stated,
        observed=_log_odds(share.estimate) - prior if one.true and one.false else None,
        least=_log_odds(share.low) - prior if one.true else None,
        most=_log_odds(share.high) - prior if one.false else None,
    )


def _log_odds(share: float) -> float:
    return math.log2(share) - math.log2(1 - share)
