"""Draws from the fitted laws: a few lines of vectorised numpy each, the generator first.

Measured on one core, a draw costs 15 to 40 ns, factors 25 to 60 ns.
"""

from __future__ import annotations

import math

import numpy as np

from benchmarks.people import F64, I64
from stillwatch.range.fits import JUDGED, Bursts, Lengths, Mixture, Pause, Spread, Swing, Turns, Wobble

Rng = np.random.Generator
_CELLS = 65_536


def choose(rng: Rng, shares: tuple[float, ...], count: int) -> I64:
    """Return `count` positions drawn by `shares`: one look into a table with 65,536 cells."""
    edges = np.cumsum(np.asarray(shares)) / sum(shares)
    table = np.minimum(np.searchsorted(edges, (np.arange(_CELLS) + 0.5) / _CELLS), len(shares) - 1)
    drawn: I64 = table.take(rng.integers(0, _CELLS, size=count, dtype=np.uint16))
    return drawn


def draw_mixture(rng: Rng, law: Mixture, count: int) -> F64:
    """Return `count` draws from a mixture of lognormals."""
    return _within(rng, law, choose(rng, law.shares, count))


def _within(rng: Rng, law: Mixture, part: I64) -> F64:
    drawn = rng.standard_normal(len(part))
    drawn *= np.asarray(law.sigmas).take(part)
    drawn += np.log(law.medians).take(part)
    return np.exp(drawn, out=drawn)


def draw_lengths(rng: Rng, law: Lengths, count: int) -> tuple[I64, I64]:
    """Return tokens of `count` requests and of their answers."""
    part = choose(rng, law.tokens_in.shares, count)
    other = part if law.together else choose(rng, law.tokens_out.shares, count)
    given, answered = _within(rng, law.tokens_in, part), _within(rng, law.tokens_out, other)
    return _tokens(given, law.most_in), _tokens(answered, law.most_out)


def _tokens(values: F64, most: int) -> I64:
    return np.clip(np.rint(values), 1, most).astype(np.int64)


def draw_rates(rng: Rng, spread: Spread, count: int) -> F64:
    """Return requests a day of `count` accounts: persons, and among them services with the spread of real clients."""
    rate = JUDGED.person_median * np.exp(JUDGED.person_sigma * rng.standard_normal(count))
    service = np.flatnonzero(rng.random(count) < JUDGED.api_share)
    wide = JUDGED.api_median * np.exp(spread.sigma * rng.standard_normal(len(service)))
    rate[service] = np.minimum(wide, JUDGED.api_most)
    return rate


def draw_factors(rng: Rng, law: Wobble, accounts: int, periods: int) -> F64:
    """Return factors of mean 1 by which each account's rate differs from period to period, shape (accounts, periods).

    A factor under 1e-300 is drawn as nothing.
    """
    cv = law.median * np.exp(law.sigma * rng.standard_normal((accounts, 1)))
    shape = cv**-2.0
    factors: F64 = rng.standard_gamma(shape, size=(accounts, periods)) / shape
    return factors


def draw_kappas(rng: Rng, law: Swing, count: int) -> F64:
    """Return how much the days of `count` accounts differ from their nights."""
    drawn: F64 = law.scale * rng.standard_exponential(count) ** (1.0 / law.shape)
    return drawn


def hour_weights(kappas: F64, peaks: F64) -> F64:
    """Return the weights of the 24 hours, mean 1, shape (accounts, 24); `peaks` in hours."""
    angle = (np.arange(24) + 0.5 - peaks[:, None]) * (2 * np.pi / 24)
    weights = np.exp(kappas[:, None] * (np.cos(angle) - 1.0))
    scaled: F64 = weights / weights.mean(axis=1, keepdims=True)
    return scaled


def draw_bursts(rng: Rng, law: Bursts, clients: int, windows: int) -> F64:
    """Return the cv of the gaps in each window of each client, shape (clients, windows)."""
    part = choose(rng, law.mixture.shares, clients)[:, None]
    own, now = rng.standard_normal((clients, 1)), rng.standard_normal((clients, windows))
    place = math.sqrt(law.alike) * own + math.sqrt(1.0 - law.alike) * now
    drawn: F64 = np.exp(np.log(law.mixture.medians)[part] + np.asarray(law.mixture.sigmas)[part] * place)
    return drawn


def weibull_shapes(cv: F64) -> F64:
    """Return the shape of the Weibull law whose coefficient of variation is `cv`, 0.05 to 25."""
    grid = np.linspace(30.0, 0.17, 3_000)
    log = [math.lgamma(1 + 2 / s) - 2 * math.lgamma(1 + 1 / s) for s in grid]
    found: F64 = np.interp(cv, np.sqrt(np.expm1(log)), grid)
    return found


def draw_gaps(rng: Rng, cv: F64) -> F64:
    """Return one gap for each of `cv`, Weibull; scale them so that the gaps of a window fill it."""
    gaps: F64 = rng.standard_exponential(len(cv)) ** (1.0 / weibull_shapes(cv))
    return gaps


def goes_on(law: Turns) -> F64:
    """Return the chance that a conversation goes on after turn 1, 2 ... `longest` - 1."""
    turn = np.arange(1, law.longest)
    chances: F64 = (law.b + turn - 1) / (law.a + law.b + turn - 1)
    return chances


def turn_shares(law: Turns) -> F64:
    """Return the share of conversations with 1, 2 ... `longest` turns."""
    stays = np.concatenate([[1.0], np.cumprod(goes_on(law)), [0.0]])
    shares: F64 = -np.diff(stays)
    return shares


def draw_turns(rng: Rng, law: Turns, count: int) -> I64:
    """Return the turns of `count` conversations."""
    return choose(rng, tuple(turn_shares(law)), count) + 1


def draw_pauses(rng: Rng, law: Pause, count: int) -> F64:
    """Return seconds from a request to the next of its conversation."""
    return law.median * np.exp(law.sigma * rng.standard_normal(count))
