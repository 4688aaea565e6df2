"""A key is made once, is readable by its owner alone, and turns the same thing into the same mark."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.errors import Refused, StillwatchError
from stillwatch.keys import Key, load_key, make_key

ONE = Key(bytes(range(32)))
OTHER = Key(bytes(32))


def test_a_key_comes_back_from_its_file(tmp_path: Path) -> None:
    made = make_key(tmp_path / "key")
    assert load_key(tmp_path / "key") == made


def test_two_keys_are_never_the_same(tmp_path: Path) -> None:
    assert make_key(tmp_path / "a") != make_key(tmp_path / "b")


def test_only_the_owner_can_read_a_key(tmp_path: Path) -> None:
    make_key(tmp_path / "key")
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600


def test_a_key_is_not_written_over(tmp_path: Path) -> None:
    path = tmp_path / "key"
    made = make_key(path)
    with pytest.raises(Refused):
        make_key(path)
    assert load_key(path) == made


@pytest.mark.parametrize("content", [b"", b"not a key", b"00" * 31, b"00" * 33, b"\xff\xfe" + b"0" * 64, b"0" * 63])
def test_a_file_that_is_no_key_is_refused_with_its_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "key"
    path.write_bytes(content)
    with pytest.raises(StillwatchError, match="64 hex digits") as caught:
        load_key(path)
    assert caught.value.where == str(path)


def test_an_absent_key_says_what_to_try(tmp_path: Path) -> None:
    with pytest.raises(StillwatchError) as caught:
        load_key(tmp_path / "absent")
    assert "--key" in caught.value.remedy


def test_a_key_does_not_show_itself() -> None:
    assert ONE.secret.hex() not in repr(ONE)
    assert str(list(ONE.secret)) not in repr(ONE)


def test_the_fingerprint_tells_keys_apart_and_is_not_their_secret() -> None:
    assert ONE.fingerprint != OTHER.fingerprint
    assert len(ONE.fingerprint) == 16
    assert ONE.fingerprint not in ONE.secret.hex()


def test_a_mark_is_keyed_blake2b_cut_to_64_bits() -> None:
    digest = hashlib.blake2b(b"x", digest_size=8, key=ONE.secret).digest()
    assert ONE.mark(b"x") == int.from_bytes(digest, "little", signed=True)
    assert ONE.text("x") == digest.hex()


@given(st.binary(max_size=200))
def test_a_mark_fits_a_column_of_the_ledger_and_depends_on_the_key(data: bytes) -> None:
    assert -(2**63) <= ONE.mark(data) < 2**63
    assert ONE.mark(data) != OTHER.mark(data)


@given(st.text(max_size=50))
def test_any_text_has_a_hash(data: str) -> None:
    assert len(ONE.text(data)) == 16


def test_half_a_surrogate_pair_has_a_hash_of_its_own() -> None:
    assert ONE.text("\ud83d") != ONE.text("?")
