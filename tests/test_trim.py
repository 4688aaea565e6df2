"""The body of a candidate, without the accounts that lie far from it."""

from __future__ import annotations

import numpy as np
import pytest

from stillwatch.arrays import F64
from stillwatch.likeness import Means
from stillwatch.population import UNKNOWN, Category
from stillwatch.trim import body_of, is_one_tenant, trimmed, without_tenants

COLUMNS, LEAST = 20, 8.0


def _means(*places: tuple[int, float, float]) -> Means:
    """Return accounts around some centres: how many, where, with how many exchanges."""
    rng = np.random.default_rng(3)
    parts: list[F64] = [where + rng.standard_normal((n, COLUMNS)) / np.sqrt(max(each, 1)) for n, where, each in places]
    exchanges = np.concatenate([np.full(n, each) for n, _, each in places])
    z = np.concatenate(parts)
    return Means(exchanges, z, np.ones_like(z), np.ones(len(z)), float(COLUMNS))


def test_strangers_are_dropped() -> None:
    of = _means((30, 0.0, 50.0), (3, 1.5, 50.0))
    assert trimmed(np.arange(33), of, LEAST).tolist() == list(range(30))


def test_a_body_of_one_source_stays_whole() -> None:
    of = _means((40, 0.0, 50.0))
    assert len(trimmed(np.arange(40), of, LEAST)) >= 38


def test_accounts_with_few_exchanges_are_kept_wherever_they_lie() -> None:
    of = _means((30, 0.0, 50.0), (5, 1.5, 3.0))
    assert set(range(30, 35)) <= set(trimmed(np.arange(35), of, LEAST).tolist())


def test_a_net_of_strangers_is_left_as_it_is() -> None:
    of = _means(*((2, float(where), 50.0) for where in range(15)))
    assert trimmed(np.arange(30), of, LEAST).tolist() == list(range(30))


@pytest.mark.parametrize("members", [1, 4])
def test_a_handful_is_left_as_it_is(members: int) -> None:
    of = _means((members, 0.0, 50.0), (10, 3.0, 50.0))
    accounts = np.arange(members)
    assert trimmed(accounts, of, LEAST).tolist() == accounts.tolist()


def test_profiles_without_columns_trim_nobody() -> None:
    of = Means(np.full(10, 50.0), np.zeros((10, 0)), np.zeros((10, 0)), np.ones(10), 0.0)
    assert trimmed(np.arange(10), of, LEAST).tolist() == list(range(10))


def _owned(*organisations: str) -> Category:
    values = tuple(sorted({name for name in organisations if name}))
    codes = [values.index(name) if name else UNKNOWN for name in organisations]
    return Category(np.array(codes, dtype=np.int64), values)


def test_tenants_that_are_a_part_of_a_candidate_are_left_out_of_it() -> None:
    organisations = _owned(*["Firm Ltd"] * 8, *["Zenith"] * 7, *[""] * 12)
    assert without_tenants(np.arange(27), organisations).tolist() == list(range(15, 27))
    assert without_tenants(np.arange(15), organisations).tolist() == []


def test_a_tenant_that_is_the_candidate_is_tested_as_one() -> None:
    organisations = _owned(*["Firm Ltd"] * 8, "Zenith", "")
    assert is_one_tenant(np.arange(10), organisations)
    assert not is_one_tenant(np.arange(4, 10), organisations)
    assert not is_one_tenant(np.arange(10), _owned(*[""] * 10))


def test_small_organisations_of_one_operator_are_no_tenants() -> None:
    organisations = _owned(*(f"shell {i // 3}" for i in range(90)))
    assert len(without_tenants(np.arange(90), organisations)) == 90
    pairs = _owned(*(f"pair {i // 2}" for i in range(20)))
    assert len(without_tenants(np.arange(20), pairs)) == 20


def test_many_companies_with_one_program_are_as_many_tenants() -> None:
    organisations = _owned(*(f"firm {i // 12}" for i in range(480)), *[""] * 20)
    assert without_tenants(np.arange(500), organisations).tolist() == list(range(480, 500))


def test_what_is_left_is_looked_at_again() -> None:
    organisations = _owned(*["Firm Ltd"] * 60, *["Zenith"] * 6, *[""] * 74)
    assert without_tenants(np.arange(140), organisations).tolist() == list(range(66, 140))


@pytest.mark.parametrize(("accounts", "left"), [(9, 250), (10, 241)])
def test_ten_accounts_of_one_company_are_a_tenant_of_any_candidate(accounts: int, left: int) -> None:
    organisations = _owned(*["Firm Ltd"] * accounts, *[""] * (250 - 9))
    assert len(without_tenants(np.arange(241 + accounts), organisations)) == left


def test_customers_that_only_show_when_strangers_are_gone_leave_no_body() -> None:
    of, everybody = _means((140, 0.0, 50.0), (3, 1.5, 50.0)), np.arange(143)
    firms = _owned(*(f"firm {i // 7}" for i in range(140)), *[""] * 3)
    assert without_tenants(everybody, firms).tolist() == everybody.tolist()
    assert body_of(everybody, firms, of, least=LEAST, smallest=5).tolist() == []
    nobodys = body_of(everybody, _owned(*[""] * 143), of, least=LEAST, smallest=5)
    assert nobodys.tolist() == trimmed(everybody, of, LEAST).tolist() != everybody.tolist()
