"""Draws that every part of a world needs: ids, addresses and choices by weight.

All of them take the generator first, are vectorised, and give the same values for the same generator state.
"""

from __future__ import annotations

import binascii
import zlib

import numpy as np
import numpy.typing as npt

I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Words = npt.NDArray[np.str_]

MICRO = 1_000_000
"""Microseconds in a second."""
HOUR = 3_600 * MICRO
DAY = 24 * HOUR


def generator(seed: int, name: str) -> np.random.Generator:
    """Return the generator of the part `name` of the world `seed`; parts do not disturb each other."""
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


def hex_ids(rng: np.random.Generator, count: int, digits: int = 16) -> Words:
    """Return `count` random ids of `digits` hexadecimal digits (an even number)."""
    if not count:
        return np.empty(0, dtype=f"U{digits}")
    text = binascii.hexlify(rng.bytes(count * digits // 2))
    return np.frombuffer(text, dtype=f"S{digits}").astype(f"U{digits}")


def addresses(rng: np.random.Generator, shape: tuple[int, int], blocks: I64) -> Words:
    """Return IPv4 addresses of `shape`, one row per account, each inside its account's /16 in `blocks`.

    The numbers are invented; that one of them is routed somewhere is chance.
    """
    low = rng.integers(1, 65_535, size=shape)
    octets = [blocks[:, None] >> 8, blocks[:, None] & 255, low >> 8, low & 255]
    text = np.broadcast_to(octets[0], shape).astype(str)
    for octet in octets[1:]:
        text = np.char.add(np.char.add(text, "."), np.broadcast_to(octet, shape).astype(str))
    return text


def zipf_weights(count: int, exponent: float = 1.0) -> F64:
    """Return `count` weights that fall as rank to the power of `-exponent`, summing to 1."""
    weights = np.arange(1, count + 1, dtype=np.float64) ** -exponent
    shares: F64 = weights / weights.sum()
    return shares


def choose_rows(rng: np.random.Generator, weights: F64, rows: I64) -> I64:
    """Return for each of `rows` a column of `weights` (shape (people, columns)), drawn by the weights of that row."""
    edges = np.cumsum(weights, axis=1)
    edges /= edges[:, -1:]
    steps = (edges + np.arange(len(edges))[:, None]).ravel()
    picked = np.searchsorted(steps, rng.random(len(rows)) + rows, side="right")
    column: I64 = np.clip(picked - rows * weights.shape[1], 0, weights.shape[1] - 1).astype(np.int64)
    return column


def spread(counts: I64) -> tuple[I64, I64]:
    """Return, for `counts` of things per owner, the owner of each thing and its place among its owner's things."""
    owner = np.repeat(np.arange(len(counts)), counts)
    first = np.concatenate(([0], np.cumsum(counts)[:-1])).astype(np.int64)
    return owner.astype(np.int64), (np.arange(len(owner)) - first[owner]).astype(np.int64)
