"""Precision: the share of generated clips that lie where the reference lies.

    precision = share of generated clips in the ball of at least one reference clip, ball edges included

A reference clip's ball reaches to its third nearest other reference clip. Kynkäänniemi et al. 2019, k = 3; as in
torch-fidelity 0.4.0 (metric_prc.py).
"""

from __future__ import annotations

import numpy as np

from sightsound.metrics.formulas.two_sets import manifold
from sightsound.metrics.rows import Clips, Rows

K = 3  # neighbours


INTERVAL = False  # none that was tried covers: docs/statistics.md


def statistics(features: Clips) -> Rows:
    """One point a clip, the mean of its frames: `[clips, dim]`."""
    return manifold.points(features)


def aggregate(rows: Rows, weights: Rows, reference_rows: Rows, reference_weights: Rows) -> float:
    """Precision, 0..1. `rows`: `[clips, dim]`; `weights`: `[clips]`; those of the reference play no part.

    NaN when there are three reference clips or fewer, or no generated clip has weight.

    >>> generated, reference = np.array([[0.5], [9.0]]), np.arange(4.0)[:, None]  # balls around 0, 1, 2, 3
    >>> aggregate(generated, np.ones(2), reference, np.ones(4))  # 9 lies in none
    0.5
    """
    return float(replicates(rows, weights, reference_rows, reference_weights))


def replicates(rows: Rows, weights: Rows, reference_rows: Rows, reference_weights: Rows, *, k: int = K) -> Rows:
    """`aggregate` for many weightings `[replicates, clips]` at once: `[replicates]`; `k`: which neighbour."""
    reach = manifold.radii(reference_rows, k)
    inside = np.any(manifold.distances(rows, reference_rows) <= reach, axis=1)
    return manifold.mean(inside, weights, reach)
