"""From a truth and the scans of its world to a score: read this first, every line is a stage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stillwatch.range.scoring.activity import Activity, read_activity
from stillwatch.range.scoring.calibration import Calibration, calibration
from stillwatch.range.scoring.groups import GroupScore, group_scores
from stillwatch.range.scoring.innocents import (
    Innocents,
    KindScore,
    Moment,
    Relays,
    innocents,
    kind_scores,
    moments,
    relays,
)
from stillwatch.range.scoring.named import NamedCampaign, Nearest, named_campaigns, nearest
from stillwatch.range.scoring.present import Present
from stillwatch.range.scoring.scans import Accusations, another_world, load_scans, said
from stillwatch.range.scoring.tested import TestedGroup, tested_groups
from stillwatch.range.scoring.truth import NEVER, Truth, load_truth

MEMORY = "8GB"
"""What the engine may use to count exchanges before it spills to disk."""


@dataclass(frozen=True, slots=True)
class Score:
    """Scans of a world against its truth. Where nothing else is said, the scan with the last cut-off is judged.

    Attributes:
        world: parameters of the world, as `world.json` says them; empty when it is not known.
        accounts: of the world, whether or not they sent anything.
        exchanges: of the world; None when they do not lie beside the truth.
        campaigns: how many campaigns the scan named. verdicts: how many of each verdict.
        groups: campaigns, relays and look-alike groups of the truth, in this order.
        kinds: look-alikes by kind.
        innocents, relays: who was wrongly accused.
        named: the campaigns that the scan named, and who their members are.
        nearest: the innocent group with the smallest q-value; None when the scan left no table of the groups it tested.
        moments: the innocent at each cut-off; how each campaign fared is in `groups`.
        calibration: of bits and q-values; None when the scan left no table of the groups it tested.
        notes: figures that could not be had, and why.
    """

    world: Mapping[str, Any]
    accounts: int
    exchanges: int | None
    campaigns: int
    verdicts: Mapping[str, int]
    groups: tuple[GroupScore, ...]
    kinds: tuple[KindScore, ...]
    innocents: Innocents
    relays: Relays
    named: tuple[NamedCampaign, ...]
    nearest: Nearest | None
    moments: tuple[Moment, ...]
    calibration: Calibration | None
    notes: tuple[str, ...]

    @property
    def innocent_accounts(self) -> int:
        """Accounts that sent something and belong to no campaign and no relay."""
        return self.innocents.accounts

    @property
    def innocent_named(self) -> int:
        """How many of them are members of a campaign."""
        return self.innocents.named


def score(truth: Path, *scans: Path, memory: str = MEMORY) -> Score:
    """Return the score of scans of one world, at growing cut-offs, against its truth file.

    Args:
        scans: folders that `stillwatch scan --until` wrote; one is enough for all but time and leak. A folder of
            another detector does too: `scan.json` with `format`, `campaigns.parquet` with `campaign_id` and
            `verdict`, `members.parquet` with `campaign_id` and `account_id`.
        memory: what the engine may use to count exchanges.

    Raises:
        NothingUsable: there is no truth, or a folder holds no scan.
        Refused: a scan was written in another format.
        StillwatchError: truth, world and scans do not belong together, or a file cannot be read.
    """
    known = load_truth(truth)
    series = load_scans(scans, known)
    activity = read_activity(known, [scan.until for scan in series], memory=memory)
    _same_world(series, known, activity)
    world = Present(known, activity, tuple(scan.until for scan in series))
    last, at = series[-1], len(series) - 1
    tested = tested_groups(last, known)
    return Score(
        world=known.world,
        accounts=len(known),
        exchanges=None if activity is None else int(activity.seen[-1]),
        campaigns=len(last.named),
        verdicts=dict(sorted(Counter(one.verdict for one in last.named).items())),
        groups=group_scores(series, world),
        kinds=kind_scores(last, world, at),
        innocents=innocents(last, world, at),
        relays=relays(last, world, at),
        named=named_campaigns(last, known),
        nearest=nearest(tested),
        moments=moments(series, world),
        calibration=calibration(tested) if tested else None,
        notes=tuple(_notes(series, activity, tested)),
    )


def pooled_calibration(pairs: Sequence[tuple[Path, Path]]) -> Calibration:
    """Return the calibration over many worlds.

    Args:
        pairs: truth file and folder of a scan of that world.

    Raises:
        StillwatchError: as `score`.
    """
    groups: list[TestedGroup] = []
    for truth, folder in pairs:
        known = load_truth(truth)
        (scan,) = load_scans([folder], known)
        groups += tested_groups(scan, known)
    return calibration(groups)


def _same_world(scans: Sequence[Accusations], truth: Truth, activity: Activity | None) -> None:
    """Make sure that each scan read as much as the world had by its cut-off, but for what it says it skipped."""
    for at, scan in enumerate(scans):
        if scan.head.ledger.accounts is not None and scan.head.ledger.accounts > len(truth):
            found = f"the scan saw {scan.head.ledger.accounts} accounts, the truth has {len(truth)}"
            raise another_world(scan.folder, found)
        if activity is None or scan.head.ledger.exchanges is None:
            continue
        there, seen = int(activity.seen[at]), scan.head.ledger.exchanges
        skipped = sum(part.count for part in scan.head.skipped)
        if not there - skipped <= seen <= there:
            found = f"the scan saw {seen} exchanges, the world has {there} with {said(scan.until)}"
            raise another_world(scan.folder, found)


def _notes(scans: Sequence[Accusations], activity: Activity | None, tested: Sequence[TestedGroup]) -> list[str]:
    notes = []
    if activity is None:
        notes.append(
            "no figure over exchanges and no leak: `exchanges.parquet` does not lie beside the truth; "
            "accounts that sent nothing count as innocent or missed"
        )
    if len(scans) == 1:
        notes.append("time to detection and leak are only bounded: they need scans at growing cut-offs (`--until`)")
    if scans[-1].until != NEVER:
        notes.append(f"the last scan did not see the whole world: {said(scans[-1].until)}")
    if not tested:
        notes.append("no calibration: the scan left no `groups.parquet`, or tested no group")
    return notes
