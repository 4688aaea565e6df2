"""A waterfall ends at its sum and a timeline loses no exchange."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.findings import Evidence, Family, Question
from stillwatch.report.charts import MOST_BARS, MOST_ROWS, Waterfall, binned, timeline, waterfall
from stillwatch.report.result import Hour

START = dt.datetime(2026, 7, 1, 5, tzinfo=dt.UTC)


def _evidence(bits: float, question: Question = Question.COORDINATION, *, family: Family = Family.TIMING) -> Evidence:
    return Evidence(f"k{bits}", family, question, bits, 0.5, "a null", "a statement")


def _hours(places: Sequence[int]) -> list[Hour]:
    return [Hour(START + dt.timedelta(hours=place), 10 + place % 7, 1 + place % 3) for place in sorted(set(places))]


def _ends(fall: Waterfall, question: Question) -> list[tuple[float, float]]:
    """Return begin and end of each bar of a question, in percent."""
    steps = next(steps for asked, steps, _ in fall.questions if asked is question)
    return [(s.begin, s.left + s.width if s.against else s.left) for s in steps]


def test_each_bar_begins_where_the_one_before_ended() -> None:
    fall = waterfall([_evidence(8.0), _evidence(-2.0), _evidence(4.0)])
    assert fall.zero == 0.0
    assert _ends(fall, Question.COORDINATION) == [
        (0.0, pytest.approx(66.7)),
        (66.7, 100.0),
        (100.0, pytest.approx(83.3)),
    ]


@given(st.lists(st.tuples(st.floats(-40, 40), st.sampled_from(list(Question))), min_size=1, max_size=30))
def test_a_waterfall_stays_inside_and_its_total_is_the_plain_sum(items: list[tuple[float, Question]]) -> None:
    fall = waterfall([_evidence(bits, question) for bits, question in items])
    for question, steps, total in fall.questions:
        assert total == pytest.approx(sum(bits for bits, asked in items if asked is question))
        assert all(s.left >= 0 and s.left + s.width <= 100.11 for s in steps)
    numbers = [s.number for _, steps, _ in fall.questions for s in steps]
    assert numbers == list(range(1, len(items) + 1))


def test_no_evidence_has_no_bar() -> None:
    silent = Evidence("k", Family.RELAY, Question.COORDINATION, 0.0, None, "a null", "too little data")
    assert waterfall([silent]).questions == ()


def test_families_stay_together_the_strongest_first() -> None:
    fall = waterfall(
        [_evidence(3.0, family=Family.RELAY), _evidence(5.0, family=Family.TIMING), _evidence(4.0, family=Family.RELAY)]
    )
    assert [s.evidence.bits for s in fall.questions[0][1]] == [4.0, 3.0, 5.0]


@given(st.lists(st.integers(0, 20_000), min_size=1, max_size=200))
def test_bins_keep_every_exchange_and_their_number_is_bounded(places: list[int]) -> None:
    hours = _hours(places)
    for most in (MOST_BARS, MOST_ROWS):
        width, bins = binned(hours, most)
        assert len(bins) <= most
        assert sum(b.exchanges for b in bins) == sum(h.exchanges for h in hours)
        assert max(b.accounts for b in bins) == max(h.accounts for h in hours)
        assert all(bins[i].start - bins[i - 1].start >= dt.timedelta(hours=width) for i in range(1, len(bins)))


@given(st.lists(st.integers(0, 5_000), min_size=1, max_size=100))
def test_every_bar_and_label_lies_in_the_plot(places: list[int]) -> None:
    line = timeline(_hours(places))
    assert line is not None
    across = [float(x) for x in re.findall(r"[MH]([\d.]+)", line.exchanges)]
    up = [float(y) for y in re.findall(r"V([\d.]+)", line.exchanges)]
    assert min(across) >= 0
    assert max(across) <= 100
    assert min(up) == 0
    assert 1 <= len(line.ticks) <= 8
    assert all(0 <= tick.at < 95 for tick in line.ticks)


def test_a_gap_is_a_gap() -> None:
    line = timeline(_hours([0, 1, 2, 9, 10]))
    assert line is not None
    lefts = [float(x) for x in re.findall(r"M([\d.]+)", line.exchanges)]
    assert lefts[3] - lefts[2] == pytest.approx(7 * (lefts[1] - lefts[0]), abs=0.05)


def test_no_hours_are_no_timeline() -> None:
    assert timeline(()) is None
