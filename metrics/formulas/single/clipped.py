"""How many clips were driven beyond full scale, so that their peaks are cut off flat."""

from __future__ import annotations

import numpy as np

from sightsound.metrics.rows import Clips, Rows, by_shape, weighted_mean

FLAT = 4  # samples in a row; a sine of 50 Hz that just reaches full scale stays there for 3 at most (48 kHz)


def statistics(features: Clips) -> Rows:
    """1 for a clip that stays at full scale for FLAT samples or more, else 0, `[clips]`.

    `features`: a clip's longest stay `[1, 1]`, samples.

    >>> statistics([np.array([[3.0]]), np.array([[4.0]])])
    array([0., 1.])
    """
    return by_shape(lambda clips: (clips.max(axis=(1, 2)) >= FLAT).astype(np.float64), features)


def aggregate(rows: Rows, weights: Rows) -> float:
    """Weighted mean over the clips, 0..1: their share."""
    return weighted_mean(rows, weights)
