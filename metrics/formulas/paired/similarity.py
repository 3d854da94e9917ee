"""Cosine of two embeddings of each clip, e.g. of the music and of the picture it was made for.

cos(a, b) = a . b / (|a| |b|),   a, b: mean over the frames of each side
"""

from __future__ import annotations

import numpy as np

from sightsound.metrics.rows import Clips, Rows, by_shape, same_count, same_width, weighted_mean


def statistics(features: Clips, other_features: Clips) -> Rows:
    """Cosine `[clips]`, -1..1; NaN where an embedding is all zero and the angle undefined.

    >>> statistics([np.array([[1.0, 0.0]])] * 2, [np.array([[1.0, 1.0]]), np.array([[-2.0, 0.0]])]).round(3)
    array([ 0.707, -1.   ])
    """
    a, b = (by_shape(lambda clips: clips.mean(axis=1), side) for side in (features, other_features))
    same_count(features, other_features)
    same_width(features, other_features)
    norms = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    return np.divide((a * b).sum(axis=1), norms, out=np.full(len(a), np.nan), where=norms > 0)


def aggregate(rows: Rows, weights: Rows) -> float:
    """Weighted mean over the clips whose cosine is defined; NaN when none is."""
    return weighted_mean(rows, weights)
