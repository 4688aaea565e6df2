"""Figures that stand in rows with a bar of their interval: the ladder of evasion, and look-alikes by kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from stillwatch.range.scoring.detection import EXPECTED
from stillwatch.range.scoring.figures import Figure, hits_of, pooled
from stillwatch.range.scoring.groups import GroupScore
from stillwatch.range.scoring.innocents import KindScore
from stillwatch.range.scoring.score import Score
from stillwatch.range.scoring.wording import ends, percent, rungs_of, scenario_of
from stillwatch.range.store import CAMPAIGN

_NOTHING = "-"


@dataclass(frozen=True, slots=True)
class Bar:
    """A figure as a dot on a bar, places in per cent of its cell; `said` and `ends` are the same in words."""

    at: float
    left: float
    width: float
    said: str
    ends: str


@dataclass(frozen=True, slots=True)
class Rung:
    """A campaign on one rung.

    Attributes:
        label: of the score. rungs: what its operator evades by, empty for nothing.
        first: whether it is the first of its campaign.
        recall, leaked, innocents: None where not known; innocents per 100,000 on the scale of the whole ladder.
    """

    label: str
    group_id: str
    rungs: tuple[str, ...]
    first: bool
    recall: Bar | None
    leaked: Bar | None
    innocents: Bar | None


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of look-alike over all scores: how many worlds, groups and accounts, and shares of them accused."""

    kind: str
    worlds: int
    groups: Bar | None
    accounts: Bar | None


def ladder(scores: Sequence[tuple[str, Score]]) -> list[Rung]:
    """Return the campaigns of the scenarios that were built on more than one rung, rungs in the order given."""
    climbed: dict[str, set[tuple[str, ...]]] = {}
    for _, score in scores:
        climbed.setdefault(scenario_of(score.world), set()).add(rungs_of(score.world))
    ladders = [(label, s) for label, s in scores if len(climbed[scenario_of(s.world)]) > 1]
    top = max((s.innocents.accused.high for _, s in ladders if s.innocents.accused), default=1.0)
    found = [_rung(label, s, g, top=top) for label, s in ladders for g in s.groups if g.kind == CAMPAIGN]
    order = list(dict.fromkeys((scenario_of(s.world), g.group_id) for _, s in ladders for g in s.groups))
    names = [group_id for _, group_id in order]
    found.sort(key=lambda rung: names.index(rung.group_id))
    return [_marked(rung, before) for rung, before in zip(found, [None, *found], strict=False)]


def _rung(label: str, score: Score, group: GroupScore, *, top: float) -> Rung:
    accounts = group.over_accounts
    leaked = group.detection.leaked if group.detection else None
    accused = score.innocents.accused
    return Rung(
        label=label,
        group_id=group.group_id,
        rungs=rungs_of(score.world),
        first=True,
        recall=share_bar(accounts.recall) if accounts and accounts.recall else None,
        leaked=share_bar(leaked) if leaked else None,
        innocents=_per_many(accused, top) if accused else None,
    )


def _marked(rung: Rung, before: Rung | None) -> Rung:
    first = before is None or before.group_id != rung.group_id
    return Rung(rung.label, rung.group_id, rung.rungs, first, rung.recall, rung.leaked, rung.innocents)


def lookalikes(scores: Sequence[tuple[str, Score]]) -> list[Kind]:
    """Return the look-alikes by kind over all scores, those accused most first."""
    kinds: dict[str, list[KindScore]] = {}
    for _, score in scores:
        for one in score.kinds:
            kinds.setdefault(one.kind, []).append(one)
    found = [(kind, some, _accused(some)) for kind, some in kinds.items()]
    found.sort(key=lambda item: (-item[2], item[0]))
    return [
        Kind(
            kind,
            sum(one.groups > 0 for one in some),
            _counted(pooled([one.groups_accused for one in some])),
            _counted(pooled([one.accounts_accused for one in some])),
        )
        for kind, some, _ in found
    ]


def _accused(some: Sequence[KindScore]) -> float:
    figure = pooled([one.groups_accused for one in some])
    return figure.estimate if figure else 0.0


def share_bar(figure: Figure) -> Bar:
    """Return a share on a scale from none to all."""
    return _bar(figure, 1.0, percent(figure.estimate), f"{ends(figure)} %")


def _counted(figure: Figure | None) -> Bar | None:
    if figure is None:
        return None
    return _bar(figure, 1.0, f"{hits_of(figure):,} of {figure.n:,}", f"{ends(figure)} %")


def _per_many(figure: Figure, top: float) -> Bar:
    return _bar(figure, top, f"{figure.estimate:,.1f}", f"{figure.low:,.0f}-{figure.high:,.0f}")


def _bar(figure: Figure, top: float, said: str, interval: str) -> Bar:
    scale = 100 / top if top > 0 else 0.0
    left, right = (round(min(value * scale, 100), 1) for value in (figure.low, figure.high))
    return Bar(round(min(figure.estimate * scale, 100), 1), left, round(right - left, 1), said, interval)


def sheets(scores: Sequence[tuple[str, Score]]) -> list[tuple[str, Score, list[GroupScore]]]:
    """Return label, score, and the campaigns and relays of each score."""
    return [(label, score, [group for group in score.groups if group.kind in EXPECTED]) for label, score in scores]
