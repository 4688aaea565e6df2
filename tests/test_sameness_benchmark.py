"""The benchmark of sameness: its sums are those of a scan, pools are seen, curves are drawn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from benchmarks.assembled import HOUR, START, assembled, sketched
from benchmarks.real_prompts import REAL
from benchmarks.sameness.__main__ import power_table, write_curves
from benchmarks.sameness.level import ACTIVITIES, AT_RANDOM, MIXED, Sizes, activity, composite, ranged, table
from benchmarks.sameness.people import HOURS, Prompts, joined, numbers, read_prompts, summed, world
from benchmarks.sameness.power import EXCHANGES, MEMBERS, Power, power
from stillwatch.evidence.case import Group
from stillwatch.evidence.interchangeable import interchangeable
from stillwatch.likeness import means
from stillwatch.record import TIMESTAMP
from stillwatch.sketch.sketcher import halves

TINY = Sizes(accounts=150, worlds=1, groups=4, members=(8,))
WORDS = ("rain", "snow", "cloud", "iron", "copper", "zinc", "violin", "piano", "cello")


def test_sums_are_those_that_a_scan_reads_off_the_ledger() -> None:
    rng = np.random.default_rng(1)
    sketches = sketched([f"tell me about {' and '.join(rng.choice(WORDS, 4))} please" for _ in range(60)])
    item, account, hour = rng.integers(0, 60, 400), np.sort(rng.integers(0, 5, 400)), rng.integers(0, HOURS, 400)
    ts = START + hour * HOUR
    half = halves(pa.array(START + np.arange(HOURS) * HOUR).cast(TIMESTAMP))
    values = numbers(sketches)
    mine = joined([summed(values[item[account == i]], hour[account == i], half) for i in range(5)])
    with assembled(sketches, item, account, ts) as case:
        read, made = case.people.means, means(mine)
    for of, also in ((read.proposing, made.proposing), (read.testing, made.testing), (read.overall, made.overall)):
        for name in ("n", "z", "varied", "freedom"):
            assert np.array_equal(getattr(of, name), getattr(also, name)), name


def test_activities_are_as_they_are_called() -> None:
    rng = np.random.default_rng(1)
    for name in ACTIVITIES:
        counts = activity(name, 2000, rng)
        assert np.median(counts) == pytest.approx(316 if name == MIXED else float(name), rel=0.1)
    assert counts.max() / counts.min() > 500, "the last is mixed"


real = pytest.mark.real
needs_real = pytest.mark.skipif(not REAL.exists(), reason="the real data is not beside this checkout")


@pytest.fixture(scope="module")
def prompts() -> Prompts:
    return read_prompts(REAL, 1, bare=2000)


@real
@needs_real
def test_a_pool_is_interchangeable_and_people_are_not(prompts: Prompts) -> None:
    rng = np.random.default_rng(2)
    case = world(prompts, np.full(200, 200), np.full(30, 200), rng)
    pool, people = (interchangeable(Group("g", np.arange(*ends), {}, ""), case) for ends in ((200, 230), (0, 30)))
    assert pool.p_value is not None
    assert pool.p_value < 2e-4  # how far accounts vary within is itself an estimate
    assert people.p_value is not None
    assert people.p_value > 0.5


@real
@needs_real
def test_groups_of_every_activity_and_choice_are_counted(prompts: Prompts) -> None:
    lines = list(table(composite(prompts, TINY, 1)))
    assert len(lines) == 2 + 4 * len(ACTIVITIES)
    found = {tuple(line.strip("| ").split(" | ")[1:5]) for line in lines[2:]}
    assert ("1000", "8", AT_RANDOM, "4 of 4") in found


@real
@needs_real
def test_what_sameness_sees_of_a_pool_grows_with_what_is_asked(prompts: Prompts) -> None:
    few, many = (
        power(prompts, np.random.default_rng(3), 30, exchanges, people=200, worlds=2) for exchanges in (3, 300)
    )
    assert (few.told, few.found) == (0.0, 0.0)
    assert many.told == 1.0
    assert many.found > 0.9


def test_ordinary_people_of_the_range_are_counted() -> None:
    lines = list(table(ranged([1], TINY, 0.05)))
    assert any("people of the range" in line and AT_RANDOM in line for line in lines)


def test_the_curves_and_the_table_show_every_power(tmp_path: Path) -> None:
    found = [Power(m, n, told=n / 1000, found=0.0, wrong=1) for m in MEMBERS for n in EXCHANGES]
    write_curves(found, tmp_path)
    told = (tmp_path / "told.svg").read_text(encoding="utf-8")
    assert told.count("<polyline") == len(MEMBERS)
    assert all(f">{m} accounts<" in told for m in MEMBERS)
    lines = list(power_table(found))
    assert lines[-1] == "| 1000 | 100% | 0% | 100% | 0% | 100% | 0% | 100% | 0% | 4 |"
    assert {line.count("|") for line in lines} == {11}
