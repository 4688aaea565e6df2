"""SipHash-2-4 against the vectors of its authors."""

from __future__ import annotations

import numpy as np
import pytest

from stillwatch.keys import Key
from stillwatch.sketch.points import U64
from stillwatch.sketch.siphash import keyed, siphash

KEY = bytes(range(16))


def blocks(message: bytes) -> list[U64]:
    """Return `message` cut into blocks, as the paper says, for a batch of three equal messages."""
    padded = message + bytes(-(len(message) + 1) % 8) + bytes([len(message)])
    return [np.full(3, block, dtype=np.uint64) for block in np.frombuffer(padded, dtype="<u8")]


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        (0, "310e0edd47db6f72"),  # vectors.h of the reference implementation: message 00 01 02 …, key 00 … 0f
        (1, "fd67dc93c539f874"),
        (2, "5a4fa9d909806c0d"),
        (7, "37d1018bf50002ab"),
        (8, "6224939a79f5f593"),
        (15, "e545be4961ca29a1"),  # the example of appendix A of the paper, 0xa129ca6149be45e5
    ],
)
def test_published_vectors(length: int, expected: str) -> None:
    out = siphash(blocks(bytes(range(length))), KEY)
    assert [value.tobytes().hex() for value in out.astype("<u8")] == [expected] * 3


def test_a_kind_has_marks_of_its_own() -> None:
    numbers = np.arange(100, dtype=np.uint64)
    head, tail, again = keyed([numbers, numbers, numbers], Key(bytes(32)), ["head", "tail", "head"])
    assert (head == again).all()
    assert not set(head.tolist()) & set(tail.tolist())


def test_another_key_gives_other_marks() -> None:
    numbers = np.arange(100, dtype=np.uint64)
    one, other = (keyed([numbers], Key(bytes([i] * 32)), ["head"])[0] for i in range(2))
    assert not set(one.tolist()) & set(other.tolist())
