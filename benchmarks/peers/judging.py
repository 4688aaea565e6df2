"""What a peer's accusations are worth: one small function for all, with the truth beside them.

The peer's own decision is what it accuses without help. An *oracle* is the lowest limit on its score at which at most
one innocent account in a thousand, or in a hundred, is accused: it is chosen with the truth in hand, after the fact,
so it flatters the peer, and nobody could have used it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from benchmarks.peers.accusations import Accusations
from stillwatch.errors import StillwatchError

ORDINARY, CAMPAIGN, RELAY = "ordinary", "campaign", "relay"
"""Kinds of account in the truth; every other kind is the name of a look-alike."""
OWN = "own"
ORACLES = {"oracle 0.1 %": 0.001, "oracle 1 %": 0.01}
"""Share of innocent accounts that each oracle lets be accused."""
FOUND = 0.5
"""Share of a group's accounts from which the group counts as found, or as accused."""

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Truth:
    """Who is who, one entry per account, in order of account id.

    Attributes:
        accounts: ids.
        kinds: as in the truth file, shape (accounts,).
        groups: as in the truth file, empty for ordinary accounts, shape (accounts,).
    """

    accounts: list[str]
    kinds: npt.NDArray[np.str_]
    groups: npt.NDArray[np.str_]

    @property
    def innocent(self) -> Flags:
        """Which accounts belong to no campaign and no relay."""
        flags: Flags = (self.kinds != CAMPAIGN) & (self.kinds != RELAY)
        return flags


@dataclass(frozen=True, slots=True)
class Kind:
    """The accounts of one kind, and how many of them were accused.

    Attributes:
        groups, groups_accused: all of them, and those of which at least half of the accounts were.
    """

    kind: str
    accounts: int
    accused: int
    groups: int
    groups_accused: int


@dataclass(frozen=True, slots=True)
class Judgement:
    """One decision against the truth.

    Attributes:
        decision: `own`, or the name of an oracle.
        limit: the least score that an oracle accuses; None where it accuses nobody, and for `own`.
        recall: accused share of the campaigns' accounts; None in a world without a campaign.
        campaigns: the kind `campaign`; `relays`: the kind `relay`; `lookalikes`: every other kind but ordinary.
        innocents, innocents_accused: accounts of no campaign and no relay.
        per_100_000: innocent accounts accused, of so many.
    """

    decision: str
    limit: float | None
    recall: float | None
    campaigns: Kind
    relays: Kind
    lookalikes: tuple[Kind, ...]
    innocents: int
    innocents_accused: int
    per_100_000: float


def read_truth(path: Path) -> Truth:
    """Return the truth of a world."""
    table = pq.read_table(path, columns=["account_id", "kind", "group_id"]).sort_by("account_id")
    kinds, groups = (np.array(table[name].to_pylist(), dtype=np.str_) for name in ("kind", "group_id"))
    return Truth(table["account_id"].to_pylist(), kinds, groups)


def judge(truth: Truth, found: Accusations) -> tuple[Judgement, ...]:
    """Return the judgement of the peer's own decision and those of the oracles.

    Raises:
        StillwatchError: an account was accused that the truth does not know.
    """
    places = {account: place for place, account in enumerate(truth.accounts)}
    strangers = [account for account in found.accounts if account not in places]
    if strangers:
        raise StillwatchError(
            f"{len(strangers)} accounts that were scored are not in the truth",
            where="benchmarks.peers",
            expected="the truth of the world that the peer was given",
            remedy="run the peer again on the folder that holds this truth",
        )
    rows = np.array([places[account] for account in found.accounts], dtype=np.int64)
    own = np.zeros(len(truth.accounts), dtype=np.bool_)
    own[rows] = found.accused
    scores = np.full(len(truth.accounts), -np.inf)
    scores[rows] = found.scores
    limits = {name: oracle_limit(scores, truth.innocent, share) for name, share in ORACLES.items()}
    oracles = [_judgement(truth, scores >= _or_nobody(limit), name, limit) for name, limit in limits.items()]
    return _judgement(truth, own, OWN, None), *oracles


def _or_nobody(limit: float | None) -> float:
    return np.inf if limit is None else limit


def oracle_limit(scores: npt.NDArray[np.float64], innocent: Flags, share: float) -> float | None:
    """Return the least score that at most `share` of the innocent accounts reach; None when no score will do.

    Accounts of one score are accused together or not at all.
    """
    allowed = int(share * innocent.sum())
    highest = np.sort(scores[innocent])[::-1]
    barred = highest[allowed] if allowed < len(highest) else -np.inf
    reached = scores[np.isfinite(scores) & (scores > barred)]
    return float(reached.min()) if len(reached) else None


def _judgement(truth: Truth, accused: Flags, decision: str, limit: float | None) -> Judgement:
    campaigns, relays = (_kind(truth, kind, accused) for kind in (CAMPAIGN, RELAY))
    others = sorted(set(truth.kinds.tolist()) - {ORDINARY, CAMPAIGN, RELAY})
    innocents, wronged = int(truth.innocent.sum()), int((accused & truth.innocent).sum())
    return Judgement(
        decision=decision,
        limit=limit,
        recall=campaigns.accused / campaigns.accounts if campaigns.accounts else None,
        campaigns=campaigns,
        relays=relays,
        lookalikes=tuple(_kind(truth, kind, accused) for kind in others),
        innocents=innocents,
        innocents_accused=wronged,
        per_100_000=wronged / innocents * 100_000 if innocents else 0.0,
    )


def _kind(truth: Truth, kind: str, accused: Flags) -> Kind:
    of_kind = truth.kinds == kind
    sizes, hits = Counter(truth.groups[of_kind].tolist()), Counter(truth.groups[of_kind & accused].tolist())
    half = sum(hits[group] >= FOUND * size for group, size in sizes.items())
    return Kind(kind, int(of_kind.sum()), int((of_kind & accused).sum()), len(sizes), half)
