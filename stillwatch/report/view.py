"""What the page says of each group, decided before it is laid out: what is shown, in which order, and where it ends.

A page must open at once on any machine, so lists are capped here, in one table, and each says how many it left out
and where they are. More campaigns mean shorter lists.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from stillwatch.findings import Evidence, Member, Question
from stillwatch.report.charts import Step, Timeline, Waterfall, timeline, waterfall
from stillwatch.report.graph import Picture, picture
from stillwatch.report.kinds import About, about
from stillwatch.report.result import Group, Result
from stillwatch.report.wording import untested

_IN_PLACE = 8
"""Campaigns up to which every exhibit is complete in itself; beyond, nothing is said twice on the page."""
_TOLERANCE = 0.05
"""Bits by which a score may differ from the sum of its evidence before the page says so: half of the last digit."""


@dataclass(frozen=True, slots=True)
class Caps:
    """How much of each list is shown.

    Attributes:
        members: rows of the member table of one campaign.
        nodes: members in the picture of one campaign.
        lines: pairs in it.
        exhibits: ids under one piece of evidence.
        causes: kinds whose innocent causes are told in one campaign.
        in_place: whether an exhibit says its statement again and carries its own query.
        cleared: groups in the table of those not accused.
        opened: of these, how many with their evidence.
    """

    members: int
    nodes: int
    lines: int
    exhibits: int
    causes: int
    in_place: bool
    cleared: int = 200
    opened: int = 40


def caps(campaigns: int) -> Caps:
    """Return the caps for a page of that many campaigns."""
    some = max(campaigns, 1)
    return Caps(
        members=_share(1_000, some, 12, 40),
        nodes=_share(900, some, 12, 30),
        lines=_share(3_600, some, 40, 120),
        exhibits=_share(200, some, 3, 12),
        causes=_share(360, some, 5, 24),
        in_place=campaigns <= _IN_PLACE,
    )


def _share(total: int, among: int, least: int, most: int) -> int:
    return max(least, min(most, total // among))


@dataclass(frozen=True, slots=True)
class Sheet:
    """One campaign as the page shows it.

    Attributes:
        anchor: id of its section in the page.
        steps: the tested evidence by number, as the waterfall has it.
        counter: tested evidence of innocence, whether it spoke or not.
        silent_tests: titles of other kinds that were tested and did not speak against the group.
        silent: evidence that could not be tested on this group: no evidence, either way.
        causes: kinds that speak against the group and have innocent causes, strongest first.
        unequal: questions whose score is not the sum of its evidence.
        rate: exchanges per account and day; None for a window under a day.
    """

    group: Group
    anchor: str
    timeline: Timeline | None
    waterfall: Waterfall
    steps: tuple[Step, ...]
    counter: tuple[Step, ...]
    silent_tests: tuple[str, ...]
    silent: tuple[Evidence, ...]
    causes: tuple[About, ...]
    unequal: tuple[Question, ...]
    picture: Picture | None
    members: tuple[Member, ...]
    core: int
    rate: float | None

    @property
    def rest(self) -> int:
        """How many members are not shown."""
        return len(self.group.members) - len(self.members)


def sheets(result: Result) -> tuple[Sheet, ...]:
    """Return the sheets of all campaigns in their order."""
    limits = caps(len(result.campaigns))
    return tuple(_sheet(group, number, limits) for number, group in enumerate(result.campaigns, start=1))


def _sheet(group: Group, number: int, limits: Caps) -> Sheet:
    fall = waterfall(group.evidence)
    steps = tuple(step for _, some, _ in fall.questions for step in some)
    return Sheet(
        group=group,
        anchor=anchor(group.group_id, number),
        timeline=timeline(group.timeline),
        waterfall=fall,
        steps=steps,
        counter=tuple(s for s in steps if s.evidence.question is Question.INNOCENCE),
        silent_tests=tuple(about(s.evidence.kind).title for s in steps if not s.against and not _innocence(s)),
        silent=tuple(e for e in group.evidence if untested(e)),
        causes=_causes(steps)[: limits.causes],
        unequal=tuple(q for q in Question if abs(_sum(group, q) - getattr(group.scores, q.value)) > _TOLERANCE),
        picture=picture(group.links, nodes=limits.nodes, lines=limits.lines),
        members=_members(group, limits.members),
        core=sum(1 for m in group.members if m.core),
        rate=_rate(group),
    )


def _members(group: Group, most: int) -> tuple[Member, ...]:
    """Return the strongest core members and, where there are any, some of the others, who need a look of their own."""
    core = [m for m in group.members if m.core]
    others = [m for m in group.members if not m.core]
    room = max(most - len(core), most // 4)
    return (*core[: most - min(room, len(others))], *others[:room])


def anchor(group_id: str, number: int) -> str:
    """Return the id of a group's section: its own id where that can stand in an address."""
    return f"g-{group_id}" if re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", group_id) else f"g{number}"


def _sum(group: Group, question: Question) -> float:
    return math.fsum(e.bits for e in group.evidence if e.question is question)


def _innocence(step: Step) -> bool:
    return step.evidence.question is Question.INNOCENCE


def _causes(steps: Iterable[Step]) -> tuple[About, ...]:
    speaking = sorted((s.evidence for s in steps if s.against), key=lambda e: (-e.bits, e.kind))
    return tuple(kind for kind in (about(e.kind) for e in speaking) if kind.innocent)


def blind_spots(result: Result) -> tuple[About, ...]:
    """Return the kinds that were tested on any group and have a blind spot, in the order in which they are met."""
    met = {e.kind: about(e.kind) for group in (*result.campaigns, *result.cleared) for e in group.evidence}
    return tuple(kind for kind in met.values() if kind.blind)


def _rate(group: Group) -> float | None:
    days = (group.last - group.first).total_seconds() / 86_400
    return group.n_exchanges / group.n_accounts / days if days >= 1 and group.n_accounts else None


def pattern(query: str, group_id: str) -> str:
    """Return a query with the id of its group left open, as `:group`."""
    return query.replace(f"'{group_id}'", ":group")


def repeated_queries(result: Result) -> dict[str, int]:
    """Return the patterns of queries that serve several groups, by number."""
    seen = Counter(pattern(e.query, group.group_id) for group in result.campaigns for e in group.evidence if e.query)
    return {query: number for number, query in enumerate((q for q, n in seen.items() if n > 1), start=1)}
