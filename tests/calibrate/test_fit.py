"""What labels say: the verdict's own arithmetic, held near the table, silent where labels are few or tell nothing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from stillwatch.calibrate.fit import ASKED, LEAST_EACH, Answer, _Model, answer
from stillwatch.calibrate.groups import Reviewed
from stillwatch.calibrate.labels import Label
from stillwatch.evidence import EVIDENCE_TABLE
from stillwatch.findings import Question
from stillwatch.verdict import reweighed, scores
from stillwatch.weights import BOUNDS, TODAY, numbers, weights_of
from tests.calibrate.scans import COURSE, HARVESTER, RELAY, Told, alike, evidence

OPERATOR, HARVEST = ASKED
KINDS = [kind.kind for kind in EVIDENCE_TABLE]


def _reviewed(told: Sequence[Told], label: Label) -> list[Reviewed]:
    return [Reviewed(one.group_id, "scan", label, evidence(one), 20, one.q_value, 0.01, TODAY) for one in told]


CONFIRMED = _reviewed(alike("harvest", HARVESTER, 6), Label.CONFIRMED)
VALUABLE = _reviewed(alike("relay", RELAY, 4), Label.VALUABLE)
FALSE = _reviewed(alike("course", COURSE, 6), Label.FALSE_ALARM)


def _random(count: int, seed: int) -> list[Reviewed]:
    """Return groups of random evidence, a third of it untested, with labels that have nothing to do with it."""
    rng = np.random.default_rng(seed)
    labels = list(Label)
    return [
        Reviewed(
            f"g-{i}", "scan", labels[i % 3],
            evidence(Told(f"g-{i}", {k: float(rng.uniform(-0.9, 40)) for k in KINDS if rng.random() < 0.66},
                          {k: float(rng.uniform(0.2, 1)) for k in KINDS})),
            20, 1e-6, 0.01, TODAY,
        )
        for i in range(count)
    ]  # fmt: skip


def _values(found: Answer) -> dict[str, float]:
    return {estimate.name: estimate.proposed for estimate in found.estimates}


@pytest.mark.parametrize("asked", ASKED, ids=lambda asked: asked.name)
def test_the_model_is_the_verdict(asked: object) -> None:
    groups = _random(40, 1)
    for question in ASKED:
        if question is not asked:
            continue
        model = _Model(question, groups)
        rng = np.random.default_rng(2)
        for _ in range(5):
            values = np.array([rng.uniform(*BOUNDS[name]) for name in model.names])
            weights = weights_of(numbers(TODAY) | dict(zip(model.names, values.tolist(), strict=True)))
            sums = [scores(reweighed(group.evidence, weights)) for group in groups]
            if question is OPERATOR:
                above = [s.coordination + s.innocence - weights.coordination_needed for s in sums]
            else:
                above = [s.extraction - weights.extraction_needed for s in sums]
            assert model.scores(values)[0] == pytest.approx(above, abs=2e-3)


@pytest.mark.parametrize("place", [0, 1], ids=["one operator", "harvest"])
def test_slopes_are_those_of_the_scores(place: int) -> None:
    model = _Model(ASKED[place], _random(20, 3))
    values = model.today * 0.9
    above, slopes = model.scores(values)
    for i in range(len(values)):
        step = np.zeros(len(values))
        step[i] = 1e-6
        assert (model.scores(values + step)[0] - above) / 1e-6 == pytest.approx(slopes[:, i], abs=1e-4)


def test_more_evidence_never_lowers_a_score_whatever_the_numbers() -> None:
    rng = np.random.default_rng(4)
    for kind in EVIDENCE_TABLE:
        sign = -1 if kind.question is Question.INNOCENCE else 1
        question = HARVEST if kind.question is Question.EXTRACTION else OPERATOR
        if kind.question is Question.DECEPTION:
            continue
        rising = _reviewed([Told(f"g-{b}", {kind.kind: float(b)}) for b in range(30)], Label.CONFIRMED)
        model = _Model(question, rising)
        values = np.array([rng.uniform(*BOUNDS[name]) for name in model.names])
        assert (sign * np.diff(model.scores(values)[0]) >= -1e-9).all()


def test_kinds_that_speak_in_false_alarms_alone_are_to_weigh_less() -> None:
    found = answer(OPERATOR, [*CONFIRMED, *VALUABLE, *FALSE])
    assert (found.yes, found.no) == (10, 6)
    values = _values(found)
    assert values["signup_burst"] < TODAY.caps["signup_burst"]
    assert all(values[kind] >= TODAY.caps[kind] for kind in ("interchangeable", "even_load", "continued_conversation"))
    assert found.wrong == (6, 0)
    assert found.loss is not None
    assert found.loss[1] < found.loss[0]
    speaks = next(e.speaks for e in found.estimates if e.name == "signup_burst")
    assert speaks == {Label.CONFIRMED: 0, Label.VALUABLE: 0, Label.FALSE_ALARM: 6}


def test_a_kind_that_relays_alone_show_is_to_weigh_less_as_harvest() -> None:
    groups = [*CONFIRMED, *_reviewed(alike("relay", RELAY | {"single_shot": 20.0}, 6), Label.VALUABLE)]
    found = answer(HARVEST, groups)
    assert _values(found)["single_shot"] < TODAY.caps["single_shot"]
    assert set(_values(found)) == {kind.kind for kind in EVIDENCE_TABLE if kind.question is Question.EXTRACTION} | {
        "extraction_needed"
    }


def test_false_alarms_say_nothing_about_harvest() -> None:
    with_them, without = (answer(HARVEST, [*CONFIRMED, *VALUABLE, *more]) for more in (FALSE, []))
    assert with_them == without


@pytest.mark.parametrize(
    "groups",
    [CONFIRMED, [*CONFIRMED, *FALSE[: LEAST_EACH - 1]], [*CONFIRMED[:4], *FALSE[:3]], []],
    ids=["one-sided", "nearly one-sided", "seven", "none"],
)
def test_few_or_one_sided_labels_say_nothing(groups: list[Reviewed]) -> None:
    found = answer(OPERATOR, groups)
    assert (found.estimates, found.loss) == ((), None)
    assert "too few or one-sided" in found.said


def test_labels_that_agree_with_the_table_change_nothing() -> None:
    quiet = _reviewed(alike("quiet", {"in_step": 3.0, "even_load": 2.0}, 6), Label.FALSE_ALARM)
    found = answer(OPERATOR, [*CONFIRMED, *VALUABLE, *quiet])
    assert all(e.proposed == e.today for e in found.estimates)
    assert found.said.startswith("no change: the numbers of the table put every")
    assert found.wrong == (0, 0)


def test_one_odd_label_among_many_moves_nothing() -> None:
    odd = _reviewed([Told("odd", HARVESTER)], Label.FALSE_ALARM)
    quiet = _reviewed(alike("quiet", {"in_step": 3.0}, 5), Label.FALSE_ALARM)
    found = answer(OPERATOR, [*CONFIRMED, *VALUABLE, *quiet, *odd])
    assert all(e.proposed == e.today for e in found.estimates)
    assert found.wrong == (1, 1)


def test_numbers_stay_within_bounds_and_intervals_around_them() -> None:
    heavy = _reviewed(alike("course", COURSE | {"client_tuple": 60.0}, 40), Label.FALSE_ALARM)
    found = answer(OPERATOR, [*CONFIRMED, *VALUABLE, *heavy])
    for estimate in found.estimates:
        low, high = BOUNDS[estimate.name]
        assert low <= estimate.low <= estimate.high <= high
        assert estimate.low - 0.5 <= estimate.proposed <= estimate.high + 0.5


def test_more_labels_make_an_interval_narrower() -> None:
    def width(count: int) -> float:
        false = _reviewed(alike("course", COURSE, count), Label.FALSE_ALARM)
        found = answer(OPERATOR, [*CONFIRMED, *VALUABLE, *false])
        return next(e.high - e.low for e in found.estimates if e.name == "signup_burst")

    assert width(30) < width(4)


def test_the_order_of_labels_does_not_matter() -> None:
    groups = [*CONFIRMED, *VALUABLE, *FALSE]
    assert _values(answer(OPERATOR, groups)) == _values(answer(OPERATOR, groups[::-1]))
