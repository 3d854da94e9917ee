"""How sure a value is: the 95% interval of a value in parts, by groups.

The interval is the bootstrap-t (Efron and Tibshirani 1993, section 12.5): groups are drawn with replacement, and
the quantiles are those of (value* - value) / error*, error the standard error by leaving out one group at a time.
It follows a skewed metric to the side where its tail is. Where few groups or unequal ones leave the draws too
narrow, Student's t with as many degrees of freedom as there are groups in effect, less one, is the least width on
each side.

What it holds in 95 of 100 cases is the value that other groups of the same kind, as many and as large, would give
on average: a Fréchet distance's expectation at this n, bias and all, not that of infinitely many clips. That is
what two systems at equal n are compared by. `python -m tests.statistics` prints how often it does.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import nan

import numpy as np
from scipy.stats import t as student

from sightsound.metrics.rows import Rows
from sightsound.metrics.statistics.parts import Parts

LEAST_GROUPS = 5.0
"""Groups in effect; with fewer an interval holds the truth far less often than it says, so there is none."""
DRAWS = 1999
LEVEL = 0.95


@dataclass(frozen=True)
class Estimate:
    """A value and how sure it is."""

    value: float
    """The value in the metric's unit."""
    low: float = nan
    """Lower end of the 95% interval; NaN where there is none."""
    high: float = nan
    """Upper end."""
    error: float = nan
    """Standard error by the jackknife over groups."""
    p: float = nan
    """Two-sided p-value of the value being 0, the level at which the interval just reaches it."""
    freedom: float = nan
    """Degrees of freedom: groups in effect, less one."""


def estimate(parts: Parts, *, draws: int = DRAWS, seed: int = 0) -> Estimate:
    """The value with its interval; without one where the parts are of fewer than LEAST_GROUPS groups in effect.

    The same parts give the same interval. Parts that are all alike have the interval [value, value].

    >>> values = np.arange(10.0)
    >>> from sightsound.metrics.statistics.parts import of_clips
    >>> videos = [f"video {i}" for i in range(10)]
    >>> found = estimate(of_clips(values, videos, videos))
    >>> found.value, round(found.low, 1), round(found.high, 1)
    (4.5, 2.3, 6.7)
    """
    value = parts.value
    if not np.isfinite(value) or parts.count < LEAST_GROUPS or parts.effective < LEAST_GROUPS:
        return Estimate(value)
    sums, counts = parts.by_group
    error = float(_errors(np.ones((1, len(sums))), sums, counts)[0])
    freedom = parts.effective - 1
    if error <= 1e-12 * max(1.0, abs(value)):
        return Estimate(value, value, value, error, float(abs(value) <= 1e-12), freedom)
    ratios = _ratios(sums, counts, value, draws, seed)
    below, above = np.quantile(ratios, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    least = float(student.ppf((1 + LEVEL) / 2, freedom))
    return Estimate(
        value,
        value - max(float(above), least) * error,
        value - min(float(below), -least) * error,
        error,
        _p_value(value / error, ratios, freedom),
        freedom,
    )


def _ratios(sums: Rows, counts: Rows, value: float, draws: int, seed: int) -> Rows:
    """(value* - value) / error* of the draws that have an error."""
    groups = len(sums)
    counted = np.random.default_rng(seed).multinomial(groups, np.full(groups, 1 / groups), size=draws)
    drawn = counted.astype(np.float64)
    errors = _errors(drawn, sums, counts)
    known = errors > 0
    return (drawn[known] @ sums / (drawn[known] @ counts) - value) / errors[known]


def _errors(drawn: Rows, sums: Rows, counts: Rows) -> Rows:
    """Standard errors `[draws]` by leaving out each drawn group once: sqrt((G - 1) / G sum (value_(-g) -
    value)^2)."""
    groups = len(sums)
    total, weight = drawn @ sums, drawn @ counts
    value = total / weight
    rest = weight[:, None] - counts
    with np.errstate(divide="ignore", invalid="ignore"):
        off = (total[:, None] - sums) / rest - value[:, None]
    squares = np.where((drawn > 0) & (rest > 0), drawn * np.square(off), 0.0)
    return np.asarray(np.sqrt((groups - 1) / groups * squares.sum(axis=1)))


def _p_value(ratio: float, ratios: Rows, freedom: float) -> float:
    """The smallest level at which the interval would not hold 0: the larger of both methods' p-values."""
    tails = (1 + (ratios >= ratio).sum()) / (1 + len(ratios)), (1 + (ratios <= ratio).sum()) / (1 + len(ratios))
    return min(1.0, max(2 * float(min(tails)), 2 * float(student.sf(abs(ratio), freedom))))
