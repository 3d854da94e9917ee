"""How sure a value is: the 95% interval of a value in parts, by groups.

    [value - stretch_high t s, value + stretch_low t s],   t: Student's quantile for G - 1 degrees of freedom

s is the standard error by leaving out one group at a time, G the number of groups in effect (Kish 1965).
Student's t alone is too short on the side of a skewed metric's tail, which few groups seldom show: so each side is
stretched to what the bootstrap-t (Efron and Tibshirani 1993, section 12.5) finds there, the quantile of
(value* - value) / s* over draws of groups. The groups keep their sizes and draw their deviations from all groups
with replacement: a track with a quarter of all clips has it in every draw, as it has it in the split.

    tail of the side that the skewness points away from: 2.5% / (1 + 2 |skewness of the value|)

because a skewed metric's interval misses nearly always on one side, and the other's share cannot make up for it.

What it holds in 95 of 100 cases is the value that other groups of the same kind, as many and as large, would give
on average: a Fréchet distance's expectation at this n, bias and all, not that of infinitely many clips. That is
what two systems at equal n are compared by. `python -m tests.statistics` prints how often it does.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import nan

import numpy as np
from numpy.typing import NDArray

from sightsound.metrics.rows import Rows
from sightsound.metrics.statistics import student
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
    error = _error(sums - value * counts, counts)
    freedom = parts.effective - 1
    if error <= 1e-12 * max(1.0, abs(value)):
        return Estimate(value, value, value, error, float(abs(value) <= 1e-12), freedom)
    quantile = student.quantile((1 + LEVEL) / 2, freedom)
    down, up = _stretches(sums / counts, counts, quantile, draws, seed)
    ratio = value / error
    return Estimate(
        value,
        value - down * quantile * error,
        value + up * quantile * error,
        error,
        2 * student.above(abs(ratio) / (down if ratio > 0 else up), freedom),
        freedom,
    )


def _error(apart: Rows, counts: Rows) -> float:
    """Standard error by leaving out each group once: sqrt((G - 1) / G sum (value_(-g) - value)^2), where `apart`
    are the groups' sums less what the value makes them."""
    groups = len(counts)
    return float(np.sqrt((groups - 1) / groups * np.square(apart / (counts.sum() - counts)).sum()))


def _stretches(means: Rows, counts: Rows, quantile: float, draws: int, seed: int) -> tuple[float, float]:
    """How many times as far as Student's t the interval reaches down and up, 1 or more."""
    apart = means - means.mean()
    ratios = _ratios(apart, counts, draws, seed)
    single = (apart**3).mean() / np.square(apart).mean() ** 1.5
    skewness = single * (counts**3).sum() / np.square(counts).sum() ** 1.5
    tail = (1 - LEVEL) / 2
    below, above = np.quantile(ratios, [tail / (1 + 2 * max(skewness, 0)), 1 - tail / (1 + 2 * max(-skewness, 0))])
    return max(1.0, float(above) / quantile), max(1.0, -float(below) / quantile)


def _ratios(apart: Rows, counts: Rows, draws: int, seed: int) -> Rows:
    """(value* - value) / error* of the draws that have an error. `apart`: the groups' means less their mean."""
    groups, total = len(counts), counts.sum()
    drawn = apart[_places(groups, draws, seed)]
    pull = np.square(counts / (total - counts))
    off = drawn @ counts / total
    squares = np.square(off) * pull.sum() - 2 * off * (drawn @ pull) + np.square(drawn) @ pull
    known = squares > 1e-12 * (np.square(apart) @ pull)  # all of one group: 0 but for rounding
    return np.asarray(off[known] / np.sqrt((groups - 1) / groups * squares[known]))


@lru_cache(maxsize=4)
def _places(groups: int, draws: int, seed: int) -> NDArray[np.intp]:
    """Which group each takes its deviation from, `[draws, groups]`; the same for all metrics of a split."""
    return np.random.default_rng(seed).integers(0, groups, size=(draws, groups))
