"""Turns, pauses, growth and cache: what Mooncake's hour says about conversations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from benchmarks.people import F64, I64, Flags
from benchmarks.people import estimators as est
from benchmarks.people.quantities import DRAWS, NO_FIT, Curve, Source, blend, generator, held, whole_number
from benchmarks.people.readings import BLOCK, MOONCAKE, Talks
from stillwatch.range import fits, laws

SETTLED = 900.0
"""Seconds after which a prompt without a predecessor is taken for a first one: nine pauses in ten are shorter."""
HORIZON = 1_200.0
"""Seconds within which follow-ups are compared, so that the end of the hour cuts none of them off."""
LONGEST = 40
"""Turns that are told apart."""
BRIEF = 3_000
"""Tokens of a first prompt under which conversations are followed up more often."""


@dataclass(frozen=True, slots=True)
class Watched:
    """Requests that could be followed up, of conversations that began after `SETTLED`.

    Attributes:
        turn, ts, root: as in `Talks`.
        waited: seconds to the follow-up, or to the end of the trace.
        followed: whether there was one.
    """

    turn: I64
    ts: F64
    root: I64
    waited: F64
    followed: Flags

    def of(self, chosen: Flags) -> Watched:
        """Return the `chosen` requests."""
        parts = (self.turn, self.ts, self.root, self.waited, self.followed)
        return Watched(*(p[chosen] for p in parts))  # type: ignore[arg-type]


def watched(talks: Talks) -> Watched:
    """Return the requests that can be followed up: two whole blocks, and not done again by the client."""
    end = float(talks.ts.max())
    follow = np.full(len(talks.ts), np.inf)
    goes_on = np.flatnonzero(talks.follows)
    np.minimum.at(follow, talks.before[goes_on], talks.ts[goes_on])
    redone = np.zeros(len(talks.ts), dtype=np.bool_)
    redone[talks.before[(talks.before >= 0) & (talks.redo != 1)]] = True
    followed = np.isfinite(follow)
    waited = np.where(followed, follow, end) - talks.ts
    kept = (talks.whole >= 2) & ~redone & (talks.ts[talks.root] >= SETTLED)
    return Watched(talks.turn, talks.ts, talks.root, waited, followed).of(kept)


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Turns of conversations that begin under and over `BRIEF` tokens, and the pauses of both."""

    brief: fits.Turns
    lengthy: fits.Turns
    pause: fits.Pause


def rhythm(talks: Talks) -> tuple[Rhythm, tuple[Curve, Curve, Curve]]:
    """Return how many turns conversations have and how long the pauses last, with their curves in that order."""
    seen, fitted = watched(talks), _half_of(talks)
    mine, other = seen.of(fitted[seen.root]), seen.of(~fitted[seen.root] & (seen.ts < talks.ts.max() - HORIZON))
    pause, paused = _pauses(mine, other)
    short = talks.tokens.given < BRIEF
    brief, first = _turns(mine.of(short[mine.root]), other.of(short[other.root]), pause, "turns-brief")
    lengthy, second = _turns(mine.of(~short[mine.root]), other.of(~short[other.root]), pause, "turns-lengthy")
    return Rhythm(brief, lengthy, pause), (first, second, paused)


def _pauses(mine: Watched, other: Watched) -> tuple[fits.Pause, Curve]:
    median, sigma = est.pause_law(mine.turn, mine.waited, mine.followed)
    law = fits.Pause(est.digits(median), est.digits(sigma), NO_FIT)
    drawn = laws.draw_pauses(generator("pauses"), law, DRAWS)
    soon = other.waited[other.followed & (other.waited < HORIZON)]
    curve = Curve("pauses", "seconds", soon, drawn[drawn < HORIZON])
    return held(law, _source(mine), curve)[0], curve


def _turns(mine: Watched, other: Watched, pause: fits.Pause, name: str) -> tuple[fits.Turns, Curve]:
    """Fit turns; compare conversations each of whose turns follows within `HORIZON`, as most of the pauses do."""
    a, b = est.turn_law(mine.turn, mine.waited, mine.followed, (pause.median, pause.sigma))
    law = fits.Turns(est.digits(a), est.digits(b), LONGEST, NO_FIT)
    quick = other.followed & (other.waited < HORIZON)
    at_risk = np.bincount(other.turn, minlength=LONGEST + 1)[1:LONGEST]
    went_on = np.bincount(other.turn[quick], minlength=LONGEST + 1)[1:LONGEST]
    soon = norm.cdf(np.log(HORIZON / pause.median) / pause.sigma)
    fitted = soon * laws.goes_on(law)
    curve = Curve(name, "turns", _counted(went_on / np.maximum(at_risk, 1)), _counted(fitted))
    return held(law, _source(mine), curve)[0], curve


def _source(mine: Watched) -> Source:
    how = "maximum likelihood, request by request, censored at the end of the hour"
    return Source(MOONCAKE, how, len(mine.turn), "conversation", len(np.unique(mine.root)))


def _counted(goes_on: F64) -> F64:
    """Return 100,000 numbers of turns, by the chance to go on after 1, 2 ... turns."""
    stays = np.concatenate([[1.0], np.cumprod(goes_on), [0.0]])
    return np.repeat(np.arange(1.0, len(stays)), np.rint(-np.diff(stays) * 100_000).astype(np.int64))


def _half_of(talks: Talks) -> Flags:
    """Return which requests are fitted, conversation by conversation."""
    side: Flags = est.half(len(talks.ts))[talks.root]
    return side


def openings(talks: Talks) -> tuple[fits.Blend, tuple[Curve, ...]]:
    """Return the tokens of the first prompt of a conversation, the service's own system prompt included."""
    return _blend(talks, (talks.before < 0) & (talks.ts >= SETTLED), talks.tokens.given, "opening")


def additions(talks: Talks) -> tuple[fits.Blend, tuple[Curve, ...]]:
    """Return the tokens that a follow-up adds to the prompt and the answer before it."""
    return _blend(talks, talks.follows & (talks.ts[talks.root] >= SETTLED), talks.added, "added")


def _blend(talks: Talks, kept: Flags, values: I64, name: str) -> tuple[fits.Blend, tuple[Curve, ...]]:
    mine = _half_of(talks)[kept]
    begun = len(np.unique(talks.root[kept][mine]))
    source = Source(MOONCAKE, "EM, 3 lognormals, best of seven starts", int(mine.sum()), "conversation", begun)
    return blend(whole_number(values[kept]), name, source, mine)


@dataclass(frozen=True, slots=True)
class TalkLaws:
    """All that makes the prompts of a conversation."""

    opening: fits.Blend
    added: fits.Blend
    answers: fits.Lengths
    rhythm: Rhythm


def cache(talks: Talks, known: TalkLaws) -> tuple[fits.Cache, tuple[Curve, ...]]:
    """Return what a prefix cache has, and the cached share of follow-ups as the laws together make it."""
    late = talks.ts[talks.root] >= SETTLED
    follow = np.flatnonzero(talks.follows & late & ~_half_of(talks))
    rule = BLOCK * (talks.tokens.given[talks.before[follow]] // BLOCK)
    first = (talks.before < 0) & late
    law = fits.Cache(
        block=BLOCK,
        exact=round(float((talks.cached[follow] == rule).mean()), 3),
        opening=BLOCK,
        more=round(float((talks.cached[first] > BLOCK).mean()), 3),
        repeats=round(float((talks.redo == 0).mean()), 4),
        edits=round(float((talks.redo < 0).mean()), 4),
        fit=NO_FIT,
    )
    real = talks.cached[follow] / talks.tokens.given[follow]
    drawn = simulated_shares(generator("cached"), known, float(talks.ts.max()))
    how = "nothing fitted: simulated from the laws of conversations, cut like the hour"
    source = Source(MOONCAKE, how, len(follow), "conversation", len(np.unique(talks.root[follow])))
    return held(law, source, Curve("cached", "share of the prompt", real, drawn, log=False))


def simulated_shares(rng: np.random.Generator, known: TalkLaws, end: float) -> F64:
    """Return the cached share of each follow-up before `end` seconds of conversations that begin at random times."""
    count = DRAWS // 2
    size = np.clip(np.rint(laws.draw_mixture(rng, known.opening.mixture, count)), 1, known.answers.most_in)
    brief, lengthy = (laws.draw_turns(rng, law, count) for law in (known.rhythm.brief, known.rhythm.lengthy))
    left = np.where(size < BRIEF, brief, lengthy)
    clock = rng.uniform(SETTLED, end, size=count)
    size, left, clock = (x[size >= 2 * BLOCK] for x in (size, left, clock))
    shares = []
    while len(size):
        cached = BLOCK * (size // BLOCK)
        answer = laws.draw_lengths(rng, known.answers, len(size))[1]
        size = size + answer + np.rint(laws.draw_mixture(rng, known.added.mixture, len(size)))
        left, clock = left - 1, clock + laws.draw_pauses(rng, known.rhythm.pause, len(size))
        goes_on = (left > 0) & (clock < end) & (size <= known.answers.most_in)
        shares.append((cached / size)[goes_on])
        size, left, clock = size[goes_on], left[goes_on], clock[goes_on]
    return np.concatenate(shares)
