"""How much of the music is silence."""

from __future__ import annotations

from sightsound.metrics.rows import Clips, Rows, by_shape, weighted_mean

QUIET_DB = -60.0  # of full scale; 40 dB below music at -20, and above what 16 bits and coders leave in a silence


def statistics(features: Clips) -> Rows:
    """Share of a clip's frames below QUIET_DB, `[clips]`, 0..1. `features`: levels `[frames, 1]`, dB.

    >>> import numpy as np
    >>> statistics([np.array([[-20.0], [-70.0], [-120.0], [-59.0]])])
    array([0.5])
    """
    return by_shape(lambda clips: (clips < QUIET_DB).mean(axis=(1, 2)), features)


def aggregate(rows: Rows, weights: Rows) -> float:
    """Weighted mean over the clips, 0..1."""
    return weighted_mean(rows, weights)
