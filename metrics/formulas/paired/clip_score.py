"""CLIPScore: the cosine of a picture and a sentence, negative ones counted as 0.

    max(cos(a, b), 0) x scale,   mean over the clips

Hessel et al. 2021 (there x 2.5). Papers print it from 0 to 1 or, like torchmetrics, from 0 to 100: two metrics
with two names here. torchmetrics takes the maximum with 0 of the mean, not of each pair; the two differ only where
a pair's cosine is negative.
"""

from __future__ import annotations

import numpy as np

from sightsound.metrics.formulas.paired import similarity
from sightsound.metrics.rows import Clips, Rows, weighted_mean


def statistics(features: Clips, other_features: Clips, scale: str = "1") -> Rows:
    """`[clips]`, 0 to `scale`; NaN where an embedding is all zero and the angle undefined.

    >>> picture, texts = np.array([[1.0, 0.0]]), [np.array([[1.0, 1.0]]), np.array([[-1.0, 0.0]])]
    >>> statistics([picture, picture], texts, scale="100").round(1)
    array([70.7,  0. ])
    """
    return float(scale) * np.maximum(similarity.statistics(features, other_features), 0)


def aggregate(rows: Rows, weights: Rows) -> float:
    """Weighted mean over the clips whose cosine is defined; NaN when none is."""
    return weighted_mean(rows, weights)
