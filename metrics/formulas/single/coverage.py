"""For what share of the music a frame-wise metric speaks: the mean of a 0-or-1 flag over frames and clips."""

from __future__ import annotations

from sightsound.metrics.rows import Clips, Rows, by_shape, weighted_mean


def statistics(features: Clips) -> Rows:
    """Share of flagged frames `[clips]`, 0..1. `features`: a clip's flags `[frames, 1]`.

    >>> import numpy as np
    >>> statistics([np.array([[1.0], [1.0], [0.0], [1.0]])])
    array([0.75])
    """
    return by_shape(lambda clips: clips.mean(axis=(1, 2)), features)


def aggregate(rows: Rows, weights: Rows) -> float:
    """Weighted mean over the clips, 0..1."""
    return weighted_mean(rows, weights)
