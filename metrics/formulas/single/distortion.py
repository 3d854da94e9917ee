"""Total harmonic distortion of music: how strong the overtones are against the fundamental.

    THD = sqrt(V_2^2 + ... + V_K^2) / V_1,   V_k: amplitude of the k-th harmonic

The ratio of Hisariya et al. 2024, whose paper leaves pitch, window and K open. Ours are chosen, and measured
frame by frame, in metrics/networks/pocket/harmonics.py. A clip's value is the median over its voiced frames.
"""

from __future__ import annotations

import numpy as np

from sightsound.metrics.rows import Clips, Rows, checked_pairs, weighted_mean


def statistics(features: Clips, voiced_features: Clips) -> Rows:
    """Median THD over voiced frames `[clips]`, >= 0, a plain ratio (1 = 100 %); NaN when none is voiced.

    `features`: a clip's frame ratios `[frames, 1]`; `voiced_features`: 1 for a voiced frame, else 0, same
    shape.

    >>> ratios, voiced = np.array([[0.1], [0.3], [9.0]]), np.array([[1.0], [1.0], [0.0]])
    >>> statistics([ratios, ratios], [voiced, np.zeros((3, 1))])
    array([0.2, nan])
    """
    ratios, voiced = checked_pairs(features, voiced_features)
    chosen = [clip[flags > 0] for clip, flags in zip(ratios, voiced, strict=True)]
    return np.array([np.median(clip) if clip.size else np.nan for clip in chosen])


def aggregate(rows: Rows, weights: Rows) -> float:
    """Weighted mean over the clips that have a voiced frame; NaN when none has."""
    return weighted_mean(rows, weights)
