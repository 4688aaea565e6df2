"""One function a quantity: fit it on one half, hold it against the other.

Fitted curves are 200,000 draws of the samplers in `laws.py`, so what is compared is what a generator would use.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from benchmarks.people import F64, I64, Flags
from benchmarks.people import estimators as est
from benchmarks.people.readings import AZURE, DAYS, HOURS, MOONCAKE, SERVEGEN, Clients, Tokens
from stillwatch.range import fits, laws

DRAWS = 200_000
LEAST = 0.01
"""Factor under which a period counts as silent."""
FEWEST = 6
"""Windows of a client whose bursts are worth quantiles."""
STEPS = np.linspace(0.005, 0.995, 100)
"""Quantiles by which clients weigh alike, however many windows they have."""


@dataclass(frozen=True, slots=True)
class Curve:
    """Two samples of one quantity: `real` is the held-out half, `drawn` comes from the fitted law.

    The axis of the values is logarithmic unless `log` is false.
    """

    name: str
    unit: str
    real: F64
    drawn: F64
    log: bool = True


@dataclass(frozen=True, slots=True)
class Source:
    """The first fields of `fits.Fit`."""

    file: str
    how: str
    rows: int
    unit: str
    units: int

    def against(self, curve: Curve) -> fits.Fit:
        """Return the source with the misfit that `curve` shows."""
        apart = round(est.distance(curve.real, curve.drawn), 3)
        a, b, c, d = (round(r, 2) for r in est.ratios(curve.real, curve.drawn))
        return fits.Fit(self.file, self.how, self.rows, self.unit, self.units, apart, (a, b, c, d))


Law = TypeVar("Law", fits.Blend, fits.Wobble, fits.Swing, fits.Spread, fits.Bursts, fits.Turns, fits.Pause, fits.Cache)
NO_FIT = fits.Fit("", "", 0, "", 1, 0.0, (0.0, 0.0, 0.0, 0.0))


def generator(name: str) -> np.random.Generator:
    """Return the generator of the draws of the curve `name`."""
    return np.random.default_rng([est.SEED, *name.encode()])


def held(law: Law, source: Source, curve: Curve) -> tuple[Law, tuple[Curve, ...]]:
    """Return `law` with its misfit, and the curve that shows it."""
    return replace(law, fit=source.against(curve)), (curve,)


@dataclass(frozen=True, slots=True)
class LengthsWanted:
    """What to fit lengths with: components, and whether one draw chooses those of request and answer alike."""

    name: str
    file: str
    parts: int
    together: bool


def lengths(tokens: Tokens, wanted: LengthsWanted) -> tuple[fits.Lengths, tuple[Curve, ...]]:
    """Return tokens of requests and answers as mixtures of lognormals."""
    mine = est.half(len(tokens.given))
    both = np.stack([tokens.given, tokens.answered], axis=1).astype(np.float64)
    given, answered = _mixtures(np.log(both[mine]), wanted)
    most = [int(x) for x in np.quantile(both[mine], 0.999, axis=0)]
    law = fits.Lengths(given, answered, wanted.together, most[0], most[1], NO_FIT, NO_FIT)
    drawn = laws.draw_lengths(generator(wanted.name), law, DRAWS)
    curves = tuple(
        Curve(f"{wanted.name}-{side}", "tokens", both[~mine, k], drawn[k].astype(np.float64))
        for k, side in enumerate(("in", "out"))
    )
    how = f"EM, {wanted.parts} lognormals{' of both' if wanted.together else ''}, best of seven starts"
    source = Source(wanted.file, how, int(mine.sum()), "request", int(mine.sum()))
    return replace(law, fit_in=source.against(curves[0]), fit_out=source.against(curves[1])), curves


def _mixtures(log: F64, wanted: LengthsWanted) -> tuple[fits.Mixture, fits.Mixture]:
    if not wanted.together:
        return est.lognormals(np.exp(log[:, 0]), wanted.parts), est.lognormals(np.exp(log[:, 1]), wanted.parts)
    shares, means, sigmas = est.mixture(log, wanted.parts)
    return est.as_mixture(shares, means[:, 0], sigmas[:, 0]), est.as_mixture(shares, means[:, 1], sigmas[:, 1])


def rates(clients: Clients) -> tuple[fits.Spread, tuple[Curve, ...]]:
    """Return the spread of the mean rates of clients about the median of their kind."""
    mine = est.half(len(clients.rate))
    relative = [_about_median(clients, chosen) for chosen in (mine, ~mine)]
    sigma = est.digits(float(np.log(relative[0]).std()))
    everyone = np.sort(_about_median(clients, np.ones(len(mine), dtype=np.bool_)))
    tenth = everyone[-(len(everyone) // 10) :].sum() / everyone.sum()
    law = fits.Spread(sigma, round(est.tail_exponent(everyone), 2), round(float(tenth), 2), NO_FIT)
    drawn = np.exp(sigma * generator("rates").standard_normal(DRAWS))
    how = "deviation of the log of the mean rate; tail and busiest tenth from all clients"
    source = Source(SERVEGEN, how, int(np.isin(clients.owner, np.flatnonzero(mine)).sum()), "client", int(mine.sum()))
    return held(law, source, Curve("rates", "rate over the median of its kind", relative[1], drawn))


def _about_median(clients: Clients, chosen: Flags) -> F64:
    rate, kind = clients.rate[chosen], clients.kind[chosen]
    median = np.array([np.median(rate[kind == k]) if (kind == k).any() else 1.0 for k in range(kind.max() + 1)])
    relative: F64 = rate / median[kind]
    return relative


@dataclass(frozen=True, slots=True)
class Periods:
    """Factors by which steady clients leave their own mean: each of mean 1, the first axis clients."""

    days: F64
    habit: F64
    hours: F64
    parts: F64
    kappa: F64


def periods(clients: Clients) -> Periods:
    """Split the counts of the steady clients: day, hour of the day, hour, ten minutes."""
    counts = clients.counts
    hourly = counts.sum(axis=3)
    days = hourly.sum(axis=2)
    days = days / days.mean(axis=1, keepdims=True)
    profile = hourly.mean(axis=1)
    profile = profile / profile.mean(axis=1, keepdims=True)
    wave = (profile * np.exp(-2j * np.pi * (np.arange(HOURS) + 0.5) / HOURS)).mean(axis=1)
    kappa = est.kappa_of(2 * np.abs(wave))
    peaks = -np.angle(wave) * HOURS / (2 * np.pi) % HOURS
    habit = profile / laws.hour_weights(kappa, peaks)
    expected = days[:, :, None] * hourly.mean(axis=1, keepdims=True)
    within = hourly / np.maximum(expected, 1e-9)
    within = 1 + (within - 1) * np.sqrt(DAYS / (DAYS - 1))
    parts = counts / np.maximum(counts.mean(axis=3, keepdims=True), 1e-9)
    parts = 1 + (parts - 1) * np.sqrt(6 / 5)
    flat = [x.reshape(len(counts), -1) for x in (days, habit, within, parts)]
    return Periods(flat[0], flat[1] / flat[1].mean(axis=1, keepdims=True), flat[2], flat[3], kappa)


def wobble(factors: F64, name: str) -> tuple[fits.Wobble, tuple[Curve, ...]]:
    """Return the gamma factor that `factors` (clients, periods) are draws of."""
    mine = est.half(len(factors))
    median, sigma = est.gamma_factors(factors[mine].ravel())
    law = fits.Wobble(est.digits(median), est.digits(sigma), NO_FIT)
    drawn = laws.draw_factors(generator(name), law, DRAWS // 20, 20).astype(np.float64)
    how = "least distance between the distribution functions of all factors"
    source = Source(SERVEGEN, how, int(factors[mine].size), "client", int(mine.sum()))
    return held(
        law, source, Curve(name, "factor", np.maximum(factors[~mine].ravel(), LEAST), np.maximum(drawn.ravel(), LEAST))
    )


def swing(kappa: F64) -> tuple[fits.Swing, tuple[Curve, ...]]:
    """Return the law of `kappa` between clients."""
    mine = est.half(len(kappa))
    scale, shape = est.weibull(kappa[mine])
    law = fits.Swing(est.digits(scale), est.digits(shape), NO_FIT)
    drawn = laws.draw_kappas(generator("swing"), law, DRAWS).astype(np.float64)
    how = "first harmonic of each client's mean day; Weibull by maximum likelihood"
    source = Source(SERVEGEN, how, int(mine.sum()) * DAYS * HOURS, "client", int(mine.sum()))
    return held(law, source, Curve("swing", "kappa", kappa[~mine], drawn))


def bursts(clients: Clients) -> tuple[fits.Bursts, tuple[Curve, ...]]:
    """Return the cv of gaps between arrivals, and how alike the windows of one client are."""
    windows = np.bincount(clients.owner)
    used = np.flatnonzero(windows >= FEWEST)
    mine = est.half(len(used))
    table = np.stack([np.quantile(clients.cv[clients.owner == c], STEPS) for c in used])
    law = est.lognormals(table[mine].ravel(), 3)
    fitted = fits.Bursts(law, _alike(np.log(table[mine]), law), NO_FIT)
    drawn = laws.draw_bursts(generator("bursts"), fitted, DRAWS // 20, 20).ravel()
    how = "EM, 3 lognormals, on 100 quantiles of each client; alike: variance of their means"
    source = Source(SERVEGEN, how, int(windows[used[mine]].sum()), "client", int(mine.sum()))
    return held(fitted, source, Curve("bursts", "cv of the gaps", table[~mine].ravel(), drawn))


def _alike(log: F64, law: fits.Mixture) -> float:
    """Return the share of a component's variance that lies between clients, not between windows of one."""
    shares, means, sigmas = np.array(law.shares), np.log(law.medians), np.array(law.sigmas)
    components = (shares * means**2).sum() - (shares * means).sum() ** 2
    left = log.mean(axis=1).var() - components
    return round(float(np.clip(left / (shares * sigmas**2).sum(), 0.0, 1.0)), 2)


def blend(values: F64, name: str, source: Source, mine: Flags) -> tuple[fits.Blend, tuple[Curve, ...]]:
    """Return tokens that a prompt has, or gets, as three lognormals."""
    law = fits.Blend(est.lognormals(values[mine], 3), NO_FIT)
    drawn = np.rint(laws.draw_mixture(generator(name), law.mixture, DRAWS))
    return held(law, source, Curve(name, "tokens", values[~mine], np.maximum(drawn, 1.0)))


LENGTHS = (
    LengthsWanted("chat", AZURE, 4, True),
    LengthsWanted("code", AZURE, 3, False),
    LengthsWanted("long", MOONCAKE, 3, False),
)


def whole_number(values: I64) -> F64:
    """Return token counts as numbers that have a logarithm."""
    return np.maximum(values, 1).astype(np.float64)


def tied(tokens: Tokens) -> float:
    """Return how much of the variance of the log of answers the tenth explains in which their prompts lie."""
    log = np.log(whole_number(tokens.answered))
    tenth = np.searchsorted(np.quantile(tokens.given, np.arange(1, 10) / 10), tokens.given)
    count = np.bincount(tenth, minlength=10)
    mean = np.bincount(tenth, weights=log, minlength=10) / np.maximum(count, 1)
    return round(float((count * (mean - log.mean()) ** 2).sum() / len(log) / log.var()), 3)


def hour_memory(hours: F64) -> float:
    """Return the median correlation of a client's hour with the next, in logs; `hours` as in `Periods`."""
    log = np.log(np.maximum(hours, LEAST))
    return round(float(np.median([np.corrcoef(row[:-1], row[1:])[0, 1] for row in log])), 2)
