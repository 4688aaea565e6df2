"""Who shares what, as a picture: the members of a campaign whose shared marks tell most.

Strategy: keep the members and pairs that share what fewest others share, and place them so that their distance in the
picture is near the number of links between them (stress majorization with equal weights: de Leeuw, *Applications of
convex analysis to multidimensional scaling*, 1977). It begins on a circle whose order follows from the links: there is
no chance in it, and the same links give the same picture.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from stillwatch.report.result import Link

MOST_NODES = 30
MOST_LINES = 120
STYLES = 4
"""Kinds that have a line of their own; rarer kinds share the last one."""
SIZE = 400
"""Width and height of the picture in its own units."""
MARGIN = 22
_ROUNDS = 120
_APART = 26.0
"""Least distance between two circles, in units of the picture, as far as there is room."""

Points = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Node:
    """A member in the picture: its number there, its place, and with how many members it shares something."""

    number: int
    account_id: str
    x: float
    y: float
    partners: int


@dataclass(frozen=True, slots=True)
class Lines:
    """All lines of one style: position of the style, the kinds it stands for, and an SVG path."""

    style: int
    kinds: tuple[str, ...]
    path: str


@dataclass(frozen=True, slots=True)
class Shared:
    """What is shared of one kind: pairs, accounts among them, and the most marks that one pair shares."""

    kind: str
    pairs: int
    accounts: int
    most: int


@dataclass(frozen=True, slots=True)
class Picture:
    """The capped picture beside the numbers of all links that the scan kept.

    Attributes:
        accounts: members with at least one link, drawn or not.
        pairs: pairs with at least one link, drawn or not.
        drawn: how many pairs are drawn.
    """

    nodes: tuple[Node, ...]
    lines: tuple[Lines, ...]
    shared: tuple[Shared, ...]
    accounts: int
    pairs: int
    drawn: int


def picture(links: Sequence[Link], *, nodes: int = MOST_NODES, lines: int = MOST_LINES) -> Picture | None:
    """Return the picture of some links, None when there are none."""
    if not links:
        return None
    kinds = shared(links)
    partners = _partners(links)
    telling = _telling(links, kinds)
    kept = _kept(telling, nodes)
    drawn = _drawn(telling, frozenset(kept), lines)
    used = {account for pair in drawn for account in pair}
    kept = [account for account in kept if account in used]
    places = {account: i for i, account in enumerate(_around(kept, drawn))}
    where = _placed(places, drawn)
    order = sorted(kept, key=lambda a: (-len(partners[a]), a))
    return Picture(
        nodes=tuple(_node(i, a, where[places[a]], partners[a]) for i, a in enumerate(order, start=1)),
        lines=_lines(drawn, {a: where[i] for a, i in places.items()}, _rarest_first(kinds)),
        shared=kinds,
        accounts=len(partners),
        pairs=len({_pair(link) for link in links}),
        drawn=len(drawn),
    )


def _node(number: int, account_id: str, at: Points, partners: set[str]) -> Node:
    x, y = at.round(1).tolist()
    return Node(number, account_id, x, y, len(partners))


def shared(links: Sequence[Link]) -> tuple[Shared, ...]:
    """Return what is shared by kind, the kind with most pairs first."""
    by_kind: defaultdict[str, list[Link]] = defaultdict(list)
    for link in links:
        by_kind[link.kind].append(link)
    rows = [
        Shared(kind, len({_pair(s) for s in some}), len(_partners(some)), max(s.marks for s in some))
        for kind, some in by_kind.items()
    ]
    return tuple(sorted(rows, key=lambda r: (-r.pairs, r.kind)))


Pair = tuple[str, str]


def _pair(link: Link) -> Pair:
    return min(link.account_a, link.account_b), max(link.account_a, link.account_b)


def _partners(links: Sequence[Link]) -> dict[str, set[str]]:
    partners: defaultdict[str, set[str]] = defaultdict(set)
    for link in links:
        partners[link.account_a].add(link.account_b)
        partners[link.account_b].add(link.account_a)
    return dict(partners)


def _rarest_first(kinds: Sequence[Shared]) -> list[str]:
    return [row.kind for row in sorted(kinds, key=lambda row: (row.pairs, row.kind))]


def _telling(links: Sequence[Link], kinds: Sequence[Shared]) -> dict[Pair, tuple[float, int, str]]:
    """Return how much each pair tells (how few pairs share its kinds, then how many marks), and its rarest kind."""
    pairs = {row.kind: row.pairs for row in kinds}
    seen: defaultdict[Pair, Counter[str]] = defaultdict(Counter)
    for link in links:
        if link.account_a != link.account_b:
            seen[_pair(link)][link.kind] += link.marks
    return {
        pair: (math.fsum(1 / pairs[k] for k in marks), marks.total(), min(marks, key=lambda k: (pairs[k], k)))
        for pair, marks in seen.items()
    }


def _kept(telling: dict[Pair, tuple[float, int, str]], most: int) -> list[str]:
    """Return the members whose pairs tell most."""
    weight: defaultdict[str, float] = defaultdict(float)
    for pair, (rarity, _, _) in sorted(telling.items()):
        for account in pair:
            weight[account] += rarity
    return sorted(weight, key=lambda a: (-round(weight[a], 9), a))[:most]


def _drawn(telling: dict[Pair, tuple[float, int, str]], kept: frozenset[str], most: int) -> dict[Pair, str]:
    """Return the most telling pairs among the kept members, and the rarest kind that each shares."""
    among = [pair for pair in telling if kept.issuperset(pair)]
    first = sorted(among, key=lambda pair: (-telling[pair][0], -telling[pair][1], pair))[:most]
    return {pair: telling[pair][2] for pair in first}


def _around(kept: Sequence[str], drawn: dict[Pair, str]) -> list[str]:
    """Return the members in the order in which a walk along the links, as deep as it gets, meets them."""
    partners: defaultdict[str, list[str]] = defaultdict(list)
    for a, b in drawn:
        partners[a].append(b)
        partners[b].append(a)
    met: dict[str, None] = {}
    for start in kept:
        ahead = [start]
        while ahead:
            account = ahead.pop()
            if account not in met:
                met[account] = None
                ahead.extend(sorted(partners[account], reverse=True))
    return list(met)


def _placed(places: dict[str, int], drawn: dict[Pair, str]) -> Points:
    """Return a place for every member inside the picture, shape (members, 2)."""
    total = len(places)
    angle = 2 * math.pi * np.arange(total) / max(total, 1)
    points = np.column_stack((np.cos(angle), np.sin(angle)))
    wanted = _steps_between(places, drawn)
    for _ in range(_ROUNDS):
        pull = wanted / np.maximum(_distances(points), 1e-9)
        points = (pull.sum(axis=1)[:, None] * points - pull @ points) / total
    return _spread(_fitted(points))


def _steps_between(places: dict[str, int], drawn: dict[Pair, str]) -> Points:
    """Return the least number of links between any two members, shape (members, members)."""
    total = len(places)
    steps = np.full((total, total), np.inf)
    np.fill_diagonal(steps, 0.0)
    for a, b in drawn:
        steps[places[a], places[b]] = steps[places[b], places[a]] = 1.0
    for via in range(total):
        steps = np.minimum(steps, steps[:, via, None] + steps[None, via, :])
    reached = steps[np.isfinite(steps)]
    apart = max(1.5, 0.75 * float(reached.max(initial=0.0)))  # further than neighbours, nearer than the ends of a part
    return np.where(np.isfinite(steps), steps, apart)


def _distances(points: Points) -> Points:
    apart = points[:, None] - points[None, :]
    distances: Points = np.sqrt((apart**2).sum(axis=2))
    return distances


def _fitted(points: Points) -> Points:
    """Return the points centred and stretched to the picture, each axis on its own."""
    if not len(points):
        return points
    points = points - (points.max(axis=0) + points.min(axis=0)) / 2
    reach = np.maximum(np.abs(points).max(axis=0), 1e-9)
    scale = (SIZE / 2 - MARGIN) / reach
    fitted: Points = points * np.minimum(scale, 2 * scale.min()) + SIZE / 2  # no axis twice as much as the other
    return fitted


def _spread(points: Points) -> Points:
    """Return the points with those that overlap moved apart, inside the picture."""
    for _ in range(40):
        apart = points[:, None] - points[None, :]
        distance = np.maximum(_distances(points), 1e-9)
        push = np.maximum(_APART - distance, 0.0) / distance
        np.fill_diagonal(push, 0.0)
        points = np.clip(points + 0.3 * (apart * push[:, :, None]).sum(axis=1), MARGIN, SIZE - MARGIN)
    return points


def _lines(drawn: dict[Pair, str], where: dict[str, Points], kinds: Sequence[str]) -> tuple[Lines, ...]:
    """Return one path per style; the kinds beyond the last style share it."""
    paths: defaultdict[int, list[str]] = defaultdict(list)
    for (a, b), kind in sorted(drawn.items()):
        (ax, ay), (bx, by) = where[a], where[b]
        paths[min(kinds.index(kind), STYLES - 1)].append(f"M{ax:.1f} {ay:.1f}L{bx:.1f} {by:.1f}")
    last = STYLES - 1
    return tuple(
        Lines(style, tuple(kinds[style : style + 1] if style < last else kinds[last:]), "".join(paths[style]))
        for style in sorted(paths)
    )
