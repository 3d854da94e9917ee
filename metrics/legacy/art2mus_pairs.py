"""Art2Mus (Rinaldi et al. 2024), table 1: how similar the pairs of its data sets are, by ImageBind.

Of the cosines of all pairs the paper prints largest, smallest and mean, and how many pairs lie above and below the
mean. The mean is `ib_score_condition_old` of the references; the other four are here.
"""

from __future__ import annotations

import numpy as np

from sightsound.metrics.formulas.paired import similarity
from sightsound.metrics.rows import Clips, Rows

INTERVAL = False  # figures of a list that is there, not of a sample


def statistics(features: Clips, other_features: Clips) -> Rows:
    """Cosine `[clips]`, -1..1, NaN where it is undefined."""
    return similarity.statistics(features, other_features)


def aggregate(rows: Rows, weights: Rows, *, figure: str) -> float:
    """Of the pairs that have a cosine: `max`, `min`, or how many are `above` or `below` their mean. NaN for none.

    A pair at the mean is on neither side. ValueError for another `figure`.

    >>> rows, weights = np.array([0.1, 0.2, 0.6, np.nan]), np.ones(4)
    >>> [aggregate(rows, weights, figure=figure) for figure in ("max", "min", "above", "below")]
    [0.6, 0.1, 1.0, 2.0]
    """
    counts = ~np.isnan(rows) & (weights > 0)
    cosines, weights = rows[counts], weights[counts]
    if not len(cosines):
        return float("nan")
    mean = weights @ cosines / weights.sum()
    found = {
        "max": cosines.max(),
        "min": cosines.min(),
        "above": weights[cosines > mean].sum(),
        "below": weights[cosines < mean].sum(),
    }
    if figure not in found:
        raise ValueError(f"figure {figure!r}: table 1 has {', '.join(found)}")
    return float(found[figure])
