"""How different a system's clips are from each other in their spectra: one sound for everything has none.

    D = mean_i min_{j != i} |s_i - s_j| / sqrt(bands)

s_i is the long-term spectrum of clip i, in dB of its 21 third-octave bands against the clip's level.
"""

from __future__ import annotations

import numpy as np

from sightsound.metrics.formulas.bands import profile
from sightsound.metrics.formulas.nearest import nearest
from sightsound.metrics.rows import Clips, Rows, by_shape, weighted_mean

INTERVAL = False  # a clip's value hangs on all others: docs/statistics.md


def statistics(features: Clips) -> Rows:
    """Long-term spectra `[clips, bands]`, dB by sqrt(bands). `features`: band levels `[frames, bands]`, dB."""
    return by_shape(lambda clips: profile(clips) / np.sqrt(clips.shape[2]), features)


def by_clip(rows: Rows) -> Rows:
    """Distance of each clip to the nearest other one, dB, `[clips]`."""
    return nearest(rows)


def aggregate(rows: Rows, weights: Rows) -> float:
    """Weighted mean over the clips, dB, >= 0.

    The nearest is sought among all rows whatever their weights, so that counting a clip twice makes it no twin.

    >>> aggregate(np.array([[0.0, 0.0], [3.0, 4.0], [3.0, 4.0]]), np.ones(3)).__round__(3)
    1.667
    """
    return weighted_mean(by_clip(rows), weights)
