"""How sure a mean of ratings is: raters and examples both are a sample, and each rater rates several examples.

    V = V_raters + V_examples - V_both,   V_g = G / (G - 1) sum over clusters of g of (sum of residuals)^2 / n^2

Variance of a mean whose observations are clustered two ways that cross (Cameron, Gelbach and Miller 2011, Robust
inference with multiway clustering, Journal of Business and Economic Statistics 29(2), 238-249). V_both counts what
both ways count: a rating by itself. Where the difference comes out below one of the two, which few clusters make
it do, the larger of them is taken. The interval is Student's t, its degrees of freedom those of the way that has
fewer clusters in effect (Kish 1965), less one, as the paper advises. A two-way bootstrap of raters and examples
(Owen and Eckles 2012, Annals of Applied Statistics 6(3), 895-927) counts V_both twice and costs more.
`python -m tests.statistics.crossed` prints how often the interval holds the truth.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sightsound.metrics.rows import Rows
from sightsound.metrics.statistics import student
from sightsound.metrics.statistics.interval import LEAST_GROUPS, LEVEL, Estimate
from sightsound.metrics.statistics.parts import effective_count


def estimate(values: Rows, raters: Sequence[str], examples: Sequence[str]) -> Estimate:
    """The mean of ratings `[ratings]` with its 95% interval over raters and examples.

    `raters[i]` and `examples[i]` say whose and of what rating i is. No interval where either is fewer than
    LEAST_GROUPS in effect; ratings that are all alike have the interval [value, value]. ValueError for none.

    >>> raters, examples = np.repeat(list("abcdef"), 6).tolist(), list("uvwxyz") * 6
    >>> found = estimate(np.tile([1.0, 2, 3, 4, 5, 3], 6), raters, examples)  # examples differ, raters agree
    >>> found.value, round(found.low, 2), round(found.high, 2), round(found.freedom, 9)
    (3.0, 1.52, 4.48, 5.0)
    """
    values = np.asarray(values, dtype=np.float64)
    if not len(values):
        raise ValueError("no ratings: a mean needs one")
    value = float(values.mean())
    effective = min(effective_count(raters), effective_count(examples))
    if effective < LEAST_GROUPS - 1e-9:
        return Estimate(value)
    error = float(np.sqrt(_variance(values - value, raters, examples)))
    freedom = effective - 1
    half = student.quantile((1 + LEVEL) / 2, freedom) * error
    p = 2 * student.above(abs(value) / error, freedom) if error else float(value == 0)
    return Estimate(value, value - half, value + half, error, p, freedom)


def _variance(residuals: Rows, raters: Sequence[str], examples: Sequence[str]) -> float:
    """Of the mean whose residuals these are."""
    of_raters, of_examples = _clustered(residuals, raters), _clustered(residuals, examples)
    both = _clustered(residuals, [str(index) for index in range(len(residuals))])
    return max(of_raters + of_examples - both, of_raters, of_examples)


def _clustered(residuals: Rows, clusters: Sequence[str]) -> float:
    """G / (G - 1) sum over clusters of (sum of residuals)^2 / n^2."""
    _, place = np.unique(np.asarray(clusters), return_inverse=True)
    sums = np.bincount(place, weights=residuals)
    count = len(sums)
    return float(count / (count - 1) * np.square(sums).sum() / len(residuals) ** 2)
