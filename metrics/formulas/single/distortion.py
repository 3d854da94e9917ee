"""Total harmonic distortion of music: how strong the overtones are against the fundamental.

    THD = sqrt(V_2^2 + ... + V_K^2) / V_1,   V_k: amplitude of the k-th harmonic

The ratio of Hisariya et al. 2024, whose paper leaves pitch, window and K open. Ours are chosen, and measured
frame by frame, in metrics/networks/pocket/harmonics.py. A clip's value is the median over its voiced frames; a
clip of which fewer than LEAST_VOICED are voiced has none, since a few notes do not stand for it.
"""

from __future__ import annotations

import numpy as np

from sightsound.metrics.rows import Clips, Rows, by_shape, same_count, weighted_mean

LEAST_VOICED = 0.1  # share of the frames, of which a clip of 10 s has 155


def statistics(features: Clips, voiced_features: Clips) -> Rows:
    """Median THD over voiced frames `[clips]`, >= 0, a plain ratio (1 = 100 %); NaN when too few are voiced.

    `features`: a clip's frame ratios `[frames, 1]`; `voiced_features`: 1 for a voiced frame, else 0, same
    shape.

    >>> ratios, voiced = np.array([[0.1], [0.3], [9.0]]), np.array([[1.0], [1.0], [0.0]])
    >>> statistics([ratios, ratios], [voiced, np.zeros((3, 1))])
    array([0.2, nan])
    """
    same_count(features, voiced_features)
    return by_shape(_medians, features, voiced_features)


def _medians(ratios: Rows, voiced: Rows) -> Rows:
    """Of clips `[clips, frames, 1]`."""
    chosen = np.sort(np.where(voiced > 0, ratios, np.inf)[..., 0], axis=1)
    counts = (voiced[..., 0] > 0).sum(axis=1)
    at = np.arange(len(chosen))
    lower, upper = (
        chosen[at, np.maximum(counts - 1, 0) // 2],
        chosen[at, np.minimum(counts // 2, chosen.shape[1] - 1)],
    )
    return np.where(counts >= max(1, LEAST_VOICED * ratios.shape[1]), (lower + upper) / 2, np.nan)


def aggregate(rows: Rows, weights: Rows) -> float:
    """Weighted mean over the clips that have enough voiced frames; NaN when none has."""
    return weighted_mean(rows, weights)
