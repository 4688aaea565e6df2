"""The folder that a scan left, as values. `load_result` is the one way in for every report and for `explain`."""

from __future__ import annotations

import datetime as dt
import difflib
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch.errors import StillwatchError
from stillwatch.findings import (
    CAMPAIGNS,
    CLEARED,
    END_USERS,
    EVIDENCE,
    GROUPS,
    LINKS,
    MEMBERS,
    TIMELINE,
    EndUser,
    Evidence,
    Family,
    Member,
    Part,
    Question,
    Scores,
    VerdictKind,
)
from stillwatch.record import conform, required_columns
from stillwatch.report.scanfile import Scan, broken_table, missing_table, read_scan

Row = Mapping[str, Any]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Hour:
    """What a group did in the hour that begins at `start` (UTC)."""

    start: dt.datetime
    exchanges: int
    accounts: int


@dataclass(frozen=True, slots=True)
class Link:
    """Two members and how many rare marks of one kind both carry."""

    account_a: str
    account_b: str
    kind: str
    marks: int


@dataclass(frozen=True, slots=True)
class Group:
    """A group that was tested: accused (`verdict`) or cleared (`reason`).

    Attributes:
        evidence: accused and cleared groups alike.
        members: strongest first; empty for a cleared group.
        timeline: hours in which something happened, oldest first.
        links: strongest first.
        n_tested: accounts of the group as its evidence was tested, before members were chosen; None when not known.
        end_users: whom its members name as their users, those who carry most of its marks first.
        regrown_from, regrown: the earlier campaign that it came back from, and what says so; empty where none is known.
    """

    group_id: str
    verdict: VerdictKind | None
    reason: str
    scores: Scores
    q_value: float
    n_accounts: int
    n_exchanges: int
    first: dt.datetime
    last: dt.datetime
    summary: str
    evidence: tuple[Evidence, ...]
    members: tuple[Member, ...]
    timeline: tuple[Hour, ...]
    links: tuple[Link, ...]
    n_tested: int | None
    end_users: tuple[EndUser, ...] = ()
    regrown_from: str = ""
    regrown: str = ""

    @property
    def carrying(self) -> tuple[int, int] | None:
        """How many of the members' exchanges carry the campaign's texts, and of how many; None when not known."""
        known = [(m.carrying, m.exchanges) for m in self.members if m.carrying is not None and m.exchanges is not None]
        return (sum(n for n, _ in known), sum(n for _, n in known)) if known else None


@dataclass(frozen=True, slots=True)
class Result:
    """What a scan found, groups in the order of the files, and how it was run.

    Attributes:
        out: name of the folder, for display.
    """

    out: str
    campaigns: tuple[Group, ...]
    cleared: tuple[Group, ...]
    scan: Scan

    def find(self, group_id: str) -> Group:
        """Return the campaign or cleared group of that id.

        Raises:
            StillwatchError: there is none; names the nearest ids.
        """
        groups = {g.group_id: g for g in (*self.campaigns, *self.cleared)}
        if group_id in groups:
            return groups[group_id]
        near = difflib.get_close_matches(group_id, groups, n=3, cutoff=0.5) or [g.group_id for g in self.campaigns[:3]]
        raise StillwatchError(
            f"there is no campaign `{group_id}`",
            where=self.out,
            expected=f"one of {len(self.campaigns)} campaigns or {len(self.cleared)} cleared groups",
            remedy=", ".join(f"`{name}`" for name in near) or "another scan: this one tested no group",
        )


def load_result(out: Path) -> Result:
    """Return what a scan left in `out`.

    Raises:
        NothingUsable: `out` is not the folder of a scan, or a file is missing.
        Refused: the scan was written in another format.
        StillwatchError: a file cannot be read or breaks the contract of `docs/output.md`.
    """
    scan = read_scan(out)
    evidence = _by_group(out / "evidence.parquet", EVIDENCE, _evidence)
    members = _by_group(out / "members.parquet", MEMBERS, _member)
    hours = _by_group(out / "timeline.parquet", TIMELINE, _hour, optional=True)
    links = _by_group(out / "links.parquet", LINKS, _link, optional=True)
    tested = _by_group(out / "groups.parquet", GROUPS, _account, optional=True)
    users = _by_group(out / "end_users.parquet", END_USERS, _end_user, optional=True)

    def group(row: Row) -> Group:
        key = row["campaign_id"]
        return Group(
            **_facts(row),
            evidence=tuple(evidence[key]),
            members=tuple(sorted(members[key], key=lambda m: (not m.core, -m.bits, m.account_id))),
            timeline=tuple(sorted(hours[key], key=lambda h: h.start)),
            links=tuple(sorted(links[key], key=lambda s: (-s.marks, s.kind, s.account_a, s.account_b))),
            n_tested=len(tested[key]) or None,
            end_users=tuple(users[key]),
        )

    campaigns = _values(out / "campaigns.parquet", CAMPAIGNS, group)
    cleared = _values(out / "cleared.parquet", CLEARED, group)
    return Result(out.name or str(out), tuple(campaigns), tuple(cleared), scan)


def _facts(row: Row) -> dict[str, Any]:
    """Return the fields of a group that stand in its own row."""
    verdict = row.get("verdict")
    return {
        "group_id": row["campaign_id"],
        "verdict": None if verdict is None else VerdictKind(verdict),
        "reason": row.get("reason", ""),
        **{name: row.get(name) or "" for name in ("regrown_from", "regrown")},
        "scores": Scores(**{question.value: row[f"{question}_bits"] for question in Question}),
        "first": row["first_ts"],
        "last": row["last_ts"],
        **{name: row[name] for name in ("q_value", "n_accounts", "n_exchanges", "summary")},
    }


def _evidence(row: Row) -> Evidence:
    numbers = json.loads(row["numbers"])
    if not isinstance(numbers, dict):
        raise ValueError("`numbers` is not a JSON object")
    return Evidence(
        kind=row["evidence"],
        family=Family(row["family"]),
        question=Question(row["question"]),
        numbers=numbers,
        exhibits=tuple(row["exhibits"]),
        **{name: row[name] for name in ("bits", "p_value", "null_model", "statement", "query", "share")},
    )


def _member(row: Row) -> Member:
    joined = round(row["joined_ts"].timestamp() * 1_000_000)
    return Member(row["account_id"], row["bits"], joined, row["core"], row["n_exchanges"], row["n_carrying"])


def _end_user(row: Row) -> EndUser:
    return EndUser(row["exhibit"], row["n_accounts"], row["n_exchanges"], row["n_carrying"], Part(row["part"]))


def _hour(row: Row) -> Hour:
    return Hour(row["hour"], row["exchanges"], row["accounts"])


def _link(row: Row) -> Link:
    return Link(row["account_a"], row["account_b"], row["kind"], row["marks"])


def _account(row: Row) -> str:
    account: str = row["account_id"]
    return account


def _by_group(
    path: Path, schema: pa.Schema, make: Callable[[Row], T], *, optional: bool = False
) -> defaultdict[str, list[T]]:
    """Return the values of a table by the group they belong to; an optional table may be absent."""
    groups: defaultdict[str, list[T]] = defaultdict(list)
    if optional and not path.exists():
        return groups
    rows = _rows(path, schema)
    for row, value in zip(rows, _made(path, rows, make), strict=True):
        groups[row["campaign_id"]].append(value)
    return groups


def _values(path: Path, schema: pa.Schema, make: Callable[[Row], T]) -> list[T]:
    return _made(path, _rows(path, schema), make)


def _made(path: Path, rows: Iterable[Row], make: Callable[[Row], T]) -> list[T]:
    try:
        return [make(row) for row in rows]
    except (ValueError, OverflowError) as error:
        raise broken_table(path, str(error)) from error


def _rows(path: Path, schema: pa.Schema) -> list[Row]:
    """Return the rows of a table, with the columns of `schema` and no other."""
    try:
        table = conform(pq.read_table(path, partitioning=None), schema)
        rows: list[Row] = table.to_pylist()
    except FileNotFoundError:
        raise missing_table(path) from None
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        raise broken_table(path, str(error)) from error
    unknown = [name for name in required_columns(schema) if table.column(name).null_count]
    if unknown:
        raise broken_table(path, f"column `{unknown[0]}` has nulls")
    return rows
