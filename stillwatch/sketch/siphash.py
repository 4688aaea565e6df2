"""SipHash-2-4 of many 64-bit numbers at once.

Aumasson and Bernstein, "SipHash: a fast short-input PRF", INDOCRYPT 2012. Without the key its output cannot be told
from random numbers, so a number that anybody can compute from a text becomes one that only the key's holder can.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from stillwatch.arrays import I64
from stillwatch.keys import Key
from stillwatch.sketch.points import U64

_KEY_BYTES = 16
_EIGHT_BYTES = np.uint64(8 << 56)
"""The last block of an 8-byte message: its length in the highest byte."""

_CONSTANTS = np.frombuffer(b"somepseudorandomlygeneratedbytes", dtype=">u8").astype(np.uint64)

State = list[npt.NDArray[np.uint64]]


def keyed(numbers: Sequence[U64], key: Key, kinds: Sequence[str]) -> list[I64]:
    """Return a mark for each number of each array; marks of different `kinds` have nothing to do with each other.

    Args:
        numbers: arrays of one shape.
        kinds: what each array is of.
    """
    secrets = np.stack([_halves(_secret(key, kind)) for kind in kinds], axis=1)[:, :, None]
    block = np.stack(numbers)
    return list(siphash([block, np.full_like(block, _EIGHT_BYTES)], (secrets[0], secrets[1])).view(np.int64))


def siphash(blocks: Sequence[U64], key: bytes | tuple[U64, U64]) -> U64:
    """Return SipHash-2-4 of messages that were cut into 64-bit little-endian blocks, the last one with the length.

    Args:
        blocks: the first block of every message, then the second of every message, and so on; all of one shape.
        key: 16 bytes, or the two halves of each message's key in a shape that fits the blocks'.
    """
    halves = _halves(key) if isinstance(key, bytes) else key
    state = [np.empty_like(blocks[0]) for _ in _CONSTANTS]
    for i, constant in enumerate(_CONSTANTS):
        state[i][...] = halves[i % 2] ^ constant
    for block in blocks:
        state[3] ^= block
        _rounds(state, 2)
        state[0] ^= block
    state[2] ^= np.uint64(0xFF)
    _rounds(state, 4)
    return state[0] ^ state[1] ^ state[2] ^ state[3]


def _secret(key: Key, kind: str) -> bytes:
    return hashlib.blake2b(b"siphash\0" + kind.encode(), digest_size=_KEY_BYTES, key=key.secret).digest()


def _halves(key: bytes) -> U64:
    return np.frombuffer(key, dtype="<u8").astype(np.uint64)


def _rounds(state: State, count: int) -> None:
    for _ in range(count):
        _half_round(state, (0, 1, 2, 3), (13, 16))
        _half_round(state, (2, 1, 0, 3), (17, 21))


def _half_round(state: State, order: tuple[int, int, int, int], turns: tuple[int, int]) -> None:
    a, b, c, d = order
    state[a] += state[b]
    state[c] += state[d]
    _rotate(state[b], turns[0])
    _rotate(state[d], turns[1])
    state[b] ^= state[a]
    state[d] ^= state[c]
    _rotate(state[a], 32)


def _rotate(values: U64, bits: int) -> None:
    high = values >> np.uint64(64 - bits)
    values <<= np.uint64(bits)
    values |= high
