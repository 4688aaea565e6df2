"""Accounts whose profiles lie as close together as samples of one source must, with no mark shared at all.

Around each of many seed accounts, the others are sorted by how far they lie from it in units of what their numbers of
exchanges allow. A group of interchangeable accounts shows as a full ball in an empty shell; a circle of like-minded
people goes on past any radius. Balls of several radii are handed in, since the tests decide. Only one half of the
hours is used, so that the other half can test.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from stillwatch.arrays import F64, I64, Flags
from stillwatch.findings import Candidate, chosen_freely
from stillwatch.likeness import Crowd, radius
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


_ACCOUNTS, _CENTRES = 1 << 14, 64
"""Accounts, and centres, between which distances are computed at a time."""


def sameness(sight: Sight) -> list[Candidate]:
    """Propose balls of profiles in empty shells, fullest contrast first, then others around the same centres."""
    field = _field(sight)
    if field is None:
        return []
    found: dict[bytes, _Balls] = {}
    for balls in _promising(field, sight):
        found.setdefault(balls.first.tobytes(), balls)
    best = sorted(found.values(), key=lambda balls: balls.order)[: sight.limits.sameness_groups]
    return [
        Candidate(ball, "sameness", chosen_freely(PROFILE_KINDS), "profiles as close as samples of one source")
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


def _promising(field: _Field, sight: Sight) -> Iterator[_Balls]:
    """Yield the full balls around each of the most promising seeds whose first one is full, for each power."""
    seeds = _seeds(field, sight)
    contrasts = np.concatenate([_contrasts(field, some) for some in _some(field, seeds)], axis=1)
    for power, of_seeds in zip(_POWERS, contrasts.tolist(), strict=True):
        starts = sorted(zip(of_seeds, field.accounts[seeds].tolist(), seeds, strict=True), reverse=True)
        best = [seed for start, _, seed in starts[: 2 * sight.limits.sameness_groups] if start > 0]
        for some in _some(field, best):
            yield from _full(field, _settled(field, some, power), power, sight.limits.smallest_group)


def _some(field: _Field, places: list[int]) -> Iterator[_Centres]:
    """Yield the means of accounts at these positions in the field, a few at a time."""
    for first in range(0, len(places), _CENTRES):
        some = places[first : first + _CENTRES]
        yield _Centres(field.means[some, :-2], field.error[some])


def _full(field: _Field, centres: _Centres, power: float, smallest: int) -> Iterator[_Balls]:
    """Yield the balls around each centre that have accounts enough and an empty shell, if the first has."""
    sizes = (field.radius, *field.other_radii)
    held = [_inside(field, centres, size, power) for size in sizes]
    shells = [_inside(field, centres, 2 * size, power) for size in sizes]
    for place in range(len(centres.errs)):
        contrasts = [_contrast(len(some[place]), len(more[place])) for some, more in zip(held, shells, strict=True)]
        balls = [
            np.sort(field.accounts[some[place]]) if len(some[place]) >= smallest and contrast >= _CONTRAST else None
            for some, contrast in zip(held, contrasts, strict=True)
        ]
        if balls[0] is not None:
            yield _Balls(balls[0], contrasts[0], tuple(ball for ball in balls[1:] if ball is not None))


@dataclass(frozen=True, slots=True)
class _Field:
    """Profiles that can be compared, those of most exchanges first, and how much ordinary accounts differ.

    Attributes:
        error: one over the exchanges of each, ascending.
        means: as differences from the mean of ordinary accounts, then their squared length, then 1.
    """

    accounts: I64
    error: F64
    means: F64
    excess: float
    radius: float
    other_radii: tuple[float, ...]

    @property
    def columns(self) -> int:
        """Number of columns of a profile."""
        return int(self.means.shape[1]) - 2


@dataclass(frozen=True, slots=True)
class _Centres:
    """Points around which accounts are looked for, and within-account variance over the exchanges behind each."""

    means: F64
    errs: F64


def _field(sight: Sight) -> _Field | None:
    of = sight.means
    able = np.flatnonzero(of.n >= sight.limits.least_exchanges).astype(np.int64)
    if len(able) < 4 * sight.limits.smallest_group or not of.z.shape[1]:
        return None
    ordinary = Crowd(of, able).without(able[:0])
    accounts = able[np.argsort(-of.n[able], kind="stable")]
    means = np.ones((len(accounts), of.z.shape[1] + 2))
    means[:, :-2] = of.z[accounts]
    means[:, :-2] -= ordinary.centre
    means[:, -2] = np.einsum("ij,ij->i", means[:, :-2], means[:, :-2])
    others = tuple(radius(of, deviations) for deviations in _OTHER_DEVIATIONS)
    excess = float(ordinary.excess.mean())
    return _Field(accounts, 1.0 / of.n[accounts], means, excess, radius(of, _DEVIATIONS), others)


def _seeds(field: _Field, sight: Sight) -> list[int]:
    """Return positions in the field of accounts evenly spaced by id."""
    count = min(sight.limits.seeds, len(field.accounts))
    spaced = np.unique(np.linspace(0, len(field.accounts) - 1, count).astype(np.int64))
    return [int(place) for place in np.argsort(field.accounts)[spaced]]


def _near(field: _Field, centres: _Centres, sizes: Sequence[float]) -> Iterator[tuple[int, list[Flags]]]:
    """Yield which accounts lie within each radius of each centre, in units of chance, as many accounts at a time.

    Each item is the position of the first account, and flags of shape (centres, accounts) for each radius.
    """
    squares = (centres.means**2).sum(axis=1)
    points = np.column_stack([-2 * centres.means, np.ones(len(squares)), squares])
    for first in range(0, len(field.accounts), _ACCOUNTS):
        part = slice(first, first + _ACCOUNTS)
        apart = points @ field.means[part].T
        allowed = field.columns * (field.error[part] + centres.errs[:, None])
        yield first, [apart <= size * allowed for size in sizes]


def _able(field: _Field, centres: _Centres, power: float) -> I64:
    """Return how many accounts, those of most exchanges, have the power to be far from each centre."""
    usual = field.excess + (centres.means**2).mean(axis=1)
    return np.asarray(np.searchsorted(field.error, usual / (power - 1.0) - centres.errs, "right"))


def _inside(field: _Field, centres: _Centres, size: float, power: float) -> list[I64]:
    """Return the accounts within a radius of each centre that could be far, as positions in the field."""
    able = _able(field, centres, power)
    found: list[list[I64]] = [[] for _ in able]
    for first, (near,) in _near(field, centres, (size,)):
        for place in np.flatnonzero(able > first).tolist():
            found[place].append(first + np.flatnonzero(near[place, : able[place] - first]))
    return [np.concatenate([np.empty(0, dtype=np.int64), *parts]) for parts in found]


def _contrasts(field: _Field, centres: _Centres) -> F64:
    """Return the contrast of the ball around each centre, shape (powers, centres)."""
    able = np.array([_able(field, centres, power) for power in _POWERS])
    counts = np.zeros((*able.shape, 2), dtype=np.int64)
    for first, near in _near(field, centres, (field.radius, 2 * field.radius)):
        for power, place in np.argwhere(able > first).tolist():
            end = able[power, place] - first
            counts[power, place] += [np.count_nonzero(each[place, :end]) for each in near]
    return np.array([[_contrast(*both) for both in of_power] for of_power in counts.tolist()])


def _contrast(inside: int, beyond: int) -> float:
    """Return accounts inside a radius for each one in the shell up to twice that radius, `beyond` being both."""
    return inside / (beyond - inside + 1.0) if inside >= 3 else 0.0


def _settled(field: _Field, starts: _Centres, power: float) -> _Centres:
    """Return the centres after each was moved to the mean of its ball until it stays."""
    means, errs = starts.means.copy(), starts.errs.copy()
    inside = _inside(field, starts, field.radius, power)
    moving = [place for place, some in enumerate(inside) if len(some)]
    for _ in range(_STEPS):
        if not moving:
            break
        for place in moving:
            weights = 1.0 / field.error[inside[place]]
            means[place], errs[place] = weights @ field.means[inside[place], :-2] / weights.sum(), 0.0
        moved = _inside(field, _Centres(means[moving], errs[moving]), field.radius, power)
        still = [place for place, some in zip(moving, moved, strict=True) if not np.array_equal(some, inside[place])]
        for place, some in zip(moving, moved, strict=True):
            inside[place] = some
        moving = [place for place in still if len(inside[place])]
    return _Centres(means, errs)
