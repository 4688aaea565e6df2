"""What a finding says in words: the summary of a campaign."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from stillwatch.findings import Evidence, Question, VerdictKind

_CALLED = {
    VerdictKind.DISTILLATION: "one operator harvests the model through them",
    VerdictKind.POOLED_ACCESS: "they are one pool through which many people reach the model",
    VerdictKind.COORDINATED: "one operator runs them and hides it",
}


def summary(
    verdict: VerdictKind | None,
    evidence: Iterable[Evidence],
    *,
    reason: str,
    size: tuple[int, int],
    window: tuple[int, int],
) -> str:
    """Return one sentence on a group.

    Args:
        reason: why it was judged so.
        size: accounts and exchanges.
        window: first and last exchange, microseconds since the epoch.
    """
    first, last = (dt.datetime.fromtimestamp(us / 1e6, dt.UTC).strftime("%Y-%m-%d") for us in window)
    who = f"{size[0]:,} accounts with {size[1]:,} exchanges from {first} to {last}"
    strongest = "; ".join(item.statement for item in strongest_for(evidence)[:2])
    if verdict is None:
        return f"{who} were looked at and not accused: {reason}."
    return f"{who}: {_CALLED[verdict]}. Strongest evidence: {strongest}."


def strongest_for(evidence: Iterable[Evidence]) -> list[Evidence]:
    """Return the evidence that speaks for a campaign, most bits first."""
    speaking = [item for item in evidence if item.question is not Question.INNOCENCE and item.bits > 0]
    return sorted(speaking, key=lambda item: (-item.bits, item.kind))
