"""Weights fitted to few labels: the verdict's own arithmetic as a logistic model, held near the numbers of the table.

Whether a group is one operator is asked of `confirmed` and `valuable` against `false_alarm`, over coordination and
innocence; whether it harvests of `confirmed` against `valuable`, over extraction. A label says nothing else. The odds
of the first answer grow by e for every `ODDS` bits that a score lies above its threshold. Caps and threshold are the
parameters, with a normal prior around the numbers of the table whose width is chosen by leaving one campaign out
(Stone, JRSS B 36(2), 1974), in steps up from no change at all; intervals are Laplace's (Tierney and Kadane, JASA
81(393), 1986). A cap only bounds what a p-value gives, so more evidence never lowers a score, whatever is fitted.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import optimize, special

from stillwatch.arrays import F64
from stillwatch.calibrate.groups import Reviewed
from stillwatch.calibrate.labels import Label
from stillwatch.evidence import EVIDENCE_TABLE, FAMILY_CAP, Kind
from stillwatch.findings import Question
from stillwatch.nulls import bits_of
from stillwatch.weights import BOUNDS, TODAY, numbers

ODDS = 4.0
"""Bits by which a score must grow for odds e times better; judged. Bits alone would say 1.44, for kinds that are
independent, and one label far from its threshold would then move everything."""
WIDTHS = (0.1, 0.2, 0.4)
"""Widths of the prior that are tried, as shares of the number of the table; judged."""
LEAST = 8
"""Labels below which a question is not asked; judged."""
LEAST_EACH = 3
"""Labels on the rarer side below which a question is not asked; judged."""
STEP = 0.5
"""Bits; a change is proposed in steps of so many, since labels do not say more. Judged."""
SURE = 2.0
"""Standard errors by which numbers fitted to the other labels must predict a label better than the table's; judged."""
_EVEN = math.log(2.0)
"""Log loss of a group that lies on its threshold."""
_AGREED = "no change: the numbers of the table put every labelled group on the right side"
INTERVAL = 0.9
"""Probability of the intervals."""
_PRECISION = {"ftol": 1e-7, "maxiter": 100}
"""Of the search for the most probable numbers, far below the steps in which they are proposed."""
SPEAKS = 1.0
"""Bits from which a kind is said to speak in a group."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question put to labels.

    Attributes:
        name: of the question. threshold: the one that its score is held against.
        questions: of the evidence that its score sums.
        yes, no: labels that answer it.
    """

    name: str
    threshold: str
    questions: tuple[Question, ...]
    yes: tuple[Label, ...]
    no: tuple[Label, ...]


ASKED = (
    Asked("one operator", "coordination_needed", (Question.COORDINATION, Question.INNOCENCE),
          (Label.CONFIRMED, Label.VALUABLE), (Label.FALSE_ALARM,)),
    Asked("harvest", "extraction_needed", (Question.EXTRACTION,), (Label.CONFIRMED,), (Label.VALUABLE,)),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Estimate:
    """One number: of the table, as proposed, and where it lies with probability `INTERVAL`; all in bits.

    Attributes:
        speaks: labelled groups in which the kind speaks, by label; of a threshold, all labelled groups.
    """

    name: str
    today: float
    proposed: float
    low: float
    high: float
    speaks: dict[Label, int]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the labels said to one question.

    Attributes:
        yes, no: how many labels answered so.
        said: what came of it, as a sentence.
        estimates: empty if the labels are too few.
        wrong: labelled groups on the wrong side of the threshold with the numbers of the table, and, each left out in
            turn, with those fitted to the others; None if the labels are too few. loss: their mean log loss (nats).
    """

    asked: Asked
    yes: int
    no: int
    said: str
    estimates: tuple[Estimate, ...] = ()
    wrong: tuple[int, int] | None = None
    loss: tuple[float, float] | None = None


def answer(asked: Asked, groups: Sequence[Reviewed]) -> Answer:
    """Put a question to the labelled ones among `groups`."""
    labelled = [group for group in groups if group.label in asked.yes + asked.no]
    yes = sum(group.label in asked.yes for group in labelled)
    no = len(labelled) - yes
    if min(yes, no) < LEAST_EACH or yes + no < LEAST:
        said = f"too few or one-sided: {yes} say yes and {no} say no, at least {LEAST} in all and {LEAST_EACH} of each"
        return Answer(asked, yes, no, f"{said} are needed")
    model = _Model(asked, labelled)
    today, left_out = model.losses(model.today), {width: model.left_out(width) for width in WIDTHS}
    width = min(WIDTHS, key=lambda w: float(left_out[w].mean()))
    gained = today - left_out[width]
    loss = float(today.mean()), float(left_out[width].mean())
    wrong = int((today > _EVEN).sum()), int((left_out[width] > _EVEN).sum())
    if wrong[1] >= wrong[0] or gained.mean() <= SURE * gained.std(ddof=1) / len(gained) ** 0.5:
        said = "no change: numbers fitted to the other labels tell a label no better than those of the table"
        return Answer(asked, yes, no, said if wrong[0] else _AGREED, model.estimates(0.0), wrong, loss)
    said = f"fitted with a prior of {width:g} of each number"
    return Answer(asked, yes, no, said, model.estimates(width), wrong, loss)


class _Model:
    """The score of one question over labelled groups, as a function of caps and threshold."""

    def __init__(self, asked: Asked, groups: Sequence[Reviewed]) -> None:
        self.asked = asked
        self.kinds = [kind for kind in EVIDENCE_TABLE if kind.question in asked.questions]
        self.families: dict[tuple[Question, str], list[int]] = {}
        for i, kind in enumerate(self.kinds):
            self.families.setdefault((kind.question, kind.family), []).append(i)
        self.names = [*(kind.kind for kind in self.kinds), asked.threshold]
        self.today = np.array([numbers(TODAY)[name] for name in self.names])
        self.bounds = [BOUNDS[name] for name in self.names]
        self.groups = groups
        self.yes = np.array([group.label in asked.yes for group in groups])
        self.bits, self.share = (
            np.array([_column(kind, group)[i] for group in groups for kind in self.kinds]).reshape(len(groups), -1)
            for i in (0, 1)
        )

    def scores(self, values: F64) -> tuple[F64, F64]:
        """Return how far each score lies above its threshold, shape (groups,), and its slopes, (groups, values)."""
        total = np.full(len(self.groups), -values[-1])
        slopes = np.zeros((len(self.groups), len(values)))
        slopes[:, -1] = -1.0
        over = self.bits > values[:-1]
        within = np.where(over, values[:-1], self.bits)
        for (question, _), places in self.families.items():
            capped, counts = over[:, places], within[:, places]
            if question is Question.INNOCENCE:
                total -= np.maximum(counts, 0.0).sum(axis=1)
                slopes[:, places] = np.where(capped, -1.0, 0.0)
                continue
            against = (np.maximum(counts, 0.0) * self.share[:, places]).sum(axis=1)
            for_ = np.minimum(counts, 0.0).sum(axis=1) if question is Question.COORDINATION else 0.0
            total += np.minimum(against, FAMILY_CAP) + for_
            slopes[:, places] = np.where(capped & (against < FAMILY_CAP)[:, None], self.share[:, places], 0.0)
        return total, slopes

    def losses(self, values: F64) -> F64:
        """Return the log loss of each group in nats, shape (groups,)."""
        above = self.scores(values)[0]
        return np.asarray(np.logaddexp(0.0, np.where(self.yes, -above, above) / ODDS))

    def left_out(self, width: float) -> F64:
        """Return the log loss of each group with numbers fitted to all others, shape (groups,)."""
        everybody = np.arange(len(self.groups))
        return np.array([self.losses(self.fitted(width, everybody != i))[i] for i in everybody])

    def fitted(self, width: float, used: npt.NDArray[np.bool_] | None = None) -> F64:
        """Return the most probable numbers for the groups `used`, shape (values,); those of the table at width 0."""
        if width <= 0:
            return self.today
        chosen = np.ones(len(self.groups), dtype=np.bool_) if used is None else used

        def loss(values: F64) -> tuple[float, F64]:
            above, slopes = self.scores(values)
            sign = np.where(self.yes, -1.0, 1.0)[chosen]
            off = (values - self.today) / (width * self.today) ** 2
            pull = sign * special.expit(sign * above[chosen] / ODDS) / ODDS
            value = np.logaddexp(0.0, sign * above[chosen] / ODDS).sum() + 0.5 * (off * (values - self.today)).sum()
            return float(value), pull @ slopes[chosen] + off

        found = optimize.minimize(loss, self.today, jac=True, method="L-BFGS-B", bounds=self.bounds, options=_PRECISION)
        return np.asarray(found.x)

    def estimates(self, width: float) -> tuple[Estimate, ...]:
        """Return every number with its interval; at width 0 those of the table, which are no estimate."""
        values = self.fitted(width)
        spread = self._spread(values, width) if width > 0 else np.zeros(len(values))
        reach = float(special.ndtri(0.5 + INTERVAL / 2)) * spread
        return tuple(self._estimate(i, values[i], reach[i]) for i in range(len(values)))

    def _spread(self, values: F64, width: float) -> F64:
        """Return the standard deviation of each number: Laplace's, at the most probable one."""
        above, slopes = self.scores(values)
        p = special.expit(above / ODDS)
        information = (slopes * (p * (1 - p) / ODDS**2)[:, None]).T @ slopes + np.diag((width * self.today) ** -2.0)
        return np.asarray(np.sqrt(np.diag(np.linalg.inv(information))))

    def _estimate(self, i: int, value: float, reach: float) -> Estimate:
        low, high = self.bounds[i]
        today = float(self.today[i])
        steps = round((value - today) / STEP)
        return Estimate(
            name=self.names[i],
            today=today,
            proposed=min(max(round(today + steps * STEP, 6), low), high),
            low=max(value - reach, low),
            high=min(value + reach, high),
            speaks={label: self._speaks(i, label) for label in self.asked.yes + self.asked.no},
        )

    def _speaks(self, i: int, label: Label) -> int:
        of = np.array([group.label is label for group in self.groups])
        if i == len(self.kinds):
            return int(of.sum())
        return int((of & (self.bits[:, i] >= SPEAKS)).sum())


def _column(kind: Kind, group: Reviewed) -> tuple[float, float]:
    """Return the bits of a kind before its cap, and the part of the group that they are about; 0 where not tested."""
    for item in group.evidence:
        if item.kind == kind.kind and item.p_value is not None:
            return bits_of(item.p_value), item.share or 0.0
    return 0.0, 0.0
