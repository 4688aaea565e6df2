"""Accounts whose profiles lie as close together as samples of one source must, with no mark shared at all.

Around each of many seed accounts, the others are sorted by how far they lie from it in units of what their numbers of
exchanges allow. A group of interchangeable accounts shows as a full ball in an empty shell; a circle of like-minded
people goes on past any radius. Balls of several radii are handed in, since the tests decide. Only one half of the
hours is used, so that the other half can test.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from stillwatch.arrays import F64, I64, Counts, Flags, narrow
from stillwatch.findings import Candidate, chosen_freely
from stillwatch.likeness import Crowd, radius
from stillwatch.proposals.overlap import distinct
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
    """Propose balls of profiles in empty shells, fullest contrast first, then others around the same centres.

    Among many accounts most seeds lead to one large ball: of balls that are nearly the same one is proposed.
    """
    field, limits = _field(sight), sight.limits
    if field is None:
        return []
    settled = _promising(field, _seeds(field, sight), 2 * limits.sameness_groups)
    best = _best(field, settled, limits.sameness_groups, limits.smallest_group)
    balls = [*best, *_others(field, [ball.centre for ball in best], limits.smallest_group)]
    return [
        Candidate(ball.accounts, "sameness", chosen_freely(PROFILE_KINDS), "profiles as close as samples of one source")
        for ball in balls
    ]


@dataclass(frozen=True, slots=True)
class _Centre:
    """A point around which accounts are looked for.

    Attributes:
        means: where it is. err: within-account variance over the exchanges behind it.
        power: that accounts need to take part.
    """

    means: F64
    err: float
    power: float


@dataclass(frozen=True, slots=True)
class _Ball:
    """The accounts around a centre, ascending."""

    centre: _Centre
    accounts: I64


def _promising(field: _Field, seeds: list[int], most: int) -> list[_Centre]:
    """Return the centres to which the most promising seeds lead, of each power at most so many."""
    counts = [_counts(field, some, field.radius, np.array(_POWERS)[:, None]) for some in _some(_at(field, seeds))]
    contrasts = _contrast(np.concatenate(counts, axis=1))
    found = []
    for power, of_seeds in zip(_POWERS, contrasts.tolist(), strict=True):
        starts = sorted(zip(of_seeds, field.accounts[seeds].tolist(), seeds, strict=True), reverse=True)
        best = _at(field, [seed for start, _, seed in starts[:most] if start > 0], power)
        found += [centre for some in _some(best) for centre in _settled(field, some)]
    return found


def _at(field: _Field, places: list[int], power: float = _POWERS[0]) -> list[_Centre]:
    """Return the means of accounts at these positions in the field."""
    return [_Centre(field.means[place, :-2], float(field.error[place]), power) for place in places]


def _some(centres: Sequence[_Centre]) -> Iterator[Sequence[_Centre]]:
    """Yield a few centres at a time."""
    return (centres[first : first + _CENTRES] for first in range(0, len(centres), _CENTRES))


def _best(field: _Field, settled: list[_Centre], most: int, smallest: int) -> list[_Ball]:
    """Return the full balls, those of most contrast and accounts first, of which no two are nearly the same.

    All are counted before any is made: together they may hold more than there is memory for.
    """
    counts = [_counts(field, some, field.radius, _powers(some)) for some in _some(settled)]
    sizes = np.concatenate([np.empty((0, 2), dtype=np.int64), *counts])
    contrasts = _contrast(sizes)
    full = np.flatnonzero((sizes[:, 0] >= smallest) & (contrasts >= _CONTRAST))
    order = np.argsort(-np.log1p(contrasts[full]) * sizes[full, 0], kind="stable")
    kept: list[_Ball] = []
    for some in _some([settled[place] for place in full[order]]):
        if len(kept) < most:
            kept = distinct([*kept, *_balls(field, some, field.radius)])
    return kept[:most]


def _others(field: _Field, centres: list[_Centre], smallest: int) -> Iterator[_Ball]:
    """Yield the full balls of other radii, centre by centre."""
    for some in _some(centres):
        balls = [_balls(field, some, size) for size in field.other_radii]
        counts = [_counts(field, some, size, _powers(some)) for size in field.other_radii]
        for place in range(len(some)):
            for of_size, sizes in zip(balls, counts, strict=True):
                if sizes[place, 0] >= smallest and _contrast(sizes[place]) >= _CONTRAST:
                    yield of_size[place]


def _balls(field: _Field, centres: Sequence[_Centre], size: float) -> list[_Ball]:
    inside = _inside(field, centres, size)
    return [_Ball(centre, np.sort(field.accounts[some])) for centre, some in zip(centres, inside, strict=True)]


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


def _near(field: _Field, centres: Sequence[_Centre], sizes: Sequence[float]) -> Iterator[tuple[int, list[Flags]]]:
    """Yield which accounts lie within each radius of each centre, in units of chance, as many accounts at a time.

    Each item is the position of the first account, and flags of shape (centres, accounts) for each radius.
    """
    means, errs = np.array([centre.means for centre in centres]), np.array([centre.err for centre in centres])
    squares = (means**2).sum(axis=1)
    points = np.column_stack([-2 * means, np.ones(len(squares)), squares])
    for first in range(0, len(field.accounts), _ACCOUNTS):
        part = slice(first, first + _ACCOUNTS)
        apart = points @ field.means[part].T
        allowed = field.columns * (field.error[part] + errs[:, None])
        yield first, [apart <= size * allowed for size in sizes]


def _powers(centres: Sequence[_Centre]) -> F64:
    return np.array([centre.power for centre in centres])


def _able(field: _Field, centres: Sequence[_Centre], powers: F64) -> I64:
    """Return how many accounts, those of most exchanges, have the power to be far from each centre, in the shape of
    `powers`, of which the last axis is the centres."""
    usual = np.array([field.excess + (centre.means**2).mean() for centre in centres])
    errs = np.array([centre.err for centre in centres])
    return np.asarray(np.searchsorted(field.error, usual / (powers - 1.0) - errs, "right"))


def _inside(field: _Field, centres: Sequence[_Centre], size: float) -> list[Counts]:
    """Return the accounts within a radius of each centre that could be far, as positions in the field."""
    able, kind = _able(field, centres, _powers(centres)), narrow(len(field.accounts))
    found: list[list[Counts]] = [[np.empty(0, dtype=kind)] for _ in able]
    for first, (near,) in _near(field, centres, (size,)):
        for place in np.flatnonzero(able > first).tolist():
            found[place].append((first + np.flatnonzero(near[place, : able[place] - first])).astype(kind))
    return [np.concatenate(parts) for parts in found]


def _counts(field: _Field, centres: Sequence[_Centre], size: float, powers: F64) -> I64:
    """Return how many accounts that could be far lie within a radius of each centre, and within twice that radius.

    Args:
        powers: that they need, shape (..., centres).

    Returns:
        Counts of shape (..., centres, 2).
    """
    able = _able(field, centres, powers)
    counts = np.zeros((*able.shape, 2), dtype=np.int64)
    for first, near in _near(field, centres, (size, 2 * size)):
        for place in map(tuple, np.argwhere(able > first).tolist()):
            end = able[place] - first
            counts[place] += [np.count_nonzero(each[place[-1], :end]) for each in near]
    return counts


def _contrast(counts: I64) -> F64:
    """Return accounts inside a radius for each one in the shell up to twice that radius; see `_counts`."""
    inside, beyond = counts[..., 0], counts[..., 1]
    return np.where(inside >= 3, inside / (beyond - inside + 1.0), 0.0)


def _settled(field: _Field, starts: Sequence[_Centre]) -> list[_Centre]:
    """Return the centres after each was moved to the mean of its ball until it stays."""
    centres, inside = list(starts), _inside(field, starts, field.radius)
    moving = [place for place, some in enumerate(inside) if len(some)]
    for _ in range(_STEPS):
        if not moving:
            break
        for place in moving:
            weights = 1.0 / field.error[inside[place]]
            means = weights @ field.means[inside[place], :-2] / weights.sum()
            centres[place] = replace(centres[place], means=means, err=0.0)
        moved = _inside(field, [centres[place] for place in moving], field.radius)
        still = [place for place, some in zip(moving, moved, strict=True) if not np.array_equal(some, inside[place])]
        for place, some in zip(moving, moved, strict=True):
            inside[place] = some
        moving = [place for place in still if len(inside[place])]
    return centres
