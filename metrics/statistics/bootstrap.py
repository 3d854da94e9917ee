"""How sure a value is: bootstrap intervals over groups of dependent clips, and of differences.

A replicate is the same aggregate over the same rows with other weights, so no file and no network is touched
again. Groups (scenarios, videos, songs), not clips, are drawn with replacement: clips of one group depend on
each other, and an interval over clips would be too narrow.

The interval is the basic one, also called pivotal (Davison and Hinkley 1997, section 5.2): with the
replicates' quantiles q it is [2 value - q_high, 2 value - q_low]. The percentile interval [q_low, q_high] of
a biased estimator such as the Fréchet distance adds the bias a second time and lies beside its own value.
The basic interval takes the bias off once, so it can lie below the plug-in value; it is where the truth is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import hypot, isnan, nan

import numpy as np

from sightsound.metrics.rows import Rows

MIN_GROUPS = 5  # with fewer an interval covers far less often than it says
MIN_DEFINED = 0.9  # share of replicates that must have a value, or there is no interval


def bootstrap(
    value: Callable[..., float],
    groups: Sequence[str],
    other_groups: Sequence[str] | None = None,
    *,
    many: Callable[..., Rows] | None = None,
    paired: bool = True,
    replicates: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> tuple[float, float]:
    """Basic bootstrap interval (low, high) of `value`.

    `value(weights)`, or `value(weights, other_weights)` when there are two sides, where weights `[clips]` say
    how often each clip counts; `many`, where there is one, is the same for weights `[replicates, clips]` at
    once and returns `[replicates]` values. `groups[i]` is the group of clip i. Two sides with `paired` are drawn
    together: a group counts as often on both (generated clips and their references). Otherwise each side is
    drawn on its own (two halves of a split).
    Same arguments, same interval. (NaN, NaN) when a side has fewer than MIN_GROUPS groups, when `value` is
    undefined for the clips as they are, or for more than a tenth of the replicates.

    >>> values = np.arange(10.0)
    >>> low, high = bootstrap(lambda weights: weights @ values / weights.sum(), [f"video {i}" for i in range(10)])
    >>> round(low, 2), round(high, 2)  # of a mean of 4.5
    (2.7, 6.3)
    """
    sides = [groups] if other_groups is None else [groups, other_groups]
    if min(len(set(side)) for side in sides) < MIN_GROUPS:
        return nan, nan
    point = value(*[np.ones(len(side)) for side in sides])
    if isnan(point):
        return nan, nan
    rng = np.random.default_rng(seed)
    drawn_together = [sides] if paired else [[side] for side in sides]
    draws = [weights for together in drawn_together for weights in draw(together, replicates, rng)]
    values = values_of(value, many, draws)
    defined = values[~np.isnan(values)]
    if len(defined) < MIN_DEFINED * replicates:
        return nan, nan
    low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    return float(2 * point - high), float(2 * point - low)


def difference_interval(
    value_a: float, low_a: float, high_a: float, value_b: float, low_b: float, high_b: float
) -> tuple[float, float]:
    """Interval of a - b from the intervals of two independent values; (NaN, NaN) if any number is NaN.

    The distances from value to limit are combined in quadrature, the lower of a with the upper of b and the
    other way round (Zou and Donner 2008), which keeps asymmetric intervals asymmetric. Where a value lies
    outside its own interval its estimator is biased and the interval is already corrected; then the middles of
    both intervals take the place of the values.

    >>> low, high = difference_interval(5.0, 2.0, 8.0, 1.0, -3.0, 5.0)  # 5 +- 3 less 1 +- 4
    >>> low, high
    (-1.0, 9.0)
    """
    if any(map(isnan, (value_a, low_a, high_a, value_b, low_b, high_b))):
        return nan, nan
    if not (low_a <= value_a <= high_a and low_b <= value_b <= high_b):
        value_a, value_b = (low_a + high_a) / 2, (low_b + high_b) / 2
    difference = value_a - value_b
    return (
        difference - hypot(value_a - low_a, high_b - value_b),
        difference + hypot(high_a - value_a, value_b - low_b),
    )


def draw(sides: Sequence[Sequence[str]], replicates: int, rng: np.random.Generator) -> list[Rows]:
    """Weights `[replicates, clips]` of each side: one draw of groups with replacement, shared by the sides.

    >>> (weights,) = draw([["a", "a", "b"]], 3, np.random.default_rng(0))
    >>> weights  # both clips of group a count alike
    array([[1., 1., 1.],
           [1., 1., 1.],
           [0., 0., 2.]])
    """
    names = sorted(set().union(*sides))
    place = {name: index for index, name in enumerate(names)}
    counts = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), size=replicates)
    return [counts[:, [place[group] for group in side]].astype(np.float64) for side in sides]


def values_of(value: Callable[..., float], many: Callable[..., Rows] | None, draws: Sequence[Rows]) -> Rows:
    """The value under each of the draws `[replicates, clips]` of its sides; NaN for one with under two clips.

    >>> values_of(lambda weights: weights @ np.arange(3.0) / 3, None, [np.array([[1.0, 1, 1], [0, 0, 1]])])
    array([ 1., nan])
    """
    # A side that lacks most of the groups (failed outputs) may be drawn empty, or with one clip.
    enough = np.min([side.sum(axis=1) for side in draws], axis=0) >= 2
    found = np.full(len(enough), nan)
    kept = [side[enough] for side in draws]
    if many is not None and enough.any():
        found[enough] = many(*kept)
    elif many is None:
        found[enough] = [value(*weights) for weights in zip(*kept, strict=True)]
    return found
