"""What a scan finds, as values and as the tables it leaves behind.

The tables are a stable contract (`docs/output.md`): columns are added,
never renamed or removed, without a new `FORMAT`.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stillwatch.record import TIMESTAMP, required

FORMAT = 1
"""Version of the tables below."""

Number = float | int | str | None


class Family(enum.StrEnum):
    """Kinds of evidence that would fail together. A verdict to act needs at least two of the coordination families."""

    IDENTITY = "identity"
    INFRASTRUCTURE = "infrastructure"
    TIMING = "timing"
    CONTENT = "content"
    RELAY = "relay"
    INTENT = "intent"
    LIFECYCLE = "lifecycle"
    SAMENESS = "sameness"


class Question(enum.StrEnum):
    """Which of the four questions a kind of evidence speaks to; each has its own score in bits."""

    COORDINATION = "coordination"
    EXTRACTION = "extraction"
    DECEPTION = "deception"
    INNOCENCE = "innocence"


class VerdictKind(enum.StrEnum):
    """What a group is called once it passed."""

    DISTILLATION = "distillation_campaign"
    POOLED_ACCESS = "pooled_access"
    COORDINATED = "coordinated"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One tested statement about a group.

    Attributes:
        kind: id of the evidence, which is also its file name and its section in `docs/evidence.md`.
        family: what it would fail together with.
        question: the score it counts towards.
        bits: log2 of an e-value (a likelihood ratio whose mean under the null is at most one), as counted: after the
            caps of `evidence/__init__.py`. Negative speaks for innocence. 0 with `p_value` None is *no evidence*.
        p_value: probability of the statistic or a more extreme one under the null; None when it could not be tested.
        null_model: what the group was compared with, in words.
        statement: one sentence for the accused to read.
        numbers: the values used, by name.
        exhibits: ids of exchanges or accounts to look at, most telling first.
        query: SQL that gives `numbers` again on the ledger; empty when there are none.
        share: part of the members that the statement is about, times what allowances leave of it (`verdict.py`), for
            which alone positive bits count; None in a scan of an earlier version, which did not write it.
    """

    kind: str
    family: Family
    question: Question
    bits: float
    p_value: float | None
    null_model: str
    statement: str
    numbers: Mapping[str, Number] = field(default_factory=dict)
    exhibits: tuple[str, ...] = ()
    query: str = ""
    share: float | None = 1.0


@dataclass(frozen=True, slots=True)
class Member:
    """One account of a campaign.

    Attributes:
        bits: log2 likelihood ratio of this account's own marks and habits, campaign against population.
        joined: microseconds since the epoch of its first exchange in the scan.
        core: whether its own evidence is enough without its neighbours'.
        exchanges: how many it has in the scan; None in a scan of an earlier version.
        carrying: how many of them carry a text that is the campaign's; None where it has none to tell by.
    """

    account_id: str
    bits: float
    joined: int
    core: bool
    exchanges: int | None = None
    carrying: int | None = None


class Part(enum.StrEnum):
    """Whose the exchanges of an end user are, on an account of a campaign."""

    HARVEST = "harvest"
    CUSTOMER = "customer"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class EndUser:
    """Somebody whom the accounts of a campaign name as the user behind some of their exchanges.

    Attributes:
        exhibit: id of one of those exchanges, by which the user's own id is found in the log.
        accounts: members under which those exchanges were sent.
        exchanges, carrying: how many there are, and how many carry a text that is the campaign's.
    """

    exhibit: str
    accounts: int
    exchanges: int
    carrying: int
    part: Part


@dataclass(frozen=True, slots=True)
class Scores:
    """The four scores of a group in bits, each a plain sum over its evidence."""

    coordination: float
    extraction: float
    deception: float
    innocence: float


@dataclass(frozen=True, slots=True)
class Campaign:
    """A group that was tested: accused (`verdict`) or cleared (`verdict` None).

    Attributes:
        reason: why it was judged so, in words.
        members: most certain first; of a cleared group none are named.
        n_accounts, n_exchanges: of its members; of a cleared group, of those that were tested.
        first_ts, last_ts: microseconds since the epoch.
        summary: one sentence.
        proposer: who thought it should be looked at.
        end_users: whom its members name as their users, those who carry most of its marks first.
        regrown_from: id of the earlier campaign that it came back from on other accounts; empty where none is known.
        regrown: what says so.
    """

    campaign_id: str
    verdict: VerdictKind | None
    reason: str
    scores: Scores
    q_value: float
    evidence: tuple[Evidence, ...]
    members: tuple[Member, ...]
    n_accounts: int
    n_exchanges: int
    first_ts: int
    last_ts: int
    summary: str
    proposer: str
    end_users: tuple[EndUser, ...] = ()
    regrown_from: str = ""
    regrown: str = ""


@dataclass(frozen=True, slots=True)
class Memory:
    """What a campaign was known by when it was last seen.

    Attributes:
        marks: by kind, as text: texts that were its habit and few others', instruments that its members shared.
        until: microseconds since the epoch: when half of its members had sent their last exchange.
    """

    marks: Mapping[str, frozenset[str]]
    until: int


@dataclass(frozen=True, slots=True)
class Earlier:
    """What earlier scans found, by campaign id.

    Attributes:
        accounts: members, when a campaign was last seen. memories: what it was known by; only a watch keeps it.
        muted: campaigns that a person called a false alarm: their ids last, and nobody is looked for by their marks.
    """

    accounts: Mapping[str, frozenset[str]] = field(default_factory=dict)
    memories: Mapping[str, Memory] = field(default_factory=dict)
    muted: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Choice:
    """How freely a proposer chose, as far as one kind of evidence is concerned.

    Attributes:
        among: accounts that the members were picked from, whatever this kind reads; None for any accounts at all.
        tries: how many such sets of accounts it looked through.
    """

    among: int | None = None
    tries: int = 1


FREE = Choice()
"""Any accounts of the population might have been chosen by what the kind reads."""


def chosen_freely(kinds: Iterable[str]) -> Mapping[str, Choice]:
    """Return the choice of a proposer that reads what these kinds read, and no more is known of it."""
    return dict.fromkeys(kinds, FREE)


@dataclass(frozen=True, slots=True)
class Candidate:
    """Accounts that a proposer thinks should be looked at together; an accusation of nobody.

    Attributes:
        accounts: positions in the account table of the scan, ascending, shape (members,).
        proposer: id of the proposer.
        chosen_by: kinds of evidence that read what made the proposal, and which therefore cannot alone confirm it, and
            how freely each of them let it choose.
        reason: what made the proposer look.
    """

    accounts: npt.NDArray[np.int64]
    proposer: str
    chosen_by: Mapping[str, Choice]
    reason: str


CAMPAIGNS = pa.schema(
    [
        required("campaign_id", pa.string()),
        required("verdict", pa.string()),
        required("coordination_bits", pa.float64()),
        required("extraction_bits", pa.float64()),
        required("deception_bits", pa.float64()),
        required("innocence_bits", pa.float64()),
        required("q_value", pa.float64()),
        required("n_accounts", pa.int64()),
        required("n_exchanges", pa.int64()),
        required("first_ts", TIMESTAMP),
        required("last_ts", TIMESTAMP),
        required("summary", pa.string()),
        pa.field("regrown_from", pa.string()),
        pa.field("regrown", pa.string()),
    ]
)
"""One row per group that passed, strongest first."""

_OF_CAMPAIGNS = ("verdict", "regrown_from", "regrown")

CLEARED = pa.schema([f for f in CAMPAIGNS if f.name not in _OF_CAMPAIGNS] + [required("reason", pa.string())])
"""One row per group that was tested and not accused, with the reason; `campaign_id` is the id of the group."""

MEMBERS = pa.schema(
    [
        required("campaign_id", pa.string()),
        required("account_id", pa.string()),
        required("bits", pa.float64()),
        required("joined_ts", TIMESTAMP),
        required("core", pa.bool_()),
        pa.field("n_exchanges", pa.int64()),
        pa.field("n_carrying", pa.int64()),
    ]
)

END_USERS = pa.schema(
    [
        required("campaign_id", pa.string()),
        required("exhibit", pa.string()),
        required("n_accounts", pa.int64()),
        required("n_exchanges", pa.int64()),
        required("n_carrying", pa.int64()),
        required("part", pa.string()),
    ]
)
"""One row per campaign and end user whom its members name, those who carry most of its marks first."""

EVIDENCE = pa.schema(
    [
        required("campaign_id", pa.string()),
        required("evidence", pa.string()),
        required("family", pa.string()),
        required("question", pa.string()),
        required("bits", pa.float64()),
        pa.field("p_value", pa.float64()),
        required("null_model", pa.string()),
        required("statement", pa.string()),
        required("numbers", pa.string()),  # JSON object
        required("exhibits", pa.list_(pa.string())),
        required("query", pa.string()),
        pa.field("share", pa.float64()),
    ]
)
"""One row per kind of evidence and group, accused and cleared alike."""

GROUPS = pa.schema([required("campaign_id", pa.string()), required("account_id", pa.string())])
"""The accounts of each group, accused or cleared, as it was tested: what the queries of its evidence read."""

TIMELINE = pa.schema(
    [
        required("campaign_id", pa.string()),
        required("hour", TIMESTAMP),
        required("exchanges", pa.int64()),
        required("accounts", pa.int64()),
    ]
)
"""Exchanges and distinct accounts of a campaign by hour; an hour without exchanges has no row. Made for the report."""

LINKS = pa.schema(
    [
        required("campaign_id", pa.string()),
        required("account_a", pa.string()),
        required("account_b", pa.string()),
        required("kind", pa.string()),
        required("marks", pa.int64()),
    ]
)
"""Pairs of members that share rare marks of one kind, and how many; capped. Made for the report."""

HISTORY = pa.schema(
    [
        required("campaign_id", pa.string()),
        required("account_id", pa.string()),
        required("first_run_ts", TIMESTAMP),
        required("last_run_ts", TIMESTAMP),
    ]
)
"""One row per account and campaign that it was ever a member of: the first and the last run that said so. Left by
`watch` alone."""

MEMORY = pa.schema(
    [
        required("campaign_id", pa.string()),
        required("kind", pa.string()),
        required("mark", pa.string()),
        required("until_ts", TIMESTAMP),
    ]
)
"""One row per campaign that any run saw and mark that it was known by. Left by `watch` alone."""
