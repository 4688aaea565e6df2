"""The campaigns that a scan named beside who their members are, and the innocent group that came nearest to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from stillwatch.findings import VerdictKind
from stillwatch.range.scoring.scans import Accusations
from stillwatch.range.scoring.tested import GUILTY, INNOCENTS, Nature, TestedGroup, parts_of
from stillwatch.range.scoring.truth import Truth


@dataclass(frozen=True, slots=True)
class NamedCampaign:
    """One campaign that a scan named.

    Attributes:
        verdict: what it was called. nature: what its members are, see `tested.Nature`.
        accounts: how many members. largest: kind of which most of them are.
        false: whether nobody should have been named so: no campaign and no relay holds half of the members, or a relay
            was called distillation.
    """

    campaign_id: str
    verdict: str
    nature: Nature
    accounts: int
    largest: str
    false: bool


@dataclass(frozen=True, slots=True)
class Nearest:
    """The innocent group with the smallest q-value: how near somebody innocent came to being named.

    Attributes:
        q_value, bits: as the scan had them; bits of coordination left after innocence.
        accounts: how many were tested. largest: kind of which most of them are.
    """

    campaign_id: str
    q_value: float
    bits: float
    accounts: int
    largest: str


def named_campaigns(scan: Accusations, truth: Truth) -> tuple[NamedCampaign, ...]:
    """Return the campaigns that `scan` named and that have members, in its order."""
    found = []
    for one in scan.named:
        if not len(one.members):
            continue
        parts = parts_of(one.members, truth)
        harvest = one.verdict == str(VerdictKind.DISTILLATION)
        false = parts.nature not in GUILTY or (parts.nature is Nature.RELAY and harvest)
        found.append(
            NamedCampaign(one.campaign_id, one.verdict, parts.nature, parts.accounts, parts.largest, false=false)
        )
    return tuple(found)


def nearest(tested: Sequence[TestedGroup]) -> Nearest | None:
    """Return the innocent group with the smallest q-value, of equal ones that with most bits; None without any."""
    innocent = [group for group in tested if group.nature in INNOCENTS]
    if not innocent:
        return None
    first = min(innocent, key=lambda group: (group.q_value, -group.bits, group.campaign_id))
    return Nearest(first.campaign_id, first.q_value, first.bits, first.parts.accounts, first.parts.largest)
