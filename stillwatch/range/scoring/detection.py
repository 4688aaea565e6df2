"""How long a campaign ran before a scan could tell, and how much of its harvest had left by then.

The clock of a campaign starts with the first exchange with which one of its accounts harvests. It is detected at the
first cut-off at which at least `DETECTED` of its accounts that had begun by then are members of a campaign with the
right verdict. That the alarm came between two cut-offs is all that a series of scans can say: figures are brackets.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from stillwatch.arrays import I64
from stillwatch.findings import VerdictKind
from stillwatch.range.scoring.figures import Figure, bracket, share_of
from stillwatch.range.scoring.present import Present
from stillwatch.range.scoring.scans import Accusations, moment
from stillwatch.range.scoring.truth import NEVER, TrueGroup
from stillwatch.range.store import CAMPAIGN, RELAY

DETECTED = 0.5
"""Share of the accounts active so far. An operator who loses half of a pool at once has lost the campaign; one who
loses less goes on with the rest and has been warned."""
EXPECTED = {CAMPAIGN: str(VerdictKind.DISTILLATION), RELAY: str(VerdictKind.POOLED_ACCESS)}
"""The right verdict on each kind; a look-alike has none."""
_HOUR = 3_600_000_000


@dataclass(frozen=True, slots=True)
class CutOff:
    """A campaign or relay as one scan saw it.

    Attributes:
        until: the scan saw exchanges before this moment; None when it saw all.
        hours: from the group's first harvest to the cut-off; None when one of the two is not known.
        accounts: how many of its accounts had begun by then.
        found: share of them that are members of a campaign with the right verdict; None before the first has begun.
        verdicts: of the campaigns that hold any account of it, of most of them first.
        leaked: share of all the group's exchanges that had been answered by then; None without exchanges.
        named: as `found`, under any verdict.
        exchanges: how many of its exchanges had been answered by then; None without exchanges.
    """

    until: dt.datetime | None
    hours: float | None
    accounts: int
    found: Figure | None
    verdicts: tuple[str, ...]
    leaked: float | None
    named: Figure | None = None
    exchanges: int | None = None


@dataclass(frozen=True, slots=True)
class Alarm:
    """The first cut-off at which a group was told, each figure a bracket of it and the cut-off before.

    Attributes:
        hours: since the start; None when not known.
        leaked: share of its exchanges answered until then. exchanges: their number. None without exchanges.
    """

    hours: Figure | None
    leaked: Figure | None
    exchanges: Figure | None


@dataclass(frozen=True, slots=True)
class Detection:
    """When a campaign or relay was found.

    Attributes:
        start: its first harvest, of a relay its first exchange; None when not known.
        cut_offs: one entry per scan, by growing cut-off.
        detected: whether any scan found it.
        kept: whether all scans after the first that found it found it too.
        hours: from the start to the alarm, a bracket of two cut-offs; None when never detected or not known.
        leaked: share of its exchanges that were answered before the alarm, a bracket too; 1 when never detected;
            None without exchanges.
        alarm: the same three figures of the first scan that found it; None when never detected.
        suspected: of the first scan that named as many of its accounts under any verdict; None when none did.
    """

    start: dt.datetime | None
    cut_offs: tuple[CutOff, ...]
    detected: bool
    kept: bool
    hours: Figure | None
    leaked: Figure | None
    alarm: Alarm | None = None
    suspected: Alarm | None = None


def detection(group: TrueGroup, scans: Sequence[Accusations], world: Present) -> Detection:
    """Return when the campaign or relay `group` was found by scans with growing cut-offs."""
    seen = tuple(_cut_off(group, scan, world, at) for at, scan in enumerate(scans))
    found = [_reached(one.found) for one in seen]
    start, alarm = world.start(group), _alarm(seen, found)
    return Detection(
        start=None if start is None else moment(start),
        cut_offs=seen,
        detected=any(found),
        kept=any(found) and all(found[found.index(True) :]),
        hours=None if alarm is None else alarm.hours,
        leaked=_all_leaked(seen) if alarm is None else alarm.leaked,
        alarm=alarm,
        suspected=_alarm(seen, [_reached(one.named) for one in seen]),
    )


def _reached(found: Figure | None) -> bool:
    return found is not None and found.estimate >= DETECTED


def _alarm(seen: Sequence[CutOff], hits: Sequence[bool]) -> Alarm | None:
    if True not in hits:
        return None
    first = hits.index(True)
    return Alarm(
        hours=_between([one.hours for one in seen], first),
        leaked=_between([one.leaked for one in seen], first),
        exchanges=_between([one.exchanges for one in seen], first),
    )


def _all_leaked(seen: Sequence[CutOff]) -> Figure | None:
    return None if any(one.leaked is None for one in seen) else bracket(1.0, 1.0, len(seen))


def _cut_off(group: TrueGroup, scan: Accusations, world: Present, at: int) -> CutOff:
    begun = world.accounts(at)[group.accounts]
    found = scan.accused(EXPECTED[group.kind])[group.accounts][begun]
    start, end, harvested = world.start(group), world.end(at), world.harvested(group, at)
    return CutOff(
        until=None if scan.until == NEVER else moment(scan.until),
        hours=None if start is None or end is None else (end - start) / _HOUR,
        accounts=int(begun.sum()),
        found=share_of(found),
        verdicts=scan.verdicts_on(group.accounts),
        leaked=_share(harvested, world.harvested(group, -1)),
        named=share_of(scan.accused()[group.accounts][begun]),
        exchanges=None if harvested is None else int(harvested.sum()),
    )


def _share(part: I64 | None, whole: I64 | None) -> float | None:
    if part is None or whole is None or not whole.any():
        return None
    return float(part.sum() / whole.sum())


def _between(values: Sequence[float | None], first: int) -> Figure | None:
    """Return the bracket of the cut-off in place `first` and the one before it; before the first one lies nothing."""
    high = values[first]
    low = values[first - 1] if first else 0.0
    return None if high is None or low is None else bracket(max(low, 0.0), max(high, 0.0), len(values))
