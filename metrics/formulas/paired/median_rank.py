"""Median rank: the median position of a query's own partner in the gallery. See
metrics/formulas/paired/retrieval.py."""

from __future__ import annotations

import numpy as np

from sightsound.metrics.formulas.paired import retrieval
from sightsound.metrics.rows import Clips, Rows

INTERVAL = False  # none that was tried covers: docs/statistics.md


def statistics(features: Clips, other_features: Clips) -> Rows:
    """Unit vectors of query and partner, `[clips, 2, dim]`."""
    return retrieval.statistics(features, other_features)


def aggregate(rows: Rows, weights: Rows) -> float:
    """Weighted median of the positions, 1..clips; equals stand at their mean. NaN when no query counts.

    >>> queries, gallery = np.eye(3)[:, None], np.eye(3)[[0, 2, 1], None]
    >>> aggregate(statistics(queries, gallery), np.ones(3))  # positions 1, 2 to 3, 2 to 3
    2.5
    """
    return _median(_middles(rows), weights)


def _middles(rows: Rows) -> Rows:
    first, last = retrieval.positions(rows)
    return (first + last) / 2


def _median(values: Rows, weights: Rows) -> float:
    counts = ~np.isnan(values) & (weights > 0)
    if not counts.any():
        return float("nan")
    order = np.argsort(values[counts])
    values, passed = values[counts][order], np.cumsum(weights[counts][order])
    half = passed[-1] / 2
    last = len(values) - 1
    below, above = (min(int(np.searchsorted(passed, half, side=side)), last) for side in ("left", "right"))
    return float(values[below] + values[above]) / 2
