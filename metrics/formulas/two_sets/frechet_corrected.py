"""Fréchet distance with its bias taken off by a bootstrap over clips on both sides.

    corrected = 2 d - mean over draws of d*,   d: the plug-in distance, d*: the same of clips drawn again

Efron and Tibshirani 1993, chapter 10. The plug-in distance of two finite sets is too large, because each set's
mean and covariance differ from those of its source. Clips drawn again from a set differ from the set by about as
much once more, so what the draws add to the distance estimates its bias. Both sides are drawn, and whole clips,
as frames of a clip depend on each other. (The extrapolation known as FAD-inf, as fadtk and kadtk draw it, takes
nothing off; see docs/statistics.md.) The correction is good to first order: with few clips for the dimensions it
takes off part of the bias. A value may be below zero, by as much as the correction misses where the truth is
near zero.
"""

from __future__ import annotations

import numpy as np

from sightsound.metrics.formulas.two_sets.frechet import aggregate as plugin
from sightsound.metrics.formulas.two_sets.frechet import replicates, statistics
from sightsound.metrics.rows import Rows

__all__ = ["aggregate", "plugin", "replicates", "statistics"]

DRAWS = 200  # enough for their mean to be off by no more than 7% of the distance's standard error


def aggregate(rows: Rows, weights: Rows, reference_rows: Rows, reference_weights: Rows) -> float:
    """Corrected distance, in squared units of the features; may be negative.

    Arguments and errors as in `metrics.formulas.two_sets.frechet.aggregate`. Sides with equally many clips and
    equal weights are drawn in pairs, which is right whether or not the clips of a pair depend on each other,
    and gives 0 for identical sets; other sides are drawn each on its own. The draws are always the same.

    >>> one, other = np.random.default_rng(0).normal(size=(2, 200, 1, 10))  # one source: truth 0
    >>> weights = np.ones(200)
    >>> [round(each(one, weights, other, weights), 2) for each in (plugin, aggregate)]
    [0.35, -0.01]
    """
    point = plugin(rows, weights, reference_rows, reference_weights)
    paired = np.array_equal(weights, reference_weights)
    rng = np.random.default_rng(0)
    draws = _draw(weights, rng)
    others = draws if paired else _draw(reference_weights, rng)
    values = replicates(rows, draws, reference_rows, others)
    return float(2 * point - np.nanmean(values))


def _draw(weights: Rows, rng: np.random.Generator) -> Rows:
    """Clips drawn with replacement, as many as there are: counts `[DRAWS, clips]`."""
    total = weights.sum()
    return rng.multinomial(round(total), weights / total, size=DRAWS).astype(np.float64)
