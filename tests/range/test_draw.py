"""Draws by number are the same wherever they are made, even, and unlike each other under different keys."""

from __future__ import annotations

import datetime as dt
import ipaddress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.range.draw import (
    address_text,
    below,
    choose_rows,
    days_of_week,
    generator,
    hex_text,
    key,
    mixed,
    numbers_of,
    pick,
    spread,
    unit,
)

MANY = np.arange(200_000)


@given(st.datetimes(dt.datetime(1950, 1, 1), dt.datetime(2100, 1, 1), timezones=st.just(dt.UTC)), st.integers(0, 20))
def test_days_of_the_week_are_those_of_the_calendar(start: dt.datetime, days: int) -> None:
    moment = (start - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1)
    found = days_of_week(moment, days)
    assert found.tolist() == [(start + dt.timedelta(days=k)).weekday() for k in range(days)]


def test_different_numbers_give_different_bits() -> None:
    assert len(np.unique(mixed(MANY, key(1, "a")))) == len(MANY)


def test_a_draw_depends_on_number_and_key_and_nothing_else() -> None:
    whole = mixed(MANY, key(1, "a"))
    assert np.array_equal(mixed(MANY[5_000:6_000], key(1, "a")), whole[5_000:6_000])
    assert not np.any(mixed(MANY, key(2, "a")) == whole)
    assert key(1, "a", "b") != key(1, "ab")


def test_draws_are_even_and_unrelated_to_neighbours() -> None:
    values = unit(MANY, key(3, "even"))
    assert abs(values.mean() - 0.5) < 0.003
    assert np.abs(np.histogram(values, 20)[0] / 10_000 - 1).max() < 0.05
    assert abs(np.corrcoef(values[1:], values[:-1])[0, 1]) < 0.01
    assert abs(np.corrcoef(values, unit(MANY, key(3, "odd")))[0, 1]) < 0.01


@given(st.integers(1, 1 << 31), st.integers(0, 1 << 62))
def test_a_draw_below_stays_below(count: int, number: int) -> None:
    assert 0 <= int(below(np.array([number]), 7, count)[0]) < count


def test_weights_are_kept() -> None:
    shares = np.bincount(pick(unit(MANY, 5), np.array([6.0, 3.0, 1.0, 0.0])), minlength=4) / len(MANY)
    assert shares == pytest.approx([0.6, 0.3, 0.1, 0.0], abs=0.005)
    rows = choose_rows(generator(1, "x"), np.array([[1.0, 0.0], [1.0, 3.0]]), np.repeat([0, 1], 20_000))
    assert rows[:20_000].sum() == 0
    assert rows[20_000:].mean() == pytest.approx(0.75, abs=0.01)


def test_spread_counts_within_each_owner() -> None:
    owner, place = spread(np.array([2, 0, 3]))
    assert owner.tolist() == [0, 0, 2, 2, 2]
    assert place.tolist() == [0, 1, 0, 1, 2]


@pytest.mark.parametrize("digits", [8, 12, 16])
def test_ids_have_their_length_and_differ(digits: int) -> None:
    texts = hex_text(numbers_of(generator(1, "ids"), 1_000), digits=digits, prefix="k_").to_pylist()
    assert {len(text) for text in texts} == {digits + 2}
    assert len(set(texts)) == 1_000
    assert all(int(text[2:], 16) >= 0 for text in texts)


@given(st.lists(st.integers(0, (1 << 32) - 1), max_size=20))
def test_addresses_are_those_of_the_numbers(numbers: list[int]) -> None:
    expected = [str(ipaddress.IPv4Address(number)) for number in numbers]
    assert address_text(np.array(numbers, dtype=np.uint32)).to_pylist() == expected
