"""Draws from the laws in `fits.py`: a few lines of vectorised numpy each, the generator first.

What belongs to accounts is float32, since there are millions of them. What a row needs at once (tokens) is in tables
with 65,536 entries, all alike likely: 16 bits of anything random look one up.
"""

from __future__ import annotations

import functools
import math

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from stillwatch.arrays import F64, I64
from stillwatch.range.draw import Floats
from stillwatch.range.fits import (
    CHAT,
    CODE,
    JUDGED,
    LONG,
    Bursts,
    Lengths,
    Mixture,
    Pause,
    Swing,
    Turns,
    Wobble,
)

Rng = np.random.Generator
F32 = npt.NDArray[np.float32]
Counts = npt.NDArray[np.int32]
_CELLS = 65_536
_GOLDEN = (math.sqrt(5.0) - 1.0) / 2.0
_SEED = 20_261_121


def choose(rng: Rng, shares: tuple[float, ...], count: int) -> I64:
    """Return `count` positions drawn by `shares`: one look into a table with 65,536 cells."""
    drawn: I64 = _cells(shares).take(rng.integers(0, _CELLS, size=count, dtype=np.uint16))
    return drawn


@functools.cache
def _cells(shares: tuple[float, ...]) -> I64:
    edges = np.cumsum(shares) / sum(shares)
    return np.minimum(np.searchsorted(edges, (np.arange(_CELLS) + 0.5) / _CELLS), len(shares) - 1)


def draw_mixture(rng: Rng, law: Mixture, count: int) -> F64:
    """Return `count` draws from a mixture of lognormals."""
    return _within(rng, law, choose(rng, law.shares, count))


def _within(rng: Rng, law: Mixture, part: I64) -> F64:
    drawn = rng.standard_normal(len(part))
    drawn *= np.asarray(law.sigmas).take(part)
    drawn += np.log(law.medians).take(part)
    return np.exp(drawn, out=drawn)


@functools.cache
def lengths() -> tuple[F32, F32]:
    """Return tokens of a request and of its answer, 65,536 draws from all services in their judged shares, for
    whoever looks a length up by 16 bits of a number."""
    shares = (JUDGED.chat, JUDGED.code, JUDGED.long)
    rng = np.random.default_rng(_SEED)
    kind = choose(rng, shares, _CELLS)
    given, answered = np.empty(_CELLS, dtype=np.float32), np.empty(_CELLS, dtype=np.float32)
    for place, law in enumerate((CHAT, CODE, LONG)):
        at = np.flatnonzero(kind == place)
        given[at], answered[at] = draw_lengths(rng, law, len(at))
    return given, answered


def draw_lengths(rng: Rng, law: Lengths, count: int) -> tuple[Counts, Counts]:
    """Return tokens of `count` requests and of their answers: rows of `length_table`."""
    given, answered = length_table(law)
    row = rng.integers(0, _CELLS, size=count, dtype=np.uint16)
    return given.take(row), answered.take(row)


@functools.cache
def length_table(law: Lengths) -> tuple[Counts, Counts]:
    """Return 65,536 pairs of tokens of a request and of its answer, all alike likely; read only.

    Each component's values are its quantiles in even steps. Which answer goes with which request follows steps of the
    golden section: the two are independent, but for the component where one draw chooses it for both.
    """
    given, answered = _quantiles(law.tokens_in, 1.0), _quantiles(law.tokens_out, _GOLDEN)
    if not law.together:
        answered = np.sort(answered)[_ranks(_CELLS, _GOLDEN)]
    return _tokens(given, law.most_in), _tokens(answered, law.most_out)


def _quantiles(law: Mixture, step: float) -> F64:
    """Return 65,536 values of `law`: component after component, each with its quantiles in the order of `_ranks`."""
    sizes = np.bincount(_cells(law.shares), minlength=len(law.shares))
    parts = zip(sizes, law.medians, law.sigmas, strict=True)
    return np.concatenate([m * np.exp(s * ndtri((_ranks(size, step) + 0.5) / size)) for size, m, s in parts])


def _ranks(count: int, step: float) -> I64:
    """Return the ranks of the fractions of 0, `step`, 2 `step` ...: evenly mixed for the golden section, 0, 1, 2 for
    a whole step."""
    order = np.argsort(np.arange(count) * step % 1.0, kind="stable")
    ranks: I64 = np.argsort(order, kind="stable")
    return ranks


def _tokens(values: F64, most: int) -> Counts:
    tokens = np.clip(np.rint(values), 1, most).astype(np.int32)
    tokens.flags.writeable = False
    return tokens


def _normal(rng: Rng, *shape: int) -> F32:
    return rng.standard_normal(shape, dtype=np.float32)


def draw_factors(rng: Rng, law: Wobble, accounts: int, periods: int) -> F32:
    """Return factors of mean 1 by which an account's rate differs between periods, shape (accounts, periods)."""
    cv = law.median * np.exp(law.sigma * _normal(rng, accounts, 1))
    shape = cv**-2.0
    factors: F32 = rng.standard_gamma(shape, size=(accounts, periods), dtype=np.float32) / shape
    return factors


def draw_kappas(rng: Rng, law: Swing, count: int) -> F32:
    """Return how much the days of `count` accounts differ from their nights."""
    drawn: F32 = np.float32(law.scale) * rng.standard_exponential(count, dtype=np.float32) ** (1.0 / law.shape)
    return drawn


def hour_weights(kappas: Floats, peaks: Floats) -> F32:
    """Return the weights of the 24 hours, mean 1, shape (accounts, 24); `peaks` in hours."""
    angle = (np.arange(24, dtype=np.float32) + 0.5 - peaks[:, None]) * np.float32(2 * np.pi / 24)
    weights = np.exp(kappas[:, None] * (np.cos(angle) - 1.0))
    scaled: F32 = (weights / weights.mean(axis=1, keepdims=True)).astype(np.float32)
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
    known, shapes = _weibull_table()
    found: F64 = np.interp(cv, known, shapes)
    return found


@functools.cache
def _weibull_table() -> tuple[F64, F64]:
    shapes = np.linspace(30.0, 0.17, 3_000)
    log = [math.lgamma(1 + 2 / s) - 2 * math.lgamma(1 + 1 / s) for s in shapes]
    return np.sqrt(np.expm1(log)), shapes


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
    """Return seconds from a request to the next of its conversation, in full precision: it shows in the times."""
    return law.median * np.exp(law.sigma * rng.standard_normal(count))
