"""The key with which ids and text become marks, and the file it lives in.

Marks can be compared only under one key. Whoever holds the key and guesses a text can test the guess, so the key file
is readable by its owner alone and is never copied into a ledger's data files; the ledger keeps only its fingerprint.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from stillwatch.errors import NothingUsable, Refused, StillwatchError

_BYTES = 32


@dataclass(frozen=True, slots=True, repr=False)
class Key:
    """A secret of 32 bytes. Hashes are BLAKE2b with a key (RFC 7693), cut to 64 bits."""

    secret: bytes

    @property
    def fingerprint(self) -> str:
        """Eight bytes in hex that tell two keys apart and give neither away."""
        return hashlib.blake2b(b"stillwatch key fingerprint", digest_size=8, key=self.secret).hexdigest()

    def mark(self, data: bytes) -> int:
        """Return the mark of `data`, a signed 64-bit integer."""
        digest = hashlib.blake2b(data, digest_size=8, key=self.secret).digest()
        return int.from_bytes(digest, "little", signed=True)

    def text(self, data: str) -> str:
        """Return the mark of `data` as 16 hex digits, for columns of the record that hold hashes as strings."""
        raw = data.encode("utf-8", "surrogatepass")
        return hashlib.blake2b(raw, digest_size=8, key=self.secret).hexdigest()


def load_key(path: Path) -> Key:
    """Return the key in the file `path`: 64 hex digits.

    Raises:
        NothingUsable: the file is absent or no text.
        StillwatchError: it holds something else.
    """
    try:
        secret = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except (OSError, ValueError) as error:
        raise NothingUsable(
            "the key cannot be read",
            where=str(path),
            expected="a file with 64 hex digits",
            remedy="name the key file this ledger was made with, or leave `--key` out for a new ledger",
        ) from error
    if len(secret) != _BYTES:
        raise StillwatchError(f"the key has {len(secret)} bytes", where=str(path), expected="64 hex digits")
    return Key(secret)


def make_key(path: Path) -> Key:
    """Write a new random key to `path`, readable by its owner alone, and return it.

    Raises:
        Refused: the file exists.
    """
    key = Key(secrets.token_bytes(_BYTES))
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise Refused("a key exists already", where=str(path), remedy="use it as it is") from error
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(key.secret.hex() + "\n")
    return key
