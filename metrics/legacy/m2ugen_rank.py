"""M2UGen (Hussain et al. 2023): IB Rank as its evaluation script computes it.

Source: github.com/shansongliu/M2UGen at 2c702a4, Evaluation/*/evaluate.py: score_k = 1 / (N -
argsort(cosines)_k). An argsort says which system is k-th, not how many systems are below system k. For two
systems that is the same; for three, two of the six orders (the cyclic ones) give systems each other's scores:
two thirds of the cases are right and the sum over systems always. So it measures the mean reciprocal position
with part of the clips credited to another system; a table that was made with it cannot be told by its sums.
The canonical rank is `sightsound.metrics.formulas.ranked.rank`.
"""

from __future__ import annotations

import numpy as np

from sightsound.metrics.formulas.ranked.rank import aggregate
from sightsound.metrics.rows import Rows

__all__ = ["aggregate", "statistics"]


INTERVAL = False  # only there to repeat a printed figure


def statistics(scores: Rows) -> Rows:
    """The script's scores `[clips, systems]` of `scores` `[clips, systems]`, where more is better.

    A clip that a system lacks is NaN for all: the script has no rule for it. Raises ValueError for another shape.

    >>> statistics(np.array([[0.9, 0.2, 0.5]])).round(2)  # the first is best, the second is credited with it
    array([[0.5 , 1.  , 0.33]])
    """
    if scores.ndim != 2 or not scores.shape[1]:
        raise ValueError(f"scores of shape {scores.shape}, expected [clips, systems >= 1]")
    taken_for_rank = np.argsort(scores, axis=1, kind="stable") + 1
    rows = 1 / (scores.shape[1] - taken_for_rank + 1)
    rows[np.isnan(scores).any(axis=1)] = np.nan
    return rows
