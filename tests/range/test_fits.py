"""The fitted constants: they are what the program gives, the samplers draw what they say, the estimators find it."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import astuple, fields
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks import fit_people
from benchmarks.people import F64, estimators, page, readings
from benchmarks.people.meaning import CURVES, MEANING
from stillwatch.range import fits, laws
from stillwatch.range.fits import JUDGED, Fit, Lengths, Mixture, Turns, Wobble
from stillwatch.range.populations.ordinary import ordinary
from stillwatch.range.stage import Stage
from tests.tree import ROOT

CONSTANTS: dict[str, Any] = {name: getattr(fits, name) for name in MEANING}
FITS = {f"{name}.{f.name}": getattr(law, f.name) for name, law in CONSTANTS.items() for f in fields(law)}
SOURCES = {name: value for name, value in FITS.items() if isinstance(value, Fit)}
MIXTURES = {name: value for name, value in FITS.items() if isinstance(value, Mixture)}
WOBBLES = {name: law for name, law in CONSTANTS.items() if isinstance(law, Wobble)}
COUNT = 100_000


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)


def _near(found: float, wanted: float, within: float) -> bool:
    return abs(found / wanted - 1.0) < within


# what is written down


def test_the_page_says_what_the_constants_say() -> None:
    assert (ROOT / "docs" / "people.md").read_text(encoding="utf-8") == page.page(CONSTANTS)


def test_the_constants_are_as_the_program_writes_them() -> None:
    source = (ROOT / "stillwatch" / "range" / "fits.py").read_text(encoding="utf-8")
    assert page.with_constants(source, CONSTANTS) == source


@pytest.mark.parametrize("name", SOURCES)
def test_a_fit_names_its_source_and_is_close_on_the_held_out_half(name: str) -> None:
    fit = SOURCES[name]
    assert fit.file in (readings.AZURE, readings.MOONCAKE, readings.SERVEGEN)
    assert fit.rows >= fit.units > 30
    assert 0.0 < fit.ks < max(0.1, fit.chance)


@pytest.mark.parametrize("name", MIXTURES)
def test_shares_of_a_mixture_sum_to_one(name: str) -> None:
    assert sum(MIXTURES[name].shares) == pytest.approx(1.0)


def test_one_draw_for_prompt_and_answer_needs_the_same_shares() -> None:
    assert fits.CHAT.together
    assert fits.CHAT.tokens_in.shares == fits.CHAT.tokens_out.shares


@pytest.mark.parametrize("curve", [curve for curves in CURVES.values() for curve in curves])
def test_a_curve_is_small_and_holds_quantiles_only(curve: str) -> None:
    path = ROOT / "docs" / "people" / f"{curve}.svg"
    lines = ET.parse(path).getroot().findall("{http://www.w3.org/2000/svg}polyline")
    assert path.stat().st_size < 30_000
    assert [line.get("class") for line in lines] == ["real", "fitted"]
    assert [len((line.get("points") or "").split()) for line in lines] == [30, 30]


def test_no_curve_is_left_over() -> None:
    named = {f"{curve}.svg" for curves in CURVES.values() for curve in curves}
    assert {path.name for path in (ROOT / "docs" / "people").iterdir()} == named


# samplers


def test_judged_shares_and_rates_add_up() -> None:
    rates = ordinary(Stage(7, "ordinary", 0, 7, 0), 300_000).accounts.tempo
    assert pytest.approx(1.0) == JUDGED.chat + JUDGED.code + JUDGED.long
    assert _near(float(np.median(rates)), 2.0, 0.02)
    assert _near(float(rates.mean()), 4.4, 0.03)
    assert rates.max() == JUDGED.api_most
    assert 0.2 < rates[rates > 60].sum() / rates.sum() < 0.3


@pytest.mark.parametrize("law", [fits.CHAT, fits.CODE, fits.LONG], ids=["chat", "code", "long"])
def test_lengths_are_whole_and_within_their_limits(law: Lengths, rng: np.random.Generator) -> None:
    given, answered = laws.draw_lengths(rng, law, COUNT)
    assert given.dtype == answered.dtype == np.int32
    assert given.min() >= 1
    assert answered.min() >= 1
    assert given.max() <= law.most_in
    assert answered.max() <= law.most_out


@pytest.mark.parametrize("law", [fits.CHAT, fits.CODE, fits.LONG], ids=["chat", "code", "long"])
def test_a_table_of_lengths_holds_the_quantiles_of_its_law(law: Lengths) -> None:
    """Drawn afresh, without the table, requests and answers are distributed alike."""
    rng = np.random.default_rng(5)
    for table, mixture, most in zip(
        laws.length_table(law), (law.tokens_in, law.tokens_out), (law.most_in, law.most_out), strict=True
    ):
        drawn = np.clip(np.rint(laws.draw_mixture(rng, mixture, COUNT)), 1, most)
        assert len(table) == 65_536
        assert estimators.distance(table.astype(np.float64), drawn) < 0.01


def test_the_lengths_of_all_services_are_mixed_by_their_judged_shares() -> None:
    sizes = [int(share * COUNT) for share in (JUDGED.chat, JUDGED.code, JUDGED.long)]
    rng = np.random.default_rng(8)
    parts = [laws.draw_lengths(rng, law, n) for law, n in zip((fits.CHAT, fits.CODE, fits.LONG), sizes, strict=True)]
    for side, table in enumerate(laws.lengths()):
        wanted = np.concatenate([part[side] for part in parts])
        assert len(table) == 65_536
        assert estimators.distance(wanted.astype(np.float64), table.astype(np.float64)) < 0.01


def test_a_table_of_lengths_cannot_be_changed_by_whoever_reads_it() -> None:
    with pytest.raises(ValueError, match="read-only"):
        laws.length_table(fits.CHAT)[0][0] = 1


def test_a_chat_prompt_says_how_long_its_answer_is_and_a_long_one_does_not(rng: np.random.Generator) -> None:
    given, answered = laws.draw_lengths(rng, fits.CHAT, COUNT)
    assert np.median(answered[(given > 950) & (given < 1_200)]) > 3 * np.median(answered[(given > 385) & (given < 415)])
    given, answered = laws.draw_lengths(rng, fits.LONG, COUNT)
    assert abs(np.corrcoef(np.log(given), np.log(answered))[0, 1]) < 0.02


def test_a_mixture_is_drawn_by_its_shares(rng: np.random.Generator) -> None:
    drawn = laws.draw_mixture(rng, Mixture((0.2, 0.8), (10.0, 1_000.0), (0.1, 0.3)), COUNT)
    assert (drawn < 100).mean() == pytest.approx(0.2, abs=0.005)
    assert _near(float(np.median(drawn[drawn < 100])), 10.0, 0.01)
    assert np.log(drawn[drawn > 100]).std() == pytest.approx(0.3, abs=0.01)


@pytest.mark.parametrize("name", WOBBLES)
def test_factors_average_one_and_differ_by_the_cv_of_their_account(name: str, rng: np.random.Generator) -> None:
    law = Wobble(WOBBLES[name].median, 1e-9, WOBBLES[name].fit)
    factors = laws.draw_factors(rng, law, 500, 200)
    assert factors.mean() == pytest.approx(1.0, abs=0.01)
    assert _near(float(factors.std()), law.median, 0.03)


def test_peak_over_trough_is_what_kappa_says() -> None:
    kappas = np.array([0.0, 0.5, 1.5])
    weights = laws.hour_weights(kappas, np.full(3, 14.5))
    assert weights.mean(axis=1) == pytest.approx(1.0, rel=1e-5)
    assert weights[:, 14] / weights[:, 2] == pytest.approx(np.exp(2 * kappas), rel=1e-4)


def test_turns_are_drawn_by_their_law(rng: np.random.Generator) -> None:
    law = fits.TURNS_BRIEF
    turns = laws.draw_turns(rng, law, COUNT)
    assert (turns == 1).mean() == pytest.approx(law.a / (law.a + law.b), abs=0.01)
    assert (turns > 2).sum() / (turns > 1).sum() == pytest.approx((law.b + 1) / (law.a + law.b + 1), abs=0.01)
    assert turns.max() <= law.longest
    assert turns.mean() > laws.draw_turns(rng, fits.TURNS_LENGTHY, COUNT).mean()


def test_pauses_are_lognormal(rng: np.random.Generator) -> None:
    pauses = np.log(laws.draw_pauses(rng, fits.PAUSE, COUNT))
    assert _near(float(np.exp(pauses.mean())), fits.PAUSE.median, 0.02)
    assert pauses.std() == pytest.approx(fits.PAUSE.sigma, abs=0.01)


@pytest.mark.parametrize("cv", [0.2, 1.0, 2.0, 4.0])
def test_gaps_have_the_cv_asked_for(cv: float, rng: np.random.Generator) -> None:
    gaps = laws.draw_gaps(rng, np.full(1_000_000, cv))
    assert _near(float(gaps.std() / gaps.mean()), cv, 0.05)


def test_windows_of_one_client_are_alike_in_their_bursts(rng: np.random.Generator) -> None:
    bursts = np.log(laws.draw_bursts(rng, fits.BURSTS, 2_000, 50))
    assert bursts.mean(axis=1).var() > 0.3 * bursts.var()


def test_the_same_seed_draws_the_same() -> None:
    first, second = (laws.draw_lengths(np.random.default_rng(3), fits.CHAT, 1_000) for _ in range(2))
    assert np.array_equal(first, second)


# estimators: each finds again what was put in


def test_a_mixture_is_found_again(rng: np.random.Generator) -> None:
    truth = Mixture((0.3, 0.7), (20.0, 900.0), (0.5, 0.2))
    found = estimators.lognormals(laws.draw_mixture(rng, truth, 20_000), 2)
    assert np.concatenate(astuple(found)) == pytest.approx(np.concatenate(astuple(truth)), rel=0.05)


def test_gamma_factors_are_found_again(rng: np.random.Generator) -> None:
    law = Wobble(0.4, 0.7, fits.DAY.fit)
    median, sigma = estimators.gamma_factors(laws.draw_factors(rng, law, 20_000, 5).ravel().astype(np.float64))
    assert _near(median, 0.4, 0.05)
    assert _near(sigma, 0.7, 0.1)


def test_kappa_and_its_law_are_found_again(rng: np.random.Generator) -> None:
    kappas = np.array([0.1, 0.7, 2.0])
    weights = laws.hour_weights(kappas, np.full(3, 9.0))
    wave = np.abs((weights * np.exp(-2j * np.pi * np.arange(24) / 24)).mean(axis=1))
    assert estimators.kappa_of(2 * wave) == pytest.approx(kappas, rel=0.01)
    assert estimators.weibull(2.0 * rng.weibull(1.5, size=COUNT)) == pytest.approx((2.0, 1.5), rel=0.02)


def test_turns_and_pauses_are_found_again_though_the_trace_ends(rng: np.random.Generator) -> None:
    turn, waited, followed = _trace(rng, Turns(3.0, 1.5, 40, fits.TURNS_BRIEF.fit))
    pause = estimators.pause_law(turn, waited, followed)
    assert pause == pytest.approx((120.0, 1.0), rel=0.05)
    assert estimators.turn_law(turn, waited, followed, pause) == pytest.approx((3.0, 1.5), rel=0.1)


def _trace(rng: np.random.Generator, law: Turns) -> tuple[Any, F64, Any]:
    """Return turn, time waited and whether followed of requests in an hour in which conversations begin."""
    clock, total = rng.uniform(0.0, 3_600.0, size=20_000), laws.draw_turns(rng, law, 20_000)
    parts = []
    for turn in range(1, 40):
        pause = np.where(turn < total, laws.draw_pauses(rng, fits.Pause(120.0, 1.0, law.fit), len(clock)), np.inf)
        followed = clock + pause < 3_600.0
        parts.append((np.full(len(clock), turn), np.where(followed, pause, 3_600.0 - clock), followed))
        clock, total = (clock + pause)[followed], total[followed]
    turns, waited, goes_on = (np.concatenate(column) for column in zip(*parts, strict=True))
    return turns, waited, goes_on


def test_the_tail_of_a_pareto_law_is_its_exponent(rng: np.random.Generator) -> None:
    assert estimators.tail_exponent(rng.pareto(1.3, size=COUNT) + 1.0) == pytest.approx(1.3, rel=0.05)


def test_distance_and_ratios_of_a_sample_to_itself_are_none(rng: np.random.Generator) -> None:
    sample = rng.random(1_000) + 1.0
    assert estimators.distance(sample, sample) == 0.0
    assert estimators.ratios(sample, 2 * sample) == pytest.approx((2.0, 2.0, 2.0, 2.0))
    assert estimators.distance(sample, sample + 5.0) == 1.0


def test_halves_are_fixed_and_even() -> None:
    assert estimators.half(101).sum() == 51
    assert np.array_equal(estimators.half(100), estimators.half(100))


# readings


def test_a_conversation_is_read_from_its_blocks(tmp_path: Path) -> None:
    """A prompt, its follow-up, the same again, an edit that goes back behind the answer, and a stranger."""
    rows = {
        "timestamp": [0, 30_000, 36_000, 60_000, 90_000],
        "input_length": [1_200, 1_700, 1_700, 1_750, 1_300],
        "output_length": [400, 300, 300, 10, 5],
        "hash_ids": [[0, 1, 2], [0, 1, 3, 4], [0, 1, 3, 4], [0, 1, 3, 5], [0, 8, 9]],
    }
    pq.write_table(pa.table(rows), tmp_path / readings.MOONCAKE)
    talks = readings.read_talks(tmp_path)
    assert talks.before.tolist() == [-1, 0, 1, 2, -1]
    assert talks.turn.tolist() == [1, 2, 2, 2, 1]
    assert talks.redo.tolist() == [1, 1, 0, -1, 1]
    assert talks.root.tolist() == [0, 0, 0, 0, 4]
    assert talks.follows.tolist() == [False, True, False, False, False]
    assert talks.added[1] == 100
    assert talks.cached.tolist() == [0, 1_024, 2_048, 1_536, 512]


# the real data


@pytest.fixture(scope="module")
def refitted() -> dict[str, Any]:
    if not fit_people.REAL.is_dir():
        pytest.skip("needs ../shared/real")
    return {name: law for name, law, _ in fit_people.fit_all(fit_people.read(fit_people.REAL))}


@pytest.mark.real
@pytest.mark.parametrize("name", MEANING)
def test_fitting_again_gives_the_constants(name: str, refitted: dict[str, Any]) -> None:
    found, kept = (_numbers(law) for law in (refitted[name], CONSTANTS[name]))
    assert found == pytest.approx(kept, rel=0.01, abs=0.005)


def _numbers(law: Any) -> list[float]:
    """Return every number of a constant, in order."""
    return [float(text) for text in re.findall(r"(?<![\w.])\d+(?:\.\d+)?(?:e-?\d+)?", repr(law))]
