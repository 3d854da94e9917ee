"""Mean reciprocal rank of a system among those it is compared with, over a per-clip score.

    value of system k = mean over clips of 1 / position of k among the N systems, best first

The rule of "IB Rank" in M2UGen's evaluation and in Mozart's Touch, there over ImageBind cosines (its code
takes argsort for the rank, which misplaces two of the six orders of three systems; here the rank is meant).
A row sums to H_N = 1 + 1/2 + ... + 1/N, so a value depends on the competitors and is never compared with a
value among others. With N = 2 it is (1 + win rate) / 2.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import rankdata

from metrics.rows import Rows, weighted_mean


def statistics(scores: Rows) -> Rows:
    """Reciprocal positions `[clips, systems]` of `scores` `[clips, systems]`, where more is better.

    Equal scores share the mean of what their positions give. NaN, a missing output, is last; several share.
    Raises ValueError for another shape or an infinite score.
    """
    if scores.ndim != 2 or not scores.shape[1]:
        raise ValueError(f"scores of shape {scores.shape}, expected [clips, systems >= 1]")
    if np.isinf(scores).any():
        raise ValueError("a score is infinite; a missing output is NaN")
    if not len(scores):
        return np.empty(scores.shape)
    descending = np.where(np.isnan(scores), np.inf, -scores)
    first = rankdata(descending, method="min", axis=1).astype(int)
    last = rankdata(descending, method="max", axis=1).astype(int)
    harmonic = np.concatenate([[0.0], np.cumsum(1 / np.arange(1, scores.shape[1] + 1))])
    return (harmonic[last] - harmonic[first - 1]) / (last - first + 1)


def aggregate(rows: Rows, weights: Rows) -> float:
    """Weighted mean over the clips of one system's column `rows` `[clips]`, 1/N..1."""
    return weighted_mean(rows, weights)
