"""What a campaign was known by, and which later group it came back as.

After a ban an operator goes on with other accounts and what it cannot change at once: its texts, its cards, its
devices. A group that was named is therefore held against every campaign that ended before it began. The null: random
accounts that were never members of the earlier campaign hold its marks as often as all others do (hypergeometric,
Bonferroni over all pairs that are compared). This decides nothing about a verdict: it would count the texts of
`shared_scaffold` a second time, and let one wrong verdict feed the next. A group must pass by itself.

Innocent causes: a customer who registers again after a wrong ban; a text that got around. Blind spot: an operator who
changes its texts and its instruments together with its accounts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

from stillwatch.arrays import I64, Flags
from stillwatch.evidence.case import Case, flags
from stillwatch.evidence.shared_scaffold import telling_marks
from stillwatch.findings import Campaign, Earlier, Memory
from stillwatch.held import columns, holders
from stillwatch.population import INSTRUMENTS, SCAFFOLDS

SURELY = 0.001
"""Accepted chance that any group of a scan is tied to a campaign that it has nothing to do with."""
MOST = 0.5
"""Share of a group's accounts that must carry the marks of the earlier campaign, and that must not be its accounts."""


@dataclass(frozen=True, slots=True)
class _Tie:
    """How many accounts of a group, and of all others, carry the marks of an earlier campaign."""

    p_value: float
    earlier: str
    carry: int
    accounts: int
    others_carry: int
    others: int


def memories(campaigns: Sequence[Campaign], case: Case) -> Mapping[str, Memory]:
    """Return what each campaign is known by: its rare texts, and instruments that two members share.

    Rare is what few accounts use that are in no campaign: a pool that came back already uses the texts of the first.
    """
    members = {c.campaign_id: _members(c, case) for c in campaigns}
    everyone = np.unique(np.concatenate([np.empty(0, dtype=np.int64), *members.values()]))
    return {name: _memory(accounts, everyone, case) for name, accounts in members.items()}


def with_lineage(
    campaigns: Sequence[Campaign], now: Mapping[str, Memory], case: Case, earlier: Earlier
) -> tuple[Campaign, ...]:
    """Return the campaigns, each with the one that it came back from, if there is one.

    Args:
        now: what the campaigns are known by. earlier: those of other scans; what was retracted ties nobody.
    """
    remembered = {name: memory for name, memory in {**earlier.memories, **now}.items() if name not in earlier.muted}
    accounts = {name: case.people.positions(sorted(earlier.accounts.get(name, frozenset()))) for name in remembered}
    accounts |= {c.campaign_id: np.union1d(accounts[c.campaign_id], _members(c, case)) for c in campaigns
                 if c.campaign_id in remembered}  # fmt: skip
    found = []
    for campaign in campaigns:
        members = _members(campaign, case)
        began = float(np.median(case.people.totals["first_us"][members]))
        before = [
            name
            for name, memory in sorted(remembered.items())
            if name != campaign.campaign_id
            and memory.until < began
            and len(np.intersect1d(members, accounts[name])) <= MOST * len(members)
        ]
        ties = [_tie(name, remembered[name], members, accounts[name], case) for name in before]
        tried = len(remembered) * len(campaigns)
        ties = [tie for tie in ties if tie.p_value * tried <= SURELY and tie.carry >= MOST * tie.accounts]
        best = min(ties, key=lambda tie: (tie.p_value, tie.earlier), default=None)
        found.append(campaign if best is None else replace(campaign, regrown_from=best.earlier, regrown=_said(best)))
    return tuple(found)


def _memory(members: I64, everyone: I64, case: Case) -> Memory:
    """Return what a campaign is known by; `everyone` are the accounts of all campaigns."""
    marks = {}
    for kind in SCAFFOLDS:
        marks[kind] = case.people.shared[kind].marks[telling_marks(kind, members, case, everyone)]
    for kind in INSTRUMENTS:
        held, among = holders(case.people.shared[kind].matrix[members])
        marks[kind] = case.people.shared[kind].marks[held[among >= 2]]
    until = int(np.median(case.people.totals["last_us"][members]))
    return Memory({kind: frozenset(map(str, found.tolist())) for kind, found in marks.items() if len(found)}, until)


def _tie(name: str, memory: Memory, members: I64, known: I64, case: Case) -> _Tie:
    carries, new = _carriers(memory, case), ~flags(case, known)
    inside = flags(case, members) & new
    accounts, carry, held = int(inside.sum()), int((inside & carries).sum()), int((new & carries).sum())
    everybody = int(new.sum())
    p = float(stats.hypergeom.sf(carry - 1, everybody, held, accounts)) if carry else 1.0
    return _Tie(p, name, carry, accounts, held - carry, everybody - accounts)


def _carriers(memory: Memory, case: Case) -> Flags:
    """Return who has a text of the campaign as a habit, or uses an instrument of it, shape (accounts,)."""
    carries = np.zeros(case.people.size, dtype=np.bool_)
    for kind, marks in memory.marks.items():
        incidence = case.habits[kind] if kind in SCAFFOLDS else case.people.shared[kind]
        places = incidence.places(marks)
        carries |= np.diff(columns(incidence.matrix, places).indptr) > 0
    return carries


def _said(tie: _Tie) -> str:
    return (
        f"{tie.carry} of {tie.accounts} accounts that were never members of {tie.earlier} carry its marks, and"
        f" {tie.others_carry} of {tie.others} others do (p = {max(tie.p_value, 1e-300):.2g}); it had ended before they"
        " began"
    )


def _members(campaign: Campaign, case: Case) -> I64:
    return case.people.positions(sorted(member.account_id for member in campaign.members))
