"""Every number of the table and of the verdict says where it comes from, and speaks of the number that is used."""

from __future__ import annotations

import re

import pytest

from scripts import evidence_page
from stillwatch import evidence
from stillwatch.config import ScanSettings
from stillwatch.evidence import EVIDENCE_TABLE
from stillwatch.evidence.origins import LOOKED_AT, ORIGINS, Origin
from stillwatch.findings import Family
from stillwatch.nulls import bits_of

CONSTANTS = [name for name in vars(evidence) if re.fullmatch(r"[A-Z]+_(CAP|COUNTS|NEEDED)", name)]
IN_USE = (
    {kind.kind: kind.cap for kind in EVIDENCE_TABLE}
    | {name: getattr(evidence, name) for name in CONSTANTS}
    | {"false_discoveries": ScanSettings().false_discoveries}
)
DERIVED = {
    "declared_organisation": len(Family) * evidence.FAMILY_CAP,
    "independent_owners": next(kind.cap for kind in EVIDENCE_TABLE if kind.kind == "interchangeable"),
    "same_list": 3 * evidence.FAMILY_CAP,
    "FAMILY_COUNTS": round(bits_of(0.001), 1),
}
"""What is said to be derived, derived once more."""


def test_the_constants_of_the_verdict_are_known_when_seen() -> None:
    assert {"FAMILY_CAP", "FAMILY_COUNTS", "FAMILIES_NEEDED", "RELAY_NEEDED"} < set(CONSTANTS)


def test_no_number_lacks_an_origin_and_no_origin_its_number() -> None:
    assert ORIGINS.keys() == IN_USE.keys()


@pytest.mark.parametrize("name", IN_USE)
def test_an_origin_speaks_of_the_number_that_is_used(name: str) -> None:
    assert ORIGINS[name].value == IN_USE[name], f"say in origins.py where the new {name} comes from"


@pytest.mark.parametrize("name", IN_USE)
def test_an_origin_is_one_clause(name: str) -> None:
    why = ORIGINS[name].why
    assert len(why.split()) > 3
    assert not why.endswith((".", "!", "?"))


def test_what_is_derived_can_be_derived_again() -> None:
    derived = {name: stated.value for name, stated in ORIGINS.items() if stated.origin is Origin.DERIVED}
    assert derived == DERIVED


def test_nothing_is_called_fitted_without_naming_its_seeds() -> None:
    assert not [n for n, stated in ORIGINS.items() if stated.origin is Origin.FITTED and "seed" not in stated.why]


def test_no_seed_that_is_for_reporting_was_looked_at() -> None:
    text = " ".join([*LOOKED_AT, *(stated.why for stated in ORIGINS.values())])
    seeds = [int(n) for words in re.findall(r"seeds? ([\d, to and]+)", text) for n in re.findall(r"\d+", words)]
    assert seeds
    assert not [seed for seed in seeds if seed >= 200 or seed in (101, 102)]


def test_the_page_gives_the_origin_of_every_number() -> None:
    page = evidence_page.page()
    assert not [name for name in CONSTANTS if f"`{name}`" not in page]
    assert not [name for name, stated in ORIGINS.items() if f"{stated.origin}: {stated.why}" not in page
                and f"{stated.origin}, {stated.why}" not in page]  # fmt: skip
