"""Numbers, times and other people's text as a reader sees them."""

from __future__ import annotations

import datetime as dt
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.findings import VerdictKind
from stillwatch.report import wording
from stillwatch.report.result import Result


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("acct_1", "acct_1"),
        ("账户-七", "账户-七"),
        ("حساب", "حساب"),
        ("a\u202eb", "a\\u{202E}b"),
        ("a\u200bb", "a\\u{200B}b"),
        ("a\x1b[31mb", "a\\u{001B}[31mb"),
        ("a\nb\x00", "a\\u{000A}b\\u{0000}"),
    ],
)
def test_what_would_hide_or_command_is_made_visible(text: str, shown: str) -> None:
    assert wording.shown(text) == shown


@given(st.text())
def test_nothing_that_hides_is_left_in_any_text(text: str) -> None:
    assert not {unicodedata.category(c) for c in wording.shown(text)} & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


@given(st.text(), st.integers(8, 60))
def test_a_brief_id_is_never_longer_than_its_room(text: str, width: int) -> None:
    brief = wording.brief(text, width)
    assert len(brief) <= width
    assert brief == wording.shown(text) or "…" in brief


def test_a_brief_id_keeps_both_ends() -> None:
    assert wording.brief("a" * 50 + "z" * 50, 12) == "aaaaaaa…zzzz"


@pytest.mark.parametrize(
    ("value", "text"),
    [(23.06, "+23.1"), (-4.0, "−4.0"), (0.0, "0"), (0.04, "0"), (-0.04, "0"), (1234.5, "+1,234.5")],
)
def test_bits_have_a_sign(value: float, text: str) -> None:
    assert wording.bits(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "not stated"),
        (1.0, "1.000"),
        (0.0123, "0.012"),
        (0.001, "0.001"),
        (2.14e-9, "2.1 × 10⁻⁹"),
        (9.96e-5, "1.0 × 10⁻⁴"),
        (0.0, "< 10⁻³⁰⁰"),
    ],
)
def test_small_probabilities_are_powers_of_ten(value: float | None, text: str) -> None:
    assert wording.probability(value).replace("\u00a0", " ") == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "unknown"), (True, "yes"), (163_812, "163,812"), (0.00251, "0.00251"), (12345.6, "12,346"), (2.0, "2"),
        ("x\u200b", "x\\u{200B}"), (float("inf"), "inf"),
    ],
)  # fmt: skip
def test_a_number_keeps_what_tells(value: float | str | None, text: str) -> None:
    assert wording.number(value) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2026-07-01T00:00:04Z", "1 Jul 2026 00:00"),
        ("2026-07-01T01:30:00.171550+02:00", "30 Jun 2026 23:30"),
        ("2026-07-01 05:00", "1 Jul 2026 05:00"),
        ("yester\u200bday", "yester\\u{200B}day"),
        ("9999-12-31T23:59:59-10:00", "9999-12-31T23:59:59-10:00"),
    ],
)
def test_moments_of_the_scan_file_are_read_as_utc(text: str, shown: str) -> None:
    assert wording.iso(text).replace("\u00a0", " ") == shown


def test_a_span_says_its_year_and_day_once() -> None:
    first = dt.datetime(2026, 7, 1, 0, 11, tzinfo=dt.UTC)
    assert wording.window(first, first.replace(day=21)).replace("\u00a0", " ") == "1 Jul 00:11 – 21 Jul 2026 00:11"
    assert wording.window(first, first.replace(hour=5)).replace("\u00a0", " ") == "1 Jul 2026, 00:11 – 05:11"
    assert wording.days(first, first.replace(year=2027)).replace("\u00a0", " ") == "1 Jul 2026 – 1 Jul 2027"


@pytest.mark.parametrize(
    ("seconds", "text"), [(30, "30 seconds"), (600, "10.0 minutes"), (90_000, "25.0 hours"), (864_000, "10.0 days")]
)
def test_a_duration_is_in_the_unit_that_fits(seconds: int, text: str) -> None:
    first = dt.datetime(2026, 7, 1, tzinfo=dt.UTC)
    assert wording.duration(first, first + dt.timedelta(seconds=seconds)).replace("\u00a0", " ") == text


def test_every_verdict_has_words() -> None:
    assert set(wording.VERDICTS) == {*VerdictKind, None}


def test_the_headline_counts_what_was_found(sample: Result) -> None:
    assert (
        wording.headline(sample.campaigns)
        == "2 distillation campaigns, 1 case of pooled access and 1 coordinated group."
    )
    assert wording.headline(sample.campaigns[:1]) == "1 distillation campaign."
    assert wording.headline(()) == "No campaign found."


def test_the_strongest_evidence_is_of_the_two_grounds_of_the_verdict(sample: Result) -> None:
    grounds = [[e.kind for e in wording.strongest(group)] for group in sample.campaigns]
    assert grounds == [
        ["interchangeable", "harvest_intent"],
        ["continued_conversation", "harvest_intent"],
        ["continued_conversation", "even_load"],
        ["shared_instrument", "one_device"],
    ]


def test_families_that_only_speak_for_the_group_are_not_counted(sample: Result) -> None:
    assert wording.families(sample.campaigns[2]) == ["relay", "content", "timing", "infrastructure"]


def test_a_mixed_pool_is_told_in_parts(sample: Result) -> None:
    text = wording.told_apart(sample.campaigns[1])
    assert text == (
        "50 % of its members’ 4,100 exchanges carry a text of its own; the rest may be other people’s."
        " Of 6 end users whom they name, 1 harvest, 3 are customers who have no part in it, and 2 sent too little to"
        " say."
    )
    shares = [wording.carries(member) for member in sample.campaigns[1].members]
    assert sorted(shares) == [f"{30 + i} %" for i in range(41)]


def test_where_there_is_nothing_to_tell_by_nothing_is_told(sample: Result) -> None:
    assert (wording.told_apart(sample.campaigns[0]), wording.carries(sample.campaigns[0].members[0])) == ("", "")


@pytest.mark.parametrize(
    ("part", "whole", "said"), [(0, 9, "0 %"), (1, 999, "1 %"), (998, 999, "99 %"), (3, 3, "100 %")]
)
def test_only_nothing_is_no_percent_and_only_all_of_it_a_hundred(part: int, whole: int, said: str) -> None:
    assert wording.share(part, whole) == said
