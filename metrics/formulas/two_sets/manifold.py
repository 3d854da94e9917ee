"""How well one set of clips covers another, by balls around each clip out to its k-th nearest neighbour.

What precision and recall (Kynkäänniemi et al. 2019) and density and coverage (Naeem et al. 2020) have in common.
A clip is one point, the mean of its frames: pooled frames of one clip would be each other's nearest neighbours.

Each of the four is a mean over the clips of one side, and weights, how often a clip was drawn, weight that mean.
The balls are those of all clips whatever was drawn: a bootstrap that drew them as well would lose a third of the
points, gain copies of others, and be biased by more than its own spread (docs/metrics-image-text.md).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from sightsound.metrics.rows import Clips, Rows, by_shape


def points(features: Clips) -> Rows:
    """One point a clip, the mean of its frames: `[clips, dim]`.

    >>> points([np.array([[0.0, 1.0], [2.0, 3.0]])])
    array([[1., 2.]])
    """
    return by_shape(lambda clips: clips.mean(axis=1), features)


def distances(points_: Rows, others: Rows) -> Rows:
    """Euclidean distances `[points, others]`, from the differences: equal points are at 0 and ties stay ties.

    Raises ValueError when the dimensions differ.

    >>> distances(np.array([[0.0, 0.0]]), np.array([[3.0, 4.0], [0.0, 0.0]]))
    array([[5., 0.]])
    """
    if points_.shape[1] != others.shape[1]:
        raise ValueError(f"{points_.shape[1]} dimensions against {others.shape[1]}: not the same extractor?")
    return np.asarray(cdist(points_, others))


def radii(points_: Rows, k: int) -> Rows:
    """Distance of each point to its k-th nearest other point `[clips]`; NaN where there are fewer than k others.

    NaN compares as false, so that such a clip has no ball.

    >>> radii(np.array([[0.0], [1.0], [2.0], [4.0]]), k=1)
    array([1., 1., 1., 2.])
    """
    if len(points_) <= k:
        return np.full(len(points_), np.nan)
    # the point itself is at 0 and takes the first place, or shares it with equal points
    return np.partition(distances(points_, points_), k, axis=1)[:, k]


def mean(values: NDArray[Any], weights: Rows, reach: Rows) -> Rows:
    """Weighted mean of a value a clip `[clips]`, for weights `[..., clips]`: `[...]`.

    NaN where no clip was drawn, and everywhere when no ball of radius `reach` exists.

    >>> mean(np.array([1, 0, 1]), np.array([[1.0, 1.0, 2.0], [0.0, 0.0, 0.0]]), reach=np.ones(3))
    array([0.75,  nan])
    """
    total = weights.sum(axis=-1)
    undefined = np.full(np.shape(total), np.nan)
    if np.isnan(reach).all():
        return undefined
    return np.divide(weights @ values, total, out=undefined, where=np.asarray(total) > 0)
