"""What the model makes of units that it was not trained on, and the temperature that makes its odds true on them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.optimize import minimize_scalar
from scipy.special import logsumexp

from benchmarks.intent.corpus import FOLDS, Row, own_rows, real_rows
from benchmarks.intent.fit import Bags, Weights, bags, fit, row_weights
from stillwatch.arrays import I64
from stillwatch.sketch.schema import INTENTS

F64 = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Every row, scored by the model that had not seen its unit.

    Attributes:
        rows: the rows.
        scores: natural logarithms against ordinary before calibration, shape (rows, 6).
    """

    rows: list[Row]
    scores: F64

    @property
    def intents(self) -> I64:
        """Class of each row, shape (rows,)."""
        return np.array([row.intent for row in self.rows], dtype=np.int64)


def splits() -> Iterator[tuple[list[Row], list[Row]]]:
    """Yield rows to train on and rows to test on, once per fold: no template, data set or question is in both."""
    real = real_rows()
    for fold in range(FOLDS):
        seen, unseen = [row for row in real if row.fold != fold], [row for row in real if row.fold == fold]
        others = [other for other in range(FOLDS) if other != fold]
        yield own_rows(seen, others) + seen, own_rows(unseen, [fold]) + unseen


def cross_validate() -> HeldOut:
    """Return every row with the scores of the fold in which it was held out."""
    rows, scores = [], []
    for seen, unseen in splits():
        scores.append(score(fit(seen), [row.text for row in unseen]))
        rows += unseen
    return HeldOut(rows, np.vstack(scores))


def score(weights: Weights, texts: list[str]) -> F64:
    """Return natural logarithms against ordinary of each class, shape (texts, 6)."""
    found = bags(texts)
    known = _columns(found, weights)
    scores = known @ weights.values + weights.bias
    return np.hstack([np.zeros((len(texts), 1)), scores])


def _columns(found: Bags, weights: Weights) -> sp.csr_matrix:
    """Return the matrix of `found` with the columns of `weights`, zero where a text lacks the n-gram."""
    _, mine, theirs = np.intersect1d(weights.numbers, found.numbers, return_indices=True)
    ones = np.ones(len(mine))
    pick = sp.csr_matrix((ones, (theirs, mine)), shape=(len(found.numbers), len(weights.numbers)))
    return found.matrix @ pick


def temperature(held_out: HeldOut) -> float:
    """Return the number by which scores must be divided for their odds to be right on the held-out rows.

    Source: Guo et al. 2017, temperature scaling; classes, sources and languages weigh as they do in training.
    """
    weights, row = row_weights(held_out.rows), np.arange(len(held_out.rows))

    def loss(logarithm: float) -> float:
        scaled = held_out.scores / np.exp(logarithm)
        surprise = logsumexp(scaled, axis=1) - scaled[row, held_out.intents]
        return float((weights * surprise).sum())

    found = minimize_scalar(loss, bounds=(-2.0, 3.0), method="bounded", options={"xatol": 1e-6})
    return round(float(np.exp(found.x)), 3)


def decide(scores: F64, divisor: float) -> tuple[I64, F64]:
    """Return class and log2 odds of each row of scores, as the shipped model states them."""
    bits = scores / divisor / np.log(2)
    best, row = bits.argmax(axis=1), np.arange(len(bits))
    others = np.where(np.arange(len(INTENTS)) == best[:, None], -np.inf, scores / divisor)
    return best, bits[row, best] - logsumexp(others, axis=1) / np.log(2)
