"""Programs of independent developers: a few accounts of the ordinary crowd that send far more than people do.

How they send was fitted to real clients of an API (`fits.py`): their rates differ by orders of magnitude, most of them
never sleep, one hour and one ten minutes differ from the next, and requests come in bursts.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import ndtr, ndtri

from stillwatch.arrays import F64, I64
from stillwatch.range import fits
from stillwatch.range.accounts import Accounts
from stillwatch.range.draw import HOUR, Floats
from stillwatch.range.events import Events, events
from stillwatch.range.fits import JUDGED, RATES
from stillwatch.range.laws import draw_bursts, draw_factors, draw_gaps, draw_kappas, hour_weights
from stillwatch.range.populations.blocks import some_of, there
from stillwatch.range.populations.wording import CLIENT_HEADS, CLIENT_TAILS
from stillwatch.range.recipes import Recipe
from stillwatch.range.stage import Stage

TEMPLATES = 96
"""Texts among the services of a world, at most."""
_WINDOWS = 6
"""Windows of an hour: ten minutes, as the clients were recorded."""


def mean_rate() -> float:
    """Return the requests a day of a service on average: those of a lognormal that is cut."""
    most = math.log(JUDGED.api_most / JUDGED.api_median) / RATES.sigma
    below = JUDGED.api_median * math.exp(RATES.sigma**2 / 2) * float(ndtr(most - RATES.sigma))
    return below + JUDGED.api_most * float(ndtr(-most))


def service_rates(rng: np.random.Generator, count: int) -> Floats:
    """Return the requests a day of `count` services: one from each of `count` equal parts of the law, since the mean of
    a few independent draws from so wide a law says nothing."""
    place = (rng.permutation(count) + rng.random(count)) / max(count, 1)
    rates: Floats = np.minimum(JUDGED.api_median * np.exp(RATES.sigma * ndtri(place)), JUDGED.api_most)
    return rates


def service_recipes(stage: Stage, count: int) -> tuple[Recipe, ...]:
    """Return a recipe for each of `count` services, `TEMPLATES` at most, every one different: a system prompt or a
    template."""
    lines = [head + tail for head in CLIENT_HEADS for tail in CLIENT_TAILS]
    taken = some_of(stage, "services", lines, min(count, TEMPLATES))
    return tuple(
        Recipe(system=line, prompts="people") if k % 2 else Recipe(templates=(line + "\n\n{task}",), prompts="people")
        for k, line in enumerate(taken)
    )


def service_sends(rng: np.random.Generator, stage: Stage, who: Accounts, rows: I64) -> Events:
    """Return the requests of the services at `rows`, single turns."""
    level = _levels(rng, stage, len(rows)) * (who.tempo[rows, None] / (24 * _WINDOWS))
    counts = rng.poisson(level)
    spread = draw_bursts(rng, fits.BURSTS, *counts.shape)
    window, inside = _arrivals(rng, counts.ravel(), spread.ravel())
    service, place = np.divmod(window, counts.shape[1])
    ts = stage.start + ((place + inside) * (HOUR / _WINDOWS)).astype(np.int64)
    return there(events(rows[service], ts), who)


def _levels(rng: np.random.Generator, stage: Stage, count: int) -> Floats:
    """Return factors of mean 1 for every ten minutes of the world, shape (services, windows)."""
    hours = stage.days * 24
    shape = hour_weights(draw_kappas(rng, fits.SWING, count), rng.uniform(0.0, 24.0, size=count))
    lasting = np.tile(shape * draw_factors(rng, fits.HABIT, count, 24), stage.days)
    daily = np.repeat(draw_factors(rng, fits.DAY, count, stage.days), 24, axis=1)
    hourly = lasting * daily * draw_factors(rng, fits.HOUR, count, hours)
    levels: Floats = np.repeat(hourly, _WINDOWS, axis=1) * draw_factors(rng, fits.TEN_MINUTES, count, hours * _WINDOWS)
    return levels


def _arrivals(rng: np.random.Generator, counts: I64, cv: F64) -> tuple[I64, Floats]:
    """Return the window of each of `counts` requests and when in it, 0 to 1: Weibull gaps of the window's `cv`, with
    one more gap after the last request."""
    busy = np.flatnonzero(counts)
    ends = np.cumsum(counts[busy] + 1)
    if not len(ends):
        return busy, np.empty(0)
    window = np.repeat(np.arange(len(busy)), counts[busy] + 1)
    gaps = draw_gaps(rng, cv[busy][window])
    gaps /= np.add.reduceat(gaps, np.append(0, ends[:-1]))[window]  # a window is one long: sums lose nothing
    asked = np.ones(len(window), dtype=np.bool_)
    asked[ends - 1] = False
    inside = (np.cumsum(gaps) - window)[asked]
    return busy[window[asked]], np.clip(inside, 0.0, np.nextafter(1.0, 0.0))
