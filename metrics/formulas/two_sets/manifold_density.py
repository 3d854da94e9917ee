"""Density: in how many reference balls a generated clip lies, in units of what is expected.

    density = mean over generated clips of (number of reference balls that it lies inside) / k

A reference clip's ball reaches to its k-th nearest other reference clip, edge excluded. Naeem et al. 2020, k = 5;
as in their package prdc (prdc.py at e320c1d). 1 for equal sets without ties; more where clips crowd the dense
parts of the reference; unlike precision, one outlier with a large ball hardly moves it.
"""

from __future__ import annotations

import numpy as np

from sightsound.metrics.formulas.two_sets import manifold
from sightsound.metrics.rows import Clips, Rows

K = 5  # neighbours


INTERVAL = False  # none that was tried covers: docs/statistics.md


def statistics(features: Clips) -> Rows:
    """One point a clip, the mean of its frames: `[clips, dim]`."""
    return manifold.points(features)


def aggregate(rows: Rows, weights: Rows, reference_rows: Rows, reference_weights: Rows) -> float:
    """Density, >= 0, not bounded by 1. `rows`: `[clips, dim]`; `weights`: `[clips]`; the reference's play no part.

    NaN when there are five reference clips or fewer, or no generated clip has weight.

    >>> generated, reference = np.array([[0.5], [9.0]]), np.arange(6.0)[:, None]
    >>> aggregate(generated, np.ones(2), reference, np.ones(6))  # 0.5 lies in all 6 balls: 6 / 5, 9 in 1: 1 / 5
    0.7
    """
    return float(replicates(rows, weights, reference_rows, reference_weights))


def replicates(rows: Rows, weights: Rows, reference_rows: Rows, reference_weights: Rows, *, k: int = K) -> Rows:
    """`aggregate` for many weightings `[replicates, clips]` at once: `[replicates]`; `k`: which neighbour."""
    reach = manifold.radii(reference_rows, k)
    balls = np.sum(manifold.distances(rows, reference_rows) < reach, axis=1)
    return manifold.mean(balls / k, weights, reach)
