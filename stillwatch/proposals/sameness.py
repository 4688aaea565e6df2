"""Accounts whose profiles lie as close together as samples of one source must, with no mark shared at all.

Around each of many seed accounts, the others are sorted by how far they lie from it in units of what their numbers of
exchanges allow. A group of interchangeable accounts shows as a full ball in an empty shell; a circle of like-minded
people goes on past any radius. Balls of several radii are handed in, since the tests decide. Only one half of the
hours is used, so that the other half can test.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from stillwatch.findings import Candidate
from stillwatch.likeness import Means, radius, spread
from stillwatch.profiles import F64, I64, Flags
from stillwatch.proposals.sight import PROFILE_KINDS, Sight

_STEPS = 8
"""Rounds of moving the centre to the mean of its ball; it settles in three or four."""
_POWERS = (8.0, 4.0, 2.0)
"""An account takes part where an ordinary one with its exchanges would lie this many times farther off than chance.

Accounts with few exchanges lie inside any ball, for want of power; those with many show it empty. Tried in turn, since
nobody knows how much a campaign asks of one account.
"""
_DEVIATIONS = 2.0
"""Radius of a ball, in standard deviations of the distance that chance gives; about 97 % of one source lie inside."""
_OTHER_DEVIATIONS = (0.5, 4.0, 8.0)
"""Radii around the same centre that are proposed too: a smaller ball has fewer strangers in it, and a larger one holds
accounts that keep to topics of their own inside one source; a part of a pool would be held against its rest."""
_CONTRAST = 0.5
"""A ball is proposed if it holds this many accounts for each one in the shell of twice its radius."""


def sameness(sight: Sight) -> list[Candidate]:
    """Propose balls of profiles in empty shells, fullest contrast first, then others around the same centres."""
    found: dict[bytes, _Balls] = {}
    field = _field(sight)
    if field is None:
        return []
    for power in _POWERS:
        for balls in _balls(replace(field, power=power), sight):
            found.setdefault(balls.first.tobytes(), balls)
    best = sorted(found.values(), key=lambda balls: balls.order)[: sight.limits.sameness_groups]
    return [
        Candidate(ball, "sameness", PROFILE_KINDS, "profiles as close as samples of one source")
        for ball in (*(balls.first for balls in best), *(ball for balls in best for ball in balls.others))
    ]


@dataclass(frozen=True, slots=True)
class _Balls:
    """Full balls around one centre: accounts of the first, its contrast, and accounts of those of other radii."""

    first: I64
    contrast: float
    others: tuple[I64, ...]

    @property
    def order(self) -> tuple[float, int]:
        """Place among others: more contrast and accounts first."""
        return -float(np.log1p(self.contrast)) * len(self.first), int(self.first[0])


def _balls(field: _Field, sight: Sight) -> Iterator[_Balls]:
    """Yield the full balls around each of the most promising seeds whose first one is full."""
    starts = sorted(
        ((_contrast(_ball(field, seed), field.radius), seed) for seed in _seeds(field, sight)), reverse=True
    )
    for start, seed in starts[: 2 * sight.limits.sameness_groups]:
        if start > 0:
            ball = _settle(field, seed)
            first = _full(field, ball, field.radius, sight)
            if first is not None:
                others = (_full(field, ball, size, sight) for size in field.other_radii)
                yield _Balls(
                    first, _contrast(ball, field.radius), tuple(other for other in others if other is not None)
                )


def _full(field: _Field, ball: _Ball, size: float, sight: Sight) -> I64 | None:
    """Return the accounts within the radius `size`, or None if they are few or the shell around them is not empty."""
    accounts = field.accounts[ball.inside(size)]
    full = len(accounts) >= sight.limits.smallest_group and _contrast(ball, size) >= _CONTRAST
    return accounts if full else None


@dataclass(frozen=True, slots=True)
class _Field:
    """Profiles that can be compared: exchanges, means, and how much ordinary accounts differ."""

    accounts: I64
    of: Means
    excess: float
    centre: F64
    radius: float
    other_radii: tuple[float, ...]
    power: float


def _field(sight: Sight) -> _Field | None:
    accounts = np.flatnonzero(sight.means.n >= sight.limits.least_exchanges).astype(np.int64)
    if len(accounts) < 4 * sight.limits.smallest_group or not sight.means.z.shape[1]:
        return None
    of = sight.means.take(accounts)
    ordinary = spread(of, np.arange(len(accounts)))
    others = tuple(radius(of, deviations) for deviations in _OTHER_DEVIATIONS)
    excess = float(ordinary.excess.mean())
    return _Field(accounts, of, excess, ordinary.centre, radius(of, _DEVIATIONS), others, _POWERS[0])


def _seeds(field: _Field, sight: Sight) -> list[int]:
    count = min(sight.limits.seeds, len(field.accounts))
    return [int(seed) for seed in np.unique(np.linspace(0, len(field.accounts) - 1, count).astype(np.int64))]


@dataclass(frozen=True, slots=True)
class _Ball:
    """Distances to a centre in units of chance, and which accounts have the power to be far."""

    distance: F64
    able: Flags

    def inside(self, size: float) -> I64:
        """Return the accounts within the radius `size`, as positions in the field."""
        return np.flatnonzero(self.able & (self.distance <= size))


def _ball(field: _Field, seed: int) -> _Ball:
    """Return the ball around one account, whose own mean errs too."""
    allowed = 1.0 / field.of.n + 1.0 / field.of.n[seed]
    return _around(field, field.of.z[seed], allowed)


def _around(field: _Field, centre: F64, allowed: F64) -> _Ball:
    distance = ((field.of.z - centre) ** 2).mean(axis=1) / allowed
    apart = field.excess + float(((centre - field.centre) ** 2).mean())
    return _Ball(distance, 1.0 + apart / allowed >= field.power)


def _contrast(ball: _Ball, size: float) -> float:
    """Return accounts inside the radius `size` for each one in the shell up to twice that radius."""
    inside = len(ball.inside(size))
    return inside / (len(ball.inside(2 * size)) - inside + 1.0) if inside >= 3 else 0.0


def _settle(field: _Field, seed: int) -> _Ball:
    """Move the centre to the mean of its ball until it stays; return the ball around it."""
    ball = _ball(field, seed)
    inside = ball.inside(field.radius)
    for _ in range(_STEPS):
        if not len(inside):
            break
        weights = field.of.n[inside]
        ball = _around(field, weights @ field.of.z[inside] / weights.sum(), 1.0 / field.of.n)
        moved = ball.inside(field.radius)
        if np.array_equal(moved, inside):
            break
        inside = moved
    return ball
