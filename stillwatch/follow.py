"""Lasting ids: is this the campaign that an earlier scan found, grown, split or moved? And what became of each."""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_SAME = 0.5
"""Share of the smaller of two groups that must be common for one to go on as the other."""


def new_id(accounts: Iterable[str]) -> str:
    """Return the id of a group seen for the first time: the same accounts always get the same one."""
    digest = hashlib.sha256("\n".join(sorted(accounts)).encode("utf-8", "surrogatepass"))
    return f"c-{digest.hexdigest()[:12]}"


def lasting_id(accounts: frozenset[str], known: Mapping[str, frozenset[str]], taken: frozenset[str]) -> str:
    """Return the id under which a group goes on.

    Args:
        known: accounts of earlier campaigns, by id.
        taken: ids that stronger groups of this scan already go on as; what is left of a split gets a new one.
    """
    best, name = _SAME, ""
    for campaign, members in sorted(known.items()):
        common = len(accounts & members) / max(min(len(accounts), len(members)), 1)
        if campaign not in taken and common > best:
            best, name = common, campaign
    return name or new_id(accounts)


class ChangeKind(enum.StrEnum):
    """What became of a campaign from one run to the next."""

    NEW = "new"
    SPLIT = "split"
    GROWN = "grown"
    SHRUNK = "shrunk"
    MERGED = "merged"
    REGROWN = "regrown"
    VERDICT = "verdict"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Sighting:
    """A campaign as one run saw it; `regrown_from` is the earlier one that it came back from, `regrown` says why."""

    verdict: str
    accounts: frozenset[str]
    regrown_from: str = ""
    regrown: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one campaign since the run before.

    Attributes:
        kinds: at least one; `SPLIT` stands beside `NEW`.
        text: one line.
    """

    campaign_id: str
    kinds: tuple[ChangeKind, ...]
    text: str


def changes(
    known: Mapping[str, frozenset[str]], before: Mapping[str, str], now: Mapping[str, Sighting]
) -> tuple[Change, ...]:
    """Return what became of each campaign that is not as it was, those of `now` first, in their order.

    Args:
        known: accounts of every campaign that any earlier run saw, when it was last seen, by id.
        before: verdicts of the run before, by id.
        now: what this run saw, by id.
    """
    groups = {campaign: seen.accounts for campaign, seen in now.items()}
    into = {lost: _mostly_in(known[lost], groups) for lost in sorted(before.keys() - now.keys())}
    told = []
    for campaign, seen in now.items():
        took = [lost for lost, name in into.items() if name == campaign]
        told.append(_told(campaign, seen, known, before, took))
    return (*(change for change in told if change is not None), *(_lost(lost, name) for lost, name in into.items()))


def _lost(campaign: str, into: str) -> Change:
    if into:
        return Change(campaign, (ChangeKind.MERGED,), f"{campaign}: merged into {into}")
    return Change(campaign, (ChangeKind.GONE,), f"{campaign}: gone, it is no longer named")


def _mostly_in(accounts: frozenset[str], groups: Mapping[str, frozenset[str]]) -> str:
    """Return the id of the group that has most of `accounts`, or nothing if none has more than half."""
    common = {name: len(accounts & members) for name, members in sorted(groups.items())}
    most = max(common, key=lambda name: common[name], default="")
    return most if most and common[most] > _SAME * len(accounts) else ""


def _told(
    campaign: str, seen: Sighting, known: Mapping[str, frozenset[str]], before: Mapping[str, str], took: list[str]
) -> Change | None:
    kinds: dict[ChangeKind, str] = {}
    if campaign not in known:
        kinds[ChangeKind.NEW] = "new"
        parent = _mostly_in(seen.accounts, known)
        if parent:
            kinds[ChangeKind.SPLIT] = f"split from {parent}"
        if seen.regrown_from:
            kinds[ChangeKind.REGROWN] = f"regrown from {seen.regrown_from}: {seen.regrown}"
    else:
        if campaign not in before:
            kinds[ChangeKind.REGROWN] = "back, it was gone"
        more, fewer = len(seen.accounts - known[campaign]), len(known[campaign] - seen.accounts)
        if more:
            kinds[ChangeKind.GROWN] = f"{_accounts(more)} more" + (f" and {fewer} fewer" if fewer else "")
        elif fewer:
            kinds[ChangeKind.SHRUNK] = f"{_accounts(fewer)} fewer"
        if before.get(campaign, seen.verdict) != seen.verdict:
            kinds[ChangeKind.VERDICT] = f"was {before[campaign]}"
    if took:
        kinds[ChangeKind.MERGED] = f"took in {', '.join(took)}"
    if not kinds:
        return None
    text = f"{campaign}: {seen.verdict}, {_accounts(len(seen.accounts))}; {'; '.join(kinds.values())}"
    return Change(campaign, tuple(kinds), text)


def _accounts(number: int) -> str:
    return f"{number:,} account{'' if number == 1 else 's'}"
