"""The mean of people's answers on a scale, or how often they chose a system of two.

value = times * sum(w a) / sum(w),   a: the answers to one question about one system
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sightsound.metrics.rows import Rows, weighted_mean


def statistics(answers: Sequence[float] | Rows, *, least: str, most: str) -> Rows:
    """The answers as `[ratings]`. ValueError for one that is outside the scale, `least` to `most`.

    >>> statistics([1, 5, 4], least="1", most="5")
    array([1., 5., 4.])
    """
    rows = np.asarray(answers, dtype=np.float64)
    outside = ~((rows >= float(least)) & (rows <= float(most)))
    if outside.any():
        raise ValueError(f"answer {rows[outside][0]:g} is not on the scale of {least} to {most}")
    return rows


def aggregate(rows: Rows, weights: Rows, *, times: str = "1") -> float:
    """`times` the weighted mean.

    >>> aggregate(np.array([1.0, 0.0, 0.0, 0.0]), np.ones(4), times="10")
    2.5
    """
    return float(times) * weighted_mean(rows, weights)
