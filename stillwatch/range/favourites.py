"""What people come back to: two or three favourites make up most of what somebody asks, and one of them changes.

It serves for topics and for the families of a prompt table alike: there are things with weights (how many people like
them), and everything is drawn by number.
"""

from __future__ import annotations

import numpy as np

from stillwatch.arrays import F64, I64
from stillwatch.range.draw import DAY, U64, key, mixed, pick, unit

WEEKS = 3, 6
"""How long a favourite lasts, at least and at most."""
_SHARES = np.array(((0.55, 0.85, 0.85), (0.42, 0.69, 0.85)))
"""Share of what somebody asks that falls to the first, the first two and all favourites: with two and with three."""
_FIRST_OF_TWO = 0.6
_LENGTH, _PHASE, _THREE, _RANK, _ANY, *_FAVOURITE = (key(0, "favourites", salt) for salt in range(8))
_STEP = np.uint64(0xD1B54A32D192ED03)


def seasons(voice: U64, ts: I64) -> I64:
    """Return the number of the stretch of weeks that each moment `ts` falls in, for that voice."""
    length = 7 * DAY * WEEKS[0] + (unit(voice, _LENGTH) * 7 * DAY * (WEEKS[1] - WEEKS[0])).astype(np.int64)
    seasons: I64 = (ts + (unit(voice, _PHASE) * length).astype(np.int64)) // length
    return seasons


def favourite(weights: F64, voice: U64, talk: U64, season: I64) -> I64:
    """Return what each conversation is about, a position in `weights`.

    Args:
        voice, talk: numbers of who asks and of the conversation.
        season: changes one of the favourites; of two the second, of three the third.
    """
    three = unit(voice, _THREE) < 0.5
    later = mixed(voice + season.astype(np.uint64) * _STEP, _FAVOURITE[0])
    first = pick(unit(voice, _FAVOURITE[0]), weights)
    second = _beside(weights, unit(np.where(three, voice, later), _FAVOURITE[1]), first, first)
    third = _beside(weights, unit(later, _FAVOURITE[2]), first, second)
    drawn, shares = unit(talk, _RANK), _SHARES[three.astype(np.int64)]
    rank = (drawn[:, None] >= shares).sum(axis=1)
    found: I64 = np.choose(rank, (first, second, third, anything(weights, talk))).astype(np.int64)
    return found


def persona(weights: F64, voice: U64, talk: U64) -> I64:
    """Return what each conversation is about when every voice keeps to two things of those with weight."""
    first = pick(unit(voice, _FAVOURITE[0]), weights)
    second = _beside(weights, unit(voice, _FAVOURITE[1]), first, first)
    return np.where(unit(talk, _RANK) < _FIRST_OF_TWO, first, second)


def anything(weights: F64, talk: U64) -> I64:
    """Return what each conversation is about when nobody has favourites."""
    return pick(unit(talk, _ANY), weights)


def _beside(weights: F64, drawn: F64, one: I64, other: I64) -> I64:
    """Return a position in `weights` that is neither `one` nor `other`; `one` where nothing else has weight."""
    shares = weights / weights.sum()
    before = np.concatenate(([0.0], np.cumsum(shares)))
    low, high = np.minimum(one, other), np.maximum(one, other)
    taken = shares[low] + np.where(low == high, 0.0, shares[high])
    point = drawn * (1.0 - taken)
    point += np.where(point >= before[low], shares[low], 0.0)
    point += np.where((low != high) & (point >= before[high]), shares[high], 0.0)
    found = pick(np.minimum(point, np.nextafter(1.0, 0.0)), weights)
    return np.where(1.0 - taken > 1e-9, found, one)
