"""Who was wrongly accused: look-alikes as groups, single innocent people, and relays called a harvest."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stillwatch.arrays import Flags
from stillwatch.findings import VerdictKind
from stillwatch.range.scoring.figures import Figure, proportion, share_of
from stillwatch.range.scoring.groups import Held, held
from stillwatch.range.scoring.present import Present
from stillwatch.range.scoring.scans import Accusations, moment
from stillwatch.range.scoring.truth import GUILTY, NEVER, TrueGroup
from stillwatch.range.store import ORDINARY, RELAY

PER = 100_000
"""Accounts to which the number of innocents accused is scaled."""


@dataclass(frozen=True, slots=True)
class KindScore:
    """All groups of one kind of look-alike.

    Attributes:
        kind: its name.
        groups: groups that sent anything. groups_accused: share of them that count as accused.
        accounts: accounts that sent anything. accounts_accused: share of them that are members of a campaign.
    """

    kind: str
    groups: int
    groups_accused: Figure | None
    accounts: int
    accounts_accused: Figure | None


@dataclass(frozen=True, slots=True)
class Innocents:
    """Innocent accounts in the scan with the last cut-off, per 100,000 that sent anything.

    Attributes:
        accounts: how many; they belong to no campaign and no relay.
        named: how many of them are members of a campaign.
        accused: the same per 100,000.
        ordinary: accused per 100,000 of the accounts that are no look-alike either.
        singles: accused per 100,000 that belong to no look-alike group that counts as accused: swept in one by one.
        lookalikes: share of all look-alike groups that count as accused.
    """

    accounts: int
    named: int
    accused: Figure | None
    ordinary: Figure | None
    singles: Figure | None
    lookalikes: Figure | None


@dataclass(frozen=True, slots=True)
class Relays:
    """Relays must be called pooled access; here is what was called distillation.

    Attributes:
        groups: share of the relays that count as accused of distillation. accounts: the same of their accounts.
    """

    groups: Figure | None
    accounts: Figure | None


@dataclass(frozen=True, slots=True)
class Moment:
    """What the scan at one cut-off said of those who did nothing.

    Attributes:
        until: None for a scan of everything.
        exchanges: how many the world had by then; None when they are not known.
        campaigns: how many the scan named.
        accused: innocent accounts accused per 100,000.
        lookalikes: share of the look-alike groups that count as accused.
    """

    until: dt.datetime | None
    exchanges: int | None
    campaigns: int
    accused: Figure | None
    lookalikes: Figure | None


def moments(scans: Sequence[Accusations], world: Present) -> tuple[Moment, ...]:
    """Return what each scan said of the innocent, by growing cut-off."""
    return tuple(_moment(scan, world, at) for at, scan in enumerate(scans))


def innocents(scan: Accusations, world: Present, at: int) -> Innocents:
    """Return what `scan`, which has the cut-off in place `at`, said of the innocent."""
    present, named = world.accounts(at), scan.accused()
    innocent = world.truth.innocent & present
    groups = _lookalikes(scan, world, at)
    in_accused = np.zeros(len(named), dtype=np.bool_)
    for group, accused in groups:
        in_accused[group.accounts] |= accused
    ordinary = world.truth.of_kind(ORDINARY) & present
    return Innocents(
        accounts=int(innocent.sum()),
        named=int(named[innocent].sum()),
        accused=share_of(named[innocent], per=PER),
        ordinary=share_of(named[ordinary], per=PER),
        singles=share_of((named & ~in_accused)[innocent], per=PER),
        lookalikes=_share([accused for _, accused in groups]),
    )


def kind_scores(scan: Accusations, world: Present, at: int) -> tuple[KindScore, ...]:
    """Return the look-alikes by kind, in the order of their names."""
    present, named, groups = world.accounts(at), scan.accused(), _lookalikes(scan, world, at)
    found = []
    for kind in sorted(set(world.truth.names) - {ORDINARY, *GUILTY}):
        mine = world.truth.of_kind(kind) & present
        accused = [flag for group, flag in groups if group.kind == kind]
        found.append(KindScore(kind, len(accused), _share(accused), int(mine.sum()), share_of(named[mine])))
    return tuple(found)


def relays(scan: Accusations, world: Present, at: int) -> Relays:
    """Return which relays were called distillation."""
    verdict = str(VerdictKind.DISTILLATION)
    present, named = world.accounts(at), scan.accused(verdict)
    members = held([one for one in scan.named if one.verdict == verdict], world.truth)
    flags = [flag for group, flag in _taken(members, named, world, present=present) if group.kind == RELAY]
    return Relays(_share(flags), share_of(named[world.truth.of_kind(RELAY) & present]))


def _lookalikes(scan: Accusations, world: Present, at: int) -> list[tuple[TrueGroup, bool]]:
    """Return the look-alike groups that sent anything, and whether each counts as accused."""
    taken = _taken(held(scan.named, world.truth), scan.accused(), world, present=world.accounts(at))
    return [(group, flag) for group, flag in taken if group.kind not in GUILTY]


def _taken(members: Held, named: Flags, world: Present, *, present: Flags) -> list[tuple[TrueGroup, bool]]:
    """Return the groups of which any account is present, and whether each is taken for a campaign."""
    groups = [(place, group) for place, group in enumerate(world.truth.groups) if present[group.accounts].any()]
    return [(group, members.takes(place, named[group.accounts][present[group.accounts]])) for place, group in groups]


def _moment(scan: Accusations, world: Present, at: int) -> Moment:
    found = innocents(scan, world, at)
    return Moment(
        until=None if scan.until == NEVER else moment(scan.until),
        exchanges=None if world.activity is None else int(world.activity.seen[at]),
        campaigns=len(scan.named),
        accused=found.accused,
        lookalikes=found.lookalikes,
    )


def _share(flags: Sequence[bool]) -> Figure | None:
    return proportion(sum(flags), len(flags))
