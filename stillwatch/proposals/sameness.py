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
from stillwatch.likeness import Crowd, radius
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


_SAMPLE = 50_000
"""Accounts among which balls are looked for; of more than so many every few, before those found are drawn among all."""
_AT_A_TIME = 1 << 21
"""Distances that are computed at a time."""


def sameness(sight: Sight) -> list[Candidate]:
    """Propose balls of profiles in empty shells, fullest contrast first, then others around the same centres."""
    field = _field(sight)
    if field is None:
        return []
    sample = field.sample()
    balls = [one for power in _POWERS for one in _balls(replace(sample, power=power), sight)]
    best = _best(balls, sight)
    if sample is not field:
        whole = (_full_ones(replace(field, power=one.power), one.centre, sight) for one in best)
        best = _best([one for one in whole if one is not None], sight)
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
    centre: F64
    power: float

    @property
    def order(self) -> tuple[float, int]:
        """Place among others: more contrast and accounts first."""
        return -float(np.log1p(self.contrast)) * len(self.first), int(self.first[0])


def _best(balls: list[_Balls], sight: Sight) -> list[_Balls]:
    found: dict[bytes, _Balls] = {}
    for one in balls:
        found.setdefault(one.first.tobytes(), one)
    return sorted(found.values(), key=lambda one: one.order)[: sight.limits.sameness_groups]


def _balls(field: _Field, sight: Sight) -> Iterator[_Balls]:
    """Yield the full balls around each of the most promising seeds whose first one is full."""
    seeds = _seeds(field, sight)
    starts = sorted(zip(_contrasts(field, seeds), seeds, strict=True), reverse=True)
    for start, seed in starts[: 2 * sight.limits.sameness_groups]:
        if start > 0:
            found = _full_ones(field, field.z[seed], sight, errs=1.0 / float(field.n[seed]))
            if found is not None:
                yield found


def _full_ones(field: _Field, start: F64, sight: Sight, *, errs: float = 0.0) -> _Balls | None:
    """Return the full balls around where `start` settles, or None if the first one is not full.

    Args:
        errs: within-account variance of `start`, over the exchanges behind it.
    """
    ball = _settle(field, start, errs)
    first = _full(field, ball, field.radius, sight)
    if first is None:
        return None
    others = (_full(field, ball, size, sight) for size in field.other_radii)
    kept = tuple(other for other in others if other is not None)
    return _Balls(first, _contrast(ball, field.radius), kept, ball.centre, field.power)


def _full(field: _Field, ball: _Ball, size: float, sight: Sight) -> I64 | None:
    """Return the accounts within the radius `size`, or None if they are few or the shell around them is not empty."""
    accounts = field.accounts[ball.inside(size)]
    full = len(accounts) >= sight.limits.smallest_group and _contrast(ball, size) >= _CONTRAST
    return accounts if full else None


@dataclass(frozen=True, slots=True)
class _Field:
    """Profiles that can be compared: exchanges, means, their squared lengths, and how much ordinary accounts differ."""

    accounts: I64
    n: F64
    z: F64
    squares: F64
    excess: float
    centre: F64
    radius: float
    other_radii: tuple[float, ...]
    power: float

    def sample(self) -> _Field:
        """Return every few of the accounts where they are many, and itself where they are not."""
        step = -(-len(self.accounts) // _SAMPLE)
        if step <= 1:
            return self
        few = slice(None, None, step)
        z = np.ascontiguousarray(self.z[few])
        return replace(self, accounts=self.accounts[few], n=self.n[few], z=z, squares=self.squares[few])

    def apart(self, centres: F64) -> F64:
        """Return the mean square of the differences from each centre, shape (accounts, centres)."""
        products = self.z @ centres.T
        products *= -2.0
        products += self.squares[:, None]
        products += (centres**2).sum(axis=1)
        return np.asarray(np.maximum(products, 0.0) / self.z.shape[1])


def _field(sight: Sight) -> _Field | None:
    of = sight.means
    accounts = np.flatnonzero(of.n >= sight.limits.least_exchanges).astype(np.int64)
    if len(accounts) < 4 * sight.limits.smallest_group or not of.z.shape[1]:
        return None
    ordinary = Crowd(of, accounts).without(accounts[:0])
    others = tuple(radius(of, deviations) for deviations in _OTHER_DEVIATIONS)
    return _Field(
        accounts=accounts,
        n=of.n[accounts],
        z=of.z[accounts],
        squares=of.squares[accounts],
        excess=float(ordinary.excess.mean()),
        centre=ordinary.centre,
        radius=radius(of, _DEVIATIONS),
        other_radii=others,
        power=_POWERS[0],
    )


def _seeds(field: _Field, sight: Sight) -> list[int]:
    count = min(sight.limits.seeds, len(field.accounts))
    return [int(seed) for seed in np.unique(np.linspace(0, len(field.accounts) - 1, count).astype(np.int64))]


@dataclass(frozen=True, slots=True)
class _Ball:
    """A centre, the distances to it in units of chance, and which accounts have the power to be far."""

    centre: F64
    distance: F64
    able: Flags

    def inside(self, size: float) -> I64:
        """Return the accounts within the radius `size`, as positions in the field."""
        return np.flatnonzero(self.able & (self.distance <= size))


def _contrasts(field: _Field, seeds: list[int]) -> list[float]:
    """Return the contrast of the ball around each seed."""
    found: list[float] = []
    step = max(_AT_A_TIME // len(field.accounts), 1)
    for first in range(0, len(seeds), step):
        some = seeds[first : first + step]
        apart = field.apart(field.z[some])
        found += [
            _contrast(_ball(field, field.z[seed], column, 1.0 / float(field.n[seed])), field.radius)
            for seed, column in zip(some, np.ascontiguousarray(apart.T), strict=True)
        ]
    return found


def _ball(field: _Field, centre: F64, apart: F64, errs: float) -> _Ball:
    """Return the ball around a centre that errs too, by the mean squares of the differences from it."""
    allowed = 1.0 / field.n + errs
    usual = field.excess + float(((centre - field.centre) ** 2).mean())
    return _Ball(centre, apart / allowed, 1.0 + usual / allowed >= field.power)


def _around(field: _Field, centre: F64, errs: float = 0.0) -> _Ball:
    return _ball(field, centre, field.apart(centre[None, :])[:, 0], errs)


def _contrast(ball: _Ball, size: float) -> float:
    """Return accounts inside the radius `size` for each one in the shell up to twice that radius."""
    inside = len(ball.inside(size))
    return inside / (len(ball.inside(2 * size)) - inside + 1.0) if inside >= 3 else 0.0


def _settle(field: _Field, start: F64, errs: float) -> _Ball:
    """Move the centre to the mean of its ball until it stays; return the ball around it."""
    ball = _around(field, start, errs)
    inside = ball.inside(field.radius)
    for _ in range(_STEPS):
        if not len(inside):
            break
        weights = field.n[inside]
        ball = _around(field, weights @ field.z[inside] / weights.sum())
        moved = ball.inside(field.radius)
        if np.array_equal(moved, inside):
            break
        inside = moved
    return ball
