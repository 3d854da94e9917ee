"""Mean reciprocal rank of a system among those it is compared with, over a per-clip score.

    value of system k = mean over clips of 1 / position of k among the N systems, best first

With `discount="dcg"` a position gives 1 / log2(1 + position) instead, as in discounted cumulative gain: the
columns of MusFlow's "IBscore" sum to 2.13 = 1 + 1/log2(3) + 1/log2(4), which is this rule for three systems.

The reciprocal is the rule of "IB Rank" in M2UGen's evaluation and in Mozart's Touch, there over ImageBind cosines
(its code takes argsort for the rank, which misplaces two of the six orders of three systems; here the rank is
meant). A row sums to H_N = 1 + 1/2 + ... + 1/N, or to the sum of the discounts, so a value depends on the
competitors and is never compared with a value among others. With N = 2 the reciprocal is (1 + win rate) / 2.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sightsound.metrics.rows import Rows, weighted_mean

DISCOUNTS: dict[str, Callable[[Rows], Rows]] = {
    "reciprocal": lambda position: 1 / position,
    "dcg": lambda position: 1 / np.log2(1 + position),
}


def statistics(scores: Rows, discount: str = "reciprocal") -> Rows:
    """What the positions give, `[clips, systems]`, of `scores` `[clips, systems]`, where more is better.

    `discount`: a name in DISCOUNTS. Equal scores share the mean of what their positions give. NaN, a missing
    output, is last; several share.
    Raises ValueError for another shape, an infinite score or another discount.

    >>> statistics(np.array([[0.3, 0.9, 0.1], [0.5, 0.5, np.nan]])).round(3)
    array([[0.5  , 1.   , 0.333],
           [0.75 , 0.75 , 0.333]])
    >>> statistics(np.array([[0.3, 0.9, 0.1]]), discount="dcg").round(3)
    array([[0.631, 1.   , 0.5  ]])
    """
    if discount not in DISCOUNTS:
        raise ValueError(f"discount {discount!r}: one of {', '.join(DISCOUNTS)}")
    if scores.ndim != 2 or not scores.shape[1]:
        raise ValueError(f"scores of shape {scores.shape}, expected [clips, systems >= 1]")
    if np.isinf(scores).any():
        raise ValueError("a score is infinite; a missing output is NaN")
    if not len(scores):
        return np.empty(scores.shape)
    descending = np.where(np.isnan(scores), np.inf, -scores)
    first, last = np.ones(scores.shape, int), np.zeros(scores.shape, int)
    for other in descending.T[..., None]:
        first += other < descending
        last += other <= descending
    gains = DISCOUNTS[discount](np.arange(1.0, scores.shape[1] + 1))
    sums = np.concatenate([[0.0], np.cumsum(gains)])
    return (sums[last] - sums[first - 1]) / (last - first + 1)


def least(systems: int, discount: str = "reciprocal") -> float:
    """The value of a system that is last of `systems` everywhere."""
    return float(DISCOUNTS[discount](np.array([float(systems)]))[0])


def aggregate(rows: Rows, weights: Rows) -> float:
    """Weighted mean over the clips of one system's column `rows` `[clips]`, from the last place's gain to 1.

    >>> rows = statistics(np.array([[0.3, 0.9], [0.5, 0.4]]))
    >>> aggregate(rows[:, 0], np.ones(2))  # second of two, then first
    0.75
    """
    return weighted_mean(rows, weights)
