"""What other weights would change on a set: each world is built and imported once, and scanned with both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from stillwatch import commands
from stillwatch.config import ScanSettings, Weights
from stillwatch.findings import VerdictKind
from stillwatch.range.scoring import Score, score
from stillwatch.range.store import CAMPAIGN, RELAY
from stillwatch.trials.cases import Case
from stillwatch.trials.run import laid


@dataclass(frozen=True, slots=True)
class Found:
    """What one scan of a case found.

    Attributes:
        campaigns: planted campaigns. called: those that got the right verdict. recall: share of their accounts that
            are members under it, None where there are none.
        relays_accused: relays called distillation. lookalikes_accused: look-alike groups called anything.
        innocents_accused: innocent accounts that are members of any campaign. innocents: how many there are.
    """

    campaigns: int
    called: int
    recall: float | None
    relays_accused: int
    lookalikes_accused: int
    innocents_accused: int
    innocents: int


@dataclass(frozen=True, slots=True)
class Effect:
    """One case with the weights of the table, and with others."""

    case: Case
    before: Found
    after: Found


def effects(cases: Sequence[Case], weights: Weights, folder: Path, *, watcher: commands.Watcher) -> list[Effect]:
    """Run `cases` in new folders of their names in `folder`: one scan at the end with each of the two weights."""
    return [_effect(case, weights, folder / case.name, watcher) for case in cases]


def _effect(case: Case, weights: Weights, folder: Path, watcher: commands.Watcher) -> Effect:
    world, ledger, _ = laid(case, folder, watcher=watcher)
    found = []
    for name, settings in (("before", ScanSettings()), ("after", ScanSettings(weights=weights))):
        commands.scan_ledger(ledger, folder / name, settings, known=None, watcher=watcher)
        found.append(_found(score(world.truth, folder / name)))
    return Effect(case, *found)


def _found(scored: Score) -> Found:
    campaigns = [group for group in scored.groups if group.kind == CAMPAIGN]
    relays = [group for group in scored.groups if group.kind == RELAY]
    accounts = sum(group.accounts for group in campaigns)
    return Found(
        campaigns=len(campaigns),
        called=sum(group.as_expected for group in campaigns),
        recall=sum(group.recall * group.accounts for group in campaigns) / accounts if accounts else None,
        relays_accused=sum(group.verdicts[:1] == (VerdictKind.DISTILLATION,) for group in relays),
        lookalikes_accused=sum(group.accused for group in scored.groups),
        innocents_accused=scored.innocents.named,
        innocents=scored.innocents.accounts,
    )
