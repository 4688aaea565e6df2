"""Fitting the weights: multinomial logistic regression on sets of n-grams, with a penalty that leaves most at zero.

Strategy: features are chosen before fitting (see `vocabulary`), rows are weighted so that classes, sources and
languages count as intended (see `row_weights`), and the convex loss is minimised by accelerated proximal gradient
steps (Beck and Teboulle 2009, with the restart of O'Donoghue and Candès 2015). No random number is drawn, and no
result depends on the number of threads.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import scipy.sparse as sp

from benchmarks.intent.corpus import Row
from stillwatch.arrays import I64
from stillwatch.sketch.intent import ngrams
from stillwatch.sketch.schema import INTENTS
from stillwatch.sketch.tokens import U64, tokenize

F64 = npt.NDArray[np.float64]

MOST_COMMON = 0.1
"""An n-gram that a greater share of the (weighted) rows holds says nothing and is left out."""
FEWEST_UNITS = 2
"""An n-gram must stand in so many templates or data sets."""
LASSO = 5e-5
"""Penalty on the size of a weight (natural logarithm); chosen on held-out units."""
RIDGE = 1e-5
"""Penalty on its square, which shares weight among n-grams that go together."""
STEPS = 200
OWN_SHARE = {"ordinary": 0.4, "rubric_grading": 0.8, "agentic": 0.8}
"""Weight of our own text in a class that real data sets have too; the rest is shared among those."""
ORDINARY_SHARE = 0.25
"""Weight of the ordinary class; the others share the rest equally."""


@dataclass(frozen=True, slots=True)
class Bags:
    """Texts as sets of n-grams.

    Attributes:
        numbers: the distinct n-grams, ascending, shape (n-grams,).
        matrix: 1 where a text holds an n-gram, shape (texts, n-grams).
    """

    numbers: U64
    matrix: sp.csr_matrix


def bags(texts: Sequence[str]) -> Bags:
    """Return the set of n-grams of each text, as the model will see it."""
    rows, numbers = ngrams(tokenize(pa.array(texts, pa.string())))
    distinct, column = np.unique(numbers, return_inverse=True)
    keys = np.unique(rows * len(distinct) + column)
    shape = (len(texts), len(distinct))
    ones = np.ones(len(keys))
    return Bags(distinct, sp.csr_matrix((ones, (keys // shape[1], keys % shape[1])), shape=shape))


def vocabulary(rows: Sequence[Row], found: Bags) -> I64:
    """Return the columns of `found` that may become features.

    Every one stands in text that we wrote, so that no name and no phrase of real people enters the model; and in a
    second unit, so that no single template or data set is learnt by heart.
    """
    own = _units_with([i for i, row in enumerate(rows) if row.ours], rows, found.matrix)
    real = _units_with([i for i, row in enumerate(rows) if row.language == "real"], rows, found.matrix)
    several = (own >= FEWEST_UNITS) | ((own >= 1) & (real >= FEWEST_UNITS))
    return np.flatnonzero(several & (row_weights(rows) @ found.matrix <= MOST_COMMON))


def _units_with(chosen: list[int], rows: Sequence[Row], matrix: sp.csr_matrix) -> I64:
    """Return in how many units each n-gram stands, counting the chosen rows only."""
    units = {unit: i for i, unit in enumerate(sorted({rows[i].unit for i in chosen}))}
    unit_of = [units[rows[i].unit] for i in chosen]
    to_unit = sp.csr_matrix((np.ones(len(chosen)), (unit_of, chosen)), shape=(len(units), len(rows)))
    return np.asarray(((to_unit @ matrix) > 0).sum(axis=0), dtype=np.int64).ravel()


def row_weights(rows: Sequence[Row]) -> F64:
    """Return the weight of each row; they sum to 1.

    Classes share as `ORDINARY_SHARE` says; in a class, our text and the real data sets share as `OWN_SHARE` says; in
    our text every language counts the same and English twice; in real data every data set counts the same.
    """
    members: dict[tuple[str, bool, str], list[int]] = defaultdict(list)
    for i, row in enumerate(rows):
        real = row.language == "real"
        members[INTENTS[row.intent], real, row.unit if real else row.language].append(i)
    shares: dict[tuple[str, bool], float] = defaultdict(float)
    for intent, real, source in members:
        shares[intent, real] += _source_weight(source)
    weights = np.zeros(len(rows))
    for (intent, real, source), indices in members.items():
        of_kind = _kind_weight(intent, real, mixed=(intent, not real) in shares)
        weights[indices] = of_kind * _source_weight(source) / shares[intent, real] / len(indices)
    return weights / float(weights.sum())


def _source_weight(source: str) -> float:
    return 2.0 if source == "en" else 1.0


def _kind_weight(intent: str, real: bool, *, mixed: bool) -> float:
    """Return what our text, or real data, weighs in its class times what the class weighs."""
    own = OWN_SHARE.get(intent, 1.0) if mixed else 1.0
    of_class = ORDINARY_SHARE if intent == "ordinary" else (1 - ORDINARY_SHARE) / (len(INTENTS) - 1)
    return of_class * ((1 - own if real else own) if mixed else 1.0)


@dataclass(frozen=True, slots=True)
class Weights:
    """Fitted weights in natural logarithms, against ordinary.

    Attributes:
        numbers: the n-grams, shape (n-grams,).
        values: weight per n-gram and class other than ordinary, shape (n-grams, 5).
        bias: per class other than ordinary, shape (5,).
    """

    numbers: U64
    values: F64
    bias: F64


def fit(rows: Sequence[Row]) -> Weights:
    """Return the weights learnt from `rows`."""
    found = bags([row.text for row in rows])
    chosen = vocabulary(rows, found)
    weights = row_weights(rows)
    features = sp.hstack([found.matrix[:, chosen], np.ones((len(rows), 1))]).tocsr()
    solved = _descend(features, np.array([row.intent for row in rows]), weights)
    return Weights(found.numbers[chosen], solved[:-1], solved[-1])


def _descend(features: sp.csr_matrix, intents: I64, weights: F64) -> F64:
    """Return the minimiser of penalised loss, shape (features, 5); the last feature is the bias, which is free."""
    target = np.eye(len(INTENTS))[intents][:, 1:]
    transposed = features.T.tocsr()
    step = 1 / (_curvature(features, transposed, weights) + RIDGE)
    penalty = np.full((features.shape[1], 1), LASSO)
    penalty[-1] = 0
    here = ahead = np.zeros((features.shape[1], len(INTENTS) - 1))
    momentum = 1.0
    for _ in range(STEPS):
        wrong = (_probabilities(features @ ahead) - target) * weights[:, None]
        moved = ahead - step * (transposed @ wrong + RIDGE * ahead)
        following = np.sign(moved) * np.maximum(np.abs(moved) - step * penalty, 0)
        if ((ahead - following) * (following - here)).sum() > 0:
            momentum = 1.0
        grown = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        ahead = following + (momentum - 1) / grown * (following - here)
        here, momentum = following, grown
    return here


def _curvature(features: sp.csr_matrix, transposed: sp.csr_matrix, weights: F64) -> float:
    """Return an upper bound of the curvature of the loss: half the largest eigenvalue, by power iteration."""
    vector = np.ones(features.shape[1])
    for _ in range(30):
        vector = transposed @ (weights * (features @ vector))
        size = float(np.sqrt((vector * vector).sum()))
        vector = vector / size
    return 0.5 * 1.05 * size


def _probabilities(scores: F64) -> F64:
    """Return the probability of each class other than ordinary, whose score is 0."""
    top = np.maximum(scores.max(axis=1, keepdims=True), 0)
    raised = np.exp(scores - top)
    return np.asarray(raised / (raised.sum(axis=1, keepdims=True) + np.exp(-top)), dtype=np.float64)
