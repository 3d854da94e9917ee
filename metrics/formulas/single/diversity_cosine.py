"""How different a system's outputs are from each other in a network's embedding.

    D = mean_i min_{j != i} (1 - cos(e_i, e_j)),   0 <= D <= 2

e_i is the mean of output i's embeddings over its frames. Embeddings of length 0 count as the same as each other.
"""

from __future__ import annotations

import numpy as np

from sightsound.metrics.formulas.nearest import nearest
from sightsound.metrics.rows import Clips, Rows, by_shape, weighted_mean

INTERVAL = False  # a clip's value hangs on all others: docs/statistics.md


def statistics(features: Clips) -> Rows:
    """Mean embeddings at length 1, or 0, `[clips, dim]`. `features`: a clip's embeddings `[frames, dim]`."""
    means = by_shape(lambda clips: clips.mean(axis=1), features)
    lengths = np.linalg.norm(means, axis=1, keepdims=True)
    unit: Rows = means / np.where(lengths > 0, lengths, 1.0)
    return unit


def by_clip(rows: Rows) -> Rows:
    """1 - cosine of each clip with the nearest other one, `[clips]`."""
    apart: Rows = np.square(nearest(rows)) / 2  # of vectors of length 1
    return apart


def aggregate(rows: Rows, weights: Rows) -> float:
    """Weighted mean over the clips, 0..2; the nearest is sought among all rows whatever their weights.

    >>> aggregate(np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]]), np.ones(3)).__round__(3)
    0.333
    """
    return weighted_mean(by_clip(rows), weights)
