"""Draws that every part of a world needs.

Two kinds. A *generator* (`generator`) draws in order: who there is, when they ask. A *number* (`mixed`) draws by name:
what belongs to an account, a conversation or a request is computed from its number and the seed wherever it is needed,
so a world can be made piece by piece, in any order, and nothing has to be remembered.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stillwatch.arrays import F64, I64, Flags

U64 = npt.NDArray[np.uint64]
Ints = npt.NDArray[np.integer[Any]]
Floats = npt.NDArray[np.floating[Any]]

MICRO = 1_000_000
"""Microseconds in a second."""
HOUR = 3_600 * MICRO
DAY = 24 * HOUR

_HEX = np.frombuffer(b"".join(b"%02x%02x" % (v & 255, v >> 8) for v in range(1 << 16)), dtype=np.uint32)
_OCTETS = np.array([list(f"{value}.".ljust(4, "\0").encode()) for value in range(256)], dtype=np.uint8)


def days_of_week(start: int, days: int) -> I64:
    """Return which day of the week each of `days` days from the moment `start` is, in UTC: 0 for Monday."""
    return (start // DAY + np.arange(days) + 3) % 7  # the epoch began on a Thursday


def key(seed: int, *names: object) -> int:
    """Return a 64-bit key for `names` in the world `seed`; different names give unrelated keys."""
    text = "\x1f".join(str(part) for part in (seed, *names))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


def generator(seed: int, *names: object) -> np.random.Generator:
    """Return the generator of the part `names` of the world `seed`; parts do not disturb each other."""
    return np.random.Generator(np.random.SFC64(key(seed, *names)))


def mixed(numbers: Ints, salt: int) -> U64:
    """Return 64 random-looking bits for each of `numbers`: different numbers give different bits under one `salt`.

    The finaliser of SplitMix64 (Steele, Lea, Flood 2014, figure 16), which is a bijection.
    """
    bits = numbers.astype(np.uint64)
    bits ^= np.uint64(salt)
    bits *= np.uint64(0x9E3779B97F4A7C15)
    bits ^= bits >> np.uint64(30)
    bits *= np.uint64(0xBF58476D1CE4E5B9)
    bits ^= bits >> np.uint64(27)
    bits *= np.uint64(0x94D049BB133111EB)
    bits ^= bits >> np.uint64(31)
    return bits


def unit(numbers: Ints, salt: int) -> F64:
    """Return a draw from [0, 1) for each of `numbers`."""
    values: F64 = (mixed(numbers, salt) >> np.uint64(11)).astype(np.float64)
    values *= 2.0**-53
    return values


def below(numbers: Ints, salt: int, count: Ints | int) -> I64:
    """Return a draw from 0 to `count` - 1 for each of `numbers`; `count` is less than 2**32."""
    drawn: I64 = (
        ((mixed(numbers, salt) >> np.uint64(32)) * np.asarray(count, dtype=np.uint64)) >> np.uint64(32)
    ).astype(np.int64)
    return drawn


def pick(values: F64, weights: Floats) -> I64:
    """Return for each of `values` from [0, 1) a position in `weights`, as often as its weight says."""
    edges = np.cumsum(weights, dtype=np.float64)
    return np.searchsorted(edges[:-1] / edges[-1], values, side="right").astype(np.int64)


def choose_rows(rng: np.random.Generator, weights: Floats, rows: Ints) -> I64:
    """Return for each of `rows` a column of `weights` (shape (people, columns)), drawn by the weights of that row."""
    edges = np.cumsum(weights, axis=1, dtype=np.float64)
    edges /= edges[:, -1:]
    steps = (edges + np.arange(len(edges))[:, None]).ravel()
    picked = np.searchsorted(steps, rng.random(len(rows)) + rows, side="right")
    column: I64 = np.clip(picked - rows * weights.shape[1], 0, weights.shape[1] - 1).astype(np.int64)
    return column


def zipf_weights(count: int, exponent: float = 1.0) -> F64:
    """Return `count` weights that fall as rank to the power of `-exponent`, summing to 1."""
    weights = np.arange(1, count + 1, dtype=np.float64) ** -exponent
    shares: F64 = weights / weights.sum()
    return shares


def spread(counts: Ints) -> tuple[I64, I64]:
    """Return, for `counts` of things per owner, the owner of each thing and its place among its owner's things."""
    owner = np.repeat(np.arange(len(counts)), counts)
    first = np.concatenate(([0], np.cumsum(counts)[:-1])).astype(np.int64)
    return owner.astype(np.int64), (np.arange(len(owner)) - first[owner]).astype(np.int64)


def numbers_of(rng: np.random.Generator, count: int) -> U64:
    """Return `count` random numbers that stand for an id each; never 0, which stands for none."""
    return rng.integers(1, 1 << 63, size=count, dtype=np.uint64)


def hex_text(numbers: U64, *, digits: int = 16, prefix: str = "", present: Flags | None = None) -> pa.StringArray:
    """Return each number as `prefix` and its last `digits` (an even number, at most 16) hexadecimal digits, null where
    it is not `present`."""
    shown = numbers if present is None else numbers[present]
    head, width = prefix.encode(), len(prefix) + digits
    text = _HEX[np.ascontiguousarray(shown, dtype="<u8").view(np.uint16)].view(np.uint8).reshape(len(shown), 16)
    if width != 16 or head:
        cut, text = text, np.empty((len(shown), width), dtype=np.uint8)
        text[:, : len(head)] = np.frombuffer(head, dtype=np.uint8)
        text[:, len(head) :] = cut[:, :digits]
    if present is None:
        ends = np.arange(len(shown) + 1, dtype=np.int32) * np.int32(width)
        return pa.StringArray.from_buffers(len(shown), pa.py_buffer(ends), pa.py_buffer(text))
    ends = np.zeros(len(numbers) + 1, dtype=np.int32)
    np.cumsum(present, out=ends[1:])
    known = pa.py_buffer(np.packbits(present, bitorder="little"))
    return pa.StringArray.from_buffers(len(numbers), pa.py_buffer(ends * np.int32(width)), pa.py_buffer(text), known)


def address_text(numbers: Ints) -> pa.StringArray:
    """Return each 32-bit number as an IPv4 address.

    The numbers of a world are invented; that one of them is routed somewhere is chance.
    """
    count = len(numbers)
    octets = numbers.astype(">u4").view(np.uint8).reshape(count, 4)
    padded = _OCTETS[octets]
    last = padded[:, 3]
    last[last == ord(".")] = 0
    padded[:, 3] = last
    flat = padded.reshape(count, 16)
    kept = flat != 0
    ends = np.zeros(count + 1, dtype=np.int32)
    np.cumsum(kept.sum(axis=1), out=ends[1:])
    return pa.StringArray.from_buffers(count, pa.py_buffer(ends), pa.py_buffer(flat[kept]))
