"""How well a score orders two sorts of things, with an interval that respects which of them belong together."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from sklearn.metrics import roc_auc_score

from stillwatch.arrays import F64, I64
from stillwatch.range.scoring.figures import BOOTSTRAP, LEVEL, Figure

Flags = npt.NDArray[np.bool_]

DRAWS = 400
"""Resamples of a bootstrap."""
SEED = 20_261_121


def auc(score: F64, guilty: Flags, clusters: I64) -> Figure:
    """Return the area under the curve of `score`, equal scores counted half; see `over_clusters`.

    Args:
        score: larger is more guilty, shape (n,).
        clusters: what each of them belongs to, shape (n,).
    """
    return over_clusters(lambda weights: area(score, guilty, weights), clusters)


def recall_at(score: F64, guilty: Flags, clusters: I64, *, false: float) -> Figure:
    """Return the share of the guilty above the score that at most a share `false` of the innocent are above."""
    return over_clusters(lambda weights: recall(score, guilty, weights, false), clusters)


def over_clusters(measured: Callable[[F64], float], clusters: I64) -> Figure:
    """Return a figure with the percentile interval of a bootstrap that draws whole clusters.

    Args:
        measured: the figure, from how often each thing is drawn, shape (n,).
        clusters: what each thing belongs to, shape (n,).

    Source: Davison and Hinkley, Bootstrap Methods and their Application (1997), section 3.8, first of its two ways.
    """
    names, places = np.unique(clusters, return_inverse=True)
    rng = np.random.default_rng(SEED)
    drawn = [measured(_times(rng, len(names))[places]) for _ in range(DRAWS)]
    low, high = np.nanquantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Figure(measured(np.ones(len(places))), float(low), float(high), len(names), BOOTSTRAP)


def _times(rng: np.random.Generator, clusters: int) -> F64:
    return np.bincount(rng.integers(0, clusters, clusters), minlength=clusters).astype(np.float64)


def area(score: F64, guilty: Flags, weights: F64) -> float:
    """Return the area under the curve, not a number when only one side has weight; see `auc`."""
    if not weights[guilty].any() or not weights[~guilty].any():
        return float("nan")
    return float(roc_auc_score(guilty, score, sample_weight=weights))


def recall(score: F64, guilty: Flags, weights: F64, false: float) -> float:
    """Return the recall at a share `false` of false alarms, not a number when only one side has weight."""
    order = np.argsort(-score[~guilty], kind="stable")
    innocent, weight = score[~guilty][order], weights[~guilty][order]
    if not weight.any() or not weights[guilty].any():
        return float("nan")
    above = np.searchsorted(np.cumsum(weight), false * weight.sum(), "right")
    limit = innocent[min(above, len(innocent) - 1)]
    return float((weights[guilty] * (score[guilty] > limit)).sum() / weights[guilty].sum())
