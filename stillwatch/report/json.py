"""The same for a machine: values of JSON with the names of the tables of `docs/output.md`, nothing rounded or cut."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from typing import Any

from stillwatch.findings import FORMAT, EndUser, Evidence, Member, Question
from stillwatch.report.kinds import about
from stillwatch.report.result import Group, Result
from stillwatch.report.wording import instant, strongest


def campaigns_json(result: Result) -> dict[str, Any]:
    """Return all campaigns with their strongest evidence, the cleared groups, and what could not be tested."""
    return {
        "format": FORMAT,
        "weights": _weights(result),
        "campaigns": [
            _group(g) | {"strongest": [_evidence(e, result) for e in strongest(g)]} for g in result.campaigns
        ],
        "cleared": [_group(g) for g in result.cleared],
        "could_not_run": [item.model_dump(mode="json") for item in result.scan.could_not_run],
    }


def campaign_json(result: Result, group_id: str) -> dict[str, Any]:
    """Return one campaign or cleared group with all its evidence and members.

    Raises:
        StillwatchError: the scan knows no such group; names the nearest ids.
    """
    group = result.find(group_id)
    return {
        "format": FORMAT,
        **_group(group),
        "weights": _weights(result),
        "evidence": [_evidence(e, result) for e in group.evidence],
        "members": [_member(m) for m in group.members],
        "end_users": [_end_user(user) for user in group.end_users],
        "could_not_run": [item.model_dump(mode="json") for item in result.scan.could_not_run],
    }


def _group(group: Group) -> dict[str, Any]:
    return {
        "campaign_id": group.group_id,
        "verdict": group.verdict,
        "reason": group.reason,
        **{f"{question}_bits": getattr(group.scores, question.value) for question in Question},
        "q_value": group.q_value,
        "n_accounts": group.n_accounts,
        "n_exchanges": group.n_exchanges,
        "first_ts": _moment(group.first),
        "last_ts": _moment(group.last),
        "summary": group.summary,
        "regrown_from": group.regrown_from or None,
        "regrown": group.regrown or None,
    }


def _weights(result: Result) -> dict[str, str] | None:
    """Return the file of the weights that were applied, None with those of the table."""
    weights = result.scan.weights
    return None if weights is None else {"file": weights.file, "sha256": weights.sha256}


def _evidence(evidence: Evidence, result: Result) -> dict[str, Any]:
    fields = asdict(evidence)
    kind = about(fields.pop("kind"), result.scan.weights)
    return {
        "evidence": evidence.kind, **fields, "numbers": dict(evidence.numbers), "cap": kind.cap,
        "origin": kind.origin or None,
    }  # fmt: skip


def _member(member: Member) -> dict[str, Any]:
    return {
        "account_id": member.account_id,
        "bits": member.bits,
        "joined_ts": _moment(instant(member.joined)),
        "core": member.core,
        "n_exchanges": member.exchanges,
        "n_carrying": member.carrying,
    }


def _end_user(user: EndUser) -> dict[str, Any]:
    return {
        "exhibit": user.exhibit,
        "n_accounts": user.accounts,
        "n_exchanges": user.exchanges,
        "n_carrying": user.carrying,
        "part": str(user.part),
    }


def _moment(at: dt.datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
