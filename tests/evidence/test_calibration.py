"""How often random groups of unrelated accounts look guilty: about as often as their p-values say, or less.

Two hundred groups are drawn from one population in which no account belongs to another, then from its heaviest and
from its newest tenth. A kind whose p-value is at most 0.05 in many more than ten of them would accuse people of chance,
or of being heavy or new. `python -m benchmarks.activity` measures the same in worlds of the range.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from stillwatch.arrays import F64, I64
from stillwatch.evidence import EVIDENCE_TABLE, FAMILY_COUNTS, Kind
from stillwatch.evidence.signup_burst import signup_burst
from stillwatch.findings import Question
from stillwatch.nulls import bits_of
from tests.evidence.everything import shares
from tests.worlds import Crowd, Rows, World, a_world, own, some

GROUPS = 200
LEVEL = 0.05
ALLOWED = LEVEL + 3 * (LEVEL * (1 - LEVEL) / GROUPS) ** 0.5
"""Three standard errors above the level: 0.096."""
STRICT, ALLOWED_STRICT = 0.001, 0.015

TESTED = [kind for kind in EVIDENCE_TABLE if kind.question is not Question.INNOCENCE or kind.kind == "same_list"]
"""Kinds of innocence ask of a group whether it is ordinary, and random people are; all but one are left out here."""


def _zipf(kinds: int, name: str, power: float = 1.5) -> Callable[[int], list[str]]:
    """Return a trait of which a few values are popular and many are rare."""
    return lambda n: [f"{name}{v % kinds}" for v in np.random.default_rng(len(name) + kinds).zipf(power, n).tolist()]


def _scaffold(rows: Rows) -> list[int]:
    """Return prompts of which half carry the account's own scaffold: many of two accounts each, and popular ones."""
    of_account = np.where(rows.account % 2, rows.account // 4, 1000 + np.minimum(rows.account % 60, 7))
    return [int(mark if n % 2 else 10**6 + i) for mark, n, i in zip(of_account, rows.nth, rows.number, strict=True)]


def _client(rows: Rows) -> list[str]:
    clients = rows.rng.zipf(1.5, int(rows.account.max()) + 1) % 300
    return [f"sdk/{client}" for client in clients[rows.account]]


def _seldom_passed_on(rows: Rows) -> list[list[int]]:
    """Return histories of which a few go on, by chance, under an account that has nothing to do with the first."""
    half = rows.first + len(rows) // 2
    return [[i] if i < half else [i - len(rows) // 2, 10**6 + i] for i in rows.number.tolist()]


@pytest.fixture(scope="module")
def unrelated() -> Iterator[World]:
    columns = {
        "turn": lambda rows: np.where(rows.account % 5, 1, 1 + rows.nth % 2),
        "intent": shares(0.08),
        "intent_bits": 6.0,
        "system_mark": _scaffold,
        "prompt_mark": some(0.4, lambda rows: rows.rng.zipf(1.4, len(rows)) % 300, own),
        "ip_mark": some(0.9, lambda rows: 9000 + rows.account // 3 * 9 + rows.nth % 9, lambda rows: rows.nth % 40),
        "user_agent": _client,
        "logprobs": shares(0.05),
        "choices": 1,
        "reasoning": lambda rows: rows.account % 8 > 0,
        "invisible_chars": shares(0.05),
        "prefix_marks": _seldom_passed_on,
    }
    traits = {
        "email_domain": _zipf(250, "mail"),
        "email_shape": _zipf(80, "shape", 1.3),
        "payment_bin": _zipf(150, "bin"),
        "payment_id": lambda n: [f"card{i // 2}" if i < n // 4 else f"own{i}" for i in range(n)],
        "device_id": lambda n: [f"home{i // 2}" if i < n // 4 else f"own{i}" for i in range(n)],
    }
    with a_world(Crowd("people", 400, exchanges=20, days=6, columns=columns, traits=traits), seed=3) as made:
        yield made


@pytest.fixture(scope="module")
def p_values(unrelated: World) -> Callable[[Kind, int], F64]:
    """Return what gives the p-values of random groups of a size by a kind, each computed once."""

    @functools.cache
    def found(kind: Kind, size: int) -> F64:
        tested = [kind.test(unrelated.drawn(size, seed), unrelated.case).p_value for seed in range(GROUPS)]
        return np.array([1.0 if p is None else p for p in tested])

    return found


@pytest.mark.parametrize("size", [8, 30])
@pytest.mark.parametrize("kind", TESTED, ids=[kind.kind for kind in TESTED])
def test_random_groups_look_guilty_no_more_often_than_the_level(
    kind: Kind, size: int, p_values: Callable[[Kind, int], F64]
) -> None:
    found = p_values(kind, size)
    assert (found <= LEVEL).mean() <= ALLOWED
    assert (found <= STRICT).mean() <= ALLOWED_STRICT


@pytest.mark.parametrize("size", [8, 30])
@pytest.mark.parametrize("kind", TESTED, ids=[kind.kind for kind in TESTED])
def test_the_mean_e_value_of_random_groups_is_at_most_about_one(
    kind: Kind, size: int, p_values: Callable[[Kind, int], F64]
) -> None:
    evidence = [2.0 ** min(bits_of(p), kind.cap) for p in p_values(kind, size)]
    assert float(np.mean(evidence)) <= 1.4


TENTHS: dict[str, Callable[[World], I64]] = {
    "heaviest": lambda world: world.people.n,
    "newest": lambda world: world.people.created_us,
}
"""What the accounts of a tenth have most of."""
SPEAKS = {
    ("newest", "signup_burst"): "when accounts were made is what it tests",
    ("heaviest", "shared_address"): "who comes through forty public addresses in turn meets more people the more he "
    "asks, and its null is a random account; its cap is below what lets a family count",
}
"""Kinds that speak of a tenth by itself, and why that is borne."""


@pytest.fixture(scope="module")
def p_values_of_a_tenth(unrelated: World) -> Callable[[str, Kind], F64]:
    """Return what gives the p-values of random groups of eight inside a tenth by a kind, each computed once."""

    @functools.cache
    def found(tenth: str, kind: Kind) -> F64:
        most = np.argsort(TENTHS[tenth](unrelated), kind="stable")[-unrelated.people.size // 10 :]
        drawn = (np.random.default_rng(seed).choice(most, 8, replace=False) for seed in range(GROUPS))
        tested = [kind.test(unrelated.grouped(accounts), unrelated.case).p_value for accounts in drawn]
        return np.array([1.0 if p is None else p for p in tested])

    return found


@pytest.mark.parametrize("tenth", TENTHS)
@pytest.mark.parametrize("kind", TESTED, ids=[kind.kind for kind in TESTED])
def test_heavy_and_new_accounts_look_guilty_no_more_often_than_the_level(
    kind: Kind, tenth: str, p_values_of_a_tenth: Callable[[str, Kind], F64]
) -> None:
    found = p_values_of_a_tenth(tenth, kind)
    if (tenth, kind.kind) in SPEAKS:
        assert (found <= LEVEL).mean() > ALLOWED, "no longer an exception"
    else:
        assert (found <= LEVEL).mean() <= ALLOWED
        assert (found <= STRICT).mean() <= ALLOWED_STRICT


def test_what_speaks_of_heavy_accounts_alone_lets_no_family_count() -> None:
    caps = {kind.kind: kind.cap for kind in EVIDENCE_TABLE}
    assert all(caps[kind] < FAMILY_COUNTS for tenth, kind in SPEAKS if tenth == "heaviest")


@pytest.fixture(scope="module")
def many() -> Iterator[World]:
    with a_world(Crowd("people", 3000, exchanges=1, uneven=0.0)) as made:
        yield made


def test_sign_ups_of_a_large_population_seldom_fall_together(many: World) -> None:
    found = [signup_burst(many.drawn(30, seed), many.case).p_value for seed in range(GROUPS)]
    assert np.mean([p is not None and p <= LEVEL for p in found]) <= ALLOWED
